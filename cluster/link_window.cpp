#include "cluster/link_window.hpp"

#include <algorithm>

namespace seatgrid::cluster {

namespace {
constexpr std::size_t overhead_bytes = sizeof(envelope);  // empty messages are bounded too
std::size_t cost(const envelope& what) { return what.bytes.size() + overhead_bytes; }
}  // namespace

result<void> link_window::push(envelope what) {
  full_ = full_ || bytes_ + cost(what) > bytes_max_;
  if (full_) return fail(errc::full, std::to_string(bytes_) + " bytes wait for this peer");
  bytes_ += cost(what);
  waiting_.push_back(std::move(what));
  return {};
}

bool link_window::write_next(std::string& out) {
  if (is_written()) return false;
  const auto& message = waiting_[next_];
  const auto seq = first_ + next_;
  if (offset_ == 0 && seq <= written_) ++repeated_;
  const auto part = std::string_view{message.bytes}.substr(offset_, link_part_bytes_max);
  offset_ += part.size();
  const bool more = offset_ < message.bytes.size();
  write_part(out, seq, message.kind, more, part);
  written_ = std::max(written_, seq);
  if (!more) ++next_, offset_ = 0;
  return true;
}

result<void> link_window::acknowledged(std::uint64_t seq) {
  if (seq > written_) return fail(errc::corrupt, "it acknowledges message " + std::to_string(seq) + ", which was never sent");
  while (first_ <= seq) {
    bytes_ -= cost(waiting_.front());
    waiting_.pop_front();
    ++first_;
    if (next_ > 0)
      --next_;
    else
      offset_ = 0;  // it had arrived over an earlier connection while it was being written again
  }
  if (bytes_ < bytes_max_ / 2) full_ = false;
  return {};
}

result<void> link_window::begin_again(std::uint64_t heard) {
  next_ = 0;
  offset_ = 0;
  return acknowledged(heard);
}

void link_inbox::begin(std::uint64_t stream, std::uint64_t first) {
  begun_.reset();
  if (stream == stream_) return;
  stream_ = stream;
  arrived_ = first - 1;
}

result<std::optional<envelope>> link_inbox::take(const link_frame& part) {
  if (part.seq <= arrived_) return std::nullopt;
  if (part.seq != arrived_ + 1)
    return fail(errc::corrupt, "message " + std::to_string(part.seq) + " came after " + std::to_string(arrived_));
  if (!begun_) begun_ = envelope{static_cast<link_kind>(part.kind), {}};
  if (begun_->kind != static_cast<link_kind>(part.kind)) return fail(errc::corrupt, "a part of another kind than its message");
  if (begun_->bytes.size() + part.bytes.size() > message_bytes_max_)
    return fail(errc::corrupt, "a message of more than " + std::to_string(message_bytes_max_) + " bytes");
  begun_->bytes += part.bytes;
  if (part.more) return std::nullopt;
  ++arrived_;
  auto whole = std::move(begun_);
  begun_.reset();
  return whole;
}

}  // namespace seatgrid::cluster
