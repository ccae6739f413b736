#include <rocksdb/perf_level.h>

#include <algorithm>
#include <utility>

#include "base/thread_name.hpp"
#include "storage/rocks/rocks_gathering_internal.hpp"

namespace seatgrid {

namespace {

constexpr std::chrono::seconds flush_every{60};  // so much a killed process folds again at most

}  // namespace

void rocks_changes::set(values& among, std::string key, std::optional<std::string> value) {
  const auto size_of = [](const std::optional<std::string>& held) { return held ? held->size() : 0; };
  bytes += size_of(value);
  const auto [at, is_new] = among.try_emplace(std::move(key));
  bytes += is_new ? at->first.size() : 0;
  bytes -= size_of(at->second);
  at->second = std::move(value);
}

void rocks_changes::keep(std::string key, std::string record, std::string index_key) {
  bytes += key.size() + record.size() + index_key.size();
  log.emplace_back(std::move(key), std::move(record));
  index.push_back(std::move(index_key));
}

void rocks_changes::merge(rocks_changes& newer) {
  for (const auto among : {&rocks_changes::rows, &rocks_changes::numbers}) {
    auto& from = newer.*among;
    while (!from.empty()) {
      auto node = from.extract(from.begin());
      set(this->*among, std::move(node.key()), std::move(node.mapped()));
    }
  }
  for (std::size_t i = 0; i < newer.log.size(); ++i)
    keep(std::move(newer.log[i].first), std::move(newer.log[i].second), std::move(newer.index[i]));
  newer.log.clear(), newer.index.clear();
  for (const auto& [lane, end] : newer.ends) ends.insert_or_assign(lane, end);
  for (auto& [lane, fold] : newer.folds) folds.insert_or_assign(lane, std::move(fold));
  newer.ends.clear(), newer.folds.clear();
  newer.bytes = 0;
}

void rocks_changes::stage(rocksdb::WriteBatch& into, const rocks_database& base) const {
  const auto stage_values = [&](const values& all, rocksdb::ColumnFamilyHandle* family) {
    for (const auto& [key, value] : all) {
      if (value)
        into.Put(family, key, *value);
      else
        into.Delete(family, key);
    }
  };
  for (const auto& [key, record] : log) into.Put(base.log.get(), key, record);
  for (const auto& key : index) into.Put(base.index.get(), key, {});
  stage_values(rows, base.rows.get());
  stage_values(numbers, base.outbox.get());
  for (const auto& [lane, end] : ends) into.Put(base.meta.get(), lane_key(lane), encode_lane(end));
  for (const auto& [lane, fold] : folds) into.Put(base.meta.get(), fold_key(lane), fold);
}

rocks_gathering::rocks_gathering(rocks_database& base, milliseconds every, std::uint64_t bytes_max)
    : base_(base), every_(every), bytes_max_(bytes_max), thread_([this] { run(); }) {}

rocks_gathering::~rocks_gathering() {
  {
    const std::lock_guard lock{mutex_};
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
  static_cast<void>(write_now());  // a closing database flushes it; what is lost is folded again
}

result<void> rocks_gathering::take(rocks_changes& more) {
  std::unique_lock lock{mutex_};
  if (failed_) return tl::unexpected(*failed_);
  const bool was_empty = filling_.empty();
  filling_.merge(more);
  if (filling_.bytes >= bytes_max_) {
    written_.wait(lock, [this] { return !writes_; });
    return write(lock);
  }
  lock.unlock();
  if (was_empty) changed_.notify_all();
  return {};
}

result<void> rocks_gathering::write_now() {
  std::unique_lock lock{mutex_};
  written_.wait(lock, [this] { return !writes_; });
  return write(lock);
}

/// Nobody else writes. The lock may be let go.
result<void> rocks_gathering::write(std::unique_lock<std::mutex>& lock) {
  if (failed_) return tl::unexpected(*failed_);
  if (filling_.empty()) return {};
  std::swap(writing_, filling_);
  writes_ = true;
  lock.unlock();
  writing_.stage(staged_, base_);
  rocksdb::WriteOptions how;
  how.disableWAL = true;  // the families are flushed together: a killed process finds an older state, whole
  const auto status = base_.db->Write(how, &staged_);
  staged_.Clear();
  lock.lock();
  const auto over = std::exchange(writing_, {});
  writes_ = false;
  if (!status.ok()) failed_ = error_of(status, "writing");
  lock.unlock();
  written_.notify_all();
  return status.ok() ? result<void>{} : tl::unexpected(error_of(status, "writing"));
}

result<void> rocks_gathering::flush() {
  if (auto written = write_now(); !written) return written;
  const auto status =
      base_.db->Flush({}, {base_.meta.get(), base_.rows.get(), base_.log.get(), base_.index.get(), base_.outbox.get()});
  if (status.ok()) return {};
  const std::lock_guard lock{mutex_};
  failed_ = error_of(status, "flushing");
  return tl::unexpected(*failed_);
}

void rocks_gathering::run() {
  name_this_thread("replica");
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // it counts every key comparison otherwise
  using clock_type = std::chrono::steady_clock;
  constexpr auto never = clock_type::time_point::max();
  auto flush_at = never;  // while all is flushed
  std::unique_lock lock{mutex_};
  while (!ends_) {
    const auto has_work = [this] { return ends_ || !filling_.empty(); };
    if (flush_at == never)
      changed_.wait(lock, has_work);
    else
      changed_.wait_until(lock, flush_at, has_work);
    const bool any = !filling_.empty();
    if (any && !ends_) changed_.wait_for(lock, every_, [this] { return ends_; });
    lock.unlock();
    const auto now = clock_type::now();
    const bool is_due = now >= flush_at;
    static_cast<void>(is_due ? flush() : write_now());  // whoever commits next hears of a failure
    if (is_due)
      flush_at = never;
    else if (any && flush_at == never)
      flush_at = now + flush_every;
    lock.lock();
  }
}

rocks_gathering::found rocks_gathering::find(std::string_view key, rocks_changes::values rocks_changes::*among) const {
  const std::lock_guard lock{mutex_};
  for (const auto* each : {&filling_, &writing_})
    if (const auto at = (each->*among).find(key); at != (each->*among).end()) return at->second;
  return std::nullopt;
}

rocks_gathering::found rocks_gathering::row(std::string_view key) const { return find(key, &rocks_changes::rows); }
rocks_gathering::found rocks_gathering::number(std::string_view key) const { return find(key, &rocks_changes::numbers); }

bool rocks_gathering::changes_rows_of(std::string_view prefix) const {
  const std::lock_guard lock{mutex_};
  const auto has = [&](const rocks_changes& in) {
    const auto at = in.rows.lower_bound(prefix);
    return at != in.rows.end() && at->first.starts_with(prefix);
  };
  return has(filling_) || has(writing_);
}

}  // namespace seatgrid
