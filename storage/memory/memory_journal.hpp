#pragma once

#include <cstdint>
#include <memory>

#include "storage/journal.hpp"

namespace seatgrid {

/// What an append meets instead of counting.
enum class memory_fault : std::uint8_t {
  full = 1,              ///< refused, nothing kept
  unavailable_lost = 2,  ///< reported as unknown, and the step is gone
  unavailable_kept = 3,  ///< reported as unknown, yet the step counts: the successor finds it
};

/// The journal of tests and of the simulation: the same words and checks as on disk, deterministic, nothing outlives the object.
/// Steps count at once (within append, or within the append that is already counting), or, with `by_pump`, when pump() says so.
class memory_journal : public journal {
 public:
  /// Counts or fails at most `steps_max` of the waiting steps, oldest first, and runs their `done`. Returns how many.
  virtual std::size_t pump(std::size_t steps_max = SIZE_MAX) = 0;
  /// The process dies and starts again: what has not counted is lost and its `done` never runs; rows, log and epochs stay.
  /// Every lane must be claimed anew.
  virtual void crash() = 0;
  /// The `nth` step from now (1 = next) that would count on `lane` meets `fault`.
  virtual void inject(lane_id lane, memory_fault fault, std::uint64_t nth = 1) = 0;
  /// While true, claim() answers unavailable.
  virtual void refuse_claims(bool refuse) = 0;
};

struct memory_options {
  journal_options journal{};
  bool by_pump = false;
};
std::unique_ptr<memory_journal> make_memory_journal(memory_options options = {});

}  // namespace seatgrid
