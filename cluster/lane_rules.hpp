#pragma once

namespace seatgrid::cluster {

/// The rules that keep a lane's log the same for all. A running node has all of them; only the exhaustive check
/// (tests/model/lane) and a test's own program (tests/sip/cluster/unfenced.cpp) switch one off, to see that it is needed.
struct lane_rules {
  bool claim_needs_higher_epoch = true;   ///< else any claim that is read wins
  bool frame_needs_current_claim = true;  ///< owner and epoch must be those of the last claim that won
  bool frame_needs_next_seq = true;
  bool frame_needs_same_head = true;     ///< what the frame was decided on is what this reader has folded
  bool acts_on_own_claim_read = true;    ///< else an acknowledged claim is enough
  bool claims_at_start = true;           ///< else a start goes on under the claim of its node's former process
  bool claims_over_namesake = true;      ///< a claim in one's own name that is not the awaited one is answered with a higher one
  bool counts_when_all_is_known = true;  ///< else any acknowledgement counts, whatever lies between
  bool claims_after_error = true;        ///< else the owner goes on under the same epoch
  bool answers_from_tail = true;         ///< else a reported failure is believed
  bool yields_to_claims = true;          ///< else an owner passes over what others claim and write
};

}  // namespace seatgrid::cluster
