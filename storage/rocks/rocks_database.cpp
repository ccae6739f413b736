#include "storage/rocks/rocks_database_internal.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <array>

namespace seatgrid {

namespace {

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

rocksdb::DBOptions database_options(const rocks_store_options& options, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(options.memtable_bytes, cache);
  db.max_total_wal_size = 2 * options.memtable_bytes;
  db.atomic_flush = options.gather.count() > 0;  // nothing is in the WAL: all families must be of one moment
  db.max_open_files = static_cast<int>(options.open_files_max);
  db.max_background_jobs = 2;
  db.allow_concurrent_memtable_write = false;  // one writer: the cheaper single-threaded insert
  db.enable_write_thread_adaptive_yield = false;
  db.avoid_unnecessary_blocking_io = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.keep_log_file_num = 4;
  db.max_log_file_size = 4 << 20;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.max_manifest_file_size = 16 << 20;
  return db;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache, std::uint64_t memtable_bytes,
                                            bool points) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;  // memory stays within the cache however many rows there are
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  if (points) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = memtable_bytes;
  family.max_write_buffer_number = 3;
  family.level0_slowdown_writes_trigger = 40;
  family.level0_stop_writes_trigger = 64;
  const auto compressions = rocksdb::GetSupportedCompressions();
  const bool lz4 = std::find(compressions.begin(), compressions.end(), rocksdb::kLZ4Compression) != compressions.end();
  family.compression = lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return family;
}

std::array<rocksdb::ColumnFamilyDescriptor, 5> families(const rocks_store_options& options,
                                                        const std::shared_ptr<rocksdb::Cache>& cache) {
  const auto large = options.memtable_bytes / 4;
  const auto small = options.memtable_bytes / 16;
  auto log = family_options(cache, large, false);
  log.compaction_style = rocksdb::kCompactionStyleUniversal;  // appended and cut at the front: merge seldom
  log.level0_file_num_compaction_trigger = 8;
  return {{{rocksdb::kDefaultColumnFamilyName, family_options(cache, small, false)},
           {"rows", family_options(cache, large, true)},
           {"log", log},
           {"index", family_options(cache, small, false)},
           {"outbox", family_options(cache, small, true)}}};
}

}  // namespace

std::string lane_key(lane_id lane) {
  std::string key = "L";
  put_big_endian(key, lane, 2);
  return key;
}
std::string fold_key(lane_id lane) {
  std::string key = "F";
  put_big_endian(key, lane, 2);
  return key;
}
std::string lane_prefix(lane_id lane) {
  std::string key;
  put_big_endian(key, lane, 2);
  return key;
}
std::string log_key(lane_id lane, std::uint64_t sequence) {
  std::string key;
  put_big_endian(key, lane, 2);
  put_big_endian(key, sequence, 8);
  return key;
}
std::string stored_row_key(lane_id lane, std::string_view row) {
  std::string key;
  key.reserve(2 + row.size());
  put_big_endian(key, lane, 2);
  return key.append(row);
}
std::string entity_key(entity_ref entity) {
  std::string key;
  key.push_back(static_cast<char>(entity.kind));
  put_big_endian(key, entity.id, 8);
  return key;
}
std::string index_key(entity_ref entity, step_position position) {
  auto key = entity_key(entity);
  put_big_endian(key, position.lane, 2);
  put_big_endian(key, position.sequence, 8);
  return key;
}
std::string end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}
std::uint64_t number_at_end(std::string_view key) {
  std::uint64_t number = 0;
  for (const char c : key.substr(key.size() < 8 ? 0 : key.size() - 8)) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

error error_of(const rocksdb::Status& status, const std::string& doing) {
  auto code = errc::unavailable;
  if (status.IsCorruption()) code = errc::corrupt;
  if (status.IsNotFound()) code = errc::not_found;
  return {code, doing + ": " + status.ToString()};
}

result<std::unique_ptr<rocks_database>> rocks_database::open(const std::string& directory, const rocks_store_options& options) {
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  const auto described = families(options, cache);
  auto store = std::make_unique<rocks_database>();
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status =
      rocksdb::DB::Open(database_options(options, cache), directory + "/db", {described.begin(), described.end()}, &handles, &db);
  if (!status.ok()) return tl::unexpected(error_of(status, "opening the journal in " + directory));
  store->db.reset(db);
  const auto own = [&](std::size_t i) { return family{handles[i], close_family{db}}; };
  store->meta = own(0);
  store->rows = own(1);
  store->log = own(2);
  store->index = own(3);
  store->outbox = own(4);
  return store;
}

result<void> rocks_database::walk(rocksdb::ColumnFamilyHandle* in, const std::string& from, const std::string& prefix,
                                  const giver& give, rocksdb::ReadOptions how) const {
  const auto end = end_of_prefix(prefix);
  const rocksdb::Slice upper{end};
  if (!end.empty()) how.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at{db->NewIterator(how, in)};
  for (at->Seek(from); at->Valid() && at->key().starts_with(prefix); at->Next()) {
    auto more = give(at->key().ToStringView(), at->value().ToStringView());
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
  }
  if (!at->status().ok()) return tl::unexpected(error_of(at->status(), "reading the journal"));
  return {};
}

result<std::map<lane_id, lane_state>> rocks_database::lanes() const {
  std::map<lane_id, lane_state> found;
  const std::unique_ptr<rocksdb::Iterator> ends{db->NewIterator({}, meta.get())};
  for (ends->Seek("L"); ends->Valid() && ends->key().starts_with("L") && ends->key().size() == 3; ends->Next()) {
    const auto key = ends->key().ToStringView();
    auto state = decode_lane(ends->value().ToStringView());
    if (!state) return tl::unexpected(state.error());
    const auto lane = static_cast<lane_id>(static_cast<unsigned char>(key[1]) << 8 | static_cast<unsigned char>(key[2]));
    const std::unique_ptr<rocksdb::Iterator> log_end{db->NewIterator({}, log.get())};
    log_end->SeekForPrev(log_key(lane, UINT64_MAX));
    const bool any = log_end->Valid() && log_end->key().starts_with(lane_prefix(lane));
    const auto last = any ? number_at_end(log_end->key().ToStringView()) : 0;
    if (last != state->sequence)
      return fail(errc::corrupt, "lane " + std::to_string(lane) + " ends at step " + std::to_string(state->sequence) +
                                     ", its log at " + std::to_string(last));
    found.emplace(lane, *state);
  }
  if (!ends->status().ok()) return tl::unexpected(error_of(ends->status(), "reading the ends of lanes"));
  return found;
}

result<recorded_step> rocks_database::step_at(lane_id lane, std::uint64_t sequence, const rocksdb::ReadOptions& how) const {
  rocksdb::PinnableSlice bytes;
  const auto status = db->Get(how, log.get(), log_key(lane, sequence), &bytes);
  if (!status.ok()) return tl::unexpected(error_of(status, "step " + std::to_string(sequence)));
  auto record = decode_record(bytes.ToStringView());
  if (!record) return tl::unexpected(record.error());
  return recorded_step{{lane, sequence}, record->epoch, std::move(record->step)};
}

result<std::uint64_t> rocks_database::outbox_number(entity_ref entity) const {
  rocksdb::PinnableSlice bytes;
  const auto status = db->Get({}, outbox.get(), entity_key(entity), &bytes);
  if (status.IsNotFound()) return std::uint64_t{0};
  if (!status.ok()) return tl::unexpected(error_of(status, "reading an event number"));
  return number_at_end(bytes.ToStringView());
}

}  // namespace seatgrid
