#include "cluster/link_messages.hpp"

#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

/// The heartbeat's bytes; the struct of the rules keeps durations.
struct heartbeat_wire {
  time_point clock{};
  std::int64_t oldest_in_doubt_us = 0;
  std::uint64_t records_read = 0;
  std::uint64_t frames_counted = 0;
  bool owns_no_lanes = false;  // so that the usual heartbeat is short, and an unset one may own lanes
  std::int64_t sent_us = 0;
  std::int64_t echo_us = 0;
  std::uint64_t roster_next = 0;
  std::vector<lane_place> lanes{};
  std::vector<last_word> gone{};
  static constexpr auto fields() {
    return members{field{1, "clock", &heartbeat_wire::clock},
                   field{2, "oldest_in_doubt_us", &heartbeat_wire::oldest_in_doubt_us},
                   field{3, "records_read", &heartbeat_wire::records_read},
                   field{4, "frames_counted", &heartbeat_wire::frames_counted},
                   field{5, "owns_no_lanes", &heartbeat_wire::owns_no_lanes},
                   field{6, "sent_us", &heartbeat_wire::sent_us},
                   field{7, "echo_us", &heartbeat_wire::echo_us},
                   field{8, "roster_next", &heartbeat_wire::roster_next},
                   field{9, "lanes", &heartbeat_wire::lanes},
                   field{10, "gone", &heartbeat_wire::gone}};
  }
};

}  // namespace

std::string encode(const heartbeat& what) {
  return wire::encode(heartbeat_wire{.clock = what.clock,
                                     .oldest_in_doubt_us = what.oldest_in_doubt.count(),
                                     .records_read = what.records_read,
                                     .frames_counted = what.frames_counted,
                                     .owns_no_lanes = !what.owns_lanes_allowed,
                                     .sent_us = what.sent.count(),
                                     .echo_us = what.echo.count(),
                                     .roster_next = what.roster_next,
                                     .lanes = what.lanes,
                                     .gone = what.gone});
}
std::string encode(const opinion_asked& what) { return wire::encode(what); }
std::string encode(const opinion_said& what) { return wire::encode(what); }
std::string encode(const lane_wanted& what) { return wire::encode(what); }
std::string encode(const lane_rests& what) { return wire::encode(what); }

result<heartbeat> decode_heartbeat(std::string_view bytes) {
  return wire::decode<heartbeat_wire>(bytes).map([](const heartbeat_wire& said) {
    return heartbeat{.clock = said.clock,
                     .oldest_in_doubt = std::chrono::microseconds{said.oldest_in_doubt_us},
                     .records_read = said.records_read,
                     .frames_counted = said.frames_counted,
                     .owns_lanes_allowed = !said.owns_no_lanes,
                     .sent = node_time{said.sent_us},
                     .echo = node_time{said.echo_us},
                     .roster_next = said.roster_next,
                     .lanes = said.lanes,
                     .gone = said.gone};
  });
}
result<opinion_asked> decode_opinion_asked(std::string_view bytes) { return wire::decode<opinion_asked>(bytes); }
result<opinion_said> decode_opinion(std::string_view bytes) { return wire::decode<opinion_said>(bytes); }
result<lane_wanted> decode_lane_wanted(std::string_view bytes) { return wire::decode<lane_wanted>(bytes); }
result<lane_rests> decode_lane_rests(std::string_view bytes) { return wire::decode<lane_rests>(bytes); }

}  // namespace seatgrid::cluster
