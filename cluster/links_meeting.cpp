#include <algorithm>

#include "cluster/links_internal.hpp"

/// Who is at the other end, which connection serves, and what is told when it ends.
namespace seatgrid::cluster {

namespace {
constexpr milliseconds courtesy{30};
constexpr milliseconds silence_min{40};  // a peer cannot ask for more pings than one in 10 ms
std::string text_of(const lane_owner& who) { return "node " + who.node + " process " + to_text(who.process); }
}  // namespace

std::shared_ptr<remote> tcp_links::find(const lane_owner& who) const {
  std::lock_guard lock{guard_};
  const auto found = remotes_.find(who);
  return found == remotes_.end() ? nullptr : found->second;
}

/// Both sides dial. The one whose connection would have to go says its hello a little later, so that mostly none has to; that it
/// could connect at all has shown already that the peer's process lives.
void tcp_links::begin_hello(connection& at) {
  const bool i_am_lower = options_.me.process < at.peer->at.who.process;
  at.hello_due = i_am_lower ? now_ : now_ + courtesy;
  say_hello_when_due(at);
}

void tcp_links::say_hello_when_due(connection& at) {
  if (at.said_hello) return;
  if (now_ < at.hello_due) return due_by(at.hello_due);
  if (at.peer->serving != nullptr) return end(at, link_end::wrong, "");
  at.said_hello = true;
  say_hello(at, at.peer.get());
  write_to(at);
}

void tcp_links::say_hello(connection& at, const remote* peer) {
  link_hello hello{.cluster = options_.cluster,
                   .node = options_.me.node,
                   .process_high = options_.me.process.high,
                   .process_low = options_.me.process.low,
                   .stream = 1,
                   .silence_ms = static_cast<std::uint32_t>(options_.silence.count())};
  if (peer != nullptr) {
    std::lock_guard lock{guard_};
    hello.to_high = peer->at.who.process.high;
    hello.to_low = peer->at.who.process.low;
    hello.stream = peer->stream;
    hello.first = peer->window.first();
    hello.heard_stream = peer->inbox.stream();
    hello.heard = peer->inbox.arrived();
  }
  write_hello(at.out, hello);
}

void tcp_links::meet(connection& at, std::string_view body) {
  const auto hello = read_hello(body);
  if (!hello) return refuse(at, hello.error().what);
  if (hello->cluster != options_.cluster)
    return refuse(at, "it is of cluster '" + hello->cluster + "', this process of '" + options_.cluster + "'");
  if (at.stream.is_secure() && !at.stream.certificate_names(hello->node))
    return refuse(at, "its certificate does not name node '" + hello->node + "'");
  at.reader.greeted();
  if (at.dialed)
    check_answer(at, *hello);
  else
    answer(at, *hello);
}

void tcp_links::answer(connection& at, const link_hello& hello) {
  const auto who = hello.who();
  if (hello.to() != options_.me.process) {
    say_hello(at, nullptr);  // so that it sees who holds the address now
    return refuse(at, "it looks for process " + to_text(hello.to()) + ", this is " + text_of(options_.me));
  }
  const auto peer = find(who);
  if (!peer || peer->is_forgotten) {
    for (const auto& other : mine_)
      if (other->at.who.node == who.node)
        set_trouble(*other,
                    text_of(who) + " asks for a link from " + at.stream.peer_address() + "; it is not the peer of that name");
    return refuse(at, text_of(who) + " is no peer of " + text_of(options_.me));
  }
  const bool i_am_lower = options_.me.process < who.process;
  if (peer->serving != nullptr && !replaces(peer->serving->dialed == i_am_lower, !i_am_lower)) {
    // Should ours be dead without our knowing, the peer's kernel answers this with a reset.
    if (peer->serving->writable) {
      write_ping(peer->serving->out);
      write_to(*peer->serving);
    }
    at.peer = nullptr;
    write_refused(at.out, "another connection serves");
    at.ending = true;
    return write_to(at);
  }
  if (peer->serving != nullptr) read_from(*peer->serving);  // what has come over it need not come again
  say_hello(at, peer.get());
  if (begin(at, peer, hello)) write_soon_.push_back(at.id);
}

void tcp_links::check_answer(connection& at, const link_hello& hello) {
  const auto expected = at.peer->at.who;
  if (hello.who() != expected) {
    // The address of a process that is gone was given to another one of its node.
    const bool gone = hello.node == expected.node;
    return end(at, gone ? link_end::refused : link_end::wrong,
               "there is " + text_of(hello.who()) + ", expected was " + text_of(expected));
  }
  const bool i_am_lower = options_.me.process < expected.process;
  const auto peer = at.peer;
  if (peer->serving != nullptr && !replaces(peer->serving->dialed == i_am_lower, i_am_lower)) return end(at, link_end::wrong, "");
  if (peer->serving != nullptr) read_from(*peer->serving);
  if (begin(at, peer, hello)) write_soon_.push_back(at.id);
}

bool tcp_links::begin(connection& at, const std::shared_ptr<remote>& peer, const link_hello& hello) {
  at.peer = peer;
  bool full = false;
  result<void> agreed;
  {
    std::lock_guard lock{guard_};
    agreed = peer->window.begin_again(hello.heard_stream == peer->stream ? hello.heard : peer->window.first() - 1);
    full = peer->window.is_full();
  }
  if (!agreed) {
    refuse(at, agreed.error().what);
    return false;
  }
  auto* before = std::exchange(peer->serving, &at);
  if (peer->dialing == &at) peer->dialing = nullptr;
  if (before != nullptr) end(*before, link_end::silent, "");
  at.serves = true;
  at.last_heard = now_;
  const auto its_silence = std::max(milliseconds{hello.silence_ms}, silence_min);
  at.ping_every = std::min<node_time>(options_.silence, its_silence) / 4;
  due_by(now_ + at.ping_every);
  peer->inbox.begin(hello.stream, hello.first);
  {
    std::lock_guard lock{guard_};
    peer->connected = true;
    peer->secure = at.stream.is_secure();
    peer->trouble.clear();
  }
  if (came_up(peer->course, full)) tell_up(*peer);
  return true;
}

/// Tells the other side why, and ends when that is written or nobody reads it.
void tcp_links::refuse(connection& at, const std::string& why) {
  if (at.over || at.ending) return;
  const auto from = at.stream.peer_address();
  count_stranger(from + ": " + why, false);
  at.deadline = now_ + options_.hello_patience;
  at.refused_for = why;
  at.ending = true;
  write_refused(at.out, why);
  write_to(at);
}

void tcp_links::end(connection& at, link_end how, const std::string& why) {
  if (std::exchange(at.over, true)) return;
  if (at.ending) how = link_end::wrong;
  const auto& reason = at.refused_for.empty() ? why : at.refused_for;
  gone_.push_back(at.id);
  const auto from = at.stream.peer_address();
  at.stream.shut();
  const auto peer = std::move(at.peer);
  if (!peer) {
    if (!at.ending && how != link_end::reset) count_stranger(from + ": " + reason, false);
    return;
  }
  const bool served = peer->serving == &at, dialed = peer->dialing == &at;
  if (served) peer->serving = nullptr;
  if (dialed) peer->dialing = nullptr;
  if (peer->is_forgotten || (!served && !dialed)) return;
  if (!reason.empty() && peer->serving == nullptr) set_trouble(*peer, reason);
  if (served) {
    {
      std::lock_guard lock{guard_};
      peer->connected = false;
      peer->beats.clear();
    }
    tell(*peer, broke(peer->course, how, options_, now_));
    due_by(peer->course.broke_at + options_.heal);
  } else {
    tell(*peer, dial_failed(peer->course, how, options_, now_));
  }
  due_by(peer->course.next_dial);
}

void tcp_links::tell(remote& peer, std::optional<link_down> word) {
  if (!word || !handlers_.on_down) return;
  handlers_.on_down(peer.at.who, word->reset);
}

void tcp_links::tell_up(remote& peer) {
  if (handlers_.on_up) handlers_.on_up(peer.at.who);
}

void tcp_links::set_trouble(remote& peer, std::string why) {
  std::lock_guard lock{guard_};
  peer.trouble = std::move(why);
}

void tcp_links::count_stranger(const std::string& why, bool crowded) {
  std::lock_guard lock{guard_};
  ++(crowded ? refusals_.crowded : refusals_.strangers);
  refusals_.last = why;
}

}  // namespace seatgrid::cluster
