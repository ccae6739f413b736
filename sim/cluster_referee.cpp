#include <algorithm>
#include <map>
#include <stdexcept>

#include "actors/shell_row.hpp"
#include "sim/cluster_world.hpp"
#include "storage/memory/memory_store.hpp"

namespace seatgrid::sim {

referee::referee(cluster_ground& ground) : ground_(ground) {
  auto log = make_memory_log(ground.lanes, {.by_pump = true});
  log_ = log.get();
  cluster::lane_journal_options options{.journal = {}, .me = {"referee", {1, 1}}};
  options.by_hand = true;
  options.now = [this] { return ground_.now(); };
  options.on_owner = [this](lane_id lane, const cluster::lane_owner& owner, std::uint64_t epoch) {
    ++claims_;
    ground_.on.say("lane " + std::to_string(lane) + " is " + owner.node + "'s, epoch " + std::to_string(epoch));
    if (lane == 0) return;
    auditors_[lane - 1U]->on_restart(ground_.on.now());
    auditors_[lane - 1U]->on_loss(ground_.on.now());
  };
  auto opened = cluster::open_lane_journal(std::move(log), make_memory_store(), std::move(options));
  if (!opened) throw std::runtime_error(opened.error().what);
  journal_ = std::move(*opened);
  for (lane_id lane = 1; lane <= ground.plan.lanes; ++lane)
    auditors_.push_back(std::make_unique<audit::auditor>(
        ground.tenants, *journal_, lane,
        audit::audit_options{.trace = [this](const std::string& line) { ground_.on.say(line); }}));
}

void referee::look() {
  if (log_->pump() == 0) return;
  for (auto& one : auditors_) one->look(ground_.on.now());
}

void referee::check_work(bool fair) {
  for (auto& one : auditors_) one->check_work(ground_.on.now(), fair);
}

void referee::on_trouble() {
  for (auto& one : auditors_) one->on_loss(ground_.on.now());
}

bool referee::is_at_rest() const {
  for (const auto& config : ground_.tenants.all()) {
    const auto shard = shard_of_tenant(config->tenant);
    bool lives = false;
    static_cast<void>(journal_->scan(lane_of_shard(shard, ground_.plan.lanes), actors::live_prefix(shard),
                                     [&](std::string_view, std::string_view) {
                                       lives = true;
                                       return false;
                                     }));
    if (lives) return false;
  }
  return true;
}

void referee::acknowledged(const step_position& at, entity_ref entity, std::uint64_t chance) {
  acknowledged_.push_back({at, entity, chance});
}

/// What its owner was told to count stands in the log at that place, as it was decided.
void referee::check_acknowledged() {
  std::map<step_position, std::pair<entity_ref, std::uint64_t>> all;
  for (lane_id lane = 1; lane <= ground_.plan.lanes; ++lane)
    static_cast<void>(journal_->read(lane, 1, [&](const recorded_step& one) {
      all[one.position] = {one.step.entity, one.step.chance};
      return true;
    }));
  for (const auto& one : acknowledged_) {
    const auto found = all.find(one.at);
    if (found == all.end() || found->second != std::pair{one.entity, one.chance})
      return complain("step " + std::to_string(one.at.sequence) + " of lane " + std::to_string(one.at.lane) +
                      " was acknowledged and is " + (found == all.end() ? "lost" : "another"));
  }
}

void referee::at_end() {
  look();
  check_acknowledged();
  for (auto& one : auditors_) {
    one->compare_with_rows();
    one->at_end();
  }
}

std::string referee::first() const {
  if (!wrong_.empty()) return wrong_;
  for (std::size_t lane = 1; lane <= auditors_.size(); ++lane)
    if (const auto text = auditors_[lane - 1U]->first(); !text.empty()) return "lane " + std::to_string(lane) + ": " + text;
  return {};
}

std::uint64_t referee::steps() const {
  std::uint64_t sum = 0;
  for (const auto& one : auditors_) sum += one->steps();
  return sum;
}
std::uint64_t referee::talks() const {
  std::uint64_t sum = 0;
  for (const auto& one : auditors_) sum += one->talks();
  return sum;
}

}  // namespace seatgrid::sim
