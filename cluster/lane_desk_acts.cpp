#include <algorithm>
#include <utility>

#include "cluster/lane_desk_internal.hpp"

/// What a lane does: what its machine says, what the store and those who wait must hear of it.
namespace seatgrid::cluster {

namespace {

constexpr std::size_t numbers_max = 65'536;  // remembered; the others are read again
constexpr std::size_t own_frames_max = 64;   // whose time in the log is still to be read

}  // namespace

void lane_desk::feed(const lane_input& in) {
  auto outputs = handle(machine_, cluster::tick{room_.now()});
  for (auto& more : handle(machine_, in)) outputs.push_back(std::move(more));
  for (auto& out : outputs) std::visit([this](auto& one) { act(std::move(one)); }, out);
  if (batch_->bytes() > batch_bytes_max) commit();
}

void lane_desk::act(send_record&& out) {
  room_.log.append(id_, std::move(out.bytes),
                   [this, life = life_, what = out.what](const auto& outcome) { on_reported(life, what, outcome); });
}

void lane_desk::act(const frame_counted& out) {
  if (!out.mine) return fold_read();
  for (auto& one : flight_) {
    const auto position = fold_step(one.what, one.bytes);
    room_.counted.fetch_add(1, std::memory_order_relaxed);
    count(std::move(one.done), position);
  }
  flight_.clear();
  room_.frames.fetch_add(1, std::memory_order_relaxed);
  ahead_is_sure_ = false;
  counted_at_.emplace_back(out.offset, state_.at);
  if (counted_at_.size() > own_frames_max) counted_at_.pop_front();
}

void lane_desk::act(const frame_lost& out) {
  for (auto& one : flight_) count(std::move(one.done), tl::unexpected(out.why));
  flight_.clear();
  numbers_.clear();  // those of the lost frame are free again
}

void lane_desk::act(const lane_owned& out) {
  rebuild_pause_ = {};
  say("lane " + std::to_string(id_) + " is owned in epoch " + std::to_string(out.epoch) + ", " + std::to_string(state_.sequence) +
      " steps counted before");
  if (!claims_.empty()) grant();
}

void lane_desk::act(const lane_lost& out) {
  const bool taken = machine_.mode == lane_mode::follower && out.why.code != errc::unavailable;
  const error why{taken ? errc::conflict : errc::unavailable, out.why.what};
  say("lane " + std::to_string(id_) + " is lost: " + why.what);
  if (out.epoch == granted_) end_epoch(why);
  if (machine_.mode == lane_mode::follower) fail_claims(why);
}

void lane_desk::act(const lane_stopped& out) {
  stopped_ = out.why;
  if (out.why.code == errc::corrupt && filled_from_) rejected_.insert(*filled_from_);
  rebuild_at_ = room_.now() + rebuild_pause_;
  say("lane " + std::to_string(id_) + " stops: " + out.why.what + (can_rebuild() ? "; it will be folded anew" : ""));
  if (out.why.code == errc::corrupt)
    say("lane " + std::to_string(id_) +
        ": records that counted here may be gone from the log. If its brokers lost them, what was "
        "acknowledged is lost with them: this is a new incarnation of the journal, and events.source must say so; see the "
        "runbook");
  if (!can_rebuild()) fail_claims(out.why);
  room_.wake();
}

step_position lane_desk::fold_step(const step& what, std::string_view bytes) {
  const step_position position{id_, ++state_.sequence};
  state_.at = std::max(state_.at, what.at);
  batch_->put(position, machine_.folded.epoch, what, bytes);
  return position;
}

void lane_desk::fold_read() {
  const auto& tell = room_.options.on_folded;
  for (auto& one : read_steps_) {
    const auto position = fold_step(one.what, one.bytes);
    if (!tell) continue;
    posted_.push_back([&tell, came = recorded_step{position, machine_.folded.epoch, std::move(one.what)}] { tell(came); });
  }
}

void lane_desk::tell_owner(const record& claim) {
  const auto& tell = room_.options.on_owner;
  if (!tell || claim.lane != id_ || judge(machine_.folded, claim, machine_.rules) != verdict::claim_won) return;
  posted_.push_back(
      [&tell, id = id_, owner = lane_owner{claim.node, claim.owner}, epoch = claim.epoch] { tell(id, owner, epoch); });
}

void lane_desk::commit(bool always) {
  if ((machine_.folded.next == committed_ && !always) || failed_) return;
  state_.epoch = machine_.folded.epoch;
  batch_->put_end(id_, state_);
  batch_->put_fold(id_, encode_fold({machine_.folded, log_ahead_us_}));
  committed_ = machine_.folded.next;
  const auto written = batch_->commit(false);  // the log holds it all: a power cut only makes the next start fold more
  if (written) return;
  // What counts counts all the same: the log has it, and those who wait may hear so.
  failed_ = true;
  const auto why = "lane " + std::to_string(id_) + ": " + written.error().what;
  room_.options.end_process(why);
  feed(give_up_order{});
  end_epoch({errc::unavailable, why});
  fail_claims({errc::unavailable, why});
}

bool lane_desk::settle() {
  take_inbox();
  commit();
  advance();
  const bool any = !posted_.empty();
  room_.calls.post(std::exchange(posted_, {}));
  return any;
}

void lane_desk::advance() {
  const bool may_claim = machine_.mode == lane_mode::follower && has_caught_up() && !failed_;
  if (may_claim && !claims_.empty()) feed(claim_order{});
  while (!waiting_.empty()) {
    if (auto* claim = std::get_if<waiting_claim>(&waiting_.front())) {
      if (may_write_later()) return;  // the steps before it are decided first
      auto one = std::move(*claim);
      waiting_.pop_front();
      take_claim(std::move(one));
    } else if (!take_step()) {
      return;
    }
  }
}

void lane_desk::take_claim(waiting_claim&& one) {
  claims_.push_back(std::move(one));
  if (failed_) return fail_claims({errc::unavailable, "this node's disk has failed"});
  if (stopped_) {
    if (!can_rebuild()) fail_claims(*stopped_);
    return;
  }
  if (!wanted_) set_folds(true);
  if (!has_caught_up()) return;
  if (machine_.mode == lane_mode::owner && machine_.epoch > granted_) return grant();
  feed(claim_order{});
}

/// False when the first step must wait.
bool lane_desk::take_step() {
  auto& first = std::get<waiting_step>(waiting_.front());
  if (!flight_.empty()) return false;
  const bool is_current = !over_ && first.at.epoch == granted_ && machine_.mode == lane_mode::owner && machine_.epoch == granted_;
  if (is_current && !first.refused) {
    if (!may_write(machine_)) return false;
    write_frame();
    return true;
  }
  auto why = first.refused ? std::move(*first.refused)
                           : error{errc::wrong_state,
                                   "lane " + std::to_string(id_) + ": epoch " + std::to_string(first.at.epoch) + " is over"};
  refuse_first(std::move(why));
  return true;
}

void lane_desk::refuse_first(error why) {
  auto first = std::move(std::get<waiting_step>(waiting_.front()));
  waiting_.pop_front();
  if (first.at.epoch == granted_) over_ = true, lost_.clear();  // the step's error says so
  count(std::move(first.done), tl::unexpected(std::move(why)));
}

/// All that waits and fits, as one frame.
void lane_desk::write_frame() {
  const auto& limits = room_.options.journal;
  frame_writer frame{std::min<std::size_t>(limits.frame_bytes_max, frame_bytes_max)};
  if (numbers_.size() > numbers_max) numbers_.clear();
  while (!waiting_.empty() && frame.steps() < limits.frame_steps_max) {
    auto* next = std::get_if<waiting_step>(&waiting_.front());
    if (next == nullptr || next->refused || next->at.epoch != granted_) break;
    auto fine = admit_step(next->what);
    auto bytes = fine ? frame.add(next->what) : std::nullopt;
    if (fine && !bytes) {
      if (!frame.empty()) break;
      frame_writer alone;
      if (bytes = alone.add(next->what); bytes)
        frame = std::move(alone);
      else
        fine = fail(errc::full, "the step is larger than a frame of " + std::to_string(frame_bytes_max) + " bytes");
    }
    if (!fine) {
      if (frame.empty()) refuse_first(fine.error());
      break;  // else it is looked at again behind this frame
    }
    note_numbers(next->what);
    flight_.push_back({std::move(next->what), std::move(*bytes), std::move(next->done)});
    waiting_.pop_front();
  }
  if (!frame.empty()) feed(write_order{frame.take()});
}

result<void> lane_desk::admit_step(step& what) {
  const lane_state now{.epoch = granted_};
  if (auto fine = admit(now, {id_, granted_}, what, room_.options.journal); !fine) return fine;
  if (what.outbox.empty()) return {};
  const auto known = numbers_.find(what.entity);
  auto last = known == numbers_.end() ? room_.store.last_event(what.entity) : result<std::uint64_t>{known->second};
  if (!last) return tl::unexpected(last.error());
  last = number_outbox(what, *last);
  return last ? result<void>{} : tl::unexpected(last.error());
}

void lane_desk::note_numbers(const step& what) {
  if (!what.outbox.empty()) numbers_.insert_or_assign(what.entity, what.outbox.back().sequence);
  for (const auto& row : what.rows)
    if (forgets_outbox(what, row)) numbers_.insert_or_assign(what.entity, 0);
}

void lane_desk::grant() {
  granted_ = machine_.epoch;
  over_ = false;
  numbers_.clear();
  lane_claim made{.at = {id_, granted_}, .now = state_.at};
  if (log_ahead_us_ && claim_read_at_) made.now = std::max(made.now, time_point{claim_read_at_->us - *log_ahead_us_});
  for (auto& one : std::exchange(claims_, {})) {
    posted_.push_back([done = std::move(one.done), made] { done(made); });
    if (one.lost) lost_.push_back(std::move(one.lost));
  }
}

void lane_desk::end_epoch(const error& why) {
  over_ = true;
  for (auto& lost : std::exchange(lost_, {})) posted_.push_back([lost = std::move(lost), why] { lost(why); });
}

void lane_desk::fail_claims(const error& why) {
  for (auto& one : std::exchange(claims_, {}))
    posted_.push_back([done = std::move(one.done), why] { done(tl::unexpected(why)); });
}

void lane_desk::count(on_counted&& done, result<step_position> outcome) {
  posted_.push_back([this, done = std::move(done), outcome = std::move(outcome)]() mutable {
    room_.waiting.fetch_sub(1);
    done(std::move(outcome));
  });
}

void lane_desk::say(const std::string& text) const {
  if (room_.options.say) room_.options.say(text);
}

}  // namespace seatgrid::cluster
