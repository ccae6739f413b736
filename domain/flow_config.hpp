#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/media_port.hpp"

/// What a caller goes through before and beside the queue: nodes by name; every edge names a node, "" ends the call.
namespace seatgrid {

struct play_node {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "play";
  std::vector<prompt_ref> prompts{};
  std::string next{};
  bool operator==(const play_node&) const = default;
  static constexpr auto fields() { return members{field{1, "prompts", &play_node::prompts}, field{2, "next", &play_node::next}}; }
};
struct menu_node {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "menu";
  std::vector<prompt_ref> prompts{};
  std::map<char, std::string> choices{};
  milliseconds timeout{5'000};  ///< after the prompt has ended
  std::uint32_t tries = 3;
  std::vector<prompt_ref> invalid{};  ///< said before the next try
  std::string otherwise{};            ///< after the last try
  bool operator==(const menu_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "prompts", &menu_node::prompts}, field{2, "choices", &menu_node::choices},
                   field{3, "timeout", &menu_node::timeout}, field{4, "tries", &menu_node::tries},
                   field{5, "invalid", &menu_node::invalid}, field{6, "otherwise", &menu_node::otherwise}};
  }
};
struct collect_node {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "collect";
  std::vector<prompt_ref> prompts{};
  std::string variable{};
  std::uint32_t digits_min = 1, digits_max = 16;
  char terminator = '#';
  milliseconds first_digit{5'000}, next_digit{3'000};
  std::uint32_t tries = 3;
  bool sensitive = false;  ///< digits never reach events, logs or recordings
  std::string next{}, otherwise{};
  bool operator==(const collect_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "prompts", &collect_node::prompts},       field{2, "variable", &collect_node::variable},
                   field{3, "digits_min", &collect_node::digits_min}, field{4, "digits_max", &collect_node::digits_max},
                   field{5, "terminator", &collect_node::terminator}, field{6, "first_digit", &collect_node::first_digit},
                   field{7, "next_digit", &collect_node::next_digit}, field{8, "tries", &collect_node::tries},
                   field{9, "sensitive", &collect_node::sensitive},   field{10, "next", &collect_node::next},
                   field{11, "otherwise", &collect_node::otherwise}};
  }
};
/// The first case whose value equals the variable; variables are "caller", "called", "digits" and those collected.
struct branch_node {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "branch";
  std::string variable{};
  std::vector<std::pair<std::string, std::string>> cases{};  ///< value (a trailing * matches any ending) -> node
  std::string otherwise{};
  bool operator==(const branch_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "variable", &branch_node::variable}, field{2, "cases", &branch_node::cases},
                   field{3, "otherwise", &branch_node::otherwise}};
  }
};
struct set_node {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "set";
  std::string variable{};
  std::string value{};
  std::string next{};
  bool operator==(const set_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "variable", &set_node::variable}, field{2, "value", &set_node::value},
                   field{3, "next", &set_node::next}};
  }
};
struct queue_node {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "queue";
  std::string queue{};
  std::int32_t priority = 0;
  std::vector<skill_level> skills{};
  std::string on_timeout{}, on_full{}, on_key{};  ///< on_key: per key see queue_config::keys
  bool operator==(const queue_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_node::queue},     field{2, "priority", &queue_node::priority},
                   field{3, "skills", &queue_node::skills},   field{4, "on_timeout", &queue_node::on_timeout},
                   field{5, "on_full", &queue_node::on_full}, field{6, "on_key", &queue_node::on_key}};
  }
};
struct voicemail_node {
  static constexpr std::uint32_t tag = 7;
  static constexpr std::string_view type = "voicemail";
  std::string mailbox{};
  std::vector<prompt_ref> greeting{};
  milliseconds length_max{120'000};
  milliseconds silence{5'000};
  std::string next{};
  bool operator==(const voicemail_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "mailbox", &voicemail_node::mailbox}, field{2, "greeting", &voicemail_node::greeting},
                   field{3, "length_max", &voicemail_node::length_max}, field{4, "silence", &voicemail_node::silence},
                   field{5, "next", &voicemail_node::next}};
  }
};
/// Bridges to a real phone or SIP URI through a trunk (N4); never presents an access number (N16).
struct bridge_node {
  static constexpr std::uint32_t tag = 8;
  static constexpr std::string_view type = "bridge";
  std::string target{};  ///< number in canonical form, or sip: URI
  std::string trunk{};
  std::string presented{};  ///< caller number to show; empty = the true caller
  milliseconds ring_timeout{30'000};
  std::string on_busy{}, on_no_answer{}, on_fail{}, next{};
  bool operator==(const bridge_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "target", &bridge_node::target},       field{2, "trunk", &bridge_node::trunk},
                   field{3, "presented", &bridge_node::presented}, field{4, "ring_timeout", &bridge_node::ring_timeout},
                   field{5, "on_busy", &bridge_node::on_busy},     field{6, "on_no_answer", &bridge_node::on_no_answer},
                   field{7, "on_fail", &bridge_node::on_fail},     field{8, "next", &bridge_node::next}};
  }
};
struct hangup_node {
  static constexpr std::uint32_t tag = 9;
  static constexpr std::string_view type = "hangup";
  std::vector<prompt_ref> prompts{};
  release_cause cause{};
  bool operator==(const hangup_node&) const = default;
  static constexpr auto fields() {
    return members{field{1, "prompts", &hangup_node::prompts}, field{2, "cause", &hangup_node::cause}};
  }
};
using flow_node =
    std::variant<play_node, menu_node, collect_node, branch_node, set_node, queue_node, voicemail_node, bridge_node, hangup_node>;
struct flow {
  std::string name{};
  std::string start{};
  std::map<std::string, flow_node> nodes{};
  bool operator==(const flow&) const = default;
  static constexpr auto fields() {
    return members{field{1, "name", &flow::name}, field{2, "start", &flow::start}, field{3, "nodes", &flow::nodes}};
  }
};

}  // namespace seatgrid
