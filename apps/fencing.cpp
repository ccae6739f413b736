#include "apps/fencing.hpp"

namespace seatgrid {

fencing fencing_of_this_program() { return {}; }

}  // namespace seatgrid
