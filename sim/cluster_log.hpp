#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "cluster/lane_journal.hpp"
#include "sim/stage.hpp"
#include "storage/lane_store.hpp"
#include "storage/memory/memory_log.hpp"

/// What stands between a process and the shared log: a connection that can be cut, a store that outlives the process, and a
/// witness of what was acknowledged.
namespace seatgrid::sim {

/// The connection of one process to the brokers. While it is cut nothing comes and nothing leaves; an append that cannot leave
/// for `delivery_patience` fails and is gone.
class cut_log final : public lane_log {
 public:
  static constexpr seconds delivery_patience{5};
  /// `moved` hears of each append that leaves.
  cut_log(stage& on, std::unique_ptr<memory_log> under, std::function<void()> moved);

  lane_id lanes() const override { return under_->lanes(); }
  void append(lane_id lane, std::string record, on_reported done) override;
  result<void> tail(lane_id lane, log_offset from, on_records reader) override;
  void untail(lane_id lane) override { under_->untail(lane); }
  result<log_bounds> bounds(lane_id lane, milliseconds patience) override;
  result<log_offset> first_since(lane_id lane, time_point at, milliseconds patience) override;
  result<log_offset> trim(lane_id lane, log_offset before, milliseconds patience) override;
  log_status status() const override { return under_->status(); }
  void close(milliseconds patience) override;

  void cut(bool away);
  /// Gives out at most `most` reports and batches; how many.
  std::size_t pump(std::size_t most);

 private:
  struct sent {
    lane_id lane = 0;
    std::string record{};
    on_reported done{};
    time_point since{};
  };
  stage& stage_;
  const std::unique_ptr<memory_log> under_;
  const std::function<void()> moved_;
  std::deque<sent> waiting_{};
  bool is_cut_ = false;
};

/// The same store for one process after another.
std::unique_ptr<lane_store> share_store(std::shared_ptr<lane_store> store);

/// Passes everything on, and tells of each step of which its owner hears that it counts.
class witness_journal final : public journal {
 public:
  using told = std::function<void(const step_position& at, entity_ref entity, std::uint64_t chance)>;
  witness_journal(journal& under, told acknowledged) : under_(under), acknowledged_(std::move(acknowledged)) {}

  void claim(lane_id lane, on_claimed done, on_lost lost) override { under_.claim(lane, std::move(done), std::move(lost)); }
  void append(lane_epoch at, step step, on_counted done) override;
  result<std::string> get(lane_id lane, std::string_view key) const override { return under_.get(lane, key); }
  result<void> scan_from(lane_id lane, std::string_view prefix, std::string_view from, const row_reader& each) const override {
    return under_.scan_from(lane, prefix, from, each);
  }
  result<void> read(lane_id lane, std::uint64_t from, const std::function<bool(const recorded_step&)>& each) const override {
    return under_.read(lane, from, each);
  }
  result<void> read_entity(entity_ref entity, const std::function<bool(const recorded_step&)>& each) const override {
    return under_.read_entity(entity, each);
  }
  std::pair<step_position, time_point> end(lane_id lane) const override { return under_.end(lane); }
  result<std::uint64_t> trim(lane_id lane, std::uint64_t sequence) override { return under_.trim(lane, sequence); }
  result<void> backup(const std::string& directory) const override { return under_.backup(directory); }
  journal_status status() const override { return under_.status(); }
  void close() override { under_.close(); }

 private:
  journal& under_;
  const told acknowledged_;
};

}  // namespace seatgrid::sim
