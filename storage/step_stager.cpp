#include "storage/step_stager.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid {

namespace {

constexpr std::size_t numbers_max = 65'536;  // remembered; the others are read again

}  // namespace

step_stager::step_stager(lane_store& store, const journal_options& options)
    : store_(store), options_(options), batch_(store.make_batch()), lanes_(store.lanes()) {
  for (auto& [id, lane] : lanes_) lane.over = true;  // the epochs were of another process
}

lane_epoch step_stager::claim(lane_id id) {
  auto& lane = lanes_[id];
  ++lane.epoch;
  lane.over = false;
  touched_.insert_or_assign(id, lane);
  return {id, lane.epoch};
}

result<void> step_stager::admit(lane_epoch at, step& step) {
  if (auto fine = seatgrid::admit(lanes_[at.lane], at, step, options_); !fine) return fine;
  return step.outbox.empty() ? result<void>{} : number(step);
}

result<void> step_stager::number(step& step) {
  auto it = numbers_.find(step.entity);
  if (it == numbers_.end()) {
    auto stored = store_.last_event(step.entity);
    if (!stored) return tl::unexpected(stored.error());
    it = numbers_.emplace(step.entity, *stored).first;
  }
  const auto last = number_outbox(step, it->second);
  return last ? result<void>{} : tl::unexpected(last.error());
}

step_position step_stager::put(lane_epoch at, stored_step&& record) {
  auto& lane = lanes_[at.lane];
  const step_position position{at.lane, ++lane.sequence};
  lane.at = std::max(lane.at, record.step.at);
  if (!record.step.outbox.empty()) numbers_.insert_or_assign(record.step.entity, record.step.outbox.back().sequence);
  for (const auto& row : record.step.rows)
    if (forgets_outbox(record.step, row)) numbers_.insert_or_assign(record.step.entity, 0);
  batch_->put(position, std::move(record));
  touched_.insert_or_assign(at.lane, lane);
  return position;
}

void step_stager::end_epoch(lane_epoch at) {
  auto& lane = lanes_[at.lane];
  if (at.epoch == lane.epoch) lane.over = true;
}

std::uint64_t step_stager::sequence(lane_id lane) const {
  const auto it = lanes_.find(lane);
  return it == lanes_.end() ? 0 : it->second.sequence;
}

result<void> step_stager::commit(bool synced) {
  for (const auto& [id, lane] : touched_) batch_->put_end(id, lane);
  touched_.clear();
  auto written = batch_->commit(synced);
  if (numbers_.size() >= numbers_max) numbers_.clear();  // only now does the store know them all
  return written;
}

}  // namespace seatgrid
