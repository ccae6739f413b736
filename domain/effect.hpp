#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"

/// What follows from a step. Rules derive effects from (state after, event); after a takeover `resume(state)` derives those that
/// may have been lost. `actors/` lets a promise leave only when its step counts; a reflex leaves at once (DESIGN section 2).
namespace seatgrid {

enum class timing : std::uint8_t { when_durable = 0, at_once = 1 };

struct to_leg {
  leg_command command;
};
struct to_media {
  media_command command;
};
/// To another entity. Inside one lane it is delivered at once (its consequences cannot become durable before this step);
/// to another lane only when this step counts.
struct to_entity {
  entity_ref to{};
  acd_message message;
};
/// One running wait of an entity, named by `timer` (an enumerator of the entity's own). Starting a timer that runs replaces it;
/// the firing carries `generation`, and a stale one is ignored (I17).
struct start_timer {
  std::uint32_t timer = 0;
  std::uint64_t generation = 0;
  milliseconds after{0};
};
struct stop_timer {
  std::uint32_t timer = 0;
};
/// A public event: CloudEvents type suffix ("call.answered") and its data as JSON text. The lane numbers it (I14).
struct publish {
  std::string type{};
  std::string data{};
};
/// The answer to a request of the API or the edge, by its id.
struct reply {
  std::uint64_t request = 0;
  error outcome{};     ///< code ok = done
  std::string data{};  ///< JSON text or an encoded row, as the request says
};
/// A contact that is registered.
struct registered_contact {
  destination contact{};
  std::uint32_t seconds_left = 0;
  bool operator==(const registered_contact&) const = default;
  static constexpr auto fields() {
    return members{field{1, "contact", &registered_contact::contact},
                   field{2, "seconds_left", &registered_contact::seconds_left}};
  }
};
/// The answer to a REGISTER: the edge builds 200 with these contacts, or `status`.
struct register_reply {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "register_reply";
  std::uint64_t request = 0;
  std::uint16_t status = 200;
  std::vector<registered_contact> contacts{};
  bool operator==(const register_reply&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &register_reply::request}, field{2, "status", &register_reply::status},
                   field{3, "contacts", &register_reply::contacts}};
  }
};

struct effect {
  timing when = timing::when_durable;
  std::variant<to_leg, to_media, to_entity, start_timer, stop_timer, publish, reply, register_reply> what;
};
using effects = std::vector<effect>;

}  // namespace seatgrid
