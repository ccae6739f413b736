#include <algorithm>
#include <optional>

#include "base/overload.hpp"
#include "domain/call_decision.hpp"

/// The flow interpreter: nodes are data of the tenant's pinned version, this walks them until something must be waited for.
namespace seatgrid::calls {
namespace {

struct next_node {
  std::string name{};
  std::string rule{};
  std::string input{};
};
using step_result = std::optional<next_node>;  ///< none: the node waits, or the call went elsewhere

const flow_node* find_node(const decision& d, const std::string& name) {
  const auto* flow = d.config.flow_named(d.call.flow.flow);
  if (flow == nullptr) return nullptr;
  const auto at = flow->nodes.find(name);
  return at == flow->nodes.end() ? nullptr : &at->second;
}

template <class Node>
const Node* current(const decision& d) {
  const auto* node = find_node(d, d.call.flow.node);
  return node == nullptr ? nullptr : std::get_if<Node>(node);
}

std::string value_of(const call_state& call, const std::string& variable) {
  if (variable == "caller") return call.caller.number;
  if (variable == "called") return call.number;
  if (const auto at = call.secrets.find(variable); at != call.secrets.end()) return at->second;
  const auto at = call.variables.find(variable);
  return at == call.variables.end() ? std::string{} : at->second;
}

bool matches(const std::string& pattern, const std::string& value) {
  if (pattern.ends_with('*')) return value.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == value;
}

void set_variable(decision& d, const std::string& name, std::string value, bool sensitive = false) {
  if (name.empty()) return;
  const bool is_new = !d.call.variables.contains(name);
  if (is_new && d.call.variables.size() >= call_limits::variables) return;
  if (value.size() > call_limits::variable_bytes) value.resize(call_limits::variable_bytes);
  if (sensitive)
    d.emit(variable_set{.name = name, .sensitive = true, .secret = std::move(value)});
  else
    d.emit(variable_set{.name = name, .value = std::move(value)});
}

call_stage stage_of(const flow_node& node) {
  return std::visit(
      overload{[](const play_node&) { return call_stage::prompt; }, [](const menu_node&) { return call_stage::menu; },
               [](const collect_node&) { return call_stage::collect; }, [](const branch_node&) { return call_stage::prompt; },
               [](const set_node&) { return call_stage::prompt; }, [](const queue_node&) { return call_stage::prompt; },
               [](const voicemail_node&) { return call_stage::prompt; }, [](const bridge_node&) { return call_stage::prompt; },
               [](const hangup_node&) { return call_stage::prompt; }},
      node);
}

/// Says the prompts of a menu or collect node; the wait for a key begins when they have ended.
void ask(decision& d, const std::vector<prompt_ref>& prompts, milliseconds wait) {
  clear_timer(d, call_timer::digit);
  if (!play(d, 1, prompts, false)) set_timer(d, call_timer::digit, wait);
}

step_result run(decision& d, const play_node& node) {
  if (play(d, 1, node.prompts, false)) return std::nullopt;
  return next_node{node.next, "play", "no prompts"};
}
step_result run(decision& d, const menu_node& node) {
  ask(d, node.prompts, node.timeout);
  return std::nullopt;
}
step_result run(decision& d, const collect_node& node) {
  ask(d, node.prompts, node.first_digit);
  return std::nullopt;
}
step_result run(decision& d, const branch_node& node) {
  const auto value = value_of(d.call, node.variable);
  const bool secret = d.call.secrets.contains(node.variable);
  const auto at = std::find_if(node.cases.begin(), node.cases.end(), [&](const auto& c) { return matches(c.first, value); });
  const auto input = node.variable + "=" + (secret ? std::string{"(sensitive)"} : value);
  if (at == node.cases.end()) return next_node{node.otherwise, "branch otherwise", input};
  return next_node{at->second, "branch", input};
}
step_result run(decision& d, const set_node& node) {
  set_variable(d, node.variable, node.value);
  return next_node{node.next, "set", node.variable};
}
queue_request request_of(const queue_node& node) {
  return {.name = node.queue,
          .priority = node.priority,
          .skills = node.skills,
          .on_timeout = node.on_timeout,
          .on_full = node.on_full,
          .on_key = node.on_key};
}

step_result run(decision& d, const queue_node& node) {
  join_queue(d, request_of(node), "flow", d.call.flow.node);
  return std::nullopt;
}
step_result run(decision& d, const voicemail_node& node) {
  start_voicemail(d, {.mailbox = node.mailbox, .next = node.next, .length_max = node.length_max, .silence = node.silence},
                  node.greeting);
  return std::nullopt;
}
step_result run(decision& d, const bridge_node& node) {
  start_bridge(d, node);
  return std::nullopt;
}
step_result run(decision& d, const hangup_node& node) {
  const auto cause = node.cause.text.empty() ? cause_of(node.cause.q850, node.cause.sip) : node.cause;
  if (node.prompts.empty()) {
    release(d, call_side::system, cause, "flow_hangup");
    return std::nullopt;
  }
  d.emit(farewell_began{cause});
  play(d, 1, node.prompts, false);
  return std::nullopt;
}

/// Another try of a menu or collect node, or its way out.
template <class Node>
void try_again(decision& d, const Node& node, const std::string& why, const std::vector<prompt_ref>& said_first,
               milliseconds wait) {
  const auto tries = d.call.flow.tries;
  d.emit(input_failed{why, tries + 1});
  if (tries >= node.tries) return enter_node(d, node.otherwise, "no usable input", why);
  auto prompts = said_first;
  prompts.insert(prompts.end(), node.prompts.begin(), node.prompts.end());
  ask(d, prompts, wait);
}

void menu_digit(decision& d, const menu_node& node, char digit) {
  stop_play(d, 1);
  clear_timer(d, call_timer::digit);
  const auto at = node.choices.find(digit);
  if (at == node.choices.end()) return try_again(d, node, "invalid", node.invalid, node.timeout);
  set_variable(d, "digits", std::string(1, digit));
  enter_node(d, at->second, "menu", std::string(1, digit));
}

std::size_t digits_so_far(const decision& d, const collect_node& node) {
  return node.sensitive ? d.call.secret_digits.size() : d.call.flow.digits.size();
}

void finish_collect(decision& d, const collect_node& node, const std::string& why) {
  stop_play(d, 1);
  clear_timer(d, call_timer::digit);
  if (digits_so_far(d, node) < node.digits_min || digits_so_far(d, node) == 0)
    return try_again(d, node, why, {}, node.first_digit);
  const auto digits = node.sensitive ? d.call.secret_digits : d.call.flow.digits;
  const auto& variable = node.variable.empty() ? std::string{"digits"} : node.variable;
  set_variable(d, variable, digits, node.sensitive);
  enter_node(d, node.next, "collect", variable);
}

void collect_digit(decision& d, const collect_node& node, char digit) {
  stop_play(d, 1);
  if (digit == node.terminator) return finish_collect(d, node, "too few digits");
  d.emit(
      digit_heard{.sensitive = node.sensitive, .shown = node.sensitive ? std::string{} : std::string(1, digit), .digit = digit});
  if (digits_so_far(d, node) >= node.digits_max) return finish_collect(d, node, "too few digits");
  set_timer(d, call_timer::digit, node.next_digit);
}

}  // namespace

queue_request request_of_flow(const decision& d) {
  const auto* flow = d.config.flow_named(d.call.flow.flow);
  if (flow == nullptr) return {};
  const auto at = flow->nodes.find(d.call.flow.node);
  const auto* node = at == flow->nodes.end() ? nullptr : std::get_if<queue_node>(&at->second);
  return node == nullptr ? queue_request{} : request_of(*node);
}

void enter_node(decision& d, std::string name, std::string rule, std::string input) {
  // Counted over the whole decision: a queue or bridge node that refuses at once comes back here from within.
  while (d.nodes++ < call_limits::nodes_without_wait && d.call.nodes_entered < call_limits::nodes_in_all) {
    if (name.empty()) return release(d, call_side::system, cause_of(q850::normal), "flow_ended");
    const auto* node = find_node(d, name);
    if (node == nullptr) return release(d, call_side::system, cause_of(q850::temporary_failure), "flow_node_missing");
    stop_play(d, 1);
    const auto* collects = std::get_if<collect_node>(node);
    const bool secret = collects != nullptr && collects->sensitive;
    d.emit(node_entered{.node = name, .stage = stage_of(*node), .secret = secret, .rule = rule, .input = input});
    auto next = std::visit([&](const auto& n) { return run(d, n); }, *node);
    if (!next) return;
    name = std::move(next->name);
    rule = std::move(next->rule);
    input = std::move(next->input);
  }
  release(d, call_side::system, cause_of(q850::temporary_failure), "flow_loop");
}

void start_flow(decision& d) {
  const auto* flow = d.config.flow_named(d.call.flow.flow);
  enter_node(d, flow == nullptr ? std::string{} : flow->start, "start", d.call.number);
}

void on_flow_played(decision& d) {
  if (d.call.stage == call_stage::prompt) {
    if (const auto* node = current<play_node>(d)) enter_node(d, node->next, "play", "ended");
  } else if (d.call.stage == call_stage::menu) {
    if (const auto* node = current<menu_node>(d)) set_timer(d, call_timer::digit, node->timeout);
  } else if (d.call.stage == call_stage::collect) {
    if (const auto* node = current<collect_node>(d)) set_timer(d, call_timer::digit, node->first_digit);
  }
}

void on_flow_digit(decision& d, char digit) {
  if (d.call.stage == call_stage::menu) {
    if (const auto* node = current<menu_node>(d)) menu_digit(d, *node, digit);
  } else if (d.call.stage == call_stage::collect) {
    if (const auto* node = current<collect_node>(d)) collect_digit(d, *node, digit);
  }
}

void on_flow_digit_timeout(decision& d) {
  if (d.call.stage == call_stage::menu) {
    if (const auto* node = current<menu_node>(d)) try_again(d, *node, "timeout", {}, node->timeout);
  } else if (d.call.stage == call_stage::collect) {
    if (const auto* node = current<collect_node>(d)) finish_collect(d, *node, "timeout");
  }
}

}  // namespace seatgrid::calls
