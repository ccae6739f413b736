#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "actors/config_store.hpp"
#include "actors/gateway.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "cluster/roster.hpp"
#include "domain/effect.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"
#include "domain/recording_path.hpp"
#include "domain/registrar_port.hpp"
#include "storage/event_topic.hpp"
#include "storage/journal.hpp"

/// A node's actors: calls, queues, agents, registrations on the lanes of one journal. Free of CAF; all of it is thread-safe.
namespace seatgrid {

namespace actors {
struct entity_input;
}

/// How long what is kept. 0 = for ever.
struct retention_options {
  std::chrono::seconds steps{std::chrono::hours{24 * 30}};        ///< the log: events, replay, timelines
  std::chrono::seconds cdrs{std::chrono::hours{24 * 180}};        ///< rows of ended calls with their CDRs and all of their files
  std::chrono::seconds recordings{std::chrono::hours{24 * 180}};  ///< files of talks; at the latest they go with their CDR
  std::chrono::seconds voicemails{std::chrono::hours{24 * 180}};  ///< files of messages; likewise
  std::chrono::seconds every{600};                                ///< between two sweeps
  std::uint32_t entities_per_sweep = 2'000;                       ///< bounds the work of one sweep
};

/// What is left on the disk of the data directory, in per cent of its size.
struct disk_options {
  std::function<double()> free_percent{};  ///< empty = not watched
  std::chrono::seconds every{5};
  double recordings_stop_below = 10;
  double calls_stop_below = 5;
};

/// How public events get into a topic for other systems.
struct publisher_options {
  /// Opens the topic; blocks. Empty = events are not published.
  std::function<result<std::unique_ptr<event_topic>>()> open{};
  std::string source{};              ///< CloudEvents source: who publishes, and the incarnation of its journal
  bool source_of_journal = false;    ///< `source` gets a word behind it that each lane's journal holds: the same on all nodes
  std::uint32_t flying_max = 1'000;  ///< events given to the topic and not stored yet, per lane; beyond: they wait in the journal
  std::uint32_t look_back = 4'000;   ///< records read at the topic's end to find where to go on; several times flying_max
  milliseconds patience{5'000};      ///< of that reading
  milliseconds retry_after{1'000};   ///< before a topic that failed is opened again
  milliseconds journal_every{1'000};  ///< between two notes in the journal of how far we are
};

/// The first step of `lane` whose public events may not be in the topic yet, from the lane's rows alone.
std::uint64_t first_unpublished(lane_id lane, const std::function<result<std::string>(std::string_view key)>& row);

struct node_options {
  std::string name{"node"};
  std::string process{};                ///< in a cluster: of this start, 32 hexadecimal digits
  std::uint16_t lanes = 1;              ///< lanes 1..n hold entities; lane 0 holds configuration
  std::uint16_t threads = 2;            ///< actor threads
  std::uint32_t backlog_max = 20'000;   ///< inputs waiting in a lane's mailboxes; beyond: new calls get 503
  std::uint32_t unsynced_max = 20'000;  ///< steps of a lane that wait for their frame; beyond: new calls get 503
  std::uint32_t held_max = 50'000;      ///< inputs held while a lane is claimed again; beyond: dropped and counted
  milliseconds stall_limit{4'000};      ///< the journal took no step for so long: new calls get 503, also those that wait
  milliseconds reinvite_wait{500};      ///< ... for so long: re-INVITEs are answered without their step, new calls wait
  std::uint32_t resume_parallel = 512;  ///< entities resumed at a time after a start
  std::uint32_t claim_tries = 50;       ///< then the lane is given up and `fatal` is called
  std::chrono::seconds retry_after{5};  ///< Retry-After of a 503
  std::uint32_t events_ring = 10'000;   ///< live events kept in memory for subscribers
  std::uint32_t subscribers_max = 200;
  std::uint32_t requests_max = 10'000;  ///< orders and queries waiting for an answer
  milliseconds deadline{5'000};         ///< of an order or query
  std::uint64_t seed = 0;               ///< of chance; 0 = from the operating system
  retention_options retention{};
  disk_options disk{};
  publisher_options publisher{};
  std::function<void(const std::string&)> log{};    ///< one line per notable thing; empty = standard error
  std::function<void(const std::string&)> fatal{};  ///< the node cannot go on (a lane is lost for good)
};

/// Where promises and reflexes go. Called from any thread of the node, also from the journal's; must not block.
struct node_ports {
  std::function<void(leg_command)> to_leg{};
  std::function<void(media_command)> to_media{};
  std::function<void(struct register_reply)> register_reply{};
  /// Told when it changes: below `disk.recordings_stop_below` recordings stop; above again: they may start. Empty = nobody cares.
  std::function<void(bool allowed)> recordings_allowed{};
  /// Removes one file of a recording or voicemail, named as in its CDR. May block on the disk.
  std::function<void(call_id of, const std::string& path)> remove_recording{};
  /// Whether there is such a file; a CDR from before this start that names one which is not there says so from then on. May block
  /// on the disk. Empty = not asked: files may lie on other nodes' disks.
  std::function<bool(const std::string& path)> recording_exists{};
  using owner_of_file = std::function<recording_owner(const std::string& path)>;
  /// Looks once at every file there is, on a thread of its own, when all is restored; ends early when `go_on` says false. Empty =
  /// nobody looks.
  std::function<void(const owner_of_file& owner, const std::function<bool()>& go_on)> settle_recordings{};
  /// What stands behind the ports adds to /metrics; empty = nothing.
  std::function<std::vector<metric>()> metrics{};
  /// In a cluster, where lanes are claimed by order only: gives the input to the process that owns its lane. False = not now: it
  /// is held here until owners_changed(). Must not block.
  std::function<bool(lane_id lane, const actors::entity_input& in)> forward{};
  /// With `forward`: whether another process that lives owns the lane; else a lane that was lost is claimed again.
  std::function<bool(lane_id lane)> is_elsewhere{};
};

struct restore_progress {
  std::uint64_t found = 0;     ///< live entities in the rows
  std::uint64_t restored = 0;  ///< whose commands have left
  bool done = false;
};

class node {
 public:
  /// Claims the lanes, starts to restore every live call, queue, agent and registration, and returns. Events may be given from
  /// here on; new calls are held until `ready()`. journal, config and clock must outlive the node.
  /// @error unavailable a lane could not be claimed.
  static result<std::unique_ptr<node>> start(node_options options, journal& log, config_store& config, const clock& time,
                                             const node_ports& ports);
  virtual ~node() = default;

  virtual void on(leg_event event) = 0;
  virtual void on(media_event event) = 0;
  virtual void on(register_request request) = 0;

  virtual gateway& api() = 0;
  virtual restore_progress restored() const = 0;
  /// All commands for restored calls have left: new calls may be taken.
  virtual bool ready() const = 0;
  /// Waits for ready. False when `longest` passed first.
  virtual bool wait_ready(milliseconds longest) const = 0;
  // --- in a cluster (ADR 0016)
  /// Claims the lane; `done` hears whether this process owns it, on a thread of the node.
  virtual void claim(lane_id lane, std::function<void(bool won)> done) = 0;
  /// Another process shall have the lane: its inputs are held, and `done` hears whether all that ran counted within `patience`.
  virtual void bring_to_rest(lane_id lane, milliseconds patience, std::function<void(bool rests)> done) = 0;
  /// Lanes have other owners, or owners other links: what is held may go to them.
  virtual void owners_changed() = 0;
  /// Another process holds the slot: calls of our lanes that have their home or, as `others` says, a leg there are made anew.
  virtual void resume_calls_at(slot_number slot, const std::unordered_set<entity_ref>& others) = 0;
  /// An input that another process handed on.
  virtual void take(std::shared_ptr<actors::entity_input> in) = 0;
  /// Events of a lane that another process owns, as they count: for subscribers here.
  virtual void on_foreign_step(const recorded_step& counted) = 0;
  /// The next record of the roster, for public events of nodes; nothing: one that this program does not know. In the log's order.
  virtual void on_roster(std::uint64_t offset, const std::optional<cluster::roster_record>& what, time_point log) = 0;

  /// New calls get 503 from here on; what runs goes on.
  virtual void drain() = 0;
  /// Ends all actors; returns when none runs. The journal's callbacks must have run or be dropped (close the journal first).
  virtual void stop() = 0;
};

}  // namespace seatgrid
