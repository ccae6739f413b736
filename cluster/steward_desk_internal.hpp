#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "cluster/steward_desk.hpp"

/// The parts of steward_desk. Inside cluster/ only.
namespace seatgrid::cluster {

/// What other threads see of the steward.
struct published_state {
  roster members{};
  std::vector<owned_lane_view> lanes{};
  std::vector<node_view> nodes{};
  std::set<slot_number> open{};
  std::deque<takeover_view> takeovers{};
  steward_phase phase = steward_phase::reading;
};

class steward_desk_impl {
 public:
  steward_desk_impl(steward_desk& desk, steward_desk_options options, steward_hooks hooks);
  result<void> open();
  void close();

  void put(steward_input in);
  node_time step();
  void owner_read(lane_id lane, const lane_owner& owner, std::uint64_t epoch);
  void write(const roster_record& what);
  template <class Look>
  auto look(const Look& at) const {
    const std::lock_guard lock{published_mutex_};
    return at(published_);
  }
  /// Until `done` holds of what is published. @error timed_out
  result<void> wait_for(const std::function<bool(const published_state&)>& done, milliseconds patience, const char* what);
  links& link() const { return *links_; }
  const steward_desk_options& options() const { return options_; }
  process_id me() const { return options_.card.who.process; }

 private:
  /// Something for the steward's thread: an input, or a word of a peer that it answers.
  struct letter {
    std::optional<steward_input> in{};
    lane_owner from{};
    envelope word{};
    std::optional<error> broken{};  ///< the roster cannot be read on
  };

  void on_records(const result<std::span<const log_record>>& came);
  void on_message(const lane_owner& from, envelope what);
  void put(letter what);
  void run();
  void handle_letters(std::deque<letter> came);
  node_time now() const { return options_.now ? options_.now() : steward_desk::clock_now(); }
  time_point utc() const { return options_.clock ? options_.clock() : system_clock{}.now(); }
  void open_letter(letter&& what);
  void answer(const lane_owner& from, const envelope& word);
  void bring_to_rest(const lane_owner& to, lane_id lane);
  void give(const steward_input& in);
  void act(const write_roster& out) { write(out.what); }
  void act(const claim_lane& out);
  void act(const ask_rest& out);
  void act(const open_slot& out);
  void act(const close_slot& out);
  void act(const give_up_all& out);
  void act(const ask_about& out);
  void act(const end_process& out);
  void act(const note& out) { say(out.text); }
  void tick();
  void see_lanes();
  void send(const lane_owner& to, link_kind kind, std::string bytes);
  lane_owner owner_named(process_id process) const;
  void publish();
  std::vector<node_view> nodes_now() const;
  void note_takeovers(const roster& before, published_state& now);
  void note_takeover(std::string what, process_id from, const std::string& from_node, const std::string& to,
                     published_state& now);
  void end(const error& why);
  void say(const std::string& line) const {
    if (hooks_.say) hooks_.say(line);
  }

  steward_desk& desk_;
  steward_desk_options options_;
  const steward_hooks hooks_;
  steward state_{};  ///< the thread's own
  std::uint64_t roster_end_ = 0;
  std::vector<node_card> linked_{};
  time_point appended_at_{};
  node_time heartbeat_due_{};
  std::vector<lane_view> lane_views_{};
  std::map<lane_id, lane_owner> owners_seen_{};  ///< for takeovers

  mutable std::mutex inbox_mutex_{};
  std::condition_variable inbox_changed_{};
  std::deque<letter> inbox_{};
  bool ends_ = false;

  mutable std::mutex published_mutex_{};
  std::condition_variable published_changed_{};
  published_state published_{};
  std::optional<error> ended_{};
  bool is_open_ = false;

  std::unique_ptr<links> links_{};
  std::mutex close_mutex_{};
  std::thread thread_{};
};

}  // namespace seatgrid::cluster
