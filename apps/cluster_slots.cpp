#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <set>
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
constexpr milliseconds address_again_after{2'000};

/// sip:HOST[:PORT][;parameters] with another port.
std::string with_port(const std::string& uri, std::uint16_t port) {
  const auto host = uri.find(':') + 1;
  const auto from = uri.find(uri[host] == '[' ? ']' : ':', host);
  const auto parameters = std::min(uri.find(';', host), uri.size());
  const auto end_of_host = from == std::string::npos || from > parameters ? parameters : uri[host] == '[' ? from + 1 : from;
  return uri.substr(0, end_of_host) + ":" + std::to_string(port) + uri.substr(parameters);
}

}  // namespace

station_ears cluster_seat::ears_of(slot_number at) {
  return {.on_leg = [this, at](leg_event what) { router_->on_leg(at, std::move(what)); },
          .on_media = [this](media_event what) { router_->on_media(std::move(what)); },
          .on_register = [this, at](register_request what) { router_->on_register(at, std::move(what)); },
          .accepting_calls = [this] { return open_ && !draining_; },
          .draining = [this] { return draining_.load(); }};
}

cluster_seat::slot_turn cluster_seat::begin_turn(slot_number at) {
  const std::lock_guard lock{stations_mutex_};
  return turns_[at] = std::make_shared<std::atomic<bool>>(false);
}

/// Where this node speaks for the slot.
cluster::slot_addresses cluster_seat::place_of(slot_number at, const cluster::slot& what) const {
  const auto& spare = options_.cluster.spare;
  if (options_.cluster.adoption == slot_adoption::address || what.node == me_.node) return what.addresses;
  const auto port = static_cast<std::uint16_t>(spare.sip_first + at - 1);
  cluster::slot_addresses out{.sip_advertised = options_.edge.advertised_host,
                              .rtp_host = options_.media.bind_host,
                              .rtp_advertised = options_.media.advertised_host,
                              .rtp_first = spare.rtp_first,
                              .rtp_last = spare.rtp_last};
  for (const auto& own : options_.edge.listen) out.listen.push_back(with_port(own, port));
  return out;
}

result<cluster_seat::station_ptr> cluster_seat::make_station(slot_number at, const cluster::slot_addresses& own,
                                                             const cluster::slot_addresses& where, const slot_turn& turn) {
  station_options made{.edge = options_.edge, .media = options_.media, .assets = options_.assets};
  made.edge.slot = at;
  if (own.listen != where.listen) {
    made.edge.former_listen = own.listen;
    made.edge.former_advertised_host = own.sip_advertised;
  }
  made.edge.listen = where.listen;
  made.edge.advertised_host = where.sip_advertised;
  made.media.bind_host = where.rtp_host;
  made.media.advertised_host = where.rtp_advertised;
  made.media.port_first = where.rtp_first;
  made.media.port_last = where.rtp_last;
  made.media.data_directory = options_.data;
  made.silence = [turn] { *turn = true; };
  made.edge.may_speak = made.media.may_speak = [this, turn] {
    const auto* desk = steward_.load(std::memory_order_relaxed);
    return !turn->load(std::memory_order_relaxed) && desk != nullptr && desk->may_speak(cluster::steward_desk::clock_now());
  };
  auto fresh = std::make_shared<station>(std::move(made), ears_of(at));
  const auto tenants = store_.tenants();
  if (auto media = fresh->open_media(tenants); !media) return tl::unexpected{media.error()};
  for (const auto until = std::chrono::steady_clock::now() + open_patience;;) {
    auto edge = fresh->open_edge();
    if (edge) break;
    if (*turn || std::chrono::steady_clock::now() > until) return tl::unexpected{edge.error()};
    std::this_thread::sleep_for(bind_again);
  }
  fresh->take(tenants);
  fresh->load_bindings(*gateway_, tenants);
  fresh->begin();
  return fresh;
}

void cluster_seat::open_slot(slot_number at, const cluster::slot& what, const slot_turn& turn) {
  if (*turn) return;
  const auto began = std::chrono::steady_clock::now();
  const auto place = place_of(at, what);
  station_ptr here;
  for (const auto& [unused, one] : held_stations())
    if (one->is_at(place.listen, place.rtp_host)) here = one;  // the same machine under another name
  if (!here) {
    if (place == what.addresses) move_addresses("take", what);
    if (*turn) return spdlog::info("slot {} of {} was given up before it was open here", at, what.node);
    auto made = make_station(at, what.addresses, place, turn);
    if (!made) {
      const std::lock_guard lock{stations_mutex_};
      if (*turn) return;
      spdlog::error("slot {} of {} cannot be opened: {}", at, what.node, made.error().what);
      failed_[at] = {what, made.error().what, std::chrono::steady_clock::now() + retry_slot_every};
      return;
    }
    here = std::move(*made);
  }
  std::unique_lock lock{stations_mutex_};  // close_slot comes before, and says so, or after, and finds it
  if (*turn) {
    lock.unlock();
    here->stop();
    return spdlog::info("slot {} of {} was given up while it was opened here", at, what.node);
  }
  stations_[at] = here;
  if (place == what.addresses && !options_.cluster.address_command.empty())
    take_again_[at] = {what, {}, began + address_again_after};
  router_->open(at, {.to_leg = [here](leg_command c) { here->to_leg(std::move(c)); },
                     .to_media = [here](media_command c) { here->to_media(std::move(c)); },
                     .to_register = [here](register_reply r) { here->to_register(std::move(r)); },
                     .remove_recording = [this](const std::string& path) { remove_recording(options_.data, path); }});
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  spdlog::info("slot {} of {} is open here on {} after {} ms", at, what.node, place.listen.empty() ? "" : place.listen.front(),
               took.count());
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
  for (const auto& [at, what] : due) open_slot(at, what, turn_of(at));
  take_address_again();
}

cluster_seat::slot_turn cluster_seat::turn_of(slot_number at) const {
  const std::lock_guard lock{stations_mutex_};
  const auto found = turns_.find(at);
  return found == turns_.end() ? std::make_shared<std::atomic<bool>>(true) : found->second;
}

/// Who gave the slot up while it opened it may have had its own "take" under way, which ended after ours.
void cluster_seat::take_address_again() {
  std::vector<cluster::slot> due;
  {
    const std::lock_guard lock{stations_mutex_};
    std::erase_if(take_again_, [&](const auto& one) {
      if (one.second.again > std::chrono::steady_clock::now()) return false;
      due.push_back(one.second.what);
      return true;
    });
  }
  for (const auto& what : due) move_addresses("take", what);
}

/// On the steward's thread: when it returns the slot is silent.
void cluster_seat::close_slot(slot_number at) {
  station_ptr gone;
  {
    const std::lock_guard lock{stations_mutex_};
    router_->close(at);
    failed_.erase(at);
    take_again_.erase(at);
    const auto turn = turns_.extract(at);
    const auto found = stations_.find(at);
    if (found == stations_.end()) {
      if (turn) *turn.mapped() = true;  // it is being opened
      return;
    }
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

/// The platform's way to move addresses between machines, when there is one: "COMMAND take NODE HOST".
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

std::map<slot_number, edge_status> cluster_seat::edge_states() const {
  std::map<slot_number, edge_status> all;
  std::set<const station*> seen;  // one may serve several slots: the same machine under other names
  for (const auto& [slot, one] : held_stations())
    if (seen.insert(one.get()).second) all[slot] = one->edge_state();
  return all;
}

std::uint64_t cluster_seat::legs() const {
  std::uint64_t sum = 0;
  for (const auto& [unused, state] : edge_states()) sum += state.legs;
  return sum;
}

}  // namespace seatgrid
