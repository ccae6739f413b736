#include <algorithm>

#include "domain/call_decision.hpp"

/// A real phone is called: by a bridge node, or because somebody transfers the caller.
namespace seatgrid::calls {
namespace {

enum class target_kind : std::uint8_t { none = 0, agent = 1, queue = 2, phone = 3 };
struct transfer_target {
  target_kind kind = target_kind::none;
  std::string name{};
};

std::string user_of(std::string uri) {
  if (!uri.empty() && uri.front() == '<') uri.erase(0, 1);
  for (const std::string_view scheme : {"sip:", "sips:", "tel:"})
    if (uri.starts_with(scheme)) uri.erase(0, scheme.size());
  const auto end = uri.find_first_of("@;>?:");
  return end == std::string::npos ? uri : uri.substr(0, end);
}

bool is_phone_number(const std::string& text) {
  constexpr std::size_t shortest = 3, longest = 20;
  const auto digits = text.starts_with('+') ? text.substr(1) : text;
  return digits.size() >= shortest && digits.size() <= longest &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Foreign SIP domains are never dialled on somebody's word: only the user part counts, and it must be ours or a number.
transfer_target resolve(const decision& d, const std::string& text) {
  constexpr std::string_view to_agent = "agent:", to_queue = "queue:";  // as the API and the CLI name them
  if (text.starts_with(to_agent)) {
    auto agent = text.substr(to_agent.size());
    return d.config.agent(agent) == nullptr ? transfer_target{} : transfer_target{target_kind::agent, std::move(agent)};
  }
  if (text.starts_with(to_queue)) {
    auto queue = text.substr(to_queue.size());
    return d.config.queue(queue) == nullptr ? transfer_target{} : transfer_target{target_kind::queue, std::move(queue)};
  }
  auto name = user_of(text);
  if (d.config.agent(name) != nullptr) return {target_kind::agent, name};
  if (d.config.queue(name) != nullptr) return {target_kind::queue, name};
  if (is_phone_number(name) && d.config.number(name) == nullptr) return {target_kind::phone, name};
  return {};
}

const trunk_config* way_out(const decision& d, const std::string& wanted) {
  if (!wanted.empty()) return d.config.outbound_trunk(wanted);
  if (const auto* back = d.config.outbound_trunk(d.call.trunk)) return back;
  for (const auto* trunks : {&d.config.trunks, &d.config.trunks_above})
    for (const auto& [name, trunk] : *trunks)
      if (!trunk.outbound.empty()) return &trunk;
  return nullptr;
}

destination destination_of(const std::string& target, const trunk_config& trunk) {
  if (target.starts_with("sip:") || target.starts_with("sips:")) return {.target = target, .trunk = trunk.name};
  constexpr std::string_view scheme = "sip:";
  auto host = trunk.outbound.starts_with(scheme) ? trunk.outbound.substr(scheme.size()) : trunk.outbound;
  if (const auto at = host.find('@'); at != std::string::npos) host = host.substr(at + 1);
  const auto way = trunk.via == transport::tcp && host.find(";transport=") == std::string::npos ? ";transport=tcp" : "";
  return {.target = "sip:" + target + "@" + host + way, .trunk = trunk.name};
}

void notify(decision& d, std::uint16_t status, bool last) {
  const auto& plan = d.call.transfer;
  if (!plan || !plan->by_refer) return;
  const auto* by = d.call.leg(plan->by);
  if (by == nullptr || !by->is_live()) return;
  d.emit(refer_answered{.leg = plan->by, .refer_id = plan->refer_id, .notify = true, .status = status, .last = last});
}

void dial(decision& d, dial_plan plan, const std::string& trunk_name, milliseconds timeout, const std::string& rule);

/// The caller goes on where a failed or finished dial leads.
void after_dial(decision& d, const std::string& outcome, const release_cause& cause) {
  const auto plan = d.call.dial.value_or(dial_plan{});
  clear_timer(d, call_timer::ring);
  if (d.call.leg(plan.leg) != nullptr && d.call.leg(plan.leg)->is_live()) drop_leg(d, plan.leg, cause_of(q850::normal));
  unbridge(d);
  stop_play(d, 1);
  d.emit(dial_ended{.outcome = outcome, .rule = plan.target, .at = d.at()});
  if (d.call.transfer) {
    const auto by = d.call.transfer->by;
    notify(d, cause.sip >= 300 ? cause.sip : std::uint16_t{503}, true);
    d.emit(transfer_ended{false, outcome, d.at()});
    const auto* back = d.call.leg(by);
    if (back == nullptr || !back->is_up()) return release(d, call_side::phone, cause, "transfer_failed");
    d.emit(talk_began{by, d.at()});
    return refresh_audio(d);
  }
  const auto& node = outcome == "busy" ? plan.on_busy : outcome == "no_answer" ? plan.on_no_answer : plan.on_fail;
  if (!node.empty()) return enter_node(d, node, "dial_" + outcome, plan.target);
  release(d, call_side::phone, cause, "dial_" + outcome);
}

void dial(decision& d, dial_plan plan, const std::string& trunk_name, milliseconds timeout, const std::string& rule) {
  const auto* trunk = way_out(d, trunk_name);
  const auto index = d.call.last_leg + 1;
  plan.leg = trunk == nullptr ? 0 : index;
  const auto target = plan.target;
  d.emit(dial_began{.plan = std::move(plan), .rule = rule, .at = d.at()});
  if (trunk == nullptr) return after_dial(d, "fail", cause_of(q850::no_circuit, 503, "no trunk for calls of ours"));
  if (d.call.hops_left == 0) return after_dial(d, "fail", cause_of(25, 483));
  if (d.call.last_leg >= call_limits::legs) return after_dial(d, "fail", cause_of(q850::congestion, 503));
  if (d.config.number(target) != nullptr) return after_dial(d, "fail", cause_of(25, 482, "loop through our own number"));
  set_timer(d, call_timer::ring, timeout);
  add_leg(d, leg_role::phone, target, {}, destination_of(target, *trunk));
}

void hand_to_queue(decision& d, const transfer_target& target) {
  queue_request request{.name = target.name, .at_head = false};
  if (target.kind == target_kind::agent) {
    const auto* agent = d.config.agent(target.name);
    request = {.name = agent->queues.front().queue, .preferred = d.config.agent_of(target.name), .at_head = true};
  }
  const auto before = request_of_flow(d);
  request.on_timeout = before.on_timeout;
  request.on_full = before.on_full;
  const auto by = d.call.transfer->by;
  notify(d, 200, true);
  unbridge(d);
  stop_recordings(d);
  end_attempt(d, attempt_failure::ended, "transfer", target.name);
  drop_leg(d, by, cause_of(q850::normal), true);
  d.emit(transfer_ended{true, target.name, d.at()});
  join_queue(d, request, "transfer", target.name);
}

}  // namespace

void start_bridge(decision& d, const bridge_node& node) {
  dial(d,
       {.target = node.target,
        .on_busy = node.on_busy,
        .on_no_answer = node.on_no_answer,
        .on_fail = node.on_fail,
        .next = node.next},
       node.trunk, node.ring_timeout, "flow");
}

void on_phone_progress(decision& d, std::uint32_t leg, const leg_progress& c) {
  if (d.call.stage != call_stage::dialling || !d.call.dial || d.call.dial->leg != leg) return;
  if (c.media && !d.call.dial->early_media) {
    const auto path = accept_answer(d.call.leg(leg)->local, *c.media);
    if (path) {
      d.emit(leg_path_set{.leg = leg, .path = *path, .remote = c.media, .early_media = true});
      return bridge(d, 1, leg);
    }
  }
  const bool silent = d.call.bridge_a == 0 && !d.call.leg(1)->play;
  if (silent) play(d, 1, {{.source = "tone:ringback"}}, true);
}

void on_phone_answer(decision& d, std::uint32_t leg) {
  if (d.call.stage != call_stage::dialling || !d.call.dial || d.call.dial->leg != leg)
    return drop_leg(d, leg, cause_of(q850::non_selected));
  clear_timer(d, call_timer::ring);
  answer_caller(d, "phone answered");
  if (d.call.transfer) {
    const auto by = d.call.transfer->by;
    notify(d, 200, true);
    stop_recordings(d);
    end_attempt(d, attempt_failure::ended, "transfer", d.call.transfer->target);
    drop_leg(d, by, cause_of(q850::normal), true);
    d.emit(transfer_ended{true, d.call.transfer->target, d.at()});
  }
  bridge(d, 1, leg);
  d.emit(talk_began{leg, d.at()});
}

void on_phone_gone(decision& d, std::uint32_t leg) {
  if (!d.call.dial || d.call.dial->leg != leg) return;
  const auto cause = d.call.leg(leg)->cause;
  if (d.call.stage == call_stage::dialling) {
    const auto why = failure_of(cause);
    const auto outcome = why == attempt_failure::busy ? "busy" : why == attempt_failure::no_answer ? "no_answer" : "fail";
    return after_dial(d, outcome, cause);
  }
  if (d.call.stage != call_stage::talking || d.call.talk_leg != leg) return;
  const auto next = d.call.dial->next;
  if (next.empty()) return release(d, call_side::phone, cause, "phone_hung_up");
  unbridge(d);
  stop_play(d, 1);
  d.emit(dial_ended{.outcome = "ended", .rule = d.call.dial->target, .at = d.at()});
  enter_node(d, next, "dial_ended", "");
}

void on_dial_timeout(decision& d) {
  if (d.call.dial) after_dial(d, "no_answer", cause_of(q850::no_answer, 480));
}

void redial(decision& d) {
  const auto old = *d.call.dial;
  const auto* leg = d.call.leg(old.leg);
  if (leg == nullptr) return;
  const auto to = leg->to;
  const auto* ring = d.call.timer(call_timer::ring);
  const auto timeout = ring == nullptr ? call_limits::transfer_ring : ring->length;
  drop_leg(d, old.leg, cause_of(q850::normal));
  unbridge(d);
  auto plan = old;
  plan.leg = d.call.last_leg + 1;
  plan.early_media = false;
  d.emit(dial_began{.plan = std::move(plan), .rule = "takeover", .at = d.at()});
  set_timer(d, call_timer::ring, timeout);
  add_leg(d, leg_role::phone, old.target, {}, to);
}

result<void> transfer(decision& d, std::uint32_t by, const std::string& target, std::uint32_t refer_id, bool by_refer) {
  const bool talks = d.call.phase == call_phase::running && d.call.stage == call_stage::talking && d.call.talk_leg == by;
  if (!talks || d.call.transfer) return fail(errc::wrong_state, "only a call that talks can be transferred");
  const auto found = resolve(d, target);
  if (found.kind == target_kind::none) return fail(errc::not_found, "'" + target + "' is no agent, queue or phone number here");
  if (found.kind == target_kind::agent && d.config.agent(found.name)->queues.empty())
    return fail(errc::denied, "agent '" + found.name + "' belongs to no queue that could hand the caller over");
  if (found.kind == target_kind::phone && way_out(d, {}) == nullptr)
    return fail(errc::denied, "no trunk takes calls to '" + found.name + "'");
  if (by_refer) d.emit(refer_answered{.leg = by, .refer_id = refer_id, .status = 202});
  constexpr std::string_view kinds[] = {"none", "agent", "queue", "phone"};
  d.emit(transfer_began{.plan = {.by = by, .refer_id = refer_id, .by_refer = by_refer, .target = found.name},
                        .kind = std::string{kinds[static_cast<std::size_t>(found.kind)]},
                        .at = d.at()});
  if (found.kind != target_kind::phone) {
    hand_to_queue(d, found);
    return {};
  }
  notify(d, 100, false);
  unbridge(d);
  stop_play(d, by);
  play(d, 1, {{.source = "tone:ringback"}}, true);
  dial(d, {.target = found.name}, {}, call_limits::transfer_ring, "transfer");
  return {};
}

void on_refer(decision& d, const leg_refer& c) {
  const auto* leg = d.call.leg(c.leg.index);
  if (leg == nullptr || !leg->is_live()) return;
  if (!(leg->dialog == c.now)) d.emit(dialog_kept{c.leg.index, c.now});
  const auto refuse = [&](std::uint16_t status) {
    d.emit(refer_answered{.leg = c.leg.index, .refer_id = c.refer_id, .status = status, .last = true});
  };
  // A trunk must not be able to send our callers elsewhere: only agents transfer.
  if (leg->role != leg_role::agent) return refuse(403);
  const auto done = transfer(d, c.leg.index, c.target, c.refer_id, true);
  if (done) return;
  if (done.error().code == errc::not_found) return refuse(404);
  refuse(done.error().code == errc::denied ? 403 : 491);
}

void on_transferor_gone(decision& d, std::uint32_t leg) {
  if (!d.call.transfer || d.call.transfer->by != leg) return;
  stop_recordings(d);
  end_attempt(d, attempt_failure::ended, "transferor_left", d.call.transfer->target);
}

}  // namespace seatgrid::calls
