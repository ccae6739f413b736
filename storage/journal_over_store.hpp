#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "storage/lane_store.hpp"

namespace seatgrid {

/// What every journal does alike because its steps fold into a lane store: all reading, trimming and copying. `Interface` is
/// `journal` or one that extends it.
template <class Interface>
class journal_over_store : public Interface {
 public:
  journal_over_store(std::unique_ptr<lane_store> store, std::uint32_t trim_steps_max)
      : store_(std::move(store)), trim_steps_max_(trim_steps_max) {}

  result<std::string> get(lane_id lane, std::string_view key) const override { return store_->get(lane, key); }
  result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from,
                         const journal::row_reader& each) const override {
    return store_->scan_from(lane, prefix, from, each);
  }
  result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const override {
    return store_->read(lane, from, each);
  }
  result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const override {
    return store_->read_entity(entity, each);
  }
  std::pair<step_position, time_point> end(lane_id lane) const override {
    const auto at = store_->end(lane);
    return {{lane, at.sequence}, at.at};
  }
  result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence) override {
    return store_->trim(lane, sequence, trim_steps_max_);
  }
  result<void> backup(const std::string& directory) const override { return store_->backup(directory); }

 protected:
  const std::unique_ptr<lane_store> store_;

 private:
  const std::uint32_t trim_steps_max_;
};

}  // namespace seatgrid
