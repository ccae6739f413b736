#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>
#include <thread>

#include "cluster/snapshot_topic_internal.hpp"

namespace seatgrid::cluster {

namespace {

constexpr milliseconds report_patience{30'000};
constexpr milliseconds longest_rest{100};  // between two looks whether the process ends

}  // namespace

snapshot_topic::snapshot_topic(std::unique_ptr<lane_log> log) : log_(std::move(log)), seen_(log_->lanes()) {}

result<void> snapshot_topic::read_range(lane_id lane, log_offset from, log_offset to, milliseconds patience,
                                        const std::function<result<void>(const log_record&)>& each) {
  if (from >= to) return {};
  struct {
    std::mutex mutex{};
    std::condition_variable changed{};
    log_offset next = 0;
    std::optional<result<void>> outcome{};
  } progress;
  progress.next = from;
  const auto take = [&](result<std::span<const log_record>> came) {
    const std::lock_guard lock{progress.mutex};
    if (progress.outcome) return;
    if (!came) progress.outcome = tl::unexpected(came.error());
    for (std::size_t i = 0; came && i < came->size() && !progress.outcome; ++i) {
      const auto& record = (*came)[i];
      if (record.offset < to)
        if (auto taken = each(record); !taken) progress.outcome = taken;
      progress.next = record.offset + 1;
      if (progress.next >= to && !progress.outcome) progress.outcome = result<void>{};
    }
    progress.changed.notify_all();
  };
  if (auto begun = log_->tail(lane, from, take); !begun) return begun;
  result<void> outcome{};
  {
    std::unique_lock lock{progress.mutex};
    while (!progress.outcome) {
      const auto before = progress.next;
      if (!progress.changed.wait_for(lock, patience, [&] { return progress.outcome || progress.next != before; }))
        progress.outcome = fail(errc::unavailable, "the topic of snapshots gives nothing of lane " + std::to_string(lane));
    }
    outcome = *progress.outcome;
  }
  log_->untail(lane);
  return outcome;
}

result<std::vector<whole_snapshot>> snapshot_topic::look(lane_id lane, milliseconds patience) {
  const std::lock_guard lock{mutex_};
  const auto bounds = log_->bounds(lane, patience);
  if (!bounds) return tl::unexpected(bounds.error());
  auto& at = seen_.at(lane);
  if (bounds->end < at.next) at = {};  // the brokers have lost what was read
  at.next = std::max(at.next, bounds->first);
  auto read = read_range(lane, at.next, bounds->end, patience, [&](const log_record& record) -> result<void> {
    at.catalog.on_record(record.offset, record.at, record.bytes);
    at.next = record.offset + 1;
    return {};
  });
  if (!read) return tl::unexpected(read.error());
  auto whole = at.catalog.whole();
  std::erase_if(whole, [&](const auto& one) { return one.first < bounds->first; });
  return whole;
}

result<applied_fold> snapshot_topic::load(const whole_snapshot& from, lane_store& to, milliseconds patience) {
  const std::lock_guard lock{mutex_};
  snapshot_loader loader{to, from.id};
  const auto give = [&](const log_record& record) { return loader.on_record(record.bytes); };
  if (auto read = read_range(from.id.lane, from.first, from.last + 1, patience, give); !read) return tl::unexpected(read.error());
  if (!loader.is_done()) return fail(errc::corrupt, "a snapshot of lane " + std::to_string(from.id.lane) + " has no end");
  return loader.applied();
}

result<snapshot_id> snapshot_topic::write(lane_id lane, const lane_image& image, std::uint64_t steps_from,
                                          std::uint64_t bytes_per_second, const std::atomic<bool>& ends) {
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t bytes = 0;
  return write_snapshot(lane, image, steps_from, [&](std::string&& record) -> result<void> {
    bytes += record.size();
    const auto told = std::make_shared<std::promise<result<void>>>();  // the report may come after we gave up waiting
    auto stored = told->get_future();
    log_->append(lane, std::move(record), [told](const result<std::optional<log_offset>>& came) {
      told->set_value(came ? result<void>{} : tl::unexpected(came.error()));
    });
    if (stored.wait_for(report_patience) != std::future_status::ready)
      return fail(errc::unavailable, "a chunk was not stored in time");
    if (auto done = stored.get(); !done) return done;
    const auto due = began + std::chrono::microseconds{bytes * 1'000'000 / std::max<std::uint64_t>(bytes_per_second, 1)};
    while (!ends && std::chrono::steady_clock::now() < due)
      std::this_thread::sleep_for(
          std::min<std::chrono::steady_clock::duration>(due - std::chrono::steady_clock::now(), longest_rest));
    return ends ? fail(errc::wrong_state, "the journal is being closed") : result<void>{};
  });
}

result<void> snapshot_topic::trim(lane_id lane, log_offset before, milliseconds patience) {
  return log_->trim(lane, before, patience).map([](log_offset) {});
}

}  // namespace seatgrid::cluster
