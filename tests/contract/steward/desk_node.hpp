#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cluster/steward_desk.hpp"
#include "storage/memory/memory_log.hpp"
#include "storage/memory/memory_store.hpp"

namespace seatgrid::cluster {

/// The brokers of a cluster in memory.
struct desk_cluster {
  explicit desk_cluster(lane_id lanes) : journal(make_memory_brokers(lanes)), roster(make_memory_brokers(1)) {}
  std::shared_ptr<memory_brokers> journal;
  std::shared_ptr<memory_brokers> roster;
  steward_options steward{};
};

/// A node in this process: a journal and a desk over the cluster's logs, linked over loopback.
class desk_node {
 public:
  desk_node(desk_cluster& cluster, const std::string& name) : me_{name, random_process_id()} {
    lane_journal_options lanes{.me = me_};
    lanes.on_owner = [this](lane_id lane, const lane_owner& owner, std::uint64_t epoch) {
      if (auto* desk = desk_seen_.load()) desk->owner_read(lane, owner, epoch);
    };
    auto journal = open_lane_journal(make_memory_log(cluster.journal), make_memory_store(), std::move(lanes));
    if (!journal) return;
    journal_ = std::move(*journal);
    steward_desk_options options{.card = {.who = me_, .version = "test", .link_host = "127.0.0.1"}, .steward = cluster.steward};
    options.card.slot = {.listen = {"sip:127.0.0.1"}, .rtp_first = 1, .rtp_last = 9};
    options.roster = make_memory_log(cluster.roster);
    options.open_links = [this](link_handlers handlers) {
      return open_links({.cluster = "test", .me = me_}, std::move(handlers));
    };
    auto desk = steward_desk::open(std::move(options), hooks());
    if (!desk) {
      refused_ = desk.error();
      return;
    }
    desk_ = std::move(*desk);
    desk_seen_ = desk_.get();
  }
  ~desk_node() { stop(); }
  /// As a kill: no word to anybody; its kernel refuses links from here on.
  void stop() {
    desk_seen_ = nullptr;
    if (desk_) desk_->close();
    if (journal_) journal_->close();
  }

  steward_desk& desk() { return *desk_; }
  bool joined() const { return desk_ != nullptr; }
  const error& refused() const { return refused_; }
  const lane_owner& me() const { return me_; }
  std::string ended() const {
    const std::lock_guard lock{mutex_};
    return ended_;
  }
  bool speaks_for(slot_number number) const {
    const std::lock_guard lock{mutex_};
    return open_.contains(number) && desk_ != nullptr && desk_->may_speak(steward_desk::clock_now());
  }
  std::size_t lanes_owned() const {
    std::size_t count = 0;
    for (const auto& one : journal_->lanes()) count += one.mode == lane_mode::owner ? 1 : 0;
    return count;
  }
  std::size_t asked_to_rest() const { return rests_; }

 private:
  steward_hooks hooks() {
    steward_hooks all;
    all.claim = [this](lane_id lane, const std::string&) {
      journal_->claim(lane,
                      [this, lane](const auto& claimed) {
                        if (auto* desk = desk_seen_.load()) desk->claim_ended(lane, claimed.has_value());
                      },
                      {});
    };
    all.bring_to_rest = [this](lane_id, const auto& answer) { ++rests_, answer(true); };
    all.open_slot = [this](slot_number number, const slot&) {
      const std::lock_guard lock{mutex_};
      open_.insert(number);
    };
    all.close_slot = [this](slot_number number) {
      const std::lock_guard lock{mutex_};
      open_.erase(number);
    };
    all.give_up = [this](const std::string& why) { journal_->give_up(why); };
    all.end_process = [this](const std::string& why) {
      const std::lock_guard lock{mutex_};
      ended_ = why;
    };
    all.lanes = [this] { return journal_->lanes(); };
    return all;
  }

  lane_owner me_;
  mutable std::mutex mutex_{};
  std::set<slot_number> open_{};
  std::string ended_{};
  error refused_{};
  std::atomic<std::size_t> rests_{0};
  std::atomic<steward_desk*> desk_seen_{nullptr};
  std::unique_ptr<lane_journal> journal_{};
  std::unique_ptr<steward_desk> desk_{};
};

}  // namespace seatgrid::cluster
