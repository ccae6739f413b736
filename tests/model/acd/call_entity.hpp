#pragma once

#include <set>
#include <string>
#include <vector>

#include "domain/call_rules.hpp"
#include "tests/model/acd/live.hpp"
#include "tests/model/acd/machine.hpp"

namespace seatgrid::model {

/// A call under the whole rules of a call, with its caller, its edge and the phones that ring for it. Media answers at once. What
/// phones know outlives a takeover, what the edge knows does not.
class call_entity {
 public:
  struct phone {
    std::uint32_t leg = 0;
    std::size_t agent = 0;
    attempt_no attempt = 0;
    bool is_up = false;
    bool edge_knows = true;
    bool edge_cancels = false;  ///< CANCEL is on its way; a 2xx that crosses gets ACK and BYE
  };
  /// What the edge has to tell of an INVITE of ours, in order; lost with the edge.
  struct report {
    std::uint32_t leg = 0;
    bool answered = false;  ///< 2xx; else a failure
    std::uint16_t status = 0;
  };
  struct state : live<call_rules> {
    std::vector<phone> phones{};
    std::vector<report> reports{};
    std::set<std::uint32_t> ended{};  ///< legs whose far end left: told until the call lets the edge forget them
    bool caller_is_there = true;
    bool edge_knows_caller = true;
    std::set<std::uint32_t> known{};  ///< ended legs that this edge knows
  };

  call_entity(const cast_list& cast, call_id id, bent<call_rules> bends) : cast_(&cast), id_(id), bends_(std::move(bends)) {}

  state start(std::vector<to_entity>& said);
  void hear(state& s, const acd_message& message, std::vector<to_entity>& said) const;
  void take(state& s, std::uint16_t code, std::vector<to_entity>& said) const;
  void take_over(state& s, std::vector<to_entity>& said) const;
  std::vector<choice> choices(const state& s) const;
  void make_same(state& s) const;
  std::string key(const state& s) const;
  summary view(const state& s) const;
  std::string describe(const state& s) const;

 private:
  void run(state& s, call_command input, std::vector<to_entity>& said) const;
  void follow_all(state& s, effects& out, std::vector<to_entity>& said, std::vector<call_command>& next) const;
  void to_edge(state& s, const leg_command& command, std::vector<call_command>& next) const;
  void release(state& s, std::uint32_t leg) const;
  void restore(state& s, const leg_restore& order) const;
  void phone_takes(state& s, std::uint16_t code) const;
  void phone_choices(const state& s, std::vector<choice>& out) const;
  void expire(state& s, std::uint32_t leg, std::vector<to_entity>& said) const;
  bool is_modelled(std::uint32_t timer) const;
  static bool is_over(const state& s);
  static session_description voice();
  static dialog far_end();
  leg_id leg(std::uint32_t index) const { return {id_, index}; }
  const cast_list* cast_;
  call_id id_;
  bent<call_rules> bends_;
};

}  // namespace seatgrid::model
