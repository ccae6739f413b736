#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "storage/rocks/rocks_store.hpp"

/// The database behind rocks_store: column families, keys, reads. Inside storage/rocks only.
namespace seatgrid {

struct close_family {
  rocksdb::DB* db = nullptr;
  void operator()(rocksdb::ColumnFamilyHandle* handle) const { db->DestroyColumnFamilyHandle(handle); }
};

/// Column families by purpose. Keys are big endian, so that key order is number order:
///   meta    "L" lane(2)                        where a lane stands
///           "F" lane(2)                        how far a shared log was folded
///   rows    lane(2) row key                    folded rows
///   log     lane(2) sequence(8)                recorded steps
///   index   kind(1) id(8) lane(2) sequence(8)  an entity's steps
///   outbox  kind(1) id(8)                      lane(2) and the number(8) of an entity's last public event; once without lane
struct rocks_database {
  using family = std::unique_ptr<rocksdb::ColumnFamilyHandle, close_family>;

  std::unique_ptr<rocksdb::DB> db{};
  family meta{}, rows{}, log{}, index{}, outbox{};

  using giver = std::function<result<bool>(std::string_view key, std::string_view value)>;

  static result<std::unique_ptr<rocks_database>> open(const std::string& directory, const rocks_store_options& options);
  /// Gives every key of `in` from `from` on that begins with `prefix`, until `give` says false or fails.
  result<void> walk(rocksdb::ColumnFamilyHandle* in, const std::string& from, const std::string& prefix, const giver& give,
                    rocksdb::ReadOptions how = {}) const;

  /// Every lane that was ever claimed. @error corrupt  a lane's end and its log disagree
  result<std::map<lane_id, lane_state>> lanes() const;
  result<recorded_step> step_at(lane_id lane, std::uint64_t sequence, const rocksdb::ReadOptions& how) const;
  /// The number of the entity's last public event, 0 = none yet.
  result<std::uint64_t> outbox_number(entity_ref entity) const;
};

std::string lane_key(lane_id lane);
std::string fold_key(lane_id lane);
/// What keys of rows and log begin with.
std::string lane_prefix(lane_id lane);
std::string log_key(lane_id lane, std::uint64_t sequence);
std::string stored_row_key(lane_id lane, std::string_view key);
std::string entity_key(entity_ref entity);
std::string index_key(entity_ref entity, step_position position);
/// The smallest key that is greater than every key with this prefix; empty when there is none.
std::string end_of_prefix(std::string prefix);
std::uint64_t number_at_end(std::string_view key);
/// The lane that an outbox value names; none in values of earlier programs.
std::optional<lane_id> lane_of_number(std::string_view value);
lane_id lane_of_index_key(std::string_view key);
/// Whether the entity of this outbox key has a step in the index or a row in `lane`.
result<bool> lives_in(const rocks_database& base, lane_id lane, std::string_view outbox_key);
/// A moment's view of a lane; `base` must outlive it.
std::unique_ptr<lane_image> make_image(const rocks_database& base, lane_id lane);
error error_of(const rocksdb::Status& status, const std::string& doing);

}  // namespace seatgrid
