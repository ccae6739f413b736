#include "apps/cluster_seat.hpp"

#include <spdlog/spdlog.h>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <future>
#include <utility>

#include "apps/fencing.hpp"
#include "media/recordings.hpp"
#include "storage/kafka/kafka_log.hpp"

namespace seatgrid {
namespace {

constexpr milliseconds tick_every{50};
constexpr milliseconds drained_at_least{2'000};  // others need a moment to take what it had
constexpr milliseconds look_at_disk_every{500};
constexpr double room_again = 1.0;  // per cent beyond the limit: lanes shall not go to and fro
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
  actors::router_world world{.me = me_, .owner_of = {}, .holder_of = {}, .send = {}, .now = {}};
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
  ports.is_elsewhere = [this](lane_id lane) { return is_given_up(lane) || router_->is_elsewhere(lane); };
}

cluster::node_card cluster_seat::card(const std::string& api_url) const {
  cluster::node_card out{.who = me_};
  out.roles = roles_of(options_.cluster.roles);
  out.version = SEATGRID_VERSION;
  out.link_host = options_.cluster.link.host;
  out.api_url = api_url;
  if (!has_role(out.roles, cluster::node_role::edge)) return out;
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
      "seat",
      [this] {
        look_at_disk();
        end_when_empty();
        open_again();
      },
      tick_every);
  provisioner_ = std::make_unique<task_thread>("provision");
  ways_ = std::make_unique<task_thread>(
      "ways", [this] { router_->tick(); }, tick_every);
  router_->serve(file_word, [data = options_.data](const std::string& path, const gateway::answer& done) {
    done(has_recording(data, path) ? "here" : "");
  });
}

result<void> cluster_seat::join(const std::string& api_url) {
  auto kafka = options_.kafka;
  kafka.topic = options_.cluster.name + ".nodes";
  kafka.lanes = 1;
  auto roster = open_kafka_log(std::move(kafka));
  if (!roster) return tl::unexpected{roster.error()};
  cluster::steward_desk_options desk{.card = card(api_url), .steward = steward_options_of(options_.cluster)};
  desk.rules = fencing_of_this_program().steward;
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
    const auto turn = begin_turn(at);
    tasks_->post([this, at, what, turn] { open_slot(at, what, turn); });
  };
  out.close_slot = [this](slot_number at) { close_slot(at); };
  out.give_up = [this](const std::string& why) {
    given_up_ = ~std::uint64_t{0};
    log_.give_up(why);
  };
  out.end_process = [](const std::string& why) {
    spdlog::critical("this process is out of the cluster: {}", why);
    std::_Exit(exit_out_of_cluster);
  };
  out.lanes = [this] { return log_.lanes(); };
  out.may_own = [this] { return !draining_ && has_room_ && !log_.status().failed; };
  out.record = [this](std::uint64_t offset, const auto& what, time_point log) { node_.load()->on_roster(offset, what, log); };
  out.changed = [this] { look_soon(); };
  out.say = [](const std::string& line) { spdlog::info("cluster: {}", line); };
  out.message = [this](const cluster::lane_owner& from, const cluster::envelope& what) { router_->on_message(from, what); };
  out.link_up = [this](const cluster::lane_owner&) { look_soon(); };
  return out;
}

void cluster_seat::claim(lane_id lane) {
  given_up_ &= ~bit_of(lane);
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
  if (looks_.exchange(true)) return;
  if (!tasks_->post([this] { look_again(); })) looks_ = false;  // refused: the next change asks again
}

/// Owners or holders changed: what is held may go, and calls of ours whose slot moved are made anew.
void cluster_seat::look_again() {
  looks_ = false;
  auto* actors = node_.load();
  const auto* desk = steward_.load();
  if (actors == nullptr || desk == nullptr) return;
  look_whether_drained();
  router_->repeat_new_calls();
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
  router_->serve(configuration_word, [this, how = std::move(how)](std::string payload, const gateway::answer& done) {
    const bool posted = provisioner_->post([how, payload = std::move(payload), done] {
      const auto line = payload.find('\n');
      done(how(payload.substr(0, line), line == std::string::npos ? std::string{} : payload.substr(line + 1)));
    });
    if (!posted) done(fail(errc::full, "too much is being provisioned"));
  });
}

/// For this process only: the next one of this node serves. Others read in its heartbeats that it may own nothing.
void cluster_seat::drain() { draining_ = true; }

/// An operator's order stands in the roster.
void cluster_seat::look_whether_drained() {
  const auto* desk = steward_.load();
  const auto all = desk == nullptr ? std::vector<cluster::member>{} : desk->members();
  const auto self = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.card.who.process == me_.process; });
  const bool ordered = self != all.end() && self->drains;
  if (ordered == drained_since_.has_value()) return;
  drained_since_ = ordered ? std::optional{std::chrono::steady_clock::now()} : std::nullopt;
  draining_ = ordered;
  spdlog::info("{}", ordered ? "drained by order: no new calls, and the end when it is empty" : "serves again by order");
}

/// Without room the lanes go to other nodes while they can still be brought to rest: audio and reflexes need no disk.
void cluster_seat::look_at_disk() {
  const auto& disk = options_.node.disk;
  const auto at = std::chrono::steady_clock::now();
  if (!disk.free_percent || at < disk_at_) return;
  disk_at_ = at + look_at_disk_every;
  const auto free = disk.free_percent();
  const bool has_room = free >= disk.calls_stop_below + (has_room_ ? 0.0 : room_again);
  if (has_room_.exchange(has_room) == has_room) return;
  spdlog::warn("disk: {:.1f} % free: this node {}", free, has_room ? "may own lanes again" : "gives its lanes to others");
}

void cluster_seat::end_when_empty() {
  if (!drained_since_ || ends_) return;
  const auto waited = std::chrono::steady_clock::now() - *drained_since_;
  const auto lanes = log_.lanes();
  const bool empty = waited > drained_at_least && legs() == 0 && std::none_of(lanes.begin(), lanes.end(), [](const auto& one) {
                       return one.mode == cluster::lane_mode::owner;
                     });
  if (!empty && waited < options_.cluster.drain_max) return;
  ends_ = true;
  spdlog::info("drained: {}", empty ? "nothing is left here" : "cluster.drain_max is over, the calls go on elsewhere");
  ::kill(::getpid(), SIGTERM);
}

void cluster_seat::leave() {
  if (!desk_) return;
  if (const auto left = desk_->leave(); !left) spdlog::warn("leaving the cluster: {}", left.error().what);
}

void cluster_seat::stop() {
  open_ = false;
  if (tasks_) tasks_->stop();
  if (provisioner_) provisioner_->stop();
  if (ways_) ways_->stop();  // last: the others wait for answers
  if (desk_) desk_->close();
  for (const auto& [unused, one] : held_stations()) one->stop();
}

}  // namespace seatgrid
