#include <algorithm>

#include "cluster/links_internal.hpp"

/// What goes over a connection once it is there.
namespace seatgrid::cluster {

namespace {
constexpr std::size_t read_at_once_max = 1'024 * 1'024;  // then others are looked at
constexpr std::size_t write_at_once_max = 256 * 1'024;
// Most acknowledgements ride with a message back: one by itself for each message would wake both ends once more.
constexpr milliseconds acknowledge_after{10};
constexpr std::size_t acknowledged_at_once = 64 * 1'024;
}  // namespace

void tcp_links::go_on_opening(connection& at) {
  const auto io = at.stream.open();
  switch (io.what) {
    case link_io::state::again: return;
    case link_io::state::over: return end(at, io.how, at.stream.trouble());
    case link_io::state::done: break;
  }
  at.opened = true;
  if (at.dialed) {
    // Before the hello: its answer would come from a process that counts the link as up.
    if (at.stream.is_secure() && !at.stream.certificate_names(at.peer->at.who.node))
      return end(at, link_end::wrong, "its certificate does not name node '" + at.peer->at.who.node + "'");
    begin_hello(at);
  }
}

void tcp_links::read_from(connection& at) {
  if (std::exchange(at.is_read, true)) return;
  std::size_t taken = 0;
  while (!at.over && (taken < read_at_once_max || at.stream.holds_bytes())) {
    const auto io = at.stream.read(room_.data(), room_.size());
    if (io.what == link_io::state::again) break;
    if (io.what == link_io::state::over) return end(at, io.how, at.stream.trouble());
    taken += io.bytes;
    at.last_heard = now_;
    if (at.ending) continue;  // what a refused one still says
    at.reader.add({room_.data(), io.bytes});
    take_frames(at);
    if (io.bytes < room_.size() && !at.stream.is_secure()) break;  // the socket is empty
  }
  at.is_read = false;
  if (at.over || at.owes == 0) return;
  if (at.owes >= acknowledged_at_once)
    write_soon_.push_back(at.id);
  else
    due_by(at.acknowledge_at);
}

void tcp_links::take_frames(connection& at) {
  while (!at.over && !at.ending) {
    const auto frame = at.reader.next();
    if (!frame) return refuse(at, frame.error().what);
    if (!*frame) return;
    take(at, **frame);
  }
}

void tcp_links::take(connection& at, const link_frame& frame) {
  if (frame.type == link_frame_type::refused) return end(at, link_end::wrong, "it says: " + std::string{frame.bytes});
  if (!at.serves) {
    if (frame.type == link_frame_type::hello) return meet(at, frame.bytes);
    return refuse(at, "the first word is not a hello");
  }
  switch (frame.type) {
    case link_frame_type::part: return take_part(at, frame);
    case link_frame_type::beat: return deliver(at, frame.kind, std::string{frame.bytes});
    case link_frame_type::acknowledged: return take_acknowledgement(at, frame.seq);
    case link_frame_type::ping: return;
    case link_frame_type::hello: return refuse(at, "a second hello");
    case link_frame_type::refused: return;
  }
}

void tcp_links::take_part(connection& at, const link_frame& frame) {
  auto message = at.peer->inbox.take(frame);
  if (!message) return refuse(at, message.error().what);
  if (at.owes == 0) at.acknowledge_at = now_ + acknowledge_after;
  at.owes += 1 + frame.bytes.size();
  if (*message) deliver(at, static_cast<std::uint8_t>((*message)->kind), std::move((*message)->bytes));
}

void tcp_links::take_acknowledgement(connection& at, std::uint64_t seq) {
  auto& peer = *at.peer;
  bool full = false;
  result<void> known;
  {
    std::lock_guard lock{guard_};
    known = peer.window.acknowledged(seq);
    full = peer.window.is_full();
  }
  if (!known) return refuse(at, known.error().what);
  if (!full && relieved(peer.course)) tell_up(peer);
}

void tcp_links::deliver(connection& at, std::uint8_t kind, std::string bytes) {
  ++at.peer->received;
  if (!is_known(kind)) {
    std::lock_guard lock{guard_};
    ++refusals_.unknown;
  } else if (handlers_.on_message) {
    const auto peer = at.peer;  // a handler may forget it
    handlers_.on_message(peer->at.who, {static_cast<link_kind>(kind), std::move(bytes)});
  }
}

/// Heartbeats first: they are to stand behind one part and what the kernel holds, not behind all that waits.
void tcp_links::fill(connection& at) {
  auto& peer = *at.peer;
  if (std::exchange(at.owes, 0) != 0) write_acknowledged(at.out, peer.inbox.arrived());
  std::lock_guard lock{guard_};
  for (; !peer.beats.empty(); peer.beats.pop_front()) write_beat(at.out, peer.beats.front().kind, peer.beats.front().bytes);
  while (at.out.size() < link_part_bytes_max && peer.window.write_next(at.out)) continue;
}

void tcp_links::write_to(connection& at) {
  std::size_t written = 0;
  while (!at.over) {
    if (at.out.empty() && at.serves && !at.ending && written < write_at_once_max) fill(at);
    if (at.out.empty()) break;
    const auto io = at.stream.write(std::string_view{at.out}.substr(at.out_at));
    if (io.what == link_io::state::over) {
      const auto why = at.stream.trouble();
      read_from(at);  // what a peer said last has often arrived before its reset
      return end(at, io.how, why);
    }
    if (io.what == link_io::state::again) break;
    at.last_said = now_;
    written += io.bytes;
    at.out_at += io.bytes;
    if (at.out_at == at.out.size()) at.out.clear(), at.out_at = 0;
  }
  if (at.over) return;
  if (at.ending && at.out.empty()) return end(at, link_end::wrong, "");
  at.writable = at.out.empty() && written < write_at_once_max;
  watch(at);
}

}  // namespace seatgrid::cluster
