#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cluster/lane_rules.hpp"
#include "cluster/record.hpp"

/// How every reader of a lane folds its log: pure, in offset order, the same everywhere. DESIGN section 3.
namespace seatgrid::cluster {

/// Where a reader stands. Written into the row store in one batch with the rows of the frame that led here.
struct lane_fold {
  std::uint64_t next = 0;   ///< offset of the first record that is not folded yet
  lane_owner owner{};       ///< of the last claim that won; none: nobody has claimed yet
  std::uint64_t epoch = 0;  ///< of that claim
  std::uint64_t seq = 0;    ///< of the last frame that counted
  std::uint32_t head = 0;   ///< checksum over all claims that won and frames that counted: equal heads, equal histories
  std::uint16_t lanes = 0;  ///< how many lanes the cluster was made with, by the first claim that won
  bool operator==(const lane_fold&) const = default;
};

/// What a record is to a reader.
enum class verdict : std::uint8_t {
  claim_won = 1,   ///< its owner owns the lane from here on
  claim_lost = 2,  ///< not of a higher epoch, or of a cluster with another number of lanes
  counted = 3,
  late = 4,      ///< a frame of a former claim, or a copy: passed over
  diverged = 5,  ///< no honest log holds it here: this reader has missed or made up something, and must stop
};
std::string_view to_string(verdict what) noexcept;

/// What `next`, the record at `at.next`, is.
verdict judge(const lane_fold& at, const record& next, const lane_rules& rules = {});
/// `at` after `next`, which was judged `what` (never `diverged`).
void fold(lane_fold& at, const record& next, verdict what);
/// `at` after a foreign record.
void pass_over(lane_fold& at);
/// Why `next` is `diverged` at `at`, for people.
std::string why_diverged(const lane_fold& at, const record& next);
/// The head after a record with `crc` counted on `head`.
std::uint32_t head_after(std::uint32_t head, std::uint32_t crc);

/// What stands in the row store beside the rows.
struct applied_fold {
  lane_fold fold{};
  /// The log's clock minus the lane's when a frame was stored: a successor tells the lane's time by it. None: not seen yet.
  std::optional<std::int64_t> log_ahead_us{};
  bool operator==(const applied_fold&) const = default;
};
/// @error corrupt
std::string encode_fold(const applied_fold& at);
result<applied_fold> decode_fold(std::string_view bytes);

}  // namespace seatgrid::cluster
