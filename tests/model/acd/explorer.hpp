#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/model/acd/agent_entity.hpp"
#include "tests/model/acd/call_entity.hpp"
#include "tests/model/acd/machine.hpp"
#include "tests/model/acd/queue_entity.hpp"
#include "tests/model/acd/vocabulary.hpp"

namespace seatgrid::model {

/// How rules are bent for one check; as they stand by default.
struct bends {
  bent<call_rules> call{};
  bent<agent_rules> agent{};
  bent<queue_rules> queue{};
};

/// What a check came to.
struct verdict {
  std::string broken{};              ///< the property, and how; empty = all hold
  std::vector<std::string> trace{};  ///< the shortest way there, one line a step
  std::uint64_t states = 0;
  std::uint64_t transitions = 0;
  std::uint64_t at_bound = 0;  ///< states not followed: attempts went on though nothing went wrong any more
  std::uint64_t bytes = 0;
  std::size_t local_states = 0;
  std::size_t messages = 0;
  double seconds = 0;
  bool is_complete = true;  ///< every state within the scope was seen
};

/// Breadth first over every interleaving of deliveries, deadlines, reports of the edge, people, and up to `troubles` losses,
/// doublings and takeovers (of one entity, or of the whole lane with all that is in flight). Safety (I1, I2, rows tell the truth)
/// is asked in every state. Then, backwards: from every state a settled one must be reachable by deliveries, deadlines and
/// reports alone (never stuck; settled is work conserving).
verdict explore(const scope& of, const bends& how = {});
std::string text(const verdict& v);

}  // namespace seatgrid::model
