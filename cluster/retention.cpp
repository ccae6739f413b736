#include <algorithm>
#include <thread>

#include "cluster/retention_internal.hpp"

namespace seatgrid::cluster {

namespace {

constexpr int followers_spread = 8;      // parts of a quarter of `snapshot_every`
constexpr milliseconds between_cuts{5};  // a busy owner settles a frame's time many times a second
constexpr int cuts_max = 1'000;

}  // namespace

bool is_due(const log_retention_options& options, const lane_view& lane, const lane_owner& me, milliseconds age) {
  if (lane.next_offset <= lane.snapshot_offset || lane.to_fold > 0 || !lane.folds || !lane.trouble.empty()) return false;
  auto late = std::chrono::milliseconds{options.snapshot_every} / 2;
  if (lane.process != me.process) {
    std::uint64_t hash = me.process.low;
    late = late * static_cast<int>(hash % followers_spread) / (2 * followers_spread);
  }
  const auto records_late = options.snapshot_records * static_cast<std::uint64_t>(late.count()) /
                            static_cast<std::uint64_t>(std::max<std::int64_t>(options.snapshot_every.count(), 1));
  const bool by_age = age >= options.snapshot_every + late;
  const bool by_records = lane.next_offset - lane.snapshot_offset >= options.snapshot_records + records_late;
  return by_age || by_records;
}

trim_limits limits_of(const std::vector<whole_snapshot>& whole, const lane_owner& me, std::uint64_t epoch) {
  std::vector<const whole_snapshot*> mine;
  for (const auto& one : whole)
    if (one.fold.owner.process == me.process && one.fold.epoch == epoch) mine.push_back(&one);
  std::sort(mine.begin(), mine.end(), [](const auto* a, const auto* b) { return a->id.offset < b->id.offset; });
  if (mine.size() < 2) return {};
  const auto& older = *mine[mine.size() - 2];
  return {.log = older.id.offset, .snapshots = std::min(older.first, mine.back()->first)};
}

retention_keeper::retention_keeper(desk_room& room, const std::vector<std::unique_ptr<lane_desk>>& desks,
                                   const std::atomic<bool>& ends)
    : room_(room), desks_(desks), ends_(ends) {}

void retention_keeper::look() {
  for (const auto& desk : desks_)
    if (!ends_) look_at(*desk);
}

void retention_keeper::look_at(lane_desk& desk) {
  const auto& options = room_.options.retention;
  auto lane = desk.view();
  const auto bounds = room_.log.bounds(lane.lane, options.patience);
  if (!bounds) return complain(lane.lane, bounds.error().what);
  const auto look = [&] {
    auto whole = room_.snapshots->look(lane.lane, options.patience);
    if (whole) desk.note(*bounds, whole->empty() ? std::nullopt : std::optional{whole->back()});
    if (!whole) complain(lane.lane, whole.error().what);
    return whole;
  };
  if (room_.snapshots == nullptr) return desk.note(*bounds, std::nullopt);
  if (!lane.folds) return desk.note(*bounds, std::nullopt);
  if (lane.mode == lane_mode::follower) trim_steps(lane.lane);
  auto whole = look();
  if (!whole) return;
  lane = desk.view();
  const auto since = whole->empty() ? began_ : whole->back().at;
  const auto age = std::chrono::floor<milliseconds>(system_clock{}.now() - since);
  if (is_due(options, lane, room_.options.me, age)) {
    if (auto made = make(lane.lane); !made) return complain(lane.lane, made.error().what);
    if (whole = look(); !whole) return;
  }
  troubles_.erase(lane.lane);
  if (lane.mode == lane_mode::owner) trim(desk.view(), *bounds, *whole);
}

result<void> retention_keeper::make(lane_id id) {
  if (room_.snapshots == nullptr) return fail(errc::wrong_state, "there is no topic for snapshots");
  if (id >= desks_.size()) return fail(errc::wrong_state, "the cluster has no lane " + std::to_string(id));
  auto& desk = *desks_[id];
  auto image = desk.cut();
  for (int i = 0; !image && image.error().code == errc::unavailable && i < cuts_max && !ends_; ++i) {
    std::this_thread::sleep_for(between_cuts);
    image = desk.cut();
  }
  if (!image) return tl::unexpected(image.error());
  const auto& options = room_.options.retention;
  const auto row = [&](std::string_view key) { return (*image)->get(key); };
  const auto made = room_.snapshots->write(id, **image, steps_from(id, row), options.snapshot_rate, ends_);
  if (!made) return tl::unexpected(made.error());
  if (room_.options.say)
    room_.options.say("lane " + std::to_string(id) + ": a snapshot at offset " + std::to_string(made->offset) + " is written");
  return {};
}

void retention_keeper::trim(const lane_view& lane, log_bounds bounds, const std::vector<whole_snapshot>& whole) {
  const auto& options = room_.options.retention;
  const auto limits = limits_of(whole, room_.options.me, lane.epoch);
  if (limits.log == 0) return;
  if (auto done = room_.snapshots->trim(lane.lane, limits.snapshots, options.patience); !done)
    return complain(lane.lane, done.error().what);
  const auto young = room_.log.first_since(lane.lane, system_clock{}.now() - options.keep, options.patience);
  if (!young) return complain(lane.lane, young.error().what);
  const auto before = std::min(static_cast<log_offset>(limits.log), *young);
  if (before <= bounds.first) return;
  const auto first = room_.log.trim(lane.lane, before, options.patience);
  if (!first) return complain(lane.lane, first.error().what);
  desks_[lane.lane]->note({*first, bounds.end}, whole.back());
}

std::uint64_t retention_keeper::steps_from(lane_id lane, const std::function<result<std::string>(std::string_view)>& row) const {
  const auto& wanted = room_.options.retention.steps_from;
  return wanted ? wanted(lane, row) : UINT64_MAX;
}

/// Steps are in the order of their times: the first that is young enough is found by halving.
void retention_keeper::trim_steps(lane_id lane) {
  const auto& options = room_.options.retention;
  if (options.steps.count() == 0) return;
  const auto before = system_clock{}.now() - options.steps;
  const auto first_from = [&](std::uint64_t sequence) {
    std::pair<std::uint64_t, time_point> found{0, {}};
    static_cast<void>(room_.store.read(lane, sequence, [&](const recorded_step& one) {
      found = {one.position.sequence, one.step.at};
      return false;
    }));
    return found;
  };
  auto [low, oldest] = first_from(1);
  if (low == 0 || oldest >= before) return;
  for (auto high = room_.store.end(lane).sequence; low < high;) {
    const auto middle = low + (high - low) / 2;
    if (first_from(middle).second < before)
      low = middle + 1;
    else
      high = middle;
  }
  low = std::min(low, steps_from(lane, [&](std::string_view key) { return room_.store.get(lane, key); }));
  if (auto removed = room_.store.trim(lane, low, room_.options.journal.trim_steps_max); !removed)
    complain(lane, removed.error().what);
}

/// Each trouble once.
void retention_keeper::complain(lane_id lane, const std::string& what) {
  if (std::exchange(troubles_[lane], what) == what || !room_.options.say) return;
  room_.options.say("lane " + std::to_string(lane) + ": snapshots and removal wait: " + what);
}

}  // namespace seatgrid::cluster
