#include "apps/cluster_seat.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <utility>

#include "apps/run_command.hpp"
#include "media/recordings.hpp"
#include "storage/kafka/kafka_log.hpp"

namespace seatgrid {
namespace {

constexpr milliseconds tick_every{50};
constexpr milliseconds open_again{20};
constexpr milliseconds open_patience{5'000};  // the former holder may still be closing its sockets
constexpr milliseconds address_patience{5'000};
constexpr lane_id config_lane = 0;
constexpr int exit_out_of_cluster = 70;
constexpr const char* configuration_word = "configuration";

std::uint8_t roles_of(const std::vector<std::string>& names) {
  std::uint8_t out = 0;
  for (const auto& [name, role] : {std::pair{"edge", cluster::node_role::edge}, std::pair{"core", cluster::node_role::core},
                                   std::pair{"media", cluster::node_role::media}, std::pair{"api", cluster::node_role::api}})
    if (std::find(names.begin(), names.end(), name) != names.end()) out |= static_cast<std::uint8_t>(role);
  return out;
}

cluster::link_options link_options_of(const cluster_options& from, const cluster::lane_owner& me) {
  cluster::link_options out{.cluster = from.name, .me = me, .host = from.link.host, .port = from.link.port};
  out.certificate = from.link.certificate;
  out.key = from.link.key;
  out.authority = from.link.authority;
  out.waiting_bytes_max = from.link.waiting_bytes_max;
  return out;
}

cluster::steward_options steward_options_of(const cluster_options& from) {
  cluster::steward_options out{.settle = from.settle,
                               .move_every = from.move_every,
                               .rest_patience = from.rest_patience,
                               .lease = from.lease,
                               .lease_margin = from.lease_margin};
  out.members = {
      .heartbeat = from.heartbeat, .suspect_after = from.suspect_after, .give_up = from.give_up, .skew_max = from.skew_max};
  return out;
}

}  // namespace

cluster_seat::cluster_seat(const node_app_options& options, cluster::lane_owner me, cluster::lane_journal& log,
                           config_store& store)
    : options_(options), me_(std::move(me)), log_(log), store_(store) {
  actors::router_world world{.me = me_, .owner_of = {}, .holder_of = {}, .send = {}};
  world.owner_of = [this](lane_id lane) -> std::optional<cluster::lane_owner> {
    const auto* desk = steward_.load();
    const auto owner = desk == nullptr ? cluster::lane_owner{} : desk->owner_of(lane);
    return owner.process ? std::optional{owner} : std::nullopt;
  };
  world.holder_of = [this](slot_number slot) -> std::optional<cluster::lane_owner> {
    const auto* desk = steward_.load();
    return desk == nullptr ? std::nullopt : desk->holder_of(slot);
  };
  world.send = [this](const cluster::lane_owner& to, cluster::envelope what) -> result<void> {
    auto* desk = steward_.load();
    if (desk == nullptr) return fail(errc::unavailable, "this node has not joined yet");
    return desk->link().send(to, std::move(what));
  };
  router_ = std::make_unique<actors::router>(actors::router_options{.lanes = options_.node.lanes}, std::move(world),
                                             [this](actors::input_ptr in) {
                                               if (auto* actors = node_.load()) actors->take(std::move(in));
                                             });
}

cluster_seat::~cluster_seat() { stop(); }

void cluster_seat::fill(node_ports& ports) {
  ports.to_leg = [this](leg_command what) { router_->to_leg(std::move(what)); };
  ports.to_media = [this](media_command what) { router_->to_media(std::move(what)); };
  ports.remove_recording = [this](call_id of, const std::string& path) {
    if (!router_->remove_recording(of, path)) spdlog::warn("{} stays: nobody holds the addresses of its call", path);
  };
  ports.register_reply = [this](struct register_reply what) { router_->to_register(std::move(what)); };
  ports.forward = [this](lane_id lane, const actors::entity_input& in) { return router_->forward(lane, in); };
  ports.is_elsewhere = [this](lane_id lane) { return router_->is_elsewhere(lane); };
}

cluster::node_card cluster_seat::card(const std::string& api_url) const {
  cluster::node_card out{.who = me_};
  out.roles = roles_of(options_.cluster.roles);
  out.version = SEATGRID_VERSION;
  out.link_host = options_.cluster.link.host;
  out.api_url = api_url;
  out.slot = {.listen = options_.edge.listen,
              .sip_advertised = options_.edge.advertised_host,
              .rtp_host = options_.media.bind_host,
              .rtp_advertised = options_.media.advertised_host,
              .rtp_first = options_.media.port_first,
              .rtp_last = options_.media.port_last};
  return out;
}

void cluster_seat::attach(node& actors) {
  node_ = &actors;
  gateway_ = std::make_unique<actors::cluster_gateway>(actors.api(), *router_);
  tasks_ = std::make_unique<task_thread>(
      "seat", [this] { router_->tick(); }, tick_every);
  provisioner_ = std::make_unique<task_thread>("provision");
}

result<void> cluster_seat::join(const std::string& api_url) {
  auto kafka = options_.kafka;
  kafka.topic = options_.cluster.name + ".nodes";
  kafka.lanes = 1;
  auto roster = open_kafka_log(std::move(kafka));
  if (!roster) return tl::unexpected{roster.error()};
  cluster::steward_desk_options desk{.card = card(api_url), .steward = steward_options_of(options_.cluster)};
  desk.roster = std::move(*roster);
  desk.open_links = [this](cluster::link_handlers handlers) {
    return cluster::open_links(link_options_of(options_.cluster, me_), std::move(handlers));
  };
  auto opened = cluster::steward_desk::open(std::move(desk), hooks());
  if (!opened) return tl::unexpected{opened.error()};
  desk_ = std::move(*opened);
  steward_ = desk_.get();
  look_soon();
  return {};
}

cluster::steward_hooks cluster_seat::hooks() {
  cluster::steward_hooks out;
  out.claim = [this](lane_id lane, const std::string& why) {
    spdlog::info("lane {}: claimed, {}", lane, why);
    claim(lane);
  };
  out.bring_to_rest = [this](lane_id lane, std::function<void(bool)> answer) { bring_to_rest(lane, std::move(answer)); };
  out.open_slot = [this](slot_number at, const cluster::slot& what) {
    router_->expect(at);
    tasks_->post([this, at, what] { open_slot(at, what); });
  };
  out.close_slot = [this](slot_number at) { close_slot(at); };
  out.give_up = [this](const std::string& why) { log_.give_up(why); };
  out.end_process = [](const std::string& why) {
    spdlog::critical("this process is out of the cluster: {}", why);
    std::_Exit(exit_out_of_cluster);
  };
  out.lanes = [this] { return log_.lanes(); };
  out.may_own = [this] { return !draining_ && !log_.status().failed; };
  out.changed = [this] { look_soon(); };
  out.say = [](const std::string& line) { spdlog::info("cluster: {}", line); };
  out.message = [this](const cluster::lane_owner& from, const cluster::envelope& what) { router_->on_message(from, what); };
  out.link_up = [this](const cluster::lane_owner&) { look_soon(); };
  return out;
}

void cluster_seat::claim(lane_id lane) {
  const auto ended = [this, lane](bool won) {
    if (auto* desk = steward_.load()) desk->claim_ended(lane, won);
  };
  if (lane != config_lane) return node_.load()->claim(lane, ended);
  log_.claim(
      config_lane,
      [this, ended](result<lane_claim> came) {
        if (came) store_.own(came->at);
        ended(came.has_value());
      },
      [this](const error&) { store_.lost(); });
}

/// Nothing of lane 0 is under way but what somebody applies, who hears `unavailable` and looks.
void cluster_seat::bring_to_rest(lane_id lane, std::function<void(bool)> done) {
  if (lane == config_lane) return done(true);
  node_.load()->bring_to_rest(lane, options_.cluster.rest_patience, std::move(done));
}

void cluster_seat::on_folded(const recorded_step& came) {
  store_.on_folded(came);
  if (auto* actors = node_.load()) actors->on_foreign_step(came);
}

void cluster_seat::on_owner(lane_id lane, const cluster::lane_owner& owner, std::uint64_t epoch) {
  if (lane == config_lane) store_.on_owner(owner.node);
  if (auto* desk = steward_.load()) desk->owner_read(lane, owner, epoch);
  look_soon();
}

void cluster_seat::look_soon() {
  if (!looks_.exchange(true)) tasks_->post([this] { look_again(); });
}

/// Owners or holders changed: what is held may go, and calls of ours whose slot moved are made anew.
void cluster_seat::look_again() {
  looks_ = false;
  auto* actors = node_.load();
  const auto* desk = steward_.load();
  if (actors == nullptr || desk == nullptr) return;
  actors->owners_changed();
  for (const auto& one : desk->view().slots) {
    const auto holder = one.holder ? one.holder->process : cluster::process_id{};
    if (std::exchange(holders_[one.number], holder) == holder || !holder) continue;
    actors->resume_calls_at(one.number, router_->calls_with_legs_at(one.number));
  }
}

result<std::string> cluster_seat::ask_configuration(const std::string& what, std::string payload) {
  auto answered = std::make_shared<std::promise<result<std::string>>>();
  auto future = answered->get_future();
  router_->ask_owner(config_lane, configuration_word, what + "\n" + payload,
                     [answered](result<std::string> came) { answered->set_value(std::move(came)); });
  return future.get();  // the router answers each question, at the latest with timed_out
}

void cluster_seat::serve_configuration(configuration_server how) {
  router_->serve(configuration_word, [this, how = std::move(how)](std::string payload, gateway::answer done) {
    const bool posted = provisioner_->post([how, payload = std::move(payload), done] {
      const auto line = payload.find('\n');
      done(how(payload.substr(0, line), line == std::string::npos ? std::string{} : payload.substr(line + 1)));
    });
    if (!posted) done(fail(errc::full, "too much is being provisioned"));
  });
}

// --- slots -------------------------------------------------------------------------------------------------------

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
    std::this_thread::sleep_for(open_again);
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
    if (!made) return spdlog::error("slot {} of {} cannot be opened: {}", at, what.node, made.error().what);
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

/// On the steward's thread: when it returns the slot is silent.
void cluster_seat::close_slot(slot_number at) {
  router_->close(at);
  station_ptr gone;
  {
    const std::lock_guard lock{stations_mutex_};
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

// --- the end -----------------------------------------------------------------------------------------------------

void cluster_seat::drain() {
  draining_ = true;
  if (!desk_) return;
  if (const auto told = desk_->drain(me_.node, true); !told) spdlog::warn("the cluster was not told: {}", told.error().what);
}

void cluster_seat::leave() {
  if (!desk_) return;
  if (const auto left = desk_->leave(); !left) spdlog::warn("leaving the cluster: {}", left.error().what);
}

void cluster_seat::stop() {
  open_ = false;
  if (tasks_) tasks_->stop();
  if (provisioner_) provisioner_->stop();
  if (desk_) desk_->close();
  for (const auto& [unused, one] : held_stations()) one->stop();
}

}  // namespace seatgrid
