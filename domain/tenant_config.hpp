#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/flow_config.hpp"
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
  bool operator==(const access_number&) const = default;
  static constexpr auto fields() {
    return members{field{1, "number", &access_number::number},
                   field{2, "flow", &access_number::flow},
                   field{3, "answer", &access_number::answer},
                   field{4, "ringback", &access_number::ringback},
                   field{5, "calls_max", &access_number::calls_max},
                   field{6, "language", &access_number::language},
                   field{7, "call_length_max", &access_number::call_length_max}};
  }
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
  bool operator==(const queue_config&) const = default;
  static constexpr auto fields() {
    return members{field{1, "name", &queue_config::name},
                   field{2, "strategy", &queue_config::strategy},
                   field{3, "waiting_max", &queue_config::waiting_max},
                   field{4, "wait_max", &queue_config::wait_max},
                   field{5, "wait_max_no_agent", &queue_config::wait_max_no_agent},
                   field{6, "join_empty", &queue_config::join_empty},
                   field{7, "ring_timeout", &queue_config::ring_timeout},
                   field{8, "wrap_up", &queue_config::wrap_up},
                   field{9, "music", &queue_config::music},
                   field{10, "announce_every", &queue_config::announce_every},
                   field{11, "announce_position", &queue_config::announce_position},
                   field{12, "keys", &queue_config::keys},
                   field{13, "no_answer_delay", &queue_config::no_answer_delay},
                   field{14, "busy_delay", &queue_config::busy_delay},
                   field{15, "reject_delay", &queue_config::reject_delay},
                   field{16, "unreachable_delay", &queue_config::unreachable_delay},
                   field{17, "no_answer_max", &queue_config::no_answer_max},
                   field{18, "record", &queue_config::record},
                   field{19, "service_level", &queue_config::service_level},
                   field{20, "weight", &queue_config::weight}};
  }
};

struct queue_membership {
  std::string queue{};
  std::uint8_t level = 1;
  bool operator==(const queue_membership&) const = default;
  static constexpr auto fields() {
    return members{field{1, "queue", &queue_membership::queue}, field{2, "level", &queue_membership::level}};
  }
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
  bool operator==(const agent_config&) const = default;
  static constexpr auto fields() {
    return members{field{1, "name", &agent_config::name},       field{2, "display", &agent_config::display},
                   field{3, "device", &agent_config::device},   field{4, "password", &agent_config::password},
                   field{5, "queues", &agent_config::queues},   field{6, "skills", &agent_config::skills},
                   field{7, "wrap_up", &agent_config::wrap_up}, field{8, "auto_login", &agent_config::auto_login}};
  }
};

enum class dialled_from : std::uint8_t { request_uri = 0, to = 1, p_called_party_id = 2, diversion = 3 };
enum class caller_from : std::uint8_t { p_asserted_identity = 0, from = 1 };
/// What becomes of a trunk's dialogs when their edge died and its addresses cannot be moved: a re-INVITE from the adopter's own
/// address, or the end, for a carrier that takes no word from there.
enum class adoption_way : std::uint8_t { reinvite = 0, end = 1 };

struct trunk_config {
  std::string name{};
  std::vector<std::string> addresses{};  ///< IP, IP/prefix, IP:port or host name that may send to us
  std::string outbound{};                ///< sip: URI for calls of ours; empty = inbound only
  transport via = transport::udp;
  dialled_from dialled = dialled_from::request_uri;
  caller_from caller = caller_from::p_asserted_identity;
  std::uint32_t calls_max = 10'000;
  std::uint32_t calls_per_second_max = 1'000;
  milliseconds probe_every{0};     ///< OPTIONS to `outbound`; 0 = never
  std::uint32_t probe_misses = 3;  ///< in a row without an answer: unreachable, until one comes
  adoption_way adopt = adoption_way::reinvite;
  bool operator==(const trunk_config&) const = default;
  static constexpr auto fields() {
    return members{field{1, "name", &trunk_config::name},
                   field{2, "addresses", &trunk_config::addresses},
                   field{3, "outbound", &trunk_config::outbound},
                   field{4, "via", &trunk_config::via},
                   field{5, "dialled", &trunk_config::dialled},
                   field{6, "caller", &trunk_config::caller},
                   field{7, "calls_max", &trunk_config::calls_max},
                   field{8, "calls_per_second_max", &trunk_config::calls_per_second_max},
                   field{10, "probe_every", &trunk_config::probe_every},
                   field{11, "probe_misses", &trunk_config::probe_misses},
                   field{12, "adopt", &trunk_config::adopt}};
  }
};

struct mailbox_config {
  std::string name{};
  std::uint32_t messages_max = 100;
  bool operator==(const mailbox_config&) const = default;
  static constexpr auto fields() {
    return members{field{1, "name", &mailbox_config::name}, field{2, "messages_max", &mailbox_config::messages_max}};
  }
};

struct prompt_config {
  std::string name{};
  std::string file{};  ///< WAV, absolute or relative to the provisioning file
  bool operator==(const prompt_config&) const = default;
  static constexpr auto fields() {
    return members{field{1, "name", &prompt_config::name}, field{2, "file", &prompt_config::file}};
  }
};

/// Who stands where in the trade: a carrier owns numbers and trunks, an agency sells them, an enterprise answers the calls.
enum class tenant_role : std::uint8_t { enterprise = 0, agency = 1, carrier = 2 };

/// Which hashes the registrar offers to this tenant's phones (RFC 8760). Phones that meet a hash they do not know should pass it
/// over (2.4), but Debian 12's baresip and old PJSIP give up: their tenants need `md5`.
enum class digest_policy : std::uint8_t { both = 0, md5 = 1, sha256 = 2 };

/// One version of a tenant. Look-ups are by name and return null when absent.
class tenant_config {
 public:
  std::string tenant{};
  std::uint64_t version = 0;
  tenant_role role = tenant_role::enterprise;
  std::string parent{};  ///< the agency or carrier above; empty = none. Trunks of everyone above are at hand by name
  std::string domain{};  ///< SIP domain of its agents
  digest_policy digest = digest_policy::both;
  std::string language{"zh"};
  std::map<std::string, access_number> numbers{};
  std::map<std::string, flow> flows{};
  std::map<std::string, queue_config> queues{};
  std::map<std::string, agent_config> agents{};
  std::map<std::string, trunk_config> trunks{};
  /// Outbound trunks of everyone above, those of the nearest first where names meet; `with_trunks_above` fills it, so that a call
  /// keeps them with its version.
  std::map<std::string, trunk_config> trunks_above{};
  std::map<std::string, mailbox_config> mailboxes{};
  std::map<std::string, prompt_config> prompts{};

  bool operator==(const tenant_config&) const = default;
  static constexpr auto fields() {
    using c = tenant_config;
    return members{
        field{1, "tenant", &c::tenant},        field{2, "version", &c::version},  field{3, "domain", &c::domain},
        field{4, "language", &c::language},    field{5, "numbers", &c::numbers},  field{6, "flows", &c::flows},
        field{7, "queues", &c::queues},        field{8, "agents", &c::agents},    field{9, "trunks", &c::trunks},
        field{10, "mailboxes", &c::mailboxes}, field{11, "prompts", &c::prompts}, field{12, "role", &c::role},
        field{13, "parent", &c::parent},       field{14, "digest", &c::digest},   field{15, "trunks_above", &c::trunks_above}};
  }

  const access_number* number(const std::string& canonical) const { return find(numbers, canonical); }
  const flow* flow_named(const std::string& name) const { return find(flows, name); }
  const queue_config* queue(const std::string& name) const { return find(queues, name); }
  const agent_config* agent(const std::string& name) const { return find(agents, name); }
  const trunk_config* trunk(const std::string& name) const { return find(trunks, name); }
  /// A trunk for calls of ours: the tenant's own, else one of those above.
  const trunk_config* outbound_trunk(const std::string& name) const {
    const auto* own = find(trunks, name);
    const auto* found = own != nullptr ? own : find(trunks_above, name);
    return found != nullptr && !found->outbound.empty() ? found : nullptr;
  }

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

/// The tenants of `given` with `trunks_above` as parents in `given`, else in `existing`, have them; and those of `existing` for
/// which that changes.
std::vector<config_ptr> with_trunks_above(std::vector<config_ptr> given, const std::vector<config_ptr>& existing);

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
