#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/journal.hpp"

/// Whether a topic of public events keeps its contract (cluster/publication.hpp), judged from its records alone. Pure.
namespace seatgrid::cluster {

/// One record of the topic: CloudEvents attributes as they stand in the headers; empty = not there.
struct topic_event {
  lane_id partition = 0;
  std::int64_t offset = 0;
  std::string key{};
  std::string source{};
  std::string id{};  ///< lane, step, index: "00001-00000000000000000042-0000"
  std::string type{};
  std::string subject{};
  std::string sequence{};                             ///< decimal, of the entity
  std::optional<std::vector<std::string>> members{};  ///< of the value; none = it is no JSON object
};

enum class event_rule : std::uint8_t {
  form,       ///< attributes are there and well formed, the key is the subject
  partition,  ///< the record is in the partition of its lane
  value,      ///< the value is a JSON object with the members that its type's schema names
  order,      ///< nothing new comes behind a later event of its lane: readers drop it
  gap,        ///< neither a step's events nor an entity's sequence has a hole
  twice,      ///< an entity's number comes once after the filter
  count
};
std::string_view name_of(event_rule rule);
std::string_view meaning_of(event_rule rule);

struct event_audit_options {
  /// Members of each type; a type that is not here is of a later program, counted and not judged.
  std::map<std::string, std::vector<std::string>, std::less<>> members{};
  std::size_t entities_max = 5'000'000;  ///< followed at a time; further ones are counted as `unchecked`
  std::size_t texts_max = 100;           ///< faults told in words
};

struct lane_tally {
  std::uint64_t records = 0;
  std::uint64_t events = 0;   ///< after the filter
  std::uint64_t repeats = 0;  ///< what the filter dropped; no fault
  std::uint64_t faults = 0;
  std::string first{}, last{};         ///< ids
  std::vector<std::string> sources{};  ///< in the order in which they came
};

/// Takes records in the order of their partitions. What began before the first record is taken as it comes: an entity's first
/// number is no gap.
class event_audit {
 public:
  explicit event_audit(event_audit_options options);
  void take(const topic_event& record);

  std::uint64_t records() const { return records_; }
  std::uint64_t unknown_types() const { return unknown_; }
  std::uint64_t unchecked() const { return unchecked_; }  ///< events of entities beyond `entities_max`
  std::uint64_t found(event_rule rule) const { return found_[static_cast<std::size_t>(rule)]; }
  std::uint64_t faults() const;
  const std::map<lane_id, lane_tally>& lanes() const { return lanes_; }  ///< by partition
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  struct seen_lane {
    std::string highest{};
    std::unordered_map<std::string, std::uint64_t> entities{};  ///< subject -> its last number
  };
  bool is_well_formed(const topic_event& record, lane_tally& tally);
  void look_at_value(const topic_event& record, lane_tally& tally);
  void look_at_number(const topic_event& record, std::uint64_t number, seen_lane& seen, lane_tally& tally);
  void complain(event_rule rule, const topic_event& record, lane_tally& tally, const std::string& what);

  const event_audit_options options_;
  std::uint64_t records_ = 0, unknown_ = 0, unchecked_ = 0;
  std::size_t followed_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(event_rule::count)> found_{};
  std::map<lane_id, lane_tally> lanes_{};
  std::map<std::string, seen_lane> seen_{};  ///< by source and lane
  std::vector<std::string> texts_{};
};

}  // namespace seatgrid::cluster
