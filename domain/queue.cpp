#include "domain/queue.hpp"

#include <algorithm>
#include <optional>

#include "base/overload.hpp"
#include "domain/queue_internal.hpp"

namespace seatgrid {
namespace {

using namespace queue_limits;

/// The first 7 and the next 8 characters of a name as numbers that sort alike.
std::pair<std::uint64_t, std::uint64_t> name_order(const std::string& name) {
  const auto pack = [&](std::size_t from, std::size_t count) {
    std::uint64_t packed = 0;
    for (std::size_t i = from; i < from + count; ++i)
      packed = (packed << 8) | (i < name.size() ? static_cast<unsigned char>(name[i]) : 0U);
    return packed;
  };
  return {pack(0, 7), pack(7, 8)};
}

milliseconds delay_of(const queue_config& config, attempt_failure why) {
  switch (why) {
    case attempt_failure::no_answer: return config.no_answer_delay;
    case attempt_failure::busy: return config.busy_delay;
    case attempt_failure::rejected:
    case attempt_failure::agent_hung_up: return config.reject_delay;
    case attempt_failure::unreachable: return config.unreachable_delay;
    case attempt_failure::none:
    case attempt_failure::caller_gone:
    case attempt_failure::answered_elsewhere:
    case attempt_failure::gave_up:
    case attempt_failure::not_waiting:
    case attempt_failure::ended:
    case attempt_failure::unknown_call: return milliseconds{0};
  }
  return milliseconds{0};
}

/// The call itself is over, even if its leave_queue is lost.
bool call_is_over(attempt_failure why) {
  return why == attempt_failure::caller_gone || why == attempt_failure::ended || why == attempt_failure::unknown_call;
}

/// One decision: collects events, and what they use up, without touching the state.
class decision {
 public:
  decision(const queue_state& s, turn t, const tenant_config& config)
      : s_(s), t_(t), config_(config), own_(config.queue(s.id) != nullptr ? *config.queue(s.id) : none_) {}

  result<std::vector<queue_event>> take(const queue_command& command) {
    configure();
    auto refused = std::visit([&](const auto& c) { return on(c); }, command);
    if (!refused) return tl::unexpected(refused.error());
    arm();
    return std::move(out_);
  }

 private:
  void configure() {
    if (s_.config_version == config_.version && s_.rollcall_begun) return;
    out_.push_back(queue_configured{config_.version, static_cast<std::uint8_t>(own_.strategy), own_.name});
    ask_members({}, false);
  }

  void ask_members(const std::string& from, bool again) {
    members_asked asked{.at = t_.at, .again = again};
    const auto is_member = [&](const agent_config& agent) {
      return std::any_of(agent.queues.begin(), agent.queues.end(), [&](const auto& m) { return m.queue == own_.name; });
    };
    auto it = config_.agents.lower_bound(from);
    for (std::size_t looked = 0; it != config_.agents.end() && looked < rollcall_looks_max && asked.agents.size() < rollcall_max;
         ++it, ++looked)
      if (is_member(it->second)) asked.agents.push_back(config_.agent_of(it->first));
    if (it != config_.agents.end()) asked.next = it->first;
    if (again && from.empty()) asked.waiting = next_to_ask(s_);
    out_.push_back(std::move(asked));
  }

  // --- what agents say
  result<void> on(const agent_available& m) {
    const auto view = s_.agents.find(m.agent);
    if (view != s_.agents.end() && (m.generation <= view->second.spent || m.generation <= view->second.listed)) return {};
    const auto call = s_.index.best_call(m.skills, [&](call_id c) { return may_try(s_.entries.at(c).tried, m.agent); });
    if (call) return reserve_for(s_.entries.at(call), m.agent, m.generation), result<void>{};
    const auto* agent = config_.agent(m.agent);
    const auto [high, low] = name_order(agent != nullptr ? agent->name : std::string{});
    out_.push_back(agent_listed{.agent = m.agent,
                                .generation = m.generation,
                                .level = m.level,
                                .idle_since = m.idle_since,
                                .calls = m.calls,
                                .last_offered_at = m.last_offered_at,
                                .name_high = high,
                                .name_low = low,
                                .chance = t_.chance,
                                .skills = m.skills});
    return {};
  }

  result<void> on(const agent_unavailable& m) {
    const auto view = s_.agents.find(m.agent);
    const bool is_news = view == s_.agents.end() || m.generation > view->second.spent ||
                         (m.generation == view->second.spent && view->second.logged_in == m.logged_out);
    if (is_news) out_.push_back(agent_unlisted{m.agent, m.generation, m.logged_out});
    return {};
  }

  result<void> on(const agent_reserved& m) {
    const auto* entry = find(m.call);
    if (entry == nullptr || entry->state != entry_state::reserving || entry->attempt != m.attempt) return {};
    out_.push_back(call_offered{.call = m.call,
                                .attempt = m.attempt,
                                .agent = m.agent,
                                .agent_name = m.name,
                                .contacts = m.contacts,
                                .wrap_up = m.wrap_up,
                                .at = t_.at});
    want(t_.at + offer_repeat);
    return {};
  }

  result<void> on(const agent_refused& m) {
    const auto* entry = find(m.call);
    if (entry != nullptr && entry->state == entry_state::reserving && entry->attempt == m.attempt)
      reservation_over(*entry, false);
    return {};
  }

  // --- what calls say
  result<void> on(const enqueue& m) {
    if (const auto* entry = find(m.call)) {
      // The call is past the attempt that we still hold: its `failed` was lost.
      if (entry->state != entry_state::waiting && m.next_attempt > entry->attempt)
        attempt_over(*entry, attempt_failure::not_waiting);
      return {};
    }
    const auto refuse = [&](const char* why) { out_.push_back(enqueue_refused{m.call, why, t_.at}); };
    if (config_.queue(s_.id) == nullptr) return refuse("unknown_queue"), result<void>{};
    if (s_.entries.size() >= own_.waiting_max) return refuse("full"), result<void>{};
    const bool view_is_sure = s_.rollcall_begun && s_.view_settles_at.us != 0 && t_.at >= s_.view_settles_at;
    if (!own_.join_empty && view_is_sure && s_.logged_in == 0) return refuse("no_agents"), result<void>{};
    const queue_entry entry{.call = m.call,
                            .priority = m.priority,
                            .skills = m.skills,
                            .enqueued_at = m.enqueued_at.us == 0 ? t_.at : m.enqueued_at,
                            .entered_at = t_.at,
                            .sequence = s_.next_sequence,
                            .preferred = m.preferred,
                            .at_head = m.at_head,
                            .attempt = std::max<attempt_no>(m.next_attempt, 1) - 1};
    out_.push_back(call_queued{.call = m.call,
                               .priority = m.priority,
                               .skills = m.skills,
                               .enqueued_at = entry.enqueued_at,
                               .at = t_.at,
                               .sequence = entry.sequence,
                               .next_attempt = entry.attempt + 1,
                               .preferred = m.preferred,
                               .at_head = m.at_head,
                               .caller = m.caller,
                               .place = static_cast<std::uint32_t>(s_.order.place(order_of(entry)) + 1)});
    match(entry, entry.tried);
    return {};
  }

  result<void> on(const leave_queue& m) {
    if (const auto* entry = find(m.call)) leave(*entry, exit_cause_of(m.why));
    return {};
  }

  result<void> on(const connected& m) {
    const auto* entry = find(m.call);
    if (entry != nullptr && entry->state == entry_state::offering && entry->attempt == m.attempt)
      leave(*entry, exit_cause::connected);
    return {};
  }

  result<void> on(const failed& m) {
    const auto* entry = find(m.call);
    if (entry == nullptr) return {};
    const bool answers_resume = m.attempt == 0 && call_is_over(m.why);
    if (!answers_resume && (entry->state == entry_state::waiting || entry->attempt != m.attempt)) return {};
    if (call_is_over(m.why))
      leave(*entry, m.why == attempt_failure::unknown_call ? exit_cause::system : exit_cause::abandoned);
    else
      attempt_over(*entry, m.why);
    return {};
  }

  result<void> on(const ask_place&) { return {}; }

  // --- time and people
  result<void> on(const timer_fired& m) {
    if (m.timer == static_cast<std::uint32_t>(queue_timer::members)) {
      const bool is_done = s_.rollcall_next.empty() && s_.entries.empty();
      if (s_.rollcall_begun && !is_done) ask_members(s_.rollcall_next, s_.view_settles_at.us != 0);
      return {};
    }
    if (m.timer != static_cast<std::uint32_t>(queue_timer::due) || m.generation != s_.timer_generation) return {};
    fired_ = true;
    std::vector<const queue_entry*> due;
    for (const auto& [at, call] : s_.dues) {
      if (at > t_.at || due.size() >= due_max) break;
      due.push_back(&s_.entries.at(call));
    }
    std::sort(due.begin(), due.end(), [](const auto* a, const auto* b) { return order_of(*a) < order_of(*b); });
    for (const auto* entry : due) serve_due(*entry);
    return {};
  }

  void serve_due(const queue_entry& entry) {
    served_.push_back(entry.call);
    switch (entry.state) {
      case entry_state::waiting:
        if (match(entry, entry.tried)) return;
        out_.push_back(exclusion_ended{entry.call, t_.at});
        return want(next_look(entry.tried, t_.at));
      case entry_state::reserving:
        if (entry.give_up_at.us != 0 && t_.at >= entry.give_up_at) return reservation_over(entry, true);
        out_.push_back(reservation_asked_again{entry.call, t_.at});
        return want(std::min(t_.at + reserve_wait(entry.repeats + 1), give_up_of(entry, t_.at)));
      case entry_state::offering: out_.push_back(offer_repeated{entry.call, t_.at}); return want(t_.at + offer_repeat);
    }
  }

  result<void> on(const config_changed&) { return {}; }

  result<void> on(const queue_remove& c) {
    const auto* entry = find(c.call);
    if (entry == nullptr) return fail(errc::not_found, "the call does not wait in this queue");
    if (entry->state == entry_state::offering) return fail(errc::wrong_state, "an agent is being offered the call");
    leave(*entry, exit_cause::system, c.request);
    return {};
  }

  result<void> on(const queue_prioritise& c) {
    const auto* entry = find(c.call);
    if (entry == nullptr) return fail(errc::not_found, "the call does not wait in this queue");
    if (entry->priority != c.priority || entry->at_head != c.at_head || !out_.empty())
      out_.push_back(call_moved{c.call, c.priority, c.at_head, t_.at, c.request});
    return {};
  }

  result<void> on(const queue_pull& c) {
    const auto* entry = find(c.call);
    if (entry == nullptr) return fail(errc::not_found, "the call does not wait in this queue");
    if (entry->state != entry_state::waiting) return fail(errc::wrong_state, "an agent is being asked for the call");
    if (!s_.index.is_free(c.agent)) return fail(errc::wrong_state, "the agent is not free");
    reserve_for(*entry, c.agent, s_.agents.at(c.agent).listed, c.request);
    return {};
  }

  // --- parts
  const queue_entry* find(call_id call) const {
    const auto it = s_.entries.find(call);
    return it == s_.entries.end() ? nullptr : &it->second;
  }

  bool may_try(const std::vector<tried_agent>& tried, agent_id agent) const {
    return std::none_of(tried.begin(), tried.end(), [&](const auto& x) { return x.agent == agent && x.until > t_.at; });
  }
  bool is_taken(agent_id agent) const { return std::find(taken_.begin(), taken_.end(), agent) != taken_.end(); }

  /// Reserves the best free agent for a waiting entry. Agents that have not tried this call go first (I15).
  bool match(const queue_entry& entry, const std::vector<tried_agent>& tried) {
    const auto late = [&](agent_id a) { return !is_taken(a) && may_try(tried, a); };
    const auto fresh = [&](agent_id a) {
      return !is_taken(a) && std::none_of(tried.begin(), tried.end(), [&](const auto& x) { return x.agent == a; });
    };
    agent_id agent{};
    if (const auto* sticky = entry.preferred ? s_.index.find_agent(entry.preferred) : nullptr)
      if (fresh(entry.preferred) && matcher::meets(sticky->skills, entry.skills)) agent = entry.preferred;
    if (!agent) agent = s_.index.best_agent(entry.skills, t_.chance, fresh);
    if (!agent && !tried.empty()) agent = s_.index.best_agent(entry.skills, t_.chance, late);
    if (!agent) return false;
    reserve_for(entry, agent, s_.agents.at(agent).listed);
    return true;
  }

  void reserve_for(const queue_entry& entry, agent_id agent, generation_no generation, std::uint64_t request = 0) {
    taken_.push_back(agent);
    out_.push_back(reservation_made{.call = entry.call,
                                    .attempt = entry.attempt + 1,
                                    .agent = agent,
                                    .generation = generation,
                                    .ring_timeout = own_.ring_timeout,
                                    .wrap_up = own_.wrap_up,
                                    .at = t_.at,
                                    .request = request});
    want(t_.at + reserve_wait(0));
  }

  void reservation_over(const queue_entry& entry, bool gave_up) {
    out_.push_back(reservation_failed{entry.call, entry.attempt, entry.agent, gave_up, t_.at});
    if (!match(entry, entry.tried)) want(next_look(entry.tried, t_.at));
  }

  void attempt_over(const queue_entry& entry, attempt_failure why) {
    if (entry.state == entry_state::reserving) return reservation_over(entry, true);
    const auto delay = delay_of(own_, why);
    const auto until = delay.count() > 0 ? t_.at + delay : time_point{};
    const attempt_failed event{entry.call, entry.attempt, entry.agent, why, until, t_.at};
    out_.push_back(event);
    const auto tried = with_tried(entry.tried, event);
    if (!match(entry, tried)) want(next_look(tried, t_.at));
  }

  void leave(const queue_entry& entry, exit_cause cause, std::uint64_t request = 0) {
    const auto wait = std::max(ms_between(t_.at, entry.entered_at), milliseconds{0});
    out_.push_back(call_left{.call = entry.call,
                             .cause = cause,
                             .agent = entry.agent,
                             .attempt = entry.attempt,
                             .was_reserving = entry.state == entry_state::reserving,
                             .wait = wait,
                             .within_level = cause == exit_cause::connected && wait <= own_.service_level,
                             .at = t_.at,
                             .request = request});
  }

  /// Some entry will want something at `at`; zero = never.
  void want(time_point at) {
    if (at.us != 0 && (earliest_.us == 0 || at < earliest_)) earliest_ = at;
  }

  void arm() {
    if (fired_) {
      for (const auto& [at, call] : s_.dues) {
        if (std::find(served_.begin(), served_.end(), call) != served_.end()) continue;
        want(std::max(at, t_.at));
        break;
      }
      out_.push_back(queue_timer_armed{s_.timer_generation + 1, earliest_, t_.at});
    } else if (earliest_.us != 0 && (s_.timer_due.us == 0 || earliest_ < s_.timer_due)) {
      out_.push_back(queue_timer_armed{s_.timer_generation + 1, earliest_, t_.at});
    }
  }

  inline static const queue_config none_{};
  const queue_state& s_;
  turn t_;
  const tenant_config& config_;
  const queue_config& own_;
  std::vector<queue_event> out_{};
  std::vector<agent_id> taken_{};  // agents given away in this decision
  std::vector<call_id> served_{};
  time_point earliest_{};
  bool fired_ = false;
};

}  // namespace

result<std::vector<queue_event>> queue_rules::decide(const queue_state& s, const queue_command& c, turn t,
                                                     const tenant_config& config) {
  return decision{s, t, config}.take(c);
}

void queue_rules::answer(const queue_state& s, const queue_command& c, turn, const tenant_config&, effects& out) {
  const auto to = [&](entity_ref who, acd_message message) {
    out.push_back({timing::when_durable, to_entity{who, std::move(message)}});
  };
  const auto found = [&](call_id call) -> const queue_entry* {
    const auto it = s.entries.find(call);
    return it == s.entries.end() ? nullptr : &it->second;
  };
  std::visit(overload{[&](const ask_place& m) {
                        const auto place = place_of(s, m.call);
                        to(ref(m.call), queue_place{.call = m.call,
                                                    .queue = s.id,
                                                    .position = place,
                                                    .waiting = static_cast<std::uint32_t>(s.entries.size()),
                                                    .expected_wait = s.totals.wait_per_place * place,
                                                    .agents_logged_in = s.logged_in});
                      },
                      [&](const enqueue& m) {
                        if (found(m.call) != nullptr) to(ref(m.call), queued{m.call, s.id, place_of(s, m.call)});
                      },
                      [&](const agent_reserved& m) {
                        // Nobody will offer this one: the agent shall ask the call now, not at its deadline.
                        const auto* entry = found(m.call);
                        const bool is_offered =
                            entry != nullptr && entry->state == entry_state::offering && entry->attempt == m.attempt;
                        if (!is_offered) to(ref(m.agent), reservation_void{m.call, m.attempt, m.agent});
                      },
                      [&](const queue_prioritise& m) {
                        if (m.request != 0) out.push_back({timing::when_durable, reply{.request = m.request}});
                      },
                      [](const auto&) {}},
             c);
}

}  // namespace seatgrid
