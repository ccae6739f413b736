#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/call_state.hpp"

/// What happened to a call between its INVITE and an agent: start, flow, queue. Members marked "in memory only" never reach a
/// row, a log or another process.
namespace seatgrid::calls {

/// An INVITE on a number of ours was accepted.
struct call_started {
  static constexpr std::uint32_t tag = 40;
  static constexpr std::string_view type = "call_started";
  call_id call{};
  std::string tenant{};
  std::uint64_t config_version{0};
  std::string trunk{};
  std::string number{};
  std::string dialled{};
  caller_identity caller{};
  answer_policy policy{answer_policy::on_agent};
  std::string language{};
  std::optional<session_description> offer{};
  dialog early{};
  std::uint32_t hops_left{70};
  std::string flow{};
  time_point at{};
  bool operator==(const call_started&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "call", &call_started::call},
                      field{2, "tenant", &call_started::tenant},
                      field{3, "config_version", &call_started::config_version},
                      field{4, "trunk", &call_started::trunk},
                      field{5, "number", &call_started::number},
                      field{6, "dialled", &call_started::dialled},
                      field{7, "caller", &call_started::caller},
                      field{8, "policy", &call_started::policy},
                      field{9, "language", &call_started::language},
                      field{10, "offer", &call_started::offer},
                      field{11, "early", &call_started::early},
                      field{12, "hops_left", &call_started::hops_left},
                      field{13, "flow", &call_started::flow},
                      field{14, "at", &call_started::at}};
  }
};
/// The caller's audio is ready.
struct call_running {
  static constexpr std::uint32_t tag = 41;
  static constexpr std::string_view type = "call_running";
  std::string why{};
  bool operator==(const call_running&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "why", &call_running::why}}; }
};
/// The number's own ringback is heard before the flow.
struct ringback_began {
  static constexpr std::uint32_t tag = 42;
  static constexpr std::string_view type = "ringback_began";
  bool early{true};
  bool operator==(const ringback_began&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "early", &ringback_began::early}}; }
};
/// The flow reached a node: `rule` and `input` say why.
struct node_entered {
  static constexpr std::uint32_t tag = 43;
  static constexpr std::string_view type = "node_entered";
  std::string node{};
  call_stage stage{call_stage::none};
  bool secret{false};
  std::string rule{};
  std::string input{};
  bool operator==(const node_entered&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "node", &node_entered::node}, field{2, "stage", &node_entered::stage},
                      field{3, "secret", &node_entered::secret}, field{4, "rule", &node_entered::rule},
                      field{5, "input", &node_entered::input}};
  }
};
/// A menu or collect node got nothing usable; the caller is asked again or the node gives up.
struct input_failed {
  static constexpr std::uint32_t tag = 44;
  static constexpr std::string_view type = "input_failed";
  std::string why{};
  std::uint32_t tries{1};
  bool operator==(const input_failed&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "why", &input_failed::why}, field{2, "tries", &input_failed::tries}};
  }
};
/// A key of a collect node. Sensitive ones are counted, never named.
struct digit_heard {
  static constexpr std::uint32_t tag = 45;
  static constexpr std::string_view type = "digit_heard";
  bool sensitive{false};
  std::string shown{};
  char digit{'0'};  ///< in memory only
  bool operator==(const digit_heard&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "sensitive", &digit_heard::sensitive}, field{2, "shown", &digit_heard::shown}};
  }
};
/// A flow variable. Sensitive values are not stored.
struct variable_set {
  static constexpr std::uint32_t tag = 46;
  static constexpr std::string_view type = "variable_set";
  std::string name{};
  std::string value{};
  bool sensitive{false};
  std::string secret{};  ///< in memory only
  bool operator==(const variable_set&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "name", &variable_set::name}, field{2, "value", &variable_set::value},
                      field{3, "sensitive", &variable_set::sensitive}};
  }
};
/// The caller asks for a place.
struct queue_asked {
  static constexpr std::uint32_t tag = 47;
  static constexpr std::string_view type = "queue_asked";
  queue_wait wait{};
  attempt_no next_attempt{1};
  std::string rule{};
  std::string input{};
  bool operator==(const queue_asked&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "wait", &queue_asked::wait}, field{2, "next_attempt", &queue_asked::next_attempt},
                      field{3, "rule", &queue_asked::rule}, field{4, "input", &queue_asked::input}};
  }
};
/// No word from the queue yet: asked again.
struct enqueue_repeated {
  static constexpr std::uint32_t tag = 48;
  static constexpr std::string_view type = "enqueue_repeated";
  milliseconds repeat{0};
  bool operator==(const enqueue_repeated&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "repeat", &enqueue_repeated::repeat}}; }
};
/// The caller has a place.
struct queue_joined {
  static constexpr std::uint32_t tag = 49;
  static constexpr std::string_view type = "queue_joined";
  std::uint32_t position{1};
  time_point at{};
  bool operator==(const queue_joined&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "position", &queue_joined::position}, field{2, "at", &queue_joined::at}};
  }
};
/// The caller no longer waits there; `outcome` is the one EXIT of this ENTER.
struct queue_left {
  static constexpr std::uint32_t tag = 50;
  static constexpr std::string_view type = "queue_left";
  queue_id queue{};
  std::string outcome{};
  std::string rule{};
  std::string input{};
  bool say{true};
  time_point at{};
  bool operator==(const queue_left&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "queue", &queue_left::queue}, field{2, "outcome", &queue_left::outcome},
                      field{3, "rule", &queue_left::rule},   field{4, "input", &queue_left::input},
                      field{5, "say", &queue_left::say},     field{6, "at", &queue_left::at}};
  }
};
/// Which place has the caller?
struct place_asked {
  static constexpr std::uint32_t tag = 51;
  static constexpr std::string_view type = "place_asked";
  time_point at{};
  bool operator==(const place_asked&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "at", &place_asked::at}}; }
};
/// The queue's answer.
struct place_heard {
  static constexpr std::uint32_t tag = 52;
  static constexpr std::string_view type = "place_heard";
  std::uint32_t position{0};
  std::uint32_t waiting{0};
  milliseconds expected_wait{0};
  std::uint32_t agents_logged_in{0};
  bool operator==(const place_heard&) const = default;
  static constexpr auto fields() {
    return std::tuple{field{1, "position", &place_heard::position}, field{2, "waiting", &place_heard::waiting},
                      field{3, "expected_wait", &place_heard::expected_wait},
                      field{4, "agents_logged_in", &place_heard::agents_logged_in}};
  }
};
/// The longest wait passed while an agent rings: the ring decides.
struct wait_overdue {
  static constexpr std::uint32_t tag = 53;
  static constexpr std::string_view type = "wait_overdue";
  time_point at{};
  bool operator==(const wait_overdue&) const = default;
  static constexpr auto fields() { return std::tuple{field{1, "at", &wait_overdue::at}}; }
};

}  // namespace seatgrid::calls
