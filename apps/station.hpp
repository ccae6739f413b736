#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/gateway.hpp"
#include "base/result.hpp"
#include "domain/effect.hpp"
#include "media/engine.hpp"
#include "sip/edge.hpp"

/// A slot at work in this process: an edge and a media engine on its addresses, between actors and the network.
namespace seatgrid {

struct station_options {
  edge_options edge{};
  media_options media{};
  std::string assets{};
  std::function<void()> silence{};  ///< makes `may_speak` of both say no for ever
};

/// Who hears what the slot tells; on threads of edge and media, must not block.
struct station_ears {
  std::function<void(leg_event)> on_leg{};
  std::function<void(media_event)> on_media{};
  std::function<void(register_request)> on_register{};
  std::function<bool()> accepting_calls{};
  std::function<bool()> draining{};
};

class station final : private edge_sink {
 public:
  station(station_options options, station_ears ears);
  ~station() override;
  station(const station&) = delete;
  station& operator=(const station&) = delete;

  // In this order; commands that come before begin() wait for it.
  result<void> open_media(const std::vector<config_ptr>& tenants);
  /// @error unavailable  an address cannot be bound
  result<void> open_edge();
  /// Both stand, and whoever hears them too.
  void begin();
  /// Not one datagram leaves from here on; any thread, at once.
  void silence() const {
    if (options_.silence) options_.silence();
  }
  /// Not one word more to anybody: dialogs live on in their records.
  void stop();

  void to_leg(leg_command what);
  void to_media(media_command what);
  void to_register(register_reply what);
  /// What is provisioned from here on.
  void take(const std::vector<config_ptr>& tenants);
  /// Phones that registered at this slot, as the rows know them.
  void load_bindings(const gateway& rows, const std::vector<config_ptr>& tenants);
  void allow_recordings(bool allowed);
  /// True when these are the addresses that it speaks on.
  bool is_at(const std::vector<std::string>& listen, const std::string& rtp_host) const {
    return options_.edge.listen == listen && options_.media.bind_host == rtp_host;
  }
  edge_status edge_state() const { return edge_ ? edge_->status() : edge_status{}; }

 private:
  void send(leg_command what);
  void on_leg(leg_event event) override { ears_.on_leg(std::move(event)); }
  void on_register(register_request request) override { ears_.on_register(std::move(request)); }
  bool accepting_calls() override { return ears_.accepting_calls(); }
  bool draining() override { return ears_.draining && ears_.draining(); }

  station_options options_;
  station_ears ears_;
  std::unique_ptr<engine> media_{};
  std::unique_ptr<edge> edge_{};
  std::atomic<bool> held_{true};
  std::mutex held_mutex_{};
  std::vector<leg_command> held_orders_{};
  std::vector<media_command> held_media_{};
};

}  // namespace seatgrid
