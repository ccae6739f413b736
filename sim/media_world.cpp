#include "sim/media_world.hpp"

#include <utility>

#include "base/overload.hpp"
#include "domain/recording_path.hpp"

namespace seatgrid::sim {
namespace {

constexpr milliseconds engine_wait{1};
constexpr seconds silence{60};

}  // namespace

void media_world::to_node(slot_number at, media_event event) {
  stage_.in_life_of(at, engine_wait, [this, at, event = std::move(event)] { stage_.stations[at].on_media(event); });
}

void media_world::press(call_id call, char digit) {
  const leg_id leg{call, 1};
  if (const auto it = endpoints_.find(leg); it != endpoints_.end())
    to_node(it->second.slot, media_digit{.leg = leg, .digit = digit, .duration_ms = 120});
}

void media_world::kill(slot_number at) {
  std::erase_if(endpoints_, [&](const auto& one) { return one.second.slot == at; });
  std::erase_if(recordings_, [&](const auto& one) { return one.second.slot == at; });
}

/// A far end that is gone sends nothing: the engine says so, once a minute.
void media_world::watch_silence(slot_number at, leg_id leg) {
  stage_.in_life_of(at, silence, [this, at, leg] {
    if (!endpoints_.contains(leg)) return;
    if (!phones_.is_alive(leg)) to_node(at, media_silent{.leg = leg, .last_packet_at = stage_.now() - silence});
    watch_silence(at, leg);
  });
}

void media_world::hear(slot_number at, const media_command& command) {
  std::visit(overload{[&](const media_open& c) {
                        const bool is_new = !endpoints_.contains(c.leg);
                        auto& made = endpoints_[c.leg];
                        made.slot = at;
                        made.port = c.port != 0 ? c.port : (last_port_ = static_cast<std::uint16_t>(last_port_ + 2));
                        to_node(at, media_opened{.leg = c.leg, .local = {"10.0.0.1", made.port}});
                        if (is_new) watch_silence(at, c.leg);
                      },
                      [](const media_connect&) {},
                      [&](const media_play& c) {
                        const auto it = endpoints_.find(c.leg);
                        if (it == endpoints_.end()) return;
                        it->second.play = c.play_id;
                        if (c.loop) return;
                        stage_.in_life_of(at, stage_.chance.wait(200, 3'000), [this, at, c] {
                          const auto now = endpoints_.find(c.leg);
                          if (now == endpoints_.end() || now->second.play != c.play_id) return;
                          now->second.play = 0;
                          to_node(at, media_played{.leg = c.leg, .play_id = c.play_id, .missing = {}});
                        });
                      },
                      [&](const media_stop& c) {
                        if (const auto it = endpoints_.find(c.leg); it != endpoints_.end()) it->second.play = 0;
                      },
                      [](const media_bridge&) {}, [](const media_unbridge&) {},
                      [&](const media_record& c) {
                        if (c.segment > 1)
                          tell_file(at, c.left.call, c.recording, c.path, c.segment - 1, milliseconds{500}, true);
                        recordings_[{c.left.call, c.recording}] = {at, c.left.call, c.path, stage_.now(), c.segment};
                        if (c.stop_after_silence.count() == 0) return;
                        stage_.in_life_of(at, stage_.chance.wait(2'000, 15'000),
                                          [this, at, c] { static_cast<void>(finish(at, c.recording)); });
                      },
                      [&](const media_record_stop& c) {
                        if (!finish(at, c.recording))
                          tell_file(at, c.call, c.recording, c.path, c.segment, milliseconds{500}, false);
                      },
                      [](const media_send_digit&) {},
                      [&](const media_close& c) {
                        endpoints_.erase(c.leg);
                        media_statistics statistics;
                        statistics.packets_received = 50;
                        to_node(at, media_closed{.leg = c.leg, .statistics = statistics});
                      }},
             command);
}

bool media_world::finish(slot_number at, std::uint64_t number) {
  for (auto it = recordings_.begin(); it != recordings_.end(); ++it) {
    if (it->first.second != number || it->second.slot != at) continue;
    const auto r = it->second;
    recordings_.erase(it);
    tell_file(at, r.call, number, r.path, r.segment, ms_between(stage_.now(), r.began), false);
    return true;
  }
  return false;
}

void media_world::tell_file(slot_number at, call_id call, std::uint64_t number, const std::string& path, std::uint32_t segment,
                            milliseconds length, bool goes_on) {
  to_node(at, media_recorded{.call = call,
                             .recording = number,
                             .path = segment_path(path, segment),
                             .bytes = 1'000,
                             .length_ms = static_cast<std::uint32_t>(length.count()),
                             .sha256 = "00",
                             .segment = segment,
                             .goes_on = goes_on});
}

}  // namespace seatgrid::sim
