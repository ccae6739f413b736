#include "cluster/memory_links.hpp"

#include <algorithm>

namespace seatgrid::cluster {

class memory_network::member_links final : public links {
 public:
  member_links(memory_network& network, process_id me, std::uint16_t port) : network_(network), me_(me), port_(port) {}
  ~member_links() override { close(); }
  std::uint16_t port() const override { return port_; }
  void set_peers(std::vector<link_peer> peers) override { network_.set_peers(me_, std::move(peers)); }
  result<void> send(const lane_owner& to, envelope what) override { return network_.send(me_, to, std::move(what)); }
  std::vector<link_view> view() const override { return network_.view(me_); }
  link_refusals refusals() const override { return {}; }  // there are no strangers in memory
  void close() override { network_.kill(me_, true); }

 private:
  memory_network& network_;
  process_id me_;
  std::uint16_t port_;
};

memory_network::memory_network() = default;
memory_network::~memory_network() = default;

std::unique_ptr<links> memory_network::open(link_options options, link_handlers handlers) {
  const auto me = options.me.process;
  const auto port = options.port != 0 ? options.port : static_cast<std::uint16_t>(members_.size() + 1);
  members_[me] = {.options = std::move(options), .handlers = std::move(handlers), .port = port};
  return std::make_unique<member_links>(*this, me, port);
}

void memory_network::set_peers(process_id me, std::vector<link_peer> peers) {
  if (members_[me].dead) return;
  std::map<process_id, link_peer> wanted;
  for (auto& peer : peers)
    if (peer.who.process != me) wanted[peer.who.process] = std::move(peer);
  std::erase_if(sides_, [&](const auto& one) { return one.first.first == me && !wanted.contains(one.first.second); });
  for (auto& [other, peer] : wanted) {
    auto& place = sides_[{me, other}];
    place.other = peer.who;
    place.at = std::move(peer);
  }
}

result<void> memory_network::send(process_id me, const lane_owner& to, envelope what) {
  const auto& options = members_[me].options;
  if (members_[me].dead) return fail(errc::wrong_state, "the links are closed");
  auto* at = side_of(me, to.process);
  if (at == nullptr || at->other != to) return fail(errc::not_found, "no peer " + to.node + " " + to_text(to.process));
  if (what.bytes.size() > options.message_bytes_max)
    return fail(errc::full, "a message of more than " + std::to_string(options.message_bytes_max) + " bytes");
  sent one{std::move(what), now_ + delay_of(me, to.process), ++numbers_};
  if (one.what.kind == link_kind::heartbeat) {
    if (!at->course.connected) return fail(errc::unavailable, "the link to " + to.node + " is down");
    at->beats.push_back(std::move(one));
    return {};
  }
  const auto cost = one.what.bytes.size() + sizeof(envelope);
  at->full = at->full || at->bytes + cost > options.waiting_bytes_max;
  if (at->full) {
    at->filled = true;
    return fail(errc::full, std::to_string(at->bytes) + " bytes wait for this peer");
  }
  at->bytes += cost;
  ++at->sent_messages;
  at->waiting.push_back(std::move(one));
  return {};
}

std::vector<link_view> memory_network::view(process_id me) const {
  std::vector<link_view> all;
  for (const auto& [who, at] : sides_)
    if (who.first == me)
      all.push_back({.who = at.other,
                     .address = "memory",
                     .up = at.course.connected && !at.full,
                     .secure = false,
                     .sent = at.sent_messages,
                     .received = at.received,
                     .repeated = 0,
                     .bytes_waiting = at.bytes,
                     .trouble = at.trouble});
  return all;
}

memory_network::side* memory_network::side_of(process_id me, process_id other) {
  const auto found = sides_.find({me, other});
  return found == sides_.end() ? nullptr : &found->second;
}

milliseconds memory_network::delay_of(process_id from, process_id to) const {
  const auto found = delays_.find({from, to});
  return found == delays_.end() ? delay_ : found->second;
}

bool memory_network::passes(process_id a, process_id b) const { return !cut_.contains({a, b}) && !cut_.contains({b, a}); }

node_time memory_network::silent_since(process_id a, process_id b) const {
  auto since = now_;
  for (const auto& way : {pair{a, b}, pair{b, a}})
    if (const auto found = cut_.find(way); found != cut_.end()) since = std::min(since, found->second);
  return since;
}

void memory_network::partition(process_id from, process_id to) { cut_.try_emplace({from, to}, now_); }
void memory_network::heal(process_id from, process_id to) { cut_.erase({from, to}); }
void memory_network::heal_all() { cut_.clear(); }

void memory_network::break_link(process_id a, process_id b) {
  for (const auto& way : {pair{a, b}, pair{b, a}})
    if (auto* at = side_of(way.first, way.second)) at->beats.clear();
}

void memory_network::kill(process_id who, bool last_words) {
  auto& gone = members_[who];
  if (std::exchange(gone.dead, true)) return;
  gone.died_at = now_;
  for (auto& [way, at] : sides_) {
    if (way.first != who) continue;
    if (!last_words || !passes(way.first, way.second)) at.waiting.clear(), at.beats.clear();
  }
}

bool memory_network::deliver_one() { return tell_one() || deliver_message(); }

std::size_t memory_network::deliver(std::size_t most) {
  std::size_t count = 0;
  while (count < most && deliver_one()) ++count;
  return count;
}

void memory_network::advance(std::chrono::microseconds by) {
  const auto until = now_ + by;
  while (true) {
    deliver();
    const auto due = next_due();
    if (!due || *due > until) break;
    now_ = std::max(now_, *due);
  }
  now_ = until;
  deliver();
}

bool memory_network::tell_one() {
  for (auto& [who, at] : sides_)
    if (!members_[who.first].dead && tell_of(who, at)) return true;
  return false;
}

/// What has changed between the two, if anything was to be told. `at` may be gone afterwards: a handler can call set_peers.
bool memory_network::tell_of(const pair& who, side& at) {
  const auto [me, other] = who;
  const bool full_now = std::exchange(at.filled, false) && at.full;
  if (full_now && tell_down(who, at, filled(at.course))) return true;
  if (!at.full && relieved(at.course)) return tell_up(who, at);
  const auto found = members_.find(other);
  const bool lives = found != members_.end() && !found->second.dead;
  const auto* back = side_of(other, me);
  const auto& options = members_[me].options;
  if (!passes(me, other)) {
    if (!at.course.connected || now_ - silent_since(me, other) < options.silence) return false;
    return lose(who, at, link_end::silent, "it said nothing for " + std::to_string(options.silence.count()) + " ms");
  }
  if (lives && back != nullptr) {
    if (at.course.connected) return false;
    at.trouble.clear();
    return came_up(at.course, at.full) && tell_up(who, at);
  }
  if (lives) return at.course.connected && lose(who, at, link_end::wrong, "this process is no peer of it");
  const bool died = found != members_.end();
  if (died && now_ < found->second.died_at + delay_of(other, me)) return false;
  if (died && at.course.connected && back != nullptr && !back->waiting.empty()) return false;  // its last words first
  if (at.course.connected && lose(who, at, link_end::reset, "it ended the connection")) return true;
  if (at.course.last_told == link_course::told::gone) return false;
  at.trouble = "nobody listens there";
  return tell_down(who, at, dial_failed(at.course, link_end::refused, options, now_));
}

bool memory_network::lose(const pair& who, side& at, link_end how, std::string why) {
  at.trouble = std::move(why);
  at.beats.clear();
  return tell_down(who, at, broke(at.course, how, members_[who.first].options, now_));
}

bool memory_network::tell_up(const pair& who, const side& at) {
  const auto& handlers = members_[who.first].handlers;
  const auto other = at.other;
  if (handlers.on_up) handlers.on_up(other);
  return true;
}

bool memory_network::tell_down(const pair& who, const side& at, std::optional<link_down> word) {
  if (!word) return false;
  const auto& handlers = members_[who.first].handlers;
  const auto other = at.other;
  if (handlers.on_down) handlers.on_down(other, word->reset);
  return true;
}

/// Whether what `from` has sent can come to `to` now.
bool memory_network::flows(const pair& way) {
  const auto* back = side_of(way.second, way.first);
  return back != nullptr && back->course.connected && !members_[way.second].dead && passes(way.first, way.second);
}

bool memory_network::deliver_message() {
  const pair* chosen = nullptr;
  std::deque<sent>* queue = nullptr;
  for (auto& [way, at] : sides_) {
    const bool open = flows(way);
    if (!open) std::erase_if(at.beats, [&](const sent& beat) { return beat.due <= now_; });
    for (auto* one : {&at.waiting, &at.beats}) {
      if (!open || one->empty() || one->front().due > now_) continue;
      const auto order = [](const std::deque<sent>& of) { return std::pair{of.front().due, of.front().number}; };
      if (queue == nullptr || order(*one) < order(*queue)) queue = one, chosen = &way;
    }
  }
  if (queue == nullptr) return false;
  const auto way = *chosen;
  auto message = std::move(queue->front().what);
  queue->pop_front();
  auto& at = sides_[way];
  if (message.kind != link_kind::heartbeat) {
    at.bytes -= message.bytes.size() + sizeof(envelope);
    if (at.bytes < members_[way.first].options.waiting_bytes_max / 2) at.full = false;
  }
  ++side_of(way.second, way.first)->received;
  const auto from = members_[way.first].options.me;
  const auto& handlers = members_[way.second].handlers;
  if (handlers.on_message) handlers.on_message(from, std::move(message));
  return true;
}

std::optional<node_time> memory_network::next_due() {
  std::optional<node_time> next;
  const auto at_last = [&](node_time when) {
    if (when > now_ && (!next || when < *next)) next = when;
  };
  for (auto& [way, at] : sides_) {
    const auto [me, other] = way;
    if (flows(way))
      for (const auto* one : {&at.waiting, &at.beats})
        if (!one->empty()) at_last(one->front().due);
    if (at.course.connected && !passes(me, other)) at_last(silent_since(me, other) + members_[me].options.silence);
    if (const auto found = members_.find(other); found != members_.end() && found->second.dead)
      at_last(found->second.died_at + delay_of(other, me));
  }
  return next;
}

}  // namespace seatgrid::cluster
