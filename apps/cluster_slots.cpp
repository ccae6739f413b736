#include <spdlog/spdlog.h>

#include <chrono>
#include <thread>
#include <utility>

#include "apps/cluster_seat.hpp"
#include "apps/run_command.hpp"
#include "media/recordings.hpp"

/// Slots of this process: a station each, opened and closed as the steward says.
namespace seatgrid {
namespace {

constexpr milliseconds bind_again{20};
constexpr milliseconds open_patience{5'000};  // the former holder may still be closing its sockets
constexpr milliseconds address_patience{5'000};
constexpr milliseconds retry_slot_every{2'000};

}  // namespace

station_ears cluster_seat::ears_of(slot_number at) {
  return {.on_leg = [this, at](leg_event what) { router_->on_leg(at, std::move(what)); },
          .on_media = [this](media_event what) { router_->on_media(std::move(what)); },
          .on_register = [this, at](register_request what) { router_->on_register(at, std::move(what)); },
          .accepting_calls = [this] { return open_ && !draining_; },
          .draining = [this] { return draining_.load(); }};
}

result<cluster_seat::station_ptr> cluster_seat::make_station(slot_number at, const cluster::slot_addresses& where) {
  station_options made{.edge = options_.edge, .media = options_.media, .assets = options_.assets};
  made.edge.slot = at;
  made.edge.listen = where.listen;
  made.edge.advertised_host = where.sip_advertised;
  made.media.bind_host = where.rtp_host;
  made.media.advertised_host = where.rtp_advertised;
  made.media.port_first = where.rtp_first;
  made.media.port_last = where.rtp_last;
  made.media.data_directory = options_.data;
  const auto silenced = std::make_shared<std::atomic<bool>>(false);
  made.silence = [silenced] { *silenced = true; };
  made.edge.may_speak = made.media.may_speak = [this, silenced] {
    const auto* desk = steward_.load(std::memory_order_relaxed);
    return !silenced->load(std::memory_order_relaxed) && desk != nullptr && desk->may_speak(cluster::steward_desk::clock_now());
  };
  auto fresh = std::make_shared<station>(std::move(made), ears_of(at));
  const auto tenants = store_.tenants();
  if (auto media = fresh->open_media(tenants); !media) return tl::unexpected{media.error()};
  for (const auto until = std::chrono::steady_clock::now() + open_patience;;) {
    auto edge = fresh->open_edge();
    if (edge) break;
    if (std::chrono::steady_clock::now() > until) return tl::unexpected{edge.error()};
    std::this_thread::sleep_for(bind_again);
  }
  fresh->take(tenants);
  fresh->load_bindings(*gateway_, tenants);
  fresh->begin();
  return fresh;
}

void cluster_seat::open_slot(slot_number at, const cluster::slot& what) {
  const auto began = std::chrono::steady_clock::now();
  station_ptr here;
  for (const auto& [unused, one] : held_stations())
    if (one->is_at(what.addresses.listen, what.addresses.rtp_host)) here = one;  // the same machine under another name
  if (!here) {
    move_addresses("take", what);
    auto made = make_station(at, what.addresses);
    if (!made) {
      spdlog::error("slot {} of {} cannot be opened: {}", at, what.node, made.error().what);
      const std::lock_guard lock{stations_mutex_};
      failed_[at] = {what, made.error().what, std::chrono::steady_clock::now() + retry_slot_every};
      return;
    }
    here = std::move(*made);
  }
  {
    const std::lock_guard lock{stations_mutex_};
    stations_[at] = here;
  }
  router_->open(at, {.to_leg = [here](leg_command c) { here->to_leg(std::move(c)); },
                     .to_media = [here](media_command c) { here->to_media(std::move(c)); },
                     .to_register = [here](register_reply r) { here->to_register(std::move(r)); },
                     .remove_recording = [this](const std::string& path) { remove_recording(options_.data, path); }});
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  spdlog::info("slot {} of {} is open here after {} ms", at, what.node, took.count());
}

/// Slots whose addresses could not be bound: as long as they are ours.
void cluster_seat::open_again() {
  std::vector<std::pair<slot_number, cluster::slot>> due;
  {
    const std::lock_guard lock{stations_mutex_};
    std::erase_if(failed_, [&](const auto& one) {
      if (one.second.again > std::chrono::steady_clock::now()) return false;
      due.emplace_back(one.first, one.second.what);
      return true;
    });
  }
  for (const auto& [at, what] : due) open_slot(at, what);
}

/// On the steward's thread: when it returns the slot is silent.
void cluster_seat::close_slot(slot_number at) {
  router_->close(at);
  station_ptr gone;
  {
    const std::lock_guard lock{stations_mutex_};
    failed_.erase(at);
    const auto found = stations_.find(at);
    if (found == stations_.end()) return;
    gone = std::move(found->second);
    stations_.erase(found);
    for (const auto& [unused, one] : stations_)
      if (one == gone) return;
  }
  gone->silence();
  tasks_->post([gone, at] {
    gone->stop();
    spdlog::info("slot {} is closed here", at);
  });
}

/// The platform's way to move addresses between machines, when there is one: "COMMAND take|give HOST...".
void cluster_seat::move_addresses(const char* how, const cluster::slot& what) const {
  if (options_.cluster.address_command.empty()) return;
  const auto ended = run_command(options_.cluster.address_command, {how, what.node, what.addresses.rtp_host}, address_patience);
  if (!ended) spdlog::error("cluster.address_command: {}", ended.error().what);
}

std::map<slot_number, cluster_seat::station_ptr> cluster_seat::held_stations() const {
  const std::lock_guard lock{stations_mutex_};
  return stations_;
}

void cluster_seat::take(const std::vector<config_ptr>& tenants) {
  for (const auto& [unused, one] : held_stations()) one->take(tenants);
}

void cluster_seat::allow_recordings(bool allowed) {
  for (const auto& [unused, one] : held_stations()) one->allow_recordings(allowed);
}

edge_status cluster_seat::edge_state() const {
  const auto all = held_stations();
  const auto* desk = steward_.load();
  const auto own = desk == nullptr ? all.end() : all.find(desk->my_slot());
  return own == all.end() ? edge_status{} : own->second->edge_state();
}

std::uint64_t cluster_seat::legs() const {
  std::uint64_t sum = 0;
  for (const auto& [unused, one] : held_stations()) sum += one->edge_state().legs;
  return sum;
}

}  // namespace seatgrid
