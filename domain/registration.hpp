#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/effect.hpp"
#include "domain/entity.hpp"
#include "domain/registrar_port.hpp"
#include "domain/timer.hpp"

/// The bindings of one address of record (RFC 3261 section 10.3). It tells the agent of the same name which ways lead to its
/// device.
namespace seatgrid {

using registration_command = std::variant<register_request, timer_fired, config_changed>;

/// The bindings after a REGISTER or an expiry.
struct bindings_changed {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "bindings_changed";
  std::string tenant{};
  std::string aor{};
  std::vector<binding> bindings{};  ///< best first
  std::uint64_t version = 0;        ///< grows when the ways change, not with a mere refresh
  bool ways_changed = false;
  std::uint64_t request = 0;  ///< of the REGISTER; 0 = expiry
  time_point at{};
  // Against the bindings before: ways that are new, were taken back, or ended for want of a refresh.
  std::vector<binding> made{};
  std::vector<binding> removed{};
  std::vector<binding> lapsed{};
  static constexpr auto fields() {
    return members{field{1, "tenant", &bindings_changed::tenant},
                   field{2, "aor", &bindings_changed::aor},
                   field{3, "bindings", &bindings_changed::bindings},
                   field{4, "version", &bindings_changed::version},
                   field{5, "ways_changed", &bindings_changed::ways_changed},
                   field{6, "request", &bindings_changed::request},
                   field{7, "at", &bindings_changed::at},
                   field{8, "made", &bindings_changed::made},
                   field{9, "removed", &bindings_changed::removed},
                   field{10, "lapsed", &bindings_changed::lapsed}};
  }
};
/// The expiry timer fired before anything lapsed (a refresh came between).
struct expiry_postponed {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "expiry_postponed";
  time_point at{};
  static constexpr auto fields() { return members{field{1, "at", &expiry_postponed::at}}; }
};
using registration_event = std::variant<bindings_changed, expiry_postponed>;

enum class registration_timer : std::uint32_t { expiry = 1 };

namespace registration_limits {
inline constexpr std::size_t contacts_max = 10;  ///< per address of record; beyond: 503, older ones lapse in time
inline constexpr std::uint32_t expires_max_s = 3'600;
}  // namespace registration_limits

/// The row.
struct registration_state {
  registration_id id{};
  std::string tenant{};
  std::string aor{};
  std::uint64_t version = 0;
  std::vector<binding> bindings{};
  // not stored
  std::uint64_t timer_generation = 0;
  static constexpr auto fields() {
    return members{field{1, "id", &registration_state::id}, field{2, "tenant", &registration_state::tenant},
                   field{3, "aor", &registration_state::aor}, field{4, "version", &registration_state::version},
                   field{5, "bindings", &registration_state::bindings}};
  }
};

/// The agent whose device registers here: the user part of the address of record names it.
agent_id agent_behind(const std::string& tenant, std::string_view aor);
/// When a binding ends: its length and a quarter, because the edge passes on a refresh only when a quarter has gone by.
time_point lapses_at(const binding& b);
/// The public event registration.changed (domain/published_acd.hpp). In the codec.
publish told_changed(const registration_state& s, time_point at);
/// The public events binding.removed, binding.lapsed and binding.made, in this order. In the codec.
std::vector<publish> told_bindings(const bindings_changed& e);

struct registration_rules {
  using state = registration_state;
  using command = registration_command;
  using event = registration_event;
  static constexpr entity_kind kind = entity_kind::registration;

  static result<std::vector<registration_event>> decide(const registration_state& s, const registration_command& c, turn t,
                                                        const tenant_config& config);
  /// A REGISTER that changes nothing, or that is refused (500 out of order, 503 too many contacts), is answered without a step.
  static void answer(const registration_state& s, const registration_command& c, turn t, const tenant_config& config,
                     effects& out);
  static void apply(registration_state& s, const registration_event& e);
  static void derive(const registration_state& s, const registration_event& e, effects& out);
  static void resume(const registration_state& s, turn t, effects& out);
  static void rows(const registration_state& s, const std::vector<registration_event>& events, entity_rows& out);
  static result<registration_state> load(std::uint64_t id, const entity_rows& stored);
  static std::string encode(const registration_command& c);
  static result<registration_command> decode_command(std::string_view bytes);
  static std::string encode(const registration_event& e);
  static result<registration_event> decode_event(std::string_view bytes);
  static std::string describe(const registration_event& e);
  static std::string show(const registration_state& s);
  /// Nothing bound: the row stays, the actor may go.
  static bool finished(const registration_state& s) { return s.bindings.empty(); }
};
static_assert(entity_rules<registration_rules>);

}  // namespace seatgrid
