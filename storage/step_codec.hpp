#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/journal.hpp"

/// Bytes of the log and of a lane's end, as protobuf. Inside storage/ only.
namespace seatgrid {

/// A log record: the epoch under which the step was appended, and the step.
struct stored_step {
  std::uint64_t epoch = 0;
  struct step step {};
  bool operator==(const stored_step&) const = default;
  static constexpr auto fields() { return members{field{1, "epoch", &stored_step::epoch}, field{2, "step", &stored_step::step}}; }
};

/// Where a lane stands. `over` is not stored: a start always claims anew.
struct lane_state {
  std::uint64_t epoch = 0;     ///< of the last claim
  std::uint64_t sequence = 0;  ///< of the last step that counts
  time_point at{};             ///< the highest time of its steps
  bool over = false;           ///< a step of `epoch` failed: none of it counts until the next claim
  bool operator==(const lane_state&) const = default;
  static constexpr auto fields() {
    return members{field{1, "epoch", &lane_state::epoch}, field{2, "sequence", &lane_state::sequence},
                   field{3, "at", &lane_state::at}};
  }
};

/// Whether `step` may stand next in `lane`; the errors of journal::append that concern one step alone.
result<void> admit(const lane_state& lane, lane_epoch at, const step& step, const journal_options& options);

/// Gives the outbox events of `step` their numbers after `last`, the entity's last one; returns the new last.
/// @error invalid  a number was given and is not the next
result<std::uint64_t> number_outbox(step& step, std::uint64_t last);
/// Whether `row` removes the main row of a call: call ids never come back, so that its event numbers need not be kept.
bool forgets_outbox(const step& step, const row& row);

void encode_record(std::string& out, const stored_step& record);
/// The same for a step that is encoded already.
void encode_record(std::string& out, std::uint64_t epoch, std::string_view step);
result<stored_step> decode_record(std::string_view bytes);
std::string encode_lane(const lane_state& lane);
result<lane_state> decode_lane(std::string_view bytes);

}  // namespace seatgrid
