#pragma once

#include <cstdint>
#include <map>

#include "domain/media_port.hpp"
#include "sim/phones.hpp"
#include "sim/stage.hpp"

namespace seatgrid::sim {

/// The media engine: endpoints, prompts that end, recordings that are finished. All of it dies with the process.
class media_world {
 public:
  media_world(stage& on, phones& far_ends) : stage_(on), phones_(far_ends) {}
  void hear(slot_number at, const media_command& command);
  void press(call_id call, char digit);
  /// The process behind the slot dies, or closes it.
  void kill(slot_number at = 0);
  std::size_t open() const { return endpoints_.size(); }

 private:
  struct endpoint {
    slot_number slot = 0;
    std::uint16_t port = 0;
    std::uint32_t play = 0;
  };
  struct recording {
    slot_number slot = 0;
    call_id call{};
    std::string path{};
    time_point began{};
    std::uint32_t segment = 1;
  };
  void to_node(slot_number at, media_event event);
  void watch_silence(slot_number at, leg_id leg);
  /// False when none of that number runs.
  bool finish(slot_number at, std::uint64_t number);
  /// Of a file that is complete, or that a death left.
  void tell_file(slot_number at, call_id call, std::uint64_t number, const std::string& path, std::uint32_t segment,
                 milliseconds length, bool goes_on);

  stage& stage_;
  phones& phones_;
  std::uint16_t last_port_ = 30'000;
  std::map<leg_id, endpoint> endpoints_{};
  std::map<std::pair<call_id, std::uint64_t>, recording> recordings_{};
};

}  // namespace seatgrid::sim
