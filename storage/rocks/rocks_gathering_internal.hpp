#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "storage/rocks/rocks_database_internal.hpp"
#include "storage/step_codec.hpp"

/// What is on its way into the database. Inside storage/rocks only.
namespace seatgrid {

/// Changes of any lanes, the last value by key. Keys and values as in rocks_database.
struct rocks_changes {
  /// None = it goes.
  using values = std::map<std::string, std::optional<std::string>, std::less<>>;

  values rows{}, numbers{};
  std::vector<std::pair<std::string, std::string>> log{};
  std::vector<std::string> index{};
  std::map<lane_id, lane_state> ends{};
  std::map<lane_id, std::string> folds{};
  std::size_t bytes = 0;  ///< of all that, roughly as it will be written

  bool empty() const { return log.empty() && rows.empty() && numbers.empty() && ends.empty() && folds.empty(); }
  void set(values& among, std::string key, std::optional<std::string> value);
  void keep(std::string key, std::string record, std::string index_key);
  /// `newer` is left empty.
  void merge(rocks_changes& newer);
  void stage(rocksdb::WriteBatch& into, const rocks_database& base) const;
};

/// Gathers what batches commit and writes it in one piece, now and then. Reads ask here first. Any thread.
class rocks_gathering {
 public:
  /// Writes at the latest `every` after the first change; at once, on the caller's thread, beyond `bytes_max`.
  rocks_gathering(rocks_database& base, milliseconds every, std::uint64_t bytes_max);
  ~rocks_gathering();
  rocks_gathering(const rocks_gathering&) = delete;
  rocks_gathering& operator=(const rocks_gathering&) = delete;

  /// `more` is left empty. @error unavailable  of this or an earlier write
  result<void> take(rocks_changes& more);
  /// Returns when all that was taken before is in the database. @error unavailable
  result<void> write_now();
  /// The same, and a power cut cannot undo it. @error unavailable
  result<void> flush();

  /// What a key of `rows` or `outbox` will be, if it is to change; an inner none: it goes.
  std::optional<std::optional<std::string>> row(std::string_view key) const;
  std::optional<std::optional<std::string>> number(std::string_view key) const;
  /// Whether a row whose key begins with `prefix` is to change.
  bool changes_rows_of(std::string_view prefix) const;

 private:
  using found = std::optional<std::optional<std::string>>;
  found find(std::string_view key, rocks_changes::values rocks_changes::*among) const;
  void run();
  result<void> write(std::unique_lock<std::mutex>& lock);

  rocks_database& base_;
  const milliseconds every_;
  const std::uint64_t bytes_max_;
  mutable std::mutex mutex_{};
  std::condition_variable changed_{}, written_{};
  rocks_changes filling_{};
  rocks_changes writing_{};  ///< on its way; readers still look here
  bool writes_ = false;
  bool ends_ = false;
  std::optional<error> failed_{};
  rocksdb::WriteBatch staged_{};  ///< kept, so that its memory is not asked for and given back again and again
  std::thread thread_{};
};

}  // namespace seatgrid
