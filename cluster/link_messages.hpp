#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "cluster/lane.hpp"
#include "cluster/membership.hpp"

/// What nodes tell each other about themselves and about lanes: bodies of envelopes (cluster/links.hpp). Those of to_entity,
/// to_slot, asked and answered are made in actors/. Field numbers are on the wire: add, never change or reuse; unknown fields are
/// skipped.
namespace seatgrid::cluster {

/// link_kind::opinion_asked: do you hear this node?
struct opinion_asked {
  std::string about{};
  bool operator==(const opinion_asked&) const = default;
  static constexpr auto fields() { return members{field{1, "about", &opinion_asked::about}}; }
};
/// link_kind::opinion: the answer. Who says it is known from the link.
struct opinion_said {
  std::string about{};
  bool hears_it = false;
  bool operator==(const opinion_said&) const = default;
  static constexpr auto fields() {
    return members{field{1, "about", &opinion_said::about}, field{2, "hears_it", &opinion_said::hears_it}};
  }
};
/// link_kind::lane_wanted: bring this lane to rest, I shall claim it.
struct lane_wanted {
  lane_id lane = 0;
  bool operator==(const lane_wanted&) const = default;
  static constexpr auto fields() { return members{field{1, "lane", &lane_wanted::lane}}; }
};
/// link_kind::lane_rests: the answer; false: I do not own it, or it did not come to rest in time.
struct lane_rests {
  lane_id lane = 0;
  bool rests = false;
  bool operator==(const lane_rests&) const = default;
  static constexpr auto fields() { return members{field{1, "lane", &lane_rests::lane}, field{2, "rests", &lane_rests::rests}}; }
};

std::string encode(const heartbeat& what);
std::string encode(const opinion_asked& what);
std::string encode(const opinion_said& what);
std::string encode(const lane_wanted& what);
std::string encode(const lane_rests& what);

/// @error corrupt  not such a message
result<heartbeat> decode_heartbeat(std::string_view bytes);
result<opinion_asked> decode_opinion_asked(std::string_view bytes);
result<opinion_said> decode_opinion(std::string_view bytes);
result<lane_wanted> decode_lane_wanted(std::string_view bytes);
result<lane_rests> decode_lane_rests(std::string_view bytes);

}  // namespace seatgrid::cluster
