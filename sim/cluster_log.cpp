#include "sim/cluster_log.hpp"

#include <utility>

namespace seatgrid::sim {

namespace {

class shared_store final : public lane_store {
 public:
  explicit shared_store(std::shared_ptr<lane_store> under) : under_(std::move(under)) {}
  std::unique_ptr<lane_batch> make_batch() override { return under_->make_batch(); }
  std::map<lane_id, lane_state> lanes() const override { return under_->lanes(); }
  lane_state end(lane_id lane) const override { return under_->end(lane); }
  result<std::string> fold(lane_id lane) const override { return under_->fold(lane); }
  result<std::uint64_t> last_event(entity_ref entity) const override { return under_->last_event(entity); }
  result<std::unique_ptr<lane_image>> image(lane_id lane) const override { return under_->image(lane); }
  result<std::string> get(lane_id lane, std::string_view key) const override { return under_->get(lane, key); }
  result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from,
                         const journal::row_reader& each) const override {
    return under_->scan_from(lane, prefix, from, each);
  }
  result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const override {
    return under_->read(lane, from, each);
  }
  result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const override {
    return under_->read_entity(entity, each);
  }
  result<void> backup(const std::string& directory) const override { return under_->backup(directory); }
  result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence, std::uint64_t steps_max) override {
    return under_->trim(lane, sequence, steps_max);
  }
  result<void> drop(lane_id lane) override { return under_->drop(lane); }

 private:
  const std::shared_ptr<lane_store> under_;
};

}  // namespace

cut_log::cut_log(stage& on, std::unique_ptr<memory_log> under, std::function<void()> moved)
    : stage_(on), under_(std::move(under)), moved_(std::move(moved)) {}

void cut_log::append(lane_id lane, std::string record, on_reported done) {
  if (is_cut_) {
    waiting_.push_back({lane, std::move(record), std::move(done), stage_.now()});
    return;
  }
  under_->append(lane, std::move(record), std::move(done));
  moved_();
}

result<void> cut_log::tail(lane_id lane, log_offset from, on_records reader) {
  auto tailed = under_->tail(lane, from, std::move(reader));
  moved_();
  return tailed;
}

result<log_bounds> cut_log::bounds(lane_id lane, milliseconds patience) {
  if (is_cut_) return fail(errc::unavailable, "the brokers cannot be reached");
  return under_->bounds(lane, patience);
}
result<log_offset> cut_log::first_since(lane_id lane, time_point at, milliseconds patience) {
  if (is_cut_) return fail(errc::unavailable, "the brokers cannot be reached");
  return under_->first_since(lane, at, patience);
}
result<log_offset> cut_log::trim(lane_id lane, log_offset before, milliseconds patience) {
  if (is_cut_) return fail(errc::unavailable, "the brokers cannot be reached");
  return under_->trim(lane, before, patience);
}

void cut_log::close(milliseconds patience) {
  under_->close(patience);
  for (auto& one : std::exchange(waiting_, {})) one.done(fail(errc::unavailable, "the log was closed"));
}

void cut_log::cut(bool away) {
  is_cut_ = away;
  if (away) return;
  for (auto& one : std::exchange(waiting_, {})) under_->append(one.lane, std::move(one.record), std::move(one.done));
  moved_();
}

std::size_t cut_log::pump(std::size_t most) {
  if (!is_cut_) return under_->pump(most);
  std::size_t count = 0;
  for (; !waiting_.empty() && stage_.now() - waiting_.front().since >= delivery_patience; ++count) {
    const auto done = std::move(waiting_.front().done);
    waiting_.pop_front();
    done(fail(errc::unavailable, "the brokers cannot be reached"));
  }
  return count;
}

std::unique_ptr<lane_store> share_store(std::shared_ptr<lane_store> store) {
  return std::make_unique<shared_store>(std::move(store));
}

void witness_journal::append(lane_epoch at, step step, on_counted done) {
  const auto entity = step.entity;
  const auto chance = step.chance;
  under_.append(at, std::move(step), [this, entity, chance, done = std::move(done)](result<step_position> counted) {
    if (counted) acknowledged_(*counted, entity, chance);
    done(std::move(counted));
  });
}

}  // namespace seatgrid::sim
