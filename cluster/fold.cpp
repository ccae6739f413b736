#include "cluster/fold.hpp"

#include <array>

#include "base/crc32c.hpp"

namespace seatgrid::cluster {

namespace {

verdict judge_claim(const lane_fold& at, const record& claim, const lane_rules& rules) {
  const bool higher = claim.epoch > at.epoch || !rules.claim_needs_higher_epoch;
  const bool same_cluster = at.lanes == 0 || claim.lanes == at.lanes;
  return higher && same_cluster ? verdict::claim_won : verdict::claim_lost;
}

verdict judge_frame(const lane_fold& at, const record& frame, const lane_rules& rules) {
  if (rules.frame_needs_current_claim) {
    if (frame.epoch < at.epoch) return verdict::late;
    // An owner writes only after it has read its claim: whoever meets the frame first has missed that claim.
    if (frame.epoch > at.epoch || frame.owner != at.owner.process) return verdict::diverged;
  }
  if (rules.frame_needs_next_seq) {
    if (frame.seq <= at.seq) return verdict::late;
    if (frame.seq != at.seq + 1) return verdict::diverged;
  }
  if (rules.frame_needs_same_head && frame.prev != at.head) return verdict::diverged;
  return verdict::counted;
}

}  // namespace

std::string_view to_string(verdict what) noexcept {
  switch (what) {
    case verdict::claim_won: return "claim won";
    case verdict::claim_lost: return "claim lost";
    case verdict::counted: return "counted";
    case verdict::late: return "late";
    case verdict::diverged: return "diverged";
  }
  return "unknown";
}

verdict judge(const lane_fold& at, const record& next, const lane_rules& rules) {
  switch (next.kind) {
    case record_kind::claim: return judge_claim(at, next, rules);
    case record_kind::frame: return judge_frame(at, next, rules);
  }
  return verdict::diverged;
}

void fold(lane_fold& at, const record& next, verdict what) {
  ++at.next;
  if (what == verdict::claim_won) {
    at.owner = {next.node, next.owner};
    at.epoch = next.epoch;
    at.lanes = next.lanes;
  } else if (what == verdict::counted) {
    at.seq = next.seq;
  } else {
    return;
  }
  at.head = head_after(at.head, next.crc);
}

void pass_over(lane_fold& at) { ++at.next; }

std::uint32_t head_after(std::uint32_t head, std::uint32_t crc) {
  const std::array<char, 4> bytes{static_cast<char>(crc >> 24), static_cast<char>(crc >> 16), static_cast<char>(crc >> 8),
                                  static_cast<char>(crc)};
  return crc32c({bytes.data(), bytes.size()}, head);
}

std::string why_diverged(const lane_fold& at, const record& next) {
  std::string where = "lane " + std::to_string(next.lane) + ", offset " + std::to_string(at.next) + ": frame " +
                      std::to_string(next.seq) + " of epoch " + std::to_string(next.epoch) + " by " + to_text(next.owner) +
                      " meets epoch " + std::to_string(at.epoch) + ", frame " + std::to_string(at.seq) + " here; ";
  if (next.epoch > at.epoch) return where + "its claim was not read";
  if (next.owner != at.owner.process) return where + "the epoch is of another process";
  return where + (next.seq > at.seq + 1 ? "frames before it were not read" : "it was decided on another history");
}

}  // namespace seatgrid::cluster
