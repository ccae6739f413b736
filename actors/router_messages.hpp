#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "actors/input.hpp"
#include "base/fields.hpp"
#include "domain/effect.hpp"

/// What routers say to each other: bodies of envelopes. Field numbers are never used again.
namespace seatgrid::actors {

/// An input on its way to the owner of its lane; one of the four.
struct handed_input {
  entity_ref to{};
  std::string tenant{};
  std::uint64_t request = 0;
  std::uint32_t hops = 0;
  std::uint32_t slot = 0;  ///< of the edge that tells it
  std::optional<leg_event> leg{};
  std::optional<media_event> media{};
  std::optional<register_request> registering{};
  std::optional<acd_message> message{};
  bool operator==(const handed_input&) const = default;
  static constexpr auto fields() {
    using m = handed_input;
    return members{field{1, "to", &m::to},           field{2, "tenant", &m::tenant},
                   field{3, "request", &m::request}, field{4, "hops", &m::hops},
                   field{5, "slot", &m::slot},       field{6, "leg", &m::leg},
                   field{7, "media", &m::media},     field{8, "registering", &m::registering},
                   field{9, "message", &m::message}};
  }
};
std::string encode(const handed_input& what);
result<handed_input> decode_handed_input(std::string_view bytes);
/// Nothing: it is this process's own affair (an order with somebody waiting, a wait, a restore).
std::optional<handed_input> handed(const entity_input& in);
/// @error corrupt  it says nothing
result<input_ptr> input_of(handed_input&& what);

/// A command for what stands at a slot; one of the four.
struct slot_order {
  std::uint32_t slot = 0;
  std::optional<leg_command> leg{};
  std::optional<media_command> media{};
  std::optional<register_reply> registered{};
  std::optional<std::string> removal{};  ///< path of a file of a recording
  bool operator==(const slot_order&) const = default;
  static constexpr auto fields() {
    using m = slot_order;
    return members{field{1, "slot", &m::slot}, field{2, "leg", &m::leg}, field{3, "media", &m::media},
                   field{4, "registered", &m::registered}, field{5, "removal", &m::removal}};
  }
};
std::string encode(const slot_order& what);
result<slot_order> decode_slot_order(std::string_view bytes);

struct question {
  std::uint64_t id = 0;
  std::string server{};
  std::string payload{};
  bool operator==(const question&) const = default;
  static constexpr auto fields() {
    return members{field{1, "id", &question::id}, field{2, "server", &question::server}, field{3, "payload", &question::payload}};
  }
};
std::string encode(const question& what);
result<question> decode_question(std::string_view bytes);

struct question_answer {
  std::uint64_t id = 0;
  errc code = errc::ok;
  std::string text{};  ///< the answer, or why there is none
  bool operator==(const question_answer&) const = default;
  static constexpr auto fields() {
    return members{field{1, "id", &question_answer::id}, field{2, "code", &question_answer::code},
                   field{3, "text", &question_answer::text}};
  }
};
std::string encode(const question_answer& what);
result<question_answer> decode_question_answer(std::string_view bytes);

/// An order of people to an entity.
struct order_question {
  std::string tenant{};
  std::optional<control::command> order{};
  bool operator==(const order_question&) const = default;
  static constexpr auto fields() {
    return members{field{1, "tenant", &order_question::tenant}, field{2, "order", &order_question::order}};
  }
};
std::string encode(const order_question& what);
result<order_question> decode_order_question(std::string_view bytes);

/// What the gateway lists, shows or replays.
struct look_question {
  std::uint32_t what = 0;  ///< collection
  std::string tenant{};
  std::string id{};  ///< of show
  std::map<std::string, std::string> filters{};
  std::uint32_t limit = 0;
  std::string cursor{};
  entity_ref entity{};  ///< of replay
  bool operator==(const look_question&) const = default;
  static constexpr auto fields() {
    using m = look_question;
    return members{field{1, "what", &m::what},       field{2, "tenant", &m::tenant}, field{3, "id", &m::id},
                   field{4, "filters", &m::filters}, field{5, "limit", &m::limit},   field{6, "cursor", &m::cursor},
                   field{7, "entity", &m::entity}};
  }
};
std::string encode(const look_question& what);
result<look_question> decode_look_question(std::string_view bytes);

}  // namespace seatgrid::actors
