#include <algorithm>
#include <utility>

#include "base/overload.hpp"
#include "cluster/lane_desk_internal.hpp"

/// What comes to a lane from outside: steps, claims, reports, records, time. What it makes of them: lane_desk_acts.cpp.
namespace seatgrid::cluster {

void callbacks::post(std::vector<std::function<void()>>&& more) {
  if (more.empty()) return;
  const std::lock_guard lock{mutex_};
  std::move(more.begin(), more.end(), std::back_inserter(waiting_));
  more.clear();
}

void callbacks::run() {
  std::unique_lock lock{mutex_};
  if (running_) {
    if (*running_ != std::this_thread::get_id() && waiting_.size() > callbacks_behind_max)
      shrunk_.wait(lock, [this] { return !running_ || waiting_.size() <= callbacks_behind_max / 2; });
    if (running_) return;
  }
  running_ = std::this_thread::get_id();
  while (!waiting_.empty()) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (waiting_.size() == callbacks_behind_max / 2) shrunk_.notify_all();
    lock.unlock();
    next();
    lock.lock();
  }
  running_.reset();
  shrunk_.notify_all();
}

bool callbacks::empty() const {
  const std::lock_guard lock{mutex_};
  return waiting_.empty();
}

lane_desk::lane_desk(lane_id id, desk_room& room, std::optional<applied_fold> applied)
    : id_(id), room_(room), batch_(room.store.make_batch()) {
  was_in_store_ = applied.has_value();
  stand_at(std::move(applied).value_or(applied_fold{}), false);
  if (const auto& folds = room.options.folds) wanted_ = folds->contains(id);
}

void lane_desk::append(lane_epoch at, step what, on_counted done) {
  const auto limit = std::uint64_t{room_.options.journal.waiting_max};
  const auto before = room_.waiting.fetch_add(1);
  if (before >= 2 * limit) {
    room_.waiting.fetch_sub(1);
    return done(fail(errc::full, "twice journal.waiting_max steps wait"));
  }
  waiting_step item{.at = at, .done = std::move(done)};
  if (before >= limit)
    item.refused = error{errc::full, "journal.waiting_max is " + std::to_string(limit)};
  else
    item.what = std::move(what);
  put(std::move(item));
}

void lane_desk::claim(on_claimed done, on_lost lost) { put(waiting_claim{std::move(done), std::move(lost)}); }

void lane_desk::put(waiting_item item) {
  {
    const std::lock_guard lock{inbox_mutex_};
    inbox_.push_back(std::move(item));
  }
  has_work_ = true;
  if (work()) room_.wake();  // callbacks do not run on the caller's thread
}

/// Whoever holds the lock while something comes looks again when it has let go: nobody waits for it. True when callbacks were
/// posted.
bool lane_desk::work() {
  bool posted = false;
  while (has_work_) {
    const std::unique_lock lock{mutex_, std::try_to_lock};
    if (!lock) return posted;
    posted = settle() || posted;
  }
  return posted;
}

void lane_desk::take_inbox() {
  has_work_ = false;
  std::vector<waiting_item> came;
  {
    const std::lock_guard lock{inbox_mutex_};
    came.swap(inbox_);
  }
  std::move(came.begin(), came.end(), std::back_inserter(waiting_));
}

void lane_desk::on_reported(std::uint64_t life, append_ref what, const result<std::optional<log_offset>>& outcome) {
  {
    const std::lock_guard lock{mutex_};
    if (life != life_) return;
    if (!outcome)
      feed(append_failed{what, outcome.error()});
    else
      feed(append_stored{what, outcome->has_value() ? std::optional{static_cast<std::uint64_t>(**outcome)} : std::nullopt});
    settle();
  }
  work();
  room_.calls.run();
}

void lane_desk::on_records(std::uint64_t life, const result<std::span<const log_record>>& came) {
  {
    const std::lock_guard lock{mutex_};
    if (life != life_) return;
    if (!came)
      feed(tail_failed{came.error()});
    else
      for (const auto& one : *came) read_one(one);
    settle();
  }
  work();
  room_.calls.run();
}

void lane_desk::read_one(const log_record& came) {
  if (machine_.mode == lane_mode::stopped) return;
  record_read in{.offset = static_cast<std::uint64_t>(came.offset)};
  // Most of what an owner reads was folded when it was acknowledged: nothing of it is looked at but when the log took it.
  if (in.offset < machine_.folded.next) return note_log_time(in.offset, came.at);
  if (is_record(came.bytes)) {
    auto read = read_record(came.bytes);
    if (!read) return feed(tail_failed{read.error()});
    in.what = std::move(*read);
  }
  const bool counts = in.what && in.what->lane == id_ && in.what->kind == record_kind::frame &&
                      judge(machine_.folded, *in.what) == verdict::counted;
  const bool in_flight = counts && machine_.flight && in.what->owner == machine_.me.process;
  read_steps_.clear();
  if (counts && !in_flight) {
    auto body = decode_frame(in.what->body);
    if (!body) return feed(tail_failed{body.error()});
    read_steps_ = std::move(*body);
  }
  if (in.what && in.what->kind == record_kind::claim) {
    claim_read_at_ = came.at;
    tell_owner(*in.what);
  }
  if (has_caught_up())
    feed(in);
  else
    fold_history(in);
  if (!counts || machine_.mode == lane_mode::stopped) return;
  log_ahead_us_ = came.at.us - state_.at.us;
  while (!counted_at_.empty() && counted_at_.front().first <= in.offset) counted_at_.pop_front();
  ahead_is_sure_ = counted_at_.empty();
}

/// What lay in the log at the start calls for nothing: not even a claim in our own name, which was a former process's.
void lane_desk::fold_history(const record_read& in) {
  auto& folded = machine_.folded;
  folded.next = in.offset;
  if (!in.what || in.what->lane != id_) return pass_over(folded);
  const auto what = judge(folded, *in.what);
  if (what == verdict::diverged) return feed(tail_failed{{errc::corrupt, why_diverged(folded, *in.what)}});
  fold(folded, *in.what, what);
  if (what == verdict::counted) fold_read();
  if (batch_->bytes() > batch_bytes_max) commit();
}

/// The copy of a frame that counted when it was acknowledged: only now is known when the log took it.
void lane_desk::note_log_time(std::uint64_t offset, time_point at) {
  while (!counted_at_.empty() && counted_at_.front().first < offset) counted_at_.pop_front();
  if (counted_at_.empty() || counted_at_.front().first != offset) return;
  log_ahead_us_ = at.us - counted_at_.front().second.us;
  counted_at_.pop_front();
  ahead_is_sure_ = counted_at_.empty();
}

void lane_desk::give_up(const error& why) {
  {
    const std::lock_guard lock{mutex_};
    feed(give_up_order{});
    fail_claims(why);
    settle();
  }
  work();
  room_.calls.run();
}

bool lane_desk::tick() {
  bool rebuilds = false, keeps_rows = false, soon = false;
  change_folding();
  {
    const std::lock_guard lock{mutex_};
    feed(cluster::tick{room_.now()});
    settle();
    rebuilds = stopped_ && can_rebuild() && room_.now() >= rebuild_at_;
    if (rebuilds) ++life_;
    keeps_rows = rebuilds && stopped_->code == errc::denied;  // nothing is wrong with what was read
    soon = machine_.mode == lane_mode::claiming || stopped_.has_value();
  }
  if (rebuilds) rebuild(keeps_rows);
  work();
  return soon;
}

bool lane_desk::is_idle() const {
  const std::lock_guard lock{mutex_};
  return waiting_.empty() && flight_.empty() && !has_work_;
}

void lane_desk::fail_rest() {
  {
    const std::lock_guard lock{mutex_};
    ++life_;
    take_inbox();
    const error closed{errc::unavailable, "the journal was closed before the step was known to count"};
    for (auto& one : std::exchange(flight_, {})) count(std::move(one.done), tl::unexpected(closed));
    for (auto& one : std::exchange(waiting_, {}))
      std::visit(overload{[&](waiting_step& step) { count(std::move(step.done), tl::unexpected(closed)); },
                          [&](waiting_claim& claim) { claims_.push_back(std::move(claim)); }},
                 one);
    fail_claims({errc::wrong_state, "the journal was closed"});
    lost_.clear();
    room_.calls.post(std::exchange(posted_, {}));
  }
  room_.calls.run();
}

lane_view lane_desk::view() const {
  const std::lock_guard lock{mutex_};
  const auto& folded = machine_.folded;
  return {.lane = id_,
          .mode = machine_.mode,
          .owner = folded.owner.node,
          .process = folded.owner.process,
          .epoch = folded.epoch,
          .sequence = state_.sequence,
          .next_offset = folded.next,
          .to_fold = target_ > folded.next ? target_ - folded.next : 0,
          .waiting = waiting_.size() + flight_.size(),
          .in_doubt = in_doubt_for(machine_, room_.now()),
          .trouble = stopped_ ? stopped_->what : std::string{},
          .folds = folds_,
          .lag = static_cast<std::uint64_t>(seen_bounds_.end) > folded.next
                     ? static_cast<std::uint64_t>(seen_bounds_.end) - folded.next
                     : 0,
          .first_offset = static_cast<std::uint64_t>(seen_bounds_.first),
          .snapshot_offset = newest_ ? newest_->id.offset : 0,
          .snapshot_bytes = newest_ ? newest_->bytes : 0,
          .snapshot_at = newest_ ? newest_->at : time_point{}};
}

}  // namespace seatgrid::cluster
