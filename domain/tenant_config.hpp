#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/media_port.hpp"

/// One version of everything a tenant has provisioned. Immutable; calls pin the version they began with. `config/` parses and
/// checks it; rules and the edge only read.
namespace seatgrid {

/// When the caller's charging may begin (N22).
enum class answer_policy : std::uint8_t {
  on_agent = 0,  ///< prompts, menus and music as early media in 183; 200 when an agent answers
  at_once = 1,   ///< 200 before the first prompt
  on_queue = 2,  ///< 200 when the flow reaches a queue
};
enum class record_policy : std::uint8_t { never = 0, on_agent = 1 };

struct access_number {
  std::string number{};  ///< canonical
  std::string flow{};
  answer_policy answer = answer_policy::on_agent;
  std::vector<prompt_ref> ringback{};  ///< colour ringback before the flow, empty = none
  std::uint32_t calls_max = 10'000;    ///< concurrent calls (LIM); beyond: 486
  std::string language{"zh"};
  milliseconds call_length_max{4 * 3'600'000};
};

// --- flow: nodes by name; every edge names a node, "" ends the call ------------------------------------------------
struct play_node {
  std::vector<prompt_ref> prompts{};
  std::string next{};
};
struct menu_node {
  std::vector<prompt_ref> prompts{};
  std::map<char, std::string> choices{};
  milliseconds timeout{5'000};  ///< after the prompt has ended
  std::uint32_t tries = 3;
  std::vector<prompt_ref> invalid{};  ///< said before the next try
  std::string otherwise{};            ///< after the last try
};
struct collect_node {
  std::vector<prompt_ref> prompts{};
  std::string variable{};
  std::uint32_t digits_min = 1, digits_max = 16;
  char terminator = '#';
  milliseconds first_digit{5'000}, next_digit{3'000};
  std::uint32_t tries = 3;
  bool sensitive = false;  ///< digits never reach events, logs or recordings
  std::string next{}, otherwise{};
};
/// The first case whose value equals the variable; variables are "caller", "called", "digits" and those collected.
struct branch_node {
  std::string variable{};
  std::vector<std::pair<std::string, std::string>> cases{};  ///< value (a trailing * matches any ending) -> node
  std::string otherwise{};
};
struct set_node {
  std::string variable{};
  std::string value{};
  std::string next{};
};
struct queue_node {
  std::string queue{};
  std::int32_t priority = 0;
  std::vector<skill_level> skills{};
  std::string on_timeout{}, on_full{}, on_key{};  ///< on_key: per key see queue_config::keys
};
struct voicemail_node {
  std::string mailbox{};
  std::vector<prompt_ref> greeting{};
  milliseconds length_max{120'000};
  milliseconds silence{5'000};
  std::string next{};
};
/// Bridges to a real phone or SIP URI through a trunk (N4); never presents an access number (N16).
struct bridge_node {
  std::string target{};  ///< number in canonical form, or sip: URI
  std::string trunk{};
  std::string presented{};  ///< caller number to show; empty = the true caller
  milliseconds ring_timeout{30'000};
  std::string on_busy{}, on_no_answer{}, on_fail{}, next{};
};
struct hangup_node {
  std::vector<prompt_ref> prompts{};
  release_cause cause{};
};
using flow_node =
    std::variant<play_node, menu_node, collect_node, branch_node, set_node, queue_node, voicemail_node, bridge_node, hangup_node>;
struct flow {
  std::string name{};
  std::string start{};
  std::map<std::string, flow_node> nodes{};
};

enum class queue_strategy : std::uint8_t {
  longest_idle = 0,
  fewest_calls = 1,
  round_robin = 2,
  linear = 3,
  random = 4,
  skill_first = 5
};

struct queue_config {
  std::string name{};
  queue_strategy strategy = queue_strategy::longest_idle;
  std::uint32_t waiting_max = 1'000;  ///< Q6; beyond: on_full
  milliseconds wait_max{600'000};
  milliseconds wait_max_no_agent{600'000};  ///< leave_when_empty
  bool join_empty = true;
  milliseconds ring_timeout{20'000};
  milliseconds wrap_up{15'000};
  std::vector<prompt_ref> music{};      ///< looped while waiting; empty = the built-in music
  milliseconds announce_every{30'000};  ///< position announcement; 0 = never
  bool announce_position = true;
  std::map<char, std::string> keys{};   ///< Q22: key -> flow node, "voicemail:<mailbox>", "queue:<name>" or "" (leave)
  milliseconds no_answer_delay{5'000};  ///< before the same agent is offered again (Q14)
  milliseconds busy_delay{30'000};
  milliseconds reject_delay{30'000};
  milliseconds unreachable_delay{30'000};
  std::uint32_t no_answer_max = 3;  ///< in a row; then the agent is paused (RONA)
  record_policy record = record_policy::on_agent;
  milliseconds service_level{20'000};
  std::int32_t weight = 1;  ///< 1-10: between queues that share agents
};

struct queue_membership {
  std::string queue{};
  std::uint8_t level = 1;
};

struct agent_config {
  std::string name{};  ///< "1001"
  std::string display{};
  std::string device{};    ///< "register" = SIP registration of the same name, or a fixed sip: URI
  std::string password{};  ///< for digest; empty for a fixed URI
  std::vector<queue_membership> queues{};
  std::vector<skill_level> skills{};
  milliseconds wrap_up{-1};  ///< -1 = the queue's
  bool auto_login = true;    ///< ready as soon as the device is reachable; else by `agent ready`
};

enum class dialled_from : std::uint8_t { request_uri = 0, to = 1, p_called_party_id = 2, diversion = 3 };
enum class caller_from : std::uint8_t { p_asserted_identity = 0, from = 1 };

struct trunk_config {
  std::string name{};
  std::vector<std::string> addresses{};  ///< IP or IP/prefix or IP:port that may send to us
  std::string outbound{};                ///< sip: URI for calls of ours; empty = inbound only
  transport via = transport::udp;
  dialled_from dialled = dialled_from::request_uri;
  caller_from caller = caller_from::p_asserted_identity;
  std::uint32_t calls_max = 10'000;
  std::uint32_t calls_per_second_max = 1'000;
  bool options_probe = false;
};

struct mailbox_config {
  std::string name{};
  std::uint32_t messages_max = 100;
};

struct prompt_config {
  std::string name{};
  std::string file{};  ///< WAV, absolute or relative to the provisioning file
};

/// One version of a tenant. Look-ups are by name and return null when absent.
class tenant_config {
 public:
  std::string tenant{};
  std::uint64_t version = 0;
  std::string domain{};  ///< SIP domain of its agents
  std::string language{"zh"};
  std::map<std::string, access_number> numbers{};
  std::map<std::string, flow> flows{};
  std::map<std::string, queue_config> queues{};
  std::map<std::string, agent_config> agents{};
  std::map<std::string, trunk_config> trunks{};
  std::map<std::string, mailbox_config> mailboxes{};
  std::map<std::string, prompt_config> prompts{};

  const access_number* number(const std::string& canonical) const { return find(numbers, canonical); }
  const flow* flow_named(const std::string& name) const { return find(flows, name); }
  const queue_config* queue(const std::string& name) const { return find(queues, name); }
  const agent_config* agent(const std::string& name) const { return find(agents, name); }
  const trunk_config* trunk(const std::string& name) const { return find(trunks, name); }

  /// Names behind ids; filled by `index()`.
  const queue_config* queue(queue_id id) const { return by_id(queue_ids_, id, queues); }
  const agent_config* agent(agent_id id) const { return by_id(agent_ids_, id, agents); }
  queue_id queue_of(const std::string& name) const { return queue_id::named(tenant, name); }
  agent_id agent_of(const std::string& name) const { return agent_id::named(tenant, name); }
  /// Builds the id look-ups. Call once after filling. @error conflict two names share an id (rename one).
  result<void> index();

 private:
  template <class T>
  static const T* find(const std::map<std::string, T>& in, const std::string& name) {
    const auto it = in.find(name);
    return it == in.end() ? nullptr : &it->second;
  }
  template <class Id, class T>
  static const T* by_id(const std::map<Id, std::string>& ids, Id id, const std::map<std::string, T>& in) {
    const auto it = ids.find(id);
    return it == ids.end() ? nullptr : find(in, it->second);
  }
  std::map<queue_id, std::string> queue_ids_{};
  std::map<agent_id, std::string> agent_ids_{};
};

using config_ptr = std::shared_ptr<const tenant_config>;

/// Keeps the versions that calls still pin. Thread-safe; readers never wait for a writer's checks.
class config_source {
 public:
  virtual ~config_source() = default;
  /// The version calls begin with now; null = no such tenant.
  virtual config_ptr current(const std::string& tenant) const = 0;
  /// A pinned version; the newest if that one is gone; null = no such tenant.
  virtual config_ptr version(const std::string& tenant, std::uint64_t version) const = 0;
  virtual config_ptr by_shard_entity(entity_ref entity) const = 0;  ///< the tenant of an agent or queue; null = unknown
};

}  // namespace seatgrid
