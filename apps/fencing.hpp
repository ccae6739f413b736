#pragma once

#include "cluster/lane_rules.hpp"
#include "cluster/steward.hpp"

namespace seatgrid {

/// The rules that keep two processes from acting for one lane or address. A program is linked with one definition: the product
/// with all rules (fencing.cpp), a test's program with some left out, to see that tests notice (tests/sip/cluster/unfenced.cpp).
struct fencing {
  cluster::steward_rules steward{};
  cluster::lane_rules lane{};
};
fencing fencing_of_this_program();

}  // namespace seatgrid
