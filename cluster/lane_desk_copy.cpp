#include <algorithm>
#include <utility>

#include "cluster/lane_desk_internal.hpp"

/// A lane's copy in this node's store: where folding begins, how the copy is made anew, and images of it for snapshots.
namespace seatgrid::cluster {

namespace {

constexpr milliseconds bounds_patience{1'000};

}  // namespace

void lane_desk::stand_at(applied_fold applied, bool is_fresh) {
  // A claim of ours that is still under way must not win with an epoch that is used again.
  const auto epoch = std::max(machine_.epoch, machine_.folded.epoch);
  state_ = room_.store.end(id_);
  log_ahead_us_ = applied.log_ahead_us;
  ahead_is_sure_ = is_fresh;
  committed_ = applied.fold.next;
  machine_ = make_lane(id_, room_.options.me, std::move(applied.fold), room_.options.lane, room_.options.rules);
  machine_.epoch = epoch;
  numbers_.clear(), counted_at_.clear();
}

result<void> lane_desk::open(log_bounds bounds) {
  if (!wanted_) return {};
  const bool must_fill = !was_in_store_ && room_.snapshots != nullptr;
  auto filled = must_fill ? fill(bounds) : result<applied_fold>{};
  {
    const std::lock_guard lock{mutex_};
    folds_ = true;
    if (must_fill && filled) stand_at(std::move(*filled), true);
    ahead_is_sure_ = ahead_is_sure_ || !was_in_store_;
    was_in_store_ = true;
    if (!filled) feed(tail_failed{filled.error()});  // and is tried again
  }
  return filled ? start(static_cast<std::uint64_t>(bounds.end)) : result<void>{};
}

result<void> lane_desk::start(std::uint64_t end) {
  std::uint64_t from = 0, life = 0;
  {
    const std::lock_guard lock{mutex_};
    target_ = end;
    from = machine_.folded.next;
    life = life_;
  }
  return room_.log.tail(id_, static_cast<log_offset>(from), [this, life](const auto& came) { on_records(life, came); });
}

result<applied_fold> lane_desk::fill(log_bounds bounds) {
  std::vector<whole_snapshot> whole;
  if (room_.snapshots != nullptr) {
    auto looked = room_.snapshots->look(id_, room_.options.retention.patience);
    if (looked)
      whole = std::move(*looked);
    else if (bounds.first > 0)
      return tl::unexpected(looked.error());
  }
  for (; !whole.empty(); whole.pop_back()) {
    const auto& newest = whole.back();
    const auto offset = static_cast<log_offset>(newest.id.offset);
    if (offset < bounds.first || offset > bounds.end || rejected_.contains(newest.id)) continue;
    if (auto dropped = room_.store.drop(id_); !dropped) return tl::unexpected(dropped.error());
    auto loaded = room_.snapshots->load(newest, room_.store, room_.options.retention.patience);
    if (loaded) {
      filled_from_ = newest.id;
      say("lane " + std::to_string(id_) + " begins with the snapshot at offset " + std::to_string(offset) + ", " +
          std::to_string(newest.bytes) + " bytes");
      return loaded;
    }
    say("lane " + std::to_string(id_) + ": the snapshot at offset " + std::to_string(offset) +
        " is of no use: " + loaded.error().what);
  }
  if (bounds.first > 0)
    return fail(errc::unavailable, "the log begins at " + std::to_string(bounds.first) +
                                       ": its beginning was removed, and no whole snapshot stands behind it");
  filled_from_.reset();
  if (auto dropped = room_.store.drop(id_); !dropped) return tl::unexpected(dropped.error());
  return applied_fold{};
}

/// Nothing of the log comes for this lane meanwhile: what was asked for an earlier life is late.
void lane_desk::rebuild(bool keeps_rows) {
  room_.log.untail(id_);
  const auto bounds = room_.log.bounds(id_, bounds_patience);
  std::optional<error> trouble;
  applied_fold filled;
  if (!bounds) {
    trouble = bounds.error();
  } else if (!keeps_rows) {
    auto made = fill(*bounds);
    if (made)
      filled = std::move(*made);
    else
      trouble = made.error();
  }
  {
    const std::lock_guard lock{mutex_};
    rebuild_pause_ = std::clamp(2 * rebuild_pause_, room_.options.rebuild_pause, room_.options.rebuild_pause_max);
    rebuild_at_ = room_.now() + rebuild_pause_;
    if (trouble) {
      const auto text = "lane " + std::to_string(id_) + " cannot be folded anew: " + trouble->what;
      say(text);
      fail_claims({errc::unavailable, text});
      settle();
      return;
    }
    if (keeps_rows) filled = {machine_.folded, log_ahead_us_};
    stand_at(std::move(filled), !keeps_rows);
    stopped_.reset();
    if (const auto& tell = room_.options.on_remade; tell && !keeps_rows) posted_.push_back([&tell, id = id_] { tell(id); });
  }
  if (auto started = start(static_cast<std::uint64_t>(bounds->end)); !started) {
    const std::lock_guard lock{mutex_};
    stopped_ = started.error();
  }
}

void lane_desk::set_folds(bool folds) {
  wanted_ = folds;
  room_.wake();
}

void lane_desk::change_folding() {
  bool begins = false;
  {
    const std::lock_guard lock{mutex_};
    if (folds_ == wanted_) return;
    begins = !folds_;
    // What this process owns, or is asked for, is not left before another has it.
    const bool is_free = machine_.mode == lane_mode::follower && claims_.empty() && waiting_.empty() && !stopped_;
    if (!begins && !is_free) return;
    ++life_;
    if (!begins) folds_ = false;
  }
  if (!begins) {
    room_.log.untail(id_);
    return;
  }
  const auto bounds = room_.log.bounds(id_, bounds_patience);
  if (!bounds) return;  // with a later tick
  auto opened = open(*bounds);
  if (opened) return;
  const std::lock_guard lock{mutex_};
  stopped_ = opened.error();
}

result<std::unique_ptr<lane_image>> lane_desk::cut() {
  const std::lock_guard lock{mutex_};
  if (stopped_ || failed_ || !has_caught_up())
    return fail(errc::wrong_state, "lane " + std::to_string(id_) + " is not folded to its end");
  if (!ahead_is_sure_) return fail(errc::unavailable, "the last frame's time in the log is not known yet");
  commit(true);
  if (failed_) return fail(errc::unavailable, "this node's disk has failed");
  return room_.store.image(id_);
}

void lane_desk::note(log_bounds bounds, const std::optional<whole_snapshot>& newest) {
  const std::lock_guard lock{mutex_};
  seen_bounds_ = bounds;
  newest_ = newest;
}

}  // namespace seatgrid::cluster
