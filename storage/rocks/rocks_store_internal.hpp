#pragma once

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <map>
#include <memory>
#include <string>

#include "storage/rocks/rocks_journal.hpp"
#include "storage/step_codec.hpp"

/// The database behind rocks_journal: column families, keys, reads. Inside storage/rocks only.
namespace seatgrid {

struct close_family {
  rocksdb::DB* db = nullptr;
  void operator()(rocksdb::ColumnFamilyHandle* handle) const { db->DestroyColumnFamilyHandle(handle); }
};

/// Column families by purpose. Keys are big endian, so that key order is number order:
///   meta    "L" lane(2)                        where a lane stands
///   rows    lane(2) row key                    folded rows
///   log     lane(2) sequence(8)                recorded steps
///   index   kind(1) id(8) lane(2) sequence(8)  an entity's steps
///   outbox  kind(1) id(8)                      the number of an entity's last public event
struct rocks_store {
  using family = std::unique_ptr<rocksdb::ColumnFamilyHandle, close_family>;

  std::unique_ptr<rocksdb::DB> db{};
  family meta{}, rows{}, log{}, index{}, outbox{};

  static result<std::unique_ptr<rocks_store>> open(const std::string& directory, const rocks_options& options);

  /// Every lane that was ever claimed. @error corrupt  a lane's end and its log disagree
  result<std::map<lane_id, lane_state>> lanes() const;
  result<recorded_step> step_at(lane_id lane, std::uint64_t sequence, const rocksdb::ReadOptions& how) const;
  /// The number of the entity's last public event, 0 = none yet.
  result<std::uint64_t> outbox_number(entity_ref entity) const;
};

std::string lane_key(lane_id lane);
std::string log_key(lane_id lane, std::uint64_t sequence);
std::string stored_row_key(lane_id lane, std::string_view key);
std::string entity_key(entity_ref entity);
std::string index_key(entity_ref entity, step_position position);
/// The smallest key that is greater than every key with this prefix; empty when there is none.
std::string end_of_prefix(std::string prefix);
std::uint64_t number_at_end(std::string_view key);
error error_of(const rocksdb::Status& status, const std::string& doing);

}  // namespace seatgrid
