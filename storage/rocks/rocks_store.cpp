#include "storage/rocks/rocks_store.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>

#include "storage/rocks/data_directory.hpp"
#include "storage/rocks/rocks_gathering_internal.hpp"

namespace seatgrid {

namespace {

class rocks_store final : public lane_store {
 public:
  rocks_store(directory_lock lock, std::unique_ptr<rocks_database> base, std::map<lane_id, lane_state> ends,
              const rocks_store_options& options)
      : lock_(std::move(lock)), base_(std::move(base)), ends_(std::move(ends)) {
    if (options.gather.count() > 0)
      gathering_ = std::make_unique<rocks_gathering>(*base_, options.gather, options.gather_bytes_max);
  }

  std::unique_ptr<lane_batch> make_batch() override { return std::make_unique<batch>(*this); }

  std::map<lane_id, lane_state> lanes() const override {
    const std::lock_guard lock{ends_mutex_};
    return ends_;
  }
  lane_state end(lane_id lane) const override {
    const std::lock_guard lock{ends_mutex_};
    const auto it = ends_.find(lane);
    return it == ends_.end() ? lane_state{} : it->second;
  }
  result<std::string> fold(lane_id lane) const override {
    if (auto written = write_gathered(); !written) return tl::unexpected(written.error());
    return value_of(base_->meta.get(), fold_key(lane), "reading a fold");
  }
  result<std::uint64_t> last_event(entity_ref entity) const override {
    if (const auto waits = gathering_ ? gathering_->number(entity_key(entity)) : std::nullopt)
      return *waits ? number_at_end(**waits) : 0;
    return base_->outbox_number(entity);
  }

  result<std::string> get(lane_id lane, std::string_view key) const override {
    const auto stored = stored_row_key(lane, key);
    if (auto waits = gathering_ ? gathering_->row(stored) : std::nullopt)
      return *waits ? result<std::string>{std::move(**waits)} : fail(errc::not_found, "reading a row: it was removed");
    return value_of(base_->rows.get(), stored, "reading a row");
  }

  result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from,
                         const journal::row_reader& each) const override {
    const auto all = stored_row_key(lane, prefix);
    if (gathering_ && gathering_->changes_rows_of(all))
      if (auto written = gathering_->write_now(); !written) return written;
    return base_->walk(base_->rows.get(), stored_row_key(lane, std::max(from, prefix)), all,
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
    if (auto written = write_gathered(); !written) return tl::unexpected(written.error());
    return base_->walk(base_->log.get(), log_key(lane, from), lane_prefix(lane), give);
  }

  result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const override {
    if (auto written = write_gathered(); !written) return tl::unexpected(written.error());
    rocksdb::ManagedSnapshot moment{base_->db.get()};
    rocksdb::ReadOptions how;
    how.snapshot = moment.snapshot();
    const auto give = [&](std::string_view key, std::string_view) -> result<bool> {
      auto found = base_->step_at(lane_of_index_key(key), number_at_end(key), how);
      if (!found) return tl::unexpected(found.error());
      return each(*found);
    };
    return base_->walk(base_->index.get(), entity_key(entity), entity_key(entity), give, how);
  }

  result<std::unique_ptr<lane_image>> image(lane_id lane) const override {
    if (auto written = write_gathered(); !written) return tl::unexpected(written.error());
    return make_image(*base_, lane);
  }

  result<void> backup(const std::string& directory) const override {
    if (auto written = write_gathered(); !written) return tl::unexpected(written.error());
    std::error_code code;
    std::filesystem::create_directories(directory, code);
    if (code) return fail(errc::unavailable, "creating " + directory + ": " + code.message());
    if (!std::filesystem::is_empty(directory, code)) return fail(errc::conflict, directory + " is not empty");
    rocksdb::Checkpoint* made = nullptr;
    auto status = rocksdb::Checkpoint::Create(base_->db.get(), &made);
    const std::unique_ptr<rocksdb::Checkpoint> checkpoint{made};
    if (status.ok()) status = checkpoint->CreateCheckpoint(directory + "/db");
    if (!status.ok()) return tl::unexpected(error_of(status, "copying the journal to " + directory));
    return write_format(directory, journal_format);
  }

  result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence, std::uint64_t steps_max) override {
    const auto limit = std::min(sequence, end(lane).sequence);
    if (auto written = write_gathered(); !written) return tl::unexpected(written.error());
    std::uint64_t removed = 0;
    std::uint64_t first = 0;
    rocksdb::WriteBatch gone;
    const auto drop_step = [&](std::string_view key, std::string_view value) -> result<bool> {
      const auto number = number_at_end(key);
      if (number >= limit || removed == steps_max) return false;
      auto record = decode_record(value);
      if (!record) return tl::unexpected(record.error());
      if (removed++ == 0) first = number;
      gone.Delete(base_->index.get(), index_key(record->step.entity, {lane, number}));
      return true;
    };
    if (auto walked = base_->walk(base_->log.get(), log_key(lane, 0), lane_prefix(lane), drop_step); !walked)
      return tl::unexpected(walked.error());
    if (removed == 0) return removed;
    gone.DeleteRange(base_->log.get(), log_key(lane, first), log_key(lane, first + removed));
    const auto status = base_->db->Write(unsynced(), &gone);
    if (!status.ok()) return tl::unexpected(error_of(status, "trimming the log"));
    return removed;
  }

  result<void> drop(lane_id lane) override {
    if (auto written = write_gathered(); !written) return tl::unexpected(written.error());
    rocksdb::WriteBatch gone;
    const auto of_lane = [&](std::string_view key, std::string_view) -> result<bool> {
      if (lane_of_index_key(key) == lane) gone.Delete(base_->index.get(), rocksdb::Slice{key.data(), key.size()});
      return true;
    };
    if (auto walked = base_->walk(base_->index.get(), {}, {}, of_lane); !walked) return walked;
    // One of an earlier program names no lane: it is this lane's if the entity has steps or rows here.
    const auto number = [&](std::string_view key, std::string_view value) -> result<bool> {
      const auto named = lane_of_number(value);
      auto mine = named ? result<bool>{*named == lane} : lives_in(*base_, lane, key);
      if (mine && *mine) gone.Delete(base_->outbox.get(), rocksdb::Slice{key.data(), key.size()});
      return mine.map([](bool) { return true; });
    };
    if (auto walked = base_->walk(base_->outbox.get(), {}, {}, number); !walked) return walked;
    for (auto* family : {base_->rows.get(), base_->log.get()})
      gone.DeleteRange(family, lane_prefix(lane), end_of_prefix(lane_prefix(lane)));
    gone.Delete(base_->meta.get(), lane_key(lane));
    gone.Delete(base_->meta.get(), fold_key(lane));
    const auto status = base_->db->Write(unsynced(), &gone);
    if (!status.ok()) return tl::unexpected(error_of(status, "forgetting lane " + std::to_string(lane)));
    const std::lock_guard lock{ends_mutex_};
    ends_.erase(lane);
    return {};
  }

 private:
  class batch final : public lane_batch {
   public:
    explicit batch(rocks_store& store) : store_(store), base_(*store.base_) {}

    void put(step_position position, stored_step&& given) override {
      stored_step record{std::move(given)};  // its memory goes before the write, not after it
      auto& step = record.step;
      keep(position, record);
      note_numbers(position, step);
      for (auto& row : step.rows) changes_.set(changes_.rows, stored_row_key(position.lane, row.key), std::move(row.value));
    }
    void put(step_position position, std::uint64_t epoch, const step& what, std::string_view bytes) override {
      std::string record;
      encode_record(record, epoch, bytes);
      changes_.keep(log_key(position.lane, position.sequence), std::move(record), index_key(what.entity, position));
      note_numbers(position, what);
      for (const auto& row : what.rows) changes_.set(changes_.rows, stored_row_key(position.lane, row.key), row.value);
    }
    void put_row(lane_id lane, std::string_view key, std::string_view value) override {
      changes_.set(changes_.rows, stored_row_key(lane, key), std::string{value});
    }
    void put_number(lane_id lane, entity_ref entity, std::uint64_t last_event) override {
      changes_.set(changes_.numbers, entity_key(entity), log_key(lane, last_event));
    }
    void put_past(step_position position, stored_step&& given) override { keep(position, given); }
    void put_end(lane_id lane, const lane_state& end) override { changes_.ends.insert_or_assign(lane, end); }
    void put_fold(lane_id lane, std::string_view fold) override { changes_.folds.insert_or_assign(lane, std::string{fold}); }
    std::size_t bytes() const override { return changes_.bytes; }

    result<void> commit(bool synced) override {
      const auto ends = changes_.ends;
      if (auto written = write(synced); !written) return written;
      const std::lock_guard lock{store_.ends_mutex_};
      for (const auto& [id, lane] : ends) store_.ends_.insert_or_assign(id, lane);
      return {};
    }

   private:
    result<void> write(bool synced) {
      auto& gathering = store_.gathering_;
      if (gathering) {
        auto taken = gathering->take(changes_);
        return taken && synced ? gathering->flush() : taken;
      }
      changes_.stage(staged_, base_);
      changes_ = {};
      rocksdb::WriteOptions how;
      how.sync = synced;
      const auto status = base_.db->Write(how, &staged_);
      staged_.Clear();
      return status.ok() ? result<void>{} : tl::unexpected(error_of(status, "writing"));
    }
    void keep(step_position position, const stored_step& record) {
      std::string bytes;
      encode_record(bytes, record);
      changes_.keep(log_key(position.lane, position.sequence), std::move(bytes), index_key(record.step.entity, position));
    }
    void note_numbers(step_position position, const step& what) {
      if (!what.outbox.empty()) put_number(position.lane, what.entity, what.outbox.back().sequence);
      for (const auto& row : what.rows)
        if (forgets_outbox(what, row)) changes_.set(changes_.numbers, entity_key(what.entity), std::nullopt);
    }

    rocks_store& store_;
    rocks_database& base_;
    rocksdb::WriteBatch staged_{};
    // A call's steps come in bursts, and each writes its row of 2 KB: what is written over in the same batch never reaches the
    // disk.
    rocks_changes changes_{};
  };

  rocksdb::WriteOptions unsynced() const {
    rocksdb::WriteOptions how;
    how.disableWAL = gathering_ != nullptr;
    return how;
  }
  result<void> write_gathered() const { return gathering_ ? gathering_->write_now() : result<void>{}; }

  result<std::string> value_of(rocksdb::ColumnFamilyHandle* family, const std::string& key, const std::string& doing) const {
    std::string value;
    const auto status = base_->db->Get({}, family, key, &value);
    if (!status.ok()) return tl::unexpected(error_of(status, doing));
    return value;
  }

  const directory_lock lock_;
  const std::unique_ptr<rocks_database> base_;
  std::unique_ptr<rocks_gathering> gathering_{};  ///< null = every commit is written at once
  mutable std::mutex ends_mutex_{};
  std::map<lane_id, lane_state> ends_;
};

}  // namespace

result<std::unique_ptr<lane_store>> open_rocks_store(const std::string& directory, const rocks_store_options& options) {
  auto lock = directory_lock::take(directory);
  if (!lock) return tl::unexpected(lock.error());
  if (auto fine = check_format(directory, journal_format); !fine) return tl::unexpected(fine.error());
  auto base = rocks_database::open(directory, options);
  if (!base) return tl::unexpected(base.error());
  auto lanes = (*base)->lanes();
  if (!lanes) return tl::unexpected(lanes.error());
  return std::make_unique<rocks_store>(std::move(*lock), std::move(*base), std::move(*lanes), options);
}

}  // namespace seatgrid
