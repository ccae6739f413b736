#include "sip/stream_refusals.hpp"

#include "sip/stateless_refusal.hpp"

namespace seatgrid {

/// What of `chunk` belongs to the head; sets `head_ended_` when its empty line is among it. An empty line before a message is a
/// head of its own (RFC 3261 7.5).
std::string_view stream_refusals::take_head(std::string_view chunk) {
  head_ended_ = false;
  std::size_t n = 0;
  while (n < chunk.size() && !head_ended_) {
    const char c = chunk[n++];
    if (after_cr_ && c != '\n') {
      lost_ = true;
      return chunk;
    }
    after_cr_ = c == '\r';
    if (c == '\n') head_ended_ = is_line_empty_;
    if (!after_cr_) is_line_empty_ = c == '\n';
  }
  return chunk.substr(0, n);
}

void stream_refusals::judge(stream_verdict& out, const net_address& from, bool known, datagram_filter& filter) {
  const auto head = judge_head(head_, filter.options());
  lost_ = !head.content_length;
  body_left_ = head.content_length.value_or(0);
  const auto status = refusal_status(head.cause);
  refused_ = known && !lost_ && !status.empty();
  if (!refused_) return;
  filter.counted(head.cause);
  out.answer += stateless_refusal(status, head_, from);
}

stream_verdict stream_refusals::take(std::string_view chunk, const net_address& from, bool known, datagram_filter& filter) {
  stream_verdict out;
  const auto whole = chunk;
  const auto keep = [&out](std::string_view part) {
    if (out.rest) *out.rest += part;
  };
  while (!chunk.empty() && !lost_) {
    if (body_left_ > 0) {
      const auto part = chunk.substr(0, body_left_);
      if (refused_ && !out.rest) out.rest.emplace(whole.substr(0, whole.size() - chunk.size()));
      if (!refused_) keep(part);
      body_left_ -= part.size(), chunk.remove_prefix(part.size());
      continue;
    }
    const auto part = take_head(chunk);
    const auto& options = filter.options();
    lost_ = lost_ || head_.size() + part.size() > (known ? options.datagram_bytes_max : options.line_bytes_max);
    if (lost_) break;
    const bool began_here = head_.empty();
    head_ += part;
    refused_ = false;
    if (head_ended_) {
      judge(out, from, known, filter);
      head_.clear();
    }
    if (refused_ && !began_here) {
      out.goes_on = false;
      return out;
    }
    if (refused_ && !out.rest) out.rest.emplace(whole.substr(0, whole.size() - chunk.size()));
    if (!refused_) keep(part);
    chunk.remove_prefix(part.size());
  }
  if (lost_) std::string{}.swap(head_);
  keep(chunk);
  return out;
}

}  // namespace seatgrid
