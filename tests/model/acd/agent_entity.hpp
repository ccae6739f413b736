#pragma once

#include <string>
#include <vector>

#include "domain/agent.hpp"
#include "tests/model/acd/live.hpp"
#include "tests/model/acd/machine.hpp"

namespace seatgrid::model {

/// An agent with a fixed device, member of every queue.
class agent_entity {
 public:
  struct state : live<agent_rules> {
    std::string order{};  ///< the `reserve` that reserved it last
  };
  agent_entity(const cast_list& cast, agent_id id, bent<agent_rules> bends) : cast_(&cast), id_(id), bends_(std::move(bends)) {}

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
  void run(state& s, agent_command input, std::vector<to_entity>& said) const;
  const cast_list* cast_;
  agent_id id_;
  bent<agent_rules> bends_;
};

}  // namespace seatgrid::model
