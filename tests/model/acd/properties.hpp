#pragma once

#include <string>
#include <vector>

#include "tests/model/acd/machine.hpp"
#include "tests/model/acd/state_store.hpp"

namespace seatgrid::model {

/// What must hold in every state; empty = it does. I1: an agent has at most one call that rings or talks and is reserved for it,
/// its phone has one dialog of one attempt. I2: a call has at most one phone whose answer counts. I5: a queue keeps the place of
/// a call that rings. (That rows tell the truth, and that no order reserves an agent twice, entities ask of their own steps.)
std::string broken_in(const cast_list& cast, const std::vector<std::unique_ptr<machine>>& who, const global_state& s);

/// Why a state is not settled; empty = it is: nothing is in flight, every agent is free or has the call that has it, every call
/// that waits has its one place in its queue and nobody waits beside a free agent, no place is left behind by a call.
std::string unsettled(const cast_list& cast, const std::vector<std::unique_ptr<machine>>& who, const global_state& s);

}  // namespace seatgrid::model
