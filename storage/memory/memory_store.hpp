#pragma once

#include <memory>

#include "storage/lane_store.hpp"

namespace seatgrid {

/// Lanes in memory, for tests and the simulation; every commit holds. Thread-safe.
std::unique_ptr<lane_store> make_memory_store();

}  // namespace seatgrid
