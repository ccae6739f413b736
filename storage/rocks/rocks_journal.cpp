#include "storage/rocks/rocks_journal.hpp"

#include <rocksdb/perf_level.h>
#include <rocksdb/utilities/checkpoint.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/bounded_queue.hpp"
#include "base/thread_name.hpp"
#include "storage/rocks/data_directory.hpp"
#include "storage/rocks/rocks_store_internal.hpp"

namespace seatgrid {

namespace {

constexpr int io_error_status = 74;                       // sysexits EX_IOERR
constexpr std::size_t outbox_numbers_max = 65'536;        // remembered; the others are read again
constexpr std::size_t reused_entries_max = 16'384;        // a burst's memory is given back
constexpr std::uint64_t written_between_looks = 1 << 20;  // bytes after which the disk is looked at again
constexpr std::chrono::milliseconds time_between_looks{200};
constexpr std::chrono::milliseconds idle_look{1'000};

/// What waits for the writer: a step, or a claim.
struct entry {
  lane_epoch at{};
  stored_step record{};
  on_counted done{};
  std::optional<error> refused{};
  std::promise<result<lane_epoch>>* claim = nullptr;
  result<step_position> outcome{};
};

class rocks_journal final : public journal {
 public:
  rocks_journal(std::string directory, rocks_options options, directory_lock lock, std::unique_ptr<rocks_store> store,
                std::map<lane_id, lane_state> lanes)
      : directory_(std::move(directory)),
        options_(std::move(options)),
        lock_(std::move(lock)),
        store_(std::move(store)),
        reserve_(directory_, {options_.journal.reserve_bytes, options_.journal.free_bytes_low, options_.journal.free_bytes_stop}),
        lanes_(std::move(lanes)),
        ends_(lanes_),
        queue_("journal.waiting", 2 * std::size_t{options_.journal.waiting_max}) {
    synced_.sync = true;
    for (auto& [id, lane] : lanes_) lane.over = true;  // the epochs were of another process
    look_at_disk();
    writer_ = std::thread{[this] { run(); }};
  }
  ~rocks_journal() override { rocks_journal::close(); }

  result<lane_epoch> claim(lane_id lane) override {
    if (std::this_thread::get_id() == writer_id_)
      return fail(errc::wrong_state, "claim() within on_counted would wait for itself");
    std::promise<result<lane_epoch>> answer;
    auto claimed = answer.get_future();
    entry item;
    item.at.lane = lane;
    item.claim = &answer;
    if (auto pushed = queue_.push(std::move(item)); !pushed) return tl::unexpected(pushed.error());
    return claimed.get();
  }

  void append(lane_epoch at, step step, on_counted done) override {
    entry item;
    item.at = at;
    item.done = std::move(done);
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= options_.journal.waiting_max)
      item.refused = error{errc::full, "journal.waiting_max is " + std::to_string(options_.journal.waiting_max)};
    else
      item.record = {at.epoch, std::move(step)};
    if (auto pushed = queue_.push(std::move(item)); !pushed) {
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      item.done(tl::unexpected(pushed.error()));
    }
  }

  result<std::string> get(lane_id lane, std::string_view key) const override {
    std::string value;
    const auto status = store_->db->Get({}, store_->rows.get(), stored_row_key(lane, key), &value);
    if (!status.ok()) return tl::unexpected(error_of(status, "reading a row"));
    return value;
  }

  result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from, const row_reader& each) const override {
    return walk(store_->rows.get(), stored_row_key(lane, std::max(from, prefix)), stored_row_key(lane, prefix),
                [&](std::string_view key, std::string_view value) -> result<bool> { return each(key.substr(2), value); });
  }

  result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const override {
    std::uint64_t expected = 0;
    const auto give = [&](std::string_view key, std::string_view value) -> result<bool> {
      const auto sequence = number_at_end(key);
      if (expected != 0 && sequence != expected)
        return fail(errc::corrupt, "lane " + std::to_string(lane) + " lacks step " + std::to_string(expected));
      expected = sequence + 1;
      auto record = decode_record(value);
      if (!record) return tl::unexpected(record.error());
      return each({{lane, sequence}, record->epoch, std::move(record->step)});
    };
    return walk(store_->log.get(), log_key(lane, from), lane_key(lane).substr(1), give);
  }

  result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const override {
    rocksdb::ManagedSnapshot moment{store_->db.get()};
    rocksdb::ReadOptions how;
    how.snapshot = moment.snapshot();
    const auto give = [&](std::string_view key, std::string_view) -> result<bool> {
      const auto* lane = reinterpret_cast<const unsigned char*>(key.data() + key.size() - 10);
      auto found = store_->step_at(static_cast<lane_id>(lane[0] << 8 | lane[1]), number_at_end(key), how);
      if (!found) return tl::unexpected(found.error());
      return each(*found);
    };
    return walk(store_->index.get(), entity_key(entity), entity_key(entity), give, how);
  }

  std::pair<step_position, time_point> end(lane_id lane) const override {
    const std::lock_guard lock{ends_mutex_};
    const auto it = ends_.find(lane);
    if (it == ends_.end()) return {{lane, 0}, {}};
    return {{lane, it->second.sequence}, it->second.at};
  }

  result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence) override {
    const auto limit = std::min(sequence, end(lane).first.sequence);
    std::uint64_t removed = 0;
    std::uint64_t first = 0;
    rocksdb::WriteBatch batch;
    const auto drop = [&](std::string_view key, std::string_view value) -> result<bool> {
      const auto number = number_at_end(key);
      if (number >= limit || removed == options_.journal.trim_steps_max) return false;
      auto record = decode_record(value);
      if (!record) return tl::unexpected(record.error());
      if (removed++ == 0) first = number;
      batch.Delete(store_->index.get(), index_key(record->step.entity, {lane, number}));
      return true;
    };
    if (auto walked = walk(store_->log.get(), log_key(lane, 0), lane_key(lane).substr(1), drop); !walked)
      return tl::unexpected(walked.error());
    if (removed == 0) return removed;
    batch.DeleteRange(store_->log.get(), log_key(lane, first), log_key(lane, first + removed));
    const auto status = store_->db->Write({}, &batch);
    if (!status.ok()) return tl::unexpected(error_of(status, "trimming the log"));
    return removed;
  }

  result<void> backup(const std::string& directory) const override {
    std::error_code code;
    std::filesystem::create_directories(directory, code);
    if (code) return fail(errc::unavailable, "creating " + directory + ": " + code.message());
    if (!std::filesystem::is_empty(directory, code)) return fail(errc::conflict, directory + " is not empty");
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(store_->db.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
    if (status.ok()) status = checkpoint->CreateCheckpoint(directory + "/db");
    if (!status.ok()) return tl::unexpected(error_of(status, "copying the journal to " + directory));
    return write_format(directory, journal_format);
  }

  journal_status status() const override {
    return {.waiting = waiting_.load(std::memory_order_relaxed),
            .counted = counted_.load(std::memory_order_relaxed),
            .frames = frames_.load(std::memory_order_relaxed),
            .free_bytes = free_bytes_.load(std::memory_order_relaxed),
            .low_space = low_space_.load(std::memory_order_relaxed),
            .failed = failed_.load(std::memory_order_relaxed)};
  }

  void close() override {
    queue_.close();
    const std::lock_guard lock{close_mutex_};
    if (writer_.joinable() && std::this_thread::get_id() != writer_id_) writer_.join();
  }

 private:
  using giver = std::function<result<bool>(std::string_view key, std::string_view value)>;
  /// Gives every key from `from` on that begins with `prefix`, until `give` says false or fails.
  result<void> walk(rocksdb::ColumnFamilyHandle* family, const std::string& from, const std::string& prefix, const giver& give,
                    rocksdb::ReadOptions how = {}) const {
    const auto end = end_of_prefix(prefix);
    const rocksdb::Slice upper{end};
    if (!end.empty()) how.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> at{store_->db->NewIterator(how, family)};
    for (at->Seek(from); at->Valid() && at->key().starts_with(prefix); at->Next()) {
      auto more = give(at->key().ToStringView(), at->value().ToStringView());
      if (!more) return tl::unexpected(more.error());
      if (!*more) return {};
    }
    if (!at->status().ok()) return tl::unexpected(error_of(at->status(), "reading the journal"));
    return {};
  }

  void run() {
    name_this_thread("journal");
    writer_id_ = std::this_thread::get_id();
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);  // it counts every key comparison otherwise
    std::vector<entry> taken;
    while (queue_.take_all_for(idle_look, taken)) {
      if (taken.empty()) look_at_disk();  // space that comes back must be seen although nothing is written: new calls wait for it
      const auto begun = std::chrono::steady_clock::now();
      for (std::size_t at = 0; at < taken.size();) at = write_frame(taken, at);
      if (taken.capacity() > reused_entries_max) taken = {};
      // One call's steps come in bursts: a sync and a wake-up for each of them would cost more than all the rest of the call.
      std::this_thread::sleep_until(begun + options_.journal.sync_spacing);
    }
  }

  /// Writes the steps from `first` on that fit into one frame, syncs once, tells everyone; returns where the next frame begins.
  std::size_t write_frame(std::vector<entry>& all, std::size_t first) {
    if (since_look_ >= written_between_looks || std::chrono::steady_clock::now() >= next_look_) look_at_disk();
    batch_.Clear();
    touched_.clear();
    std::size_t last = first;
    std::uint32_t steps = 0;
    while (last < all.size() && steps < options_.journal.frame_steps_max &&
           (steps == 0 || batch_.GetDataSize() < options_.journal.frame_bytes_max)) {
      auto& item = all[last++];
      if (item.claim != nullptr)
        stage_claim(item);
      else if (item.outcome = stage(item); item.outcome)
        ++steps;
      else if (item.at.epoch == lanes_[item.at.lane].epoch)
        lanes_[item.at.lane].over = true;
    }
    const auto why = commit();
    for (auto at = first; at < last; ++at) settle(all[at], why);
    return last;
  }

  void stage_claim(entry& item) {
    auto& lane = lanes_[item.at.lane];
    item.at.epoch = ++lane.epoch;
    lane.over = false;
    touched_.insert_or_assign(item.at.lane, lane);
  }

  result<step_position> stage(entry& item) {
    if (item.refused) return tl::unexpected(std::move(*item.refused));
    auto& lane = lanes_[item.at.lane];
    auto& step = item.record.step;
    if (auto fine = admit(lane, item.at, step, options_.journal); !fine) return tl::unexpected(fine.error());
    if (space_ == room::none) return fail(errc::full, "the disk of " + directory_ + " is full");
    if (!step.outbox.empty())
      if (auto fine = stage_outbox(step); !fine) return tl::unexpected(fine.error());
    const step_position position{item.at.lane, ++lane.sequence};
    lane.at = std::max(lane.at, step.at);
    for (const auto& row : step.rows) {
      const auto key = stored_row_key(position.lane, row.key);
      if (row.value)
        batch_.Put(store_->rows.get(), key, *row.value);
      else
        batch_.Delete(store_->rows.get(), key);
      if (forgets_outbox(step, row)) batch_.Delete(store_->outbox.get(), entity_key(step.entity)), numbers_.erase(step.entity);
    }
    bytes_.clear();
    encode_record(bytes_, item.record);
    batch_.Put(store_->log.get(), log_key(position.lane, position.sequence), bytes_);
    batch_.Put(store_->index.get(), index_key(step.entity, position), {});
    touched_.insert_or_assign(position.lane, lane);
    item.record.step = {};  // the memory goes before the sync, not after it
    return position;
  }

  result<void> stage_outbox(step& step) {
    auto it = numbers_.find(step.entity);
    if (it == numbers_.end()) {
      auto stored = store_->outbox_number(step.entity);
      if (!stored) return tl::unexpected(stored.error());
      if (numbers_.size() >= outbox_numbers_max) numbers_.clear();
      it = numbers_.emplace(step.entity, *stored).first;
    }
    const auto last = number_outbox(step, it->second);
    if (!last) return tl::unexpected(last.error());
    it->second = *last;
    batch_.Put(store_->outbox.get(), entity_key(step.entity), log_key(0, *last).substr(2));
    return {};
  }

  /// Nothing when all that was staged is on the disk.
  std::optional<error> commit() {
    if (failed_.load(std::memory_order_relaxed)) return error{errc::unavailable, "the journal's disk has failed"};
    if (touched_.empty()) return std::nullopt;
    for (const auto& [id, lane] : touched_) batch_.Put(store_->meta.get(), lane_key(id), encode_lane(lane));
    const auto status = store_->db->Write(synced_, &batch_);
    if (!status.ok()) {
      const auto why = "journal in " + directory_ + ": " + status.ToString();
      options_.end_process(why);
      failed_.store(true, std::memory_order_relaxed);
      return error{errc::unavailable, why};
    }
    since_look_ += batch_.GetDataSize();
    frames_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock{ends_mutex_};
    for (const auto& [id, lane] : touched_) ends_.insert_or_assign(id, lane);
    return std::nullopt;
  }

  void settle(entry& item, const std::optional<error>& failure) {
    if (item.claim != nullptr) {
      if (failure)
        item.claim->set_value(tl::unexpected(*failure));
      else
        item.claim->set_value(item.at);
      return;
    }
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    if (item.outcome && failure) item.outcome = tl::unexpected(*failure);
    if (item.outcome) counted_.fetch_add(1, std::memory_order_relaxed);
    item.done(std::move(item.outcome));
    item.done = nullptr;
  }

  void look_at_disk() {
    since_look_ = 0;
    next_look_ = std::chrono::steady_clock::now() + time_between_looks;
    space_ = reserve_.look();
    free_bytes_.store(reserve_.free_bytes(), std::memory_order_relaxed);
    low_space_.store(space_ != room::enough, std::memory_order_relaxed);
  }

  const std::string directory_;
  const rocks_options options_;
  const directory_lock lock_;
  const std::unique_ptr<rocks_store> store_;
  rocksdb::WriteOptions synced_{};
  // The writer's own.
  disk_reserve reserve_;
  room space_ = room::enough;
  std::uint64_t since_look_ = 0;
  std::chrono::steady_clock::time_point next_look_{};
  std::map<lane_id, lane_state> lanes_;
  std::map<lane_id, lane_state> touched_{};
  std::unordered_map<entity_ref, std::uint64_t> numbers_{};  ///< last public event of entities seen lately
  rocksdb::WriteBatch batch_{};
  std::string bytes_{};
  // Shared.
  mutable std::mutex ends_mutex_{};
  std::map<lane_id, lane_state> ends_;
  bounded_queue<entry> queue_;
  std::atomic<std::uint64_t> waiting_{0}, counted_{0}, frames_{0}, free_bytes_{0};
  std::atomic<bool> low_space_{false}, failed_{false};
  std::atomic<std::thread::id> writer_id_{};
  std::mutex close_mutex_{};
  std::thread writer_{};
};

void print_and_exit(const std::string& why) {
  std::fprintf(stderr, "seatgrid ends: %s\n", why.c_str());
  ::_exit(io_error_status);
}

}  // namespace

result<std::unique_ptr<journal>> open_rocks_journal(const std::string& directory, rocks_options options) {
  auto lock = directory_lock::take(directory);
  if (!lock) return tl::unexpected(lock.error());
  if (auto fine = check_format(directory, journal_format); !fine) return tl::unexpected(fine.error());
  auto store = rocks_store::open(directory, options);
  if (!store) return tl::unexpected(store.error());
  auto lanes = (*store)->lanes();
  if (!lanes) return tl::unexpected(lanes.error());
  if (!options.end_process) options.end_process = print_and_exit;
  return std::make_unique<rocks_journal>(directory, std::move(options), std::move(*lock), std::move(*store), std::move(*lanes));
}

}  // namespace seatgrid
