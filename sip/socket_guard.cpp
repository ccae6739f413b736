#include <algorithm>

#include "sip/libc_guard.hpp"
#include "sip/stateless_refusal.hpp"
#include "sip/text.hpp"

namespace seatgrid {
namespace {
bool is_prack(std::string_view datagram) {
  datagram.remove_prefix(std::min(datagram.find_first_not_of("\r\n"), datagram.size()));
  return datagram.starts_with("PRACK ");
}
}  // namespace

/// Who may not answer does not listen: the rules would hear of what nobody carries out. Its sender says it again, to whoever
/// speaks then.
bool socket_guard::is_silent() const { return !may_send.load(std::memory_order_acquire) || (may_speak && !may_speak()); }

std::size_t socket_guard::admit(std::string_view datagram, const net_address& from) {
  if (is_silent()) {
    unheard_.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }
  if (filter_ == nullptr) return datagram.size();
  const auto verdict = filter_->check(datagram, from, clock_.now());
  if (const auto status = refusal_status(verdict.cause); !status.empty() && filter_->is_acquainted(from))
    refusal_ = stateless_refusal(status, datagram, from);
  if (on_arrival) on_arrival(verdict.length > 0 && is_prack(datagram));
  return verdict.length;
}

socket_guard::stream& socket_guard::stream_of(int socket, const net_address& peer) {
  if (streams_.size() >= streams_max) streams_.clear();  // each connection then has to introduce itself again
  auto& s = streams_[socket];
  if (s.peer != peer) s = {.peer = peer};  // the descriptor of an older connection
  return s;
}

stream_verdict socket_guard::admit_stream(int socket, const net_address& from, std::string_view chunk) {
  if (is_silent()) {
    unheard_.fetch_add(1, std::memory_order_relaxed);
    return {.goes_on = false};
  }
  if (filter_ == nullptr) return {};
  auto& s = stream_of(socket, from);
  if (!s.vetted && filter_->check_connection(chunk, from, clock_.now()) != datagram_cause::passed) return {.goes_on = false};
  s.vetted = true;
  auto out = s.refusals.take(chunk, from, filter_->is_acquainted(from), *filter_);
  if (!out.answer.empty() && s.mid_write) return {.goes_on = false};
  if (!out.goes_on) return out;
  const auto found = s.scanner.scan(out.rest ? std::string_view{*out.rest} : chunk, filter_->options());
  if (found == datagram_cause::passed) {
    if (on_arrival) on_arrival(s.scanner.take_prack());
    return out;
  }
  filter_->counted(found);
  return {.goes_on = false};
}

void socket_guard::stream_ended(int socket) { streams_.erase(socket); }

void socket_guard::stream_wrote(int socket, bool whole) {
  if (const auto at = streams_.find(socket); at != streams_.end()) at->second.mid_write = !whole;
}

bool socket_guard::admit_send(int socket, bool is_stream, const net_address& to, std::string_view head) {
  if (is_silent()) {
    unsent_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  if (filter_ == nullptr) return true;
  if (is_stream)
    stream_of(socket, to).vetted = true;  // we only speak on connections that we opened or have let in
  else if (!head.empty() && text::is_alpha(head.front()) && !head.starts_with("SIP/"))
    filter_->sent_to(to, clock_.now());
  return true;
}

}  // namespace seatgrid
