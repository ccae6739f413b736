#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/cluster_gateway.hpp"
#include "actors/node.hpp"
#include "actors/router.hpp"
#include "api/answers_cluster.hpp"
#include "apps/node_app.hpp"
#include "apps/station.hpp"
#include "apps/task_thread.hpp"
#include "cluster/lane_journal.hpp"
#include "cluster/links.hpp"
#include "cluster/steward_desk.hpp"

/// A node's seat in its cluster: links, steward, router, and a station for each slot that this process holds. ADR 0016.
namespace seatgrid {

class cluster_seat {
 public:
  static constexpr const char* file_word = "file";  ///< the question whether a file lies here

  /// `log` and `store` outlive the seat.
  cluster_seat(const node_app_options& options, cluster::lane_owner me, cluster::lane_journal& log, config_store& store);
  ~cluster_seat();
  cluster_seat(const cluster_seat&) = delete;
  cluster_seat& operator=(const cluster_seat&) = delete;

  /// The way of what actors order; for node::start. `recordings_allowed` and `metrics` are the caller's.
  void fill(node_ports& ports);
  /// Who takes what comes from others. Then api() answers.
  void attach(node& actors);
  /// Joins the cluster, and from then on claims lanes and opens slots as the steward says.
  /// Blocks. @error invalid certificates; unavailable an address, the roster; conflict a process of this node's name lives
  result<void> join(const std::string& api_url);
  gateway& api() { return *gateway_; }
  /// Everything at a glance; before join() only the lanes.
  answers::cluster_state state() const;
  /// An operator's order; blocks.
  result<void> order(const cluster_order& what);

  // From the journal, before anything is joined too.
  void on_folded(const recorded_step& came);
  void on_owner(lane_id lane, const cluster::lane_owner& owner, std::uint64_t epoch);
  void on_remade(lane_id lane) { store_.on_remade(lane); }

  using configuration_server = std::function<result<std::string>(const std::string& what, const std::string& payload)>;
  /// Asks the node that owns the configuration's lane; blocks. @error as it says, unavailable, timed_out
  result<std::string> ask_configuration(const std::string& what, std::string payload);
  /// URL of the API of the node that has this file of a recording; "" = none that answers has it. Tells once.
  void find_file(const std::string& path, const std::function<void(std::string url)>& tell);
  /// Answers such questions here; `how` may block.
  void serve_configuration(configuration_server how);

  /// New calls are taken at this node's slots from here on.
  void accept_calls() { open_ = true; }
  void take(const std::vector<config_ptr>& tenants);
  void allow_recordings(bool allowed);
  edge_status edge_state() const;  ///< of this node's own slot
  std::map<slot_number, edge_status> edge_states() const;
  std::uint64_t legs() const;
  /// Trunks hear 503, lanes go to other nodes.
  void drain();
  /// Ends without a word to peers; slots are free for others at once.
  void leave();
  /// Ends everything; no callback runs afterwards.
  void stop();

 private:
  using station_ptr = std::shared_ptr<station>;
  cluster::node_card card(const std::string& api_url) const;
  cluster::steward_hooks hooks();
  static constexpr std::uint64_t bit_of(lane_id lane) { return std::uint64_t{1} << (lane % 64U); }
  bool is_given_up(lane_id lane) const { return (given_up_ & bit_of(lane)) != 0; }
  void claim(lane_id lane);
  void bring_to_rest(lane_id lane, std::function<void(bool)> done);
  void look_soon();
  void look_again();
  void look_whether_drained();
  void look_at_disk();
  void end_when_empty();
  void open_again();
  /// From open_slot to close_slot of the steward; true = it is over. What still opens sees that and says nothing.
  using slot_turn = std::shared_ptr<std::atomic<bool>>;
  slot_turn begin_turn(slot_number at);
  void open_slot(slot_number at, const cluster::slot& what, const slot_turn& turn);
  slot_turn turn_of(slot_number at) const;
  void take_address_again();
  void close_slot(slot_number at);
  cluster::slot_addresses place_of(slot_number at, const cluster::slot& what) const;
  result<station_ptr> make_station(slot_number at, const cluster::slot_addresses& own, const cluster::slot_addresses& where,
                                   const slot_turn& turn);
  station_ears ears_of(slot_number at);
  void move_addresses(const char* how, const cluster::slot& what) const;
  std::map<slot_number, station_ptr> held_stations() const;

  const node_app_options options_;
  const cluster::lane_owner me_;
  cluster::lane_journal& log_;
  config_store& store_;
  std::atomic<node*> node_{nullptr};
  std::unique_ptr<actors::router> router_{};
  std::unique_ptr<actors::cluster_gateway> gateway_{};
  std::unique_ptr<cluster::steward_desk> desk_{};
  std::atomic<cluster::steward_desk*> steward_{nullptr};  ///< once it stands
  /// A bit for each lane (cluster.lanes: at most 63 and lane 0) that the steward has given up and not claimed again: its actors
  /// must not claim it by themselves, as they do when a step was in doubt.
  std::atomic<std::uint64_t> given_up_{0};
  std::atomic<bool> open_{false}, draining_{false}, looks_{false};

  std::optional<std::chrono::steady_clock::time_point> drained_since_{};  ///< on the seat's thread, as `ends_`
  bool ends_ = false;
  std::atomic<bool> has_room_{true};
  std::chrono::steady_clock::time_point disk_at_{};  ///< on the seat's thread

  struct failed_slot {
    cluster::slot what{};
    std::string why{};
    std::chrono::steady_clock::time_point again{};
  };
  std::map<slot_number, failed_slot> failed_{};      ///< under stations_mutex_
  std::map<slot_number, failed_slot> take_again_{};  ///< likewise; `why` is empty
  std::map<slot_number, slot_turn> turns_{};         ///< likewise
  mutable std::mutex stations_mutex_{};
  std::map<slot_number, station_ptr> stations_{};
  std::map<slot_number, cluster::process_id> holders_{};  ///< as last seen, on the seat's thread

  std::unique_ptr<task_thread> tasks_{};
  std::unique_ptr<task_thread> provisioner_{};  ///< waits for steps, and slots shall not wait for it
  std::unique_ptr<task_thread> ways_{};         ///< the router's clock: whoever opens a slot waits for answers that it brings
};

}  // namespace seatgrid
