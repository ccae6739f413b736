#include "domain/agent.hpp"

#include <algorithm>
#include <limits>

#include "base/overload.hpp"
#include "domain/agent_internal.hpp"
#include "domain/tenant_config.hpp"

namespace seatgrid {
namespace {

using namespace agent_limits;
using status = agent_status;

class decision {
 public:
  decision(const agent_state& s, turn t, const tenant_config& config)
      : config_(config), now_(s), before_(s.facts), facts_(s.facts), t_(t) {}

  result<std::vector<agent_event>> take(const agent_command& command) {
    configure();
    auto done = std::visit(
        [&](const auto& c) -> result<void> {
          if (auto heard = on(c); !heard) return heard;
          if constexpr (requires { c.request; }) answer_with_step(c.request);
          return {};
        },
        command);
    if (!done) return tl::unexpected(done.error());
    return std::move(out_);
  }

 private:
  /// A request whose step says nothing about it (only the configuration was news) still gets its answer.
  void answer_with_step(std::uint64_t request) {
    const auto carries = [&](const agent_event& event) {
      return std::visit(
          [&](const auto& e) {
            if constexpr (requires { e.request; })
              return e.request == request;
            else
              return false;
          },
          event);
    };
    if (out_.empty() || std::any_of(out_.begin(), out_.end(), carries)) return;
    request_ = request;
    note_with([] {});
  }

  // --- configuration and device
  void configure() {
    if (now_.is_configured && now_.config_version == config_.version) return;
    const auto* mine = config_.agent(now_.id);
    agent_configured e{.version = config_.version};
    if (mine != nullptr) {
      e.name = mine->name;
      e.display = mine->display;
      e.device = mine->device == "register" ? std::string{} : mine->device;
      e.skills = mine->skills;
      e.wrap_up = mine->wrap_up;
      e.queues = memberships_of(*mine);
    }
    for (const auto& old : now_.queues)
      if (std::none_of(e.queues.begin(), e.queues.end(), [&](const auto& q) { return q.queue == old.queue; }))
        e.left.push_back(old.queue);
    const bool is_other = now_.is_configured && (e.queues != now_.queues || e.skills != now_.skills);
    emit(e);
    auto_login_ = mine != nullptr && mine->auto_login;
    if (mine == nullptr && facts_.status != status::logged_out && !has_call())
      go_out(state_owner::system, true);
    else if (is_other && facts_.status == status::ready)
      grow();
    follow_device();
  }

  std::vector<agent_membership> memberships_of(const agent_config& mine) const {
    std::vector<agent_membership> all;
    for (const auto& m : mine.queues) {
      const auto* queue = config_.queue(m.queue);
      if (queue != nullptr) all.push_back({config_.queue_of(m.queue), m.level, queue->weight});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.level != b.level ? a.level < b.level : a.weight > b.weight; });
    return all;
  }

  /// Ready when the device can be reached, unreachable when not; nothing while something else keeps it from calls.
  void follow_device() {
    const bool can_ring = !ways_to(now_).empty();
    if (facts_.status == status::logged_out && auto_login_ && !facts_.stays_out && can_ring) return come_in(state_owner::system);
    if (facts_.status == status::ready && !can_ring) return settle(t_.at, state_owner::system);
    if (facts_.status == status::unreachable && can_ring) return settle(t_.at, state_owner::system);
  }

  result<void> on(const device_contacts& m) {
    if (m.version <= now_.device_version) return {};
    emit(device_changed{m.version, m.contacts});
    if (const auto* mine = config_.agent(now_.id)) auto_login_ = mine->auto_login;
    follow_device();
    return {};
  }

  result<void> on(const config_changed&) { return {}; }
  result<void> on(const ask_available&) { return {}; }

  // --- what queues and calls say
  result<void> on(const reserve& m) {
    if (facts_.status != status::ready || facts_.generation != m.generation) return {};
    facts_.call = m.call;
    facts_.attempt = m.attempt;
    facts_.queue = m.queue;
    facts_.wrap_up = std::clamp(now_.own_wrap_up.count() >= 0 ? now_.own_wrap_up : m.wrap_up, milliseconds{0}, wrap_up_max);
    facts_.last_offered_at = t_.at;
    move_to(status::reserved, t_.at, t_.at + m.ring_timeout + reservation_grace);
    return {};
  }

  result<void> on(const reservation_void& m) {
    if (facts_.status == status::reserved && is_about(m)) ask_call();
    return {};
  }

  result<void> on(const connected& m) {
    if (!is_about(m)) return {};
    if (facts_.status == status::talking) {
      if (now_.asked > 0) note(t_.at + talk_check);
      return {};
    }
    if (facts_.status != status::reserved) return {};
    facts_.no_answers = 0;
    ++facts_.calls;
    move_to(status::talking, m.at, t_.at + talk_check);
    return {};
  }

  result<void> on(const failed& m) {
    if (!has_call() || !is_about(m)) return {};
    why_ = m.why;
    const bool talked = facts_.status == status::talking || m.why == attempt_failure::ended;
    if (talked && facts_.wrap_up.count() > 0) {
      const auto since = clamped(m.at);
      move_to(status::wrap_up, since, since + facts_.wrap_up);
    } else if (talked) {
      facts_.idle_since = clamped(m.at);
      free_again(m.at);
    } else {
      missed(m);
    }
    return {};
  }

  /// A reservation that came to nothing (Q14): rest by cause, a longer pause after too many misses in a row.
  void missed(const failed& m) {
    static const queue_config none{};
    const auto* queue = config_.queue(facts_.queue);
    const auto& rules = queue != nullptr ? *queue : none;
    if (m.why == attempt_failure::no_answer) ++facts_.no_answers;
    const auto rest = rest_after(rules, m.why);
    const bool too_often =
        m.why == attempt_failure::no_answer && rules.no_answer_max > 0 && facts_.no_answers >= rules.no_answer_max;
    if (too_often) facts_.no_answers = 0;
    if (rest.count() > 0 || too_often) facts_.idle_since = clamped(m.at);
    if (facts_.next != status::ready || (rest.count() == 0 && !too_often)) return free_again(m.at);
    facts_.reason = too_often ? "rona" : std::string{to_string(m.why)};
    facts_.by = state_owner::system;
    drop_call();
    const auto since = clamped(m.at);
    move_to(status::paused, since, since + (too_often ? rona_pause : rest));
  }

  // --- time
  result<void> on(const timer_fired& m) {
    if (m.timer != static_cast<std::uint32_t>(agent_timer::deadline) || m.generation != now_.timer_generation) return {};
    switch (facts_.status) {
      case status::reserved:
      case status::talking: ask_call(); return {};
      case status::wrap_up:
      case status::paused:
        if (facts_.until.us != 0) free_again(t_.at);
        return {};
      case status::logged_out:
      case status::ready:
      case status::unreachable: return {};
    }
    return {};
  }

  void ask_call() {
    const auto times = now_.asked + 1;
    emit(call_asked{times, ask_wait(times)});
  }

  // --- people
  result<void> on(const agent_login& c) {
    if (config_.agent(now_.id) == nullptr) return fail(errc::not_found, "no such agent");
    if (facts_.status != status::logged_out) return {};
    request_ = c.request;
    facts_.device = c.device;
    now_.facts.device = c.device;
    if (c.paused_reason.empty()) {
      come_in(state_owner::agent);
      return {};
    }
    begin_session();
    pause(c.paused_reason, milliseconds{0}, state_owner::agent);
    return {};
  }

  result<void> on(const agent_logout& c) {
    request_ = c.request;
    if (facts_.status == status::logged_out) {
      if (!facts_.stays_out) note_with([&] { facts_.stays_out = true; });
    } else if (has_call()) {
      if (facts_.next != status::logged_out) note_with([&] { set_next(status::logged_out, {}, milliseconds{0}, c.by); });
    } else {
      go_out(c.by, true);
    }
    return {};
  }

  result<void> on(const agent_pause& c) {
    if (c.reason.empty() || c.reason.size() > reason_bytes_max)
      return fail(errc::invalid, "reason: 1 to " + std::to_string(reason_bytes_max) + " bytes");
    if (c.length.count() < 0 || c.length > pause_max) return fail(errc::invalid, "length: 0 (open end) to 24 hours");
    if (facts_.status == status::logged_out) return fail(errc::wrong_state, "the agent is logged out");
    request_ = c.request;
    if (has_call())
      note_with([&] { set_next(status::paused, c.reason, c.length, c.by); });
    else
      pause(c.reason, c.length, c.by);
    return {};
  }

  result<void> on(const agent_ready& c) {
    if (config_.agent(now_.id) == nullptr) return fail(errc::not_found, "no such agent");
    request_ = c.request;
    switch (facts_.status) {
      case status::logged_out: come_in(c.by); return {};
      case status::wrap_up:
      case status::paused:
        set_next(status::ready, {}, milliseconds{0}, c.by);
        facts_.no_answers = 0;
        settle(t_.at, c.by);
        return {};
      case status::reserved:
      case status::talking:
        if (facts_.next != status::ready) note_with([&] { set_next(status::ready, {}, milliseconds{0}, c.by); });
        return {};
      case status::ready:
      case status::unreachable: return {};
    }
    return {};
  }

  result<void> on(const agent_extend_wrap_up& c) {
    if (facts_.status != status::wrap_up) return fail(errc::wrong_state, "the agent is not in wrap-up");
    if (c.length.count() <= 0) return fail(errc::invalid, "length: more than 0 ms");
    request_ = c.request;
    note(std::min(facts_.until + c.length, facts_.since + wrap_up_max));
    return {};
  }

  result<void> on(const agent_hang_up& c) {
    if (!has_call()) return fail(errc::wrong_state, "the agent has no call");
    emit(release_asked{c.request});
    return {};
  }

  // --- transitions
  bool has_call() const { return facts_.status == status::reserved || facts_.status == status::talking; }
  template <class M>
  bool is_about(const M& m) const {
    return facts_.call == m.call && facts_.attempt == m.attempt;
  }
  time_point clamped(time_point at) const { return std::clamp(at, facts_.since, std::max(t_.at, facts_.since)); }

  void set_next(status next, std::string reason, milliseconds length, state_owner by) {
    facts_.next = next;
    facts_.next_reason = std::move(reason);
    facts_.next_length = length;
    facts_.next_by = by;
  }

  void begin_session() {
    facts_.logged_in_at = t_.at;
    facts_.stays_out = false;
    facts_.calls = 0;
    facts_.no_answers = 0;
    facts_.idle_since = t_.at;
  }
  void come_in(state_owner by) {
    begin_session();
    settle(t_.at, by);
  }
  void go_out(state_owner by, bool stays_out) {
    facts_.stays_out = stays_out;
    facts_.by = by;
    facts_.reason.clear();
    facts_.device.clear();
    drop_call();
    move_to(status::logged_out, t_.at, {});
  }
  void pause(std::string reason, milliseconds length, state_owner by) {
    facts_.reason = std::move(reason);
    facts_.by = by;
    drop_call();
    move_to(status::paused, t_.at, length.count() > 0 ? t_.at + length : time_point{});
  }
  void drop_call() {
    facts_.call = {};
    facts_.attempt = 0;
    facts_.queue = {};
    facts_.wrap_up = milliseconds{0};
  }

  /// After a call, wrap-up or pause: the next state if one was asked for, else ready or unreachable.
  void free_again(time_point at) {
    const auto next = facts_.next;
    const auto reason = facts_.next_reason;
    const auto length = facts_.next_length;
    const auto by = facts_.next_by;
    set_next(status::ready, {}, milliseconds{0}, state_owner::system);
    if (config_.agent(now_.id) == nullptr) return go_out(state_owner::system, true);
    if (next == status::logged_out) return go_out(by, true);
    if (next == status::paused) return pause(reason, length, by);
    settle(at, state_owner::system);
  }

  void settle(time_point at, state_owner by) {
    const auto came_from = facts_.status;
    const bool can_ring = !ways_to(now_).empty();
    drop_call();
    facts_.by = by;
    facts_.reason = can_ring ? "" : "device";
    const auto since = clamped(at);
    if (came_from != status::reserved) facts_.idle_since = since;
    if (can_ring) ++facts_.generation;
    move_to(can_ring ? status::ready : status::unreachable, since, {});
  }

  /// Free as before, but with other skills or queues.
  void grow() {
    ++facts_.generation;
    note({});
  }

  void move_to(status to, time_point since, time_point until) {
    since = clamped(since);
    agent_moved e{
        .from = before_.status, .duration = ms_between(since, before_.since), .why = why_, .at = t_.at, .request = request_};
    if (before_.since.us == 0) e.duration = milliseconds{0};
    facts_.status = to;
    facts_.since = since;
    facts_.until = until;
    if (to != status::paused && to != status::unreachable) facts_.reason.clear();
    e.after = facts_;
    emit(e);
  }
  void note(time_point until) {
    facts_.until = until;
    emit(agent_noted{facts_, t_.at, request_});
  }
  template <class Change>
  void note_with(Change change) {
    change();
    emit(agent_noted{facts_, t_.at, request_});
  }

  void emit(agent_event e) {
    agent_rules::apply(now_, e);
    before_ = now_.facts;
    out_.push_back(std::move(e));
  }

  const tenant_config& config_;
  agent_state now_;  // small: a copy per decision is cheaper than to reason without
  agent_facts before_;
  agent_facts facts_;
  turn t_;
  std::vector<agent_event> out_{};
  attempt_failure why_ = attempt_failure::none;
  std::uint64_t request_ = 0;
  bool auto_login_ = false;
};

}  // namespace

result<std::vector<agent_event>> agent_rules::decide(const agent_state& s, const agent_command& c, turn t,
                                                     const tenant_config& config) {
  return decision{s, t, config}.take(c);
}

}  // namespace seatgrid
