#pragma once

#include <string>
#include <vector>

#include "domain/queue.hpp"
#include "tests/model/acd/live.hpp"
#include "tests/model/acd/machine.hpp"

namespace seatgrid::model {

/// A queue. Each entry's deadlines are choices of their own, so that they pass in any order.
class queue_entity {
 public:
  using state = live<queue_rules>;
  queue_entity(const cast_list& cast, queue_id id, bent<queue_rules> bends) : cast_(&cast), id_(id), bends_(std::move(bends)) {}

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
  void run(state& s, queue_command input, time_point at, std::vector<to_entity>& said) const;
  const cast_list* cast_;
  queue_id id_;
  bent<queue_rules> bends_;
};

}  // namespace seatgrid::model
