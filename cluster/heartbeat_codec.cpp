#include "cluster/membership.hpp"
#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

/// A heartbeat on the wire. Numbers are never used again.
struct told_heartbeat {
  time_point clock{};
  std::chrono::microseconds oldest_in_doubt{};
  std::uint64_t records_read = 0;
  std::uint64_t frames_counted = 0;
  bool owns_lanes_allowed = false;
  std::chrono::microseconds sent{};
  std::chrono::microseconds echo{};
  std::uint64_t roster_next = 0;
  std::vector<lane_place> lanes{};
  std::vector<last_word> gone{};
  static constexpr auto fields() {
    return members{field{1, "clock", &told_heartbeat::clock},
                   field{2, "oldest_in_doubt", &told_heartbeat::oldest_in_doubt},
                   field{3, "records_read", &told_heartbeat::records_read},
                   field{4, "frames_counted", &told_heartbeat::frames_counted},
                   field{5, "owns_lanes_allowed", &told_heartbeat::owns_lanes_allowed},
                   field{6, "sent", &told_heartbeat::sent},
                   field{7, "echo", &told_heartbeat::echo},
                   field{8, "roster_next", &told_heartbeat::roster_next},
                   field{9, "lanes", &told_heartbeat::lanes},
                   field{10, "gone", &told_heartbeat::gone}};
  }
};

}  // namespace

std::string encode_heartbeat(const heartbeat& said) {
  return wire::encode(told_heartbeat{said.clock, said.oldest_in_doubt, said.records_read, said.frames_counted,
                                     said.owns_lanes_allowed, said.sent, said.echo, said.roster_next, said.lanes, said.gone});
}

result<heartbeat> decode_heartbeat(std::string_view bytes) {
  auto told = wire::decode<told_heartbeat>(bytes);
  if (!told) return tl::unexpected(told.error());
  return heartbeat{
      told->clock, told->oldest_in_doubt, told->records_read,     told->frames_counted, told->owns_lanes_allowed, told->sent,
      told->echo,  told->roster_next,     std::move(told->lanes), std::move(told->gone)};
}

}  // namespace seatgrid::cluster
