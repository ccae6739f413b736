#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "cluster/fold.hpp"
#include "storage/lane_store.hpp"
#include "storage/log.hpp"

/// A snapshot of a lane: all that a node needs to go on from an offset without what lies before it. Chunks in the lane's
/// partition of the topic `<cluster>.snapshots` (docs/format/snapshot.md). Pure: what was folded decides every byte, so two nodes
/// that write one snapshot write the same records. DESIGN section 3.
namespace seatgrid::cluster {

/// A later one may only be written when every node of the cluster reads it.
inline constexpr std::uint32_t snapshot_version = 1;
inline constexpr std::size_t snapshot_chunk_bytes = 512 * 1'024;  ///< a single larger part makes a larger chunk

/// Which state of which history: the next offset to fold, and the fold's head there.
struct snapshot_id {
  lane_id lane = 0;
  std::uint64_t offset = 0;
  std::uint32_t head = 0;
  auto operator<=>(const snapshot_id&) const = default;
};

/// The last public event of an entity.
struct kept_number {
  entity_ref entity{};
  std::uint64_t last = 0;
  bool operator==(const kept_number&) const = default;
  static constexpr auto fields() {
    return members{field{1, "entity", &kept_number::entity}, field{2, "last", &kept_number::last}};
  }
};
struct kept_step {
  std::uint64_t sequence = 0;
  stored_step record{};
  bool operator==(const kept_step&) const = default;
  static constexpr auto fields() {
    return members{field{1, "sequence", &kept_step::sequence}, field{2, "record", &kept_step::record}};
  }
};

struct snapshot_chunk {
  std::uint32_t version = snapshot_version;
  std::uint32_t lane = 0;
  std::uint64_t offset = 0;
  std::uint32_t head = 0;
  std::uint32_t number = 0;  ///< 0, 1, 2 ... within the snapshot
  std::uint32_t before = 0;  ///< CRC of the chunk before; 0 in the first
  bool is_last = false;
  lane_state end{};    ///< in the first chunk
  std::string fold{};  ///< in the first chunk: cluster::encode_fold
  std::vector<row> rows{};
  std::vector<kept_number> numbers{};
  std::vector<kept_step> steps{};  ///< those that are still needed behind the snapshot; at least the lane's last
  bool operator==(const snapshot_chunk&) const = default;
  static constexpr auto fields() {
    return members{field{1, "version", &snapshot_chunk::version},  field{2, "lane", &snapshot_chunk::lane},
                   field{3, "offset", &snapshot_chunk::offset},    field{4, "head", &snapshot_chunk::head},
                   field{5, "number", &snapshot_chunk::number},    field{6, "before", &snapshot_chunk::before},
                   field{7, "is_last", &snapshot_chunk::is_last},  field{8, "end", &snapshot_chunk::end},
                   field{9, "fold", &snapshot_chunk::fold},        field{10, "rows", &snapshot_chunk::rows},
                   field{11, "numbers", &snapshot_chunk::numbers}, field{12, "steps", &snapshot_chunk::steps}};
  }
  snapshot_id id() const { return {static_cast<lane_id>(lane), offset, head}; }
};

/// The bytes of a record, and the CRC that the next chunk names.
std::pair<std::string, std::uint32_t> write_chunk(const snapshot_chunk& chunk);
/// @error not_found    no chunk of a snapshot: passed over
/// @error unsupported  of a later program: passed over
/// @error corrupt      the CRC differs
result<std::pair<snapshot_chunk, std::uint32_t>> read_chunk(std::string_view bytes);

/// Gives the chunks of `image`, which stands at `fold`, with steps from `steps_from` on (at most the last one's number), in
/// order.
/// @error of `image`, or what `give` answered
result<snapshot_id> write_snapshot(lane_id lane, const lane_image& image, std::uint64_t steps_from,
                                   const std::function<result<void>(std::string&& record)>& give,
                                   std::size_t chunk_bytes = snapshot_chunk_bytes);

/// A snapshot that is whole in the topic.
struct whole_snapshot {
  snapshot_id id{};
  log_offset first = 0;  ///< in the topic: of its first chunk
  log_offset last = 0;
  std::uint64_t bytes = 0;
  time_point at{};          ///< the topic's time of its last chunk
  lane_fold fold{};         ///< what it was taken of: whose claim, and after how many frames
  std::uint64_t steps = 0;  ///< sequence of its last step
};

/// What a reader knows after the records of a partition, given in order: which snapshots are whole.
class snapshot_catalog {
 public:
  void on_record(log_offset offset, time_point at, std::string_view bytes);
  /// Oldest first; at most `kept_max`.
  const std::vector<whole_snapshot>& whole() const { return whole_; }
  static constexpr std::size_t kept_max = 8, begun_max = 8;

 private:
  struct progress {
    whole_snapshot made{};
    std::uint32_t next = 0;
    std::uint32_t crc = 0, first_crc = 0;
  };
  std::vector<whole_snapshot> whole_{};
  std::map<snapshot_id, progress> begun_{};
};

/// Fills an empty lane from the chunks of one snapshot, given in order; repeated and foreign records are passed over.
class snapshot_loader {
 public:
  snapshot_loader(lane_store& store, snapshot_id wanted);
  /// @error corrupt      a chunk is missing or does not follow the one before
  /// @error unavailable  the store's disk
  result<void> on_record(std::string_view bytes);
  bool is_done() const { return done_; }
  const applied_fold& applied() const { return applied_; }

 private:
  result<void> take(snapshot_chunk&& chunk);
  snapshot_id wanted_{};
  std::unique_ptr<lane_batch> batch_;
  std::uint32_t next_ = 0, crc_ = 0;
  lane_state end_{};
  std::string fold_{};
  applied_fold applied_{};
  bool done_ = false;
};

}  // namespace seatgrid::cluster
