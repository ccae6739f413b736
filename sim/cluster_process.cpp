#include "sim/cluster_process.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid::sim {

namespace {

constexpr milliseconds tick_every{20};
constexpr milliseconds patience{500};  // of a lane that shall rest
constexpr std::uint16_t sip_port = 5060;

cluster::steward_options stewarding() {
  cluster::steward_options out;
  out.rest_patience = patience;
  return out;
}

}  // namespace

cluster_process::cluster_process(cluster_ground& ground, cluster::lane_owner me, const host_clock& clock,
                                 std::shared_ptr<lane_store> store)
    : ground_(ground), me_(std::move(me)), clock_(clock), store_(std::move(store)) {}

result<void> cluster_process::start() {
  if (auto opened = open_journal(); !opened) return opened;
  make_router();
  make_engine();
  return open_desk();
}

result<void> cluster_process::open_journal() {
  auto under = make_memory_log(ground_.lanes, {.by_pump = true, .records_first = ground_.on.chance.chance(500)});
  log_under_ = under.get();
  auto log = std::make_unique<cut_log>(ground_.on, std::move(under), ground_.log_moved);
  log_ = log.get();
  cluster::lane_journal_options options{.journal = {}, .me = me_};
  options.by_hand = true;
  options.now = [this] { return ground_.now(); };
  options.say = [this](const std::string& line) { say(line); };
  options.on_owner = [this](lane_id lane, const cluster::lane_owner& owner, std::uint64_t epoch) {
    if (desk_) desk_->owner_read(lane, owner, epoch);
    looks_ = true;
  };
  options.end_process = [this](const std::string& why) { ground_.complain(me_.node + " lost its disk: " + why); };
  auto opened = cluster::open_lane_journal(std::move(log), share_store(store_), std::move(options));
  if (!opened) return tl::unexpected{opened.error()};
  journal_ = std::move(*opened);
  witness_ = std::make_unique<witness_journal>(*journal_, [this](const auto& at, entity_ref entity, std::uint64_t chance) {
    if (!dead_) ground_.acknowledged(at, entity, chance);
  });
  return {};
}

void cluster_process::make_router() {
  actors::router_world world{.me = me_, .owner_of = {}, .holder_of = {}, .send = {}, .now = {}};
  world.owner_of = [this](lane_id lane) -> std::optional<cluster::lane_owner> {
    const auto owner = desk_ ? desk_->owner_of(lane) : cluster::lane_owner{};
    return owner.process ? std::optional{owner} : std::nullopt;
  };
  world.holder_of = [this](slot_number slot) { return desk_ ? desk_->holder_of(slot) : std::nullopt; };
  world.send = [this](const cluster::lane_owner& to, cluster::envelope what) -> result<void> {
    if (!desk_ || dead_) return fail(errc::unavailable, "this node has not joined yet");
    if (!ground_.plan.rules.keeps_messages && ground_.on.chance.chance(100)) return {};
    return desk_->link().send(to, std::move(what));
  };
  world.now = [this] { return std::chrono::steady_clock::time_point{ground_.now()}; };
  router_ = std::make_unique<actors::router>(actors::router_options{.lanes = ground_.plan.lanes}, std::move(world),
                                             [this](actors::input_ptr in) {
                                               if (engine_ && !dead_) engine_->take(std::move(in));
                                             });
}

void cluster_process::make_engine() {
  node_options options;
  options.name = me_.node;
  options.lanes = ground_.plan.lanes;
  options.seed = ground_.on.chance.next() | 1;
  options.log = [this](const std::string& line) { say(line); };
  options.fatal = [this](const std::string& why) { ground_.complain(me_.node + " gave up: " + why); };
  node_ports ports;
  ports.to_leg = [this](leg_command what) {
    if (!dead_) router_->to_leg(std::move(what));
  };
  ports.to_media = [this](media_command what) {
    if (!dead_) router_->to_media(std::move(what));
  };
  ports.register_reply = [this](struct register_reply what) {
    if (!dead_) router_->to_register(std::move(what));
  };
  actors::engine_hooks hooks;
  hooks.forward = [this](lane_id lane, const actors::entity_input& in) {
    if (dead_ || router_->forward(lane, in)) return true;
    return !ground_.plan.rules.holds_inputs;
  };
  hooks.is_elsewhere = [this](lane_id lane) { return router_->is_elsewhere(lane); };
  engine_ = actors::virtual_engine::make(std::move(options), *witness_, ground_.tenants, clock_, std::move(ports),
                                         actors::make_core, std::move(hooks));
  engine_->start();
}

result<void> cluster_process::open_desk() {
  auto under = make_memory_log(ground_.nodes, {.by_pump = true});
  roster_under_ = under.get();
  auto roster = std::make_unique<cut_log>(ground_.on, std::move(under), ground_.log_moved);
  roster_ = roster.get();
  const auto number = me_.node.substr(1);
  // Of level 1: events of nodes are not simulated.
  cluster::node_card card{.who = me_, .level = 1, .link_host = "10.0.0." + number};
  card.slot = {.listen = {"sip:10.0.0." + number + ":" + std::to_string(sip_port)},
               .rtp_host = "10.0.0." + number,
               .rtp_first = 10'000,
               .rtp_last = 20'000};
  cluster::steward_desk_options options{.card = std::move(card), .steward = stewarding()};
  options.roster = std::move(roster);
  options.open_links = [this](cluster::link_handlers handlers) -> result<std::unique_ptr<cluster::links>> {
    return ground_.network.open({.cluster = "sim", .me = me_}, kept(std::move(handlers)));
  };
  options.by_hand = true;
  options.now = [this] { return ground_.now(); };
  options.clock = [this] { return clock_.now(); };
  auto opened = cluster::steward_desk::open(std::move(options), hooks());
  if (!opened) return tl::unexpected{opened.error()};
  desk_ = std::move(*opened);
  return {};
}

/// What comes to a process that is stopped lies in its sockets.
bool cluster_process::keep(std::function<void()> what) {
  if (!paused_ || dead_) return false;
  kept_.push_back(std::move(what));
  return true;
}

cluster::link_handlers cluster_process::kept(cluster::link_handlers handlers) {
  const auto shared = std::make_shared<cluster::link_handlers>(std::move(handlers));
  const auto now_or_later = [this](const std::function<void()>& what) {
    if (dead_ || keep(what)) return;
    what();
  };
  return {
      .on_message =
          [shared, now_or_later](const cluster::lane_owner& from, cluster::envelope what) {
            now_or_later([shared, from, what = std::move(what)] { shared->on_message(from, what); });
          },
      .on_up = [shared, now_or_later](const cluster::lane_owner& who) { now_or_later([shared, who] { shared->on_up(who); }); },
      .on_down = [shared, now_or_later](const cluster::lane_owner& who,
                                        bool reset) { now_or_later([shared, who, reset] { shared->on_down(who, reset); }); }};
}

cluster::steward_hooks cluster_process::hooks() {
  cluster::steward_hooks out;
  out.claim = [this](lane_id lane, const std::string&) { claim(lane); };
  out.bring_to_rest = [this](lane_id lane, std::function<void(bool)> answer) {
    if (lane == 0 || !ground_.plan.rules.rests_before_move) return answer(true);
    engine_->bring_to_rest(lane, patience, std::move(answer));
  };
  out.open_slot = [this](slot_number at, const cluster::slot&) {
    router_->expect(at);
    ground_.on.in(ground_.on.chance.wait(1, 20), [this, at] { open_slot(at); });
  };
  out.close_slot = [this](slot_number at) { close_slot(at); };
  out.give_up = [this](const std::string& why) { journal_->give_up(why); };
  out.end_process = [this](const std::string& why) { ended_ = why.empty() ? "it ends" : why; };
  out.lanes = [this] { return journal_->lanes(); };
  out.may_own = [this] { return !drains_; };
  out.changed = [this] { looks_ = true; };
  out.say = [this](const std::string& line) { say(line); };
  out.message = [this](const cluster::lane_owner& from, const cluster::envelope& what) {
    if (!dead_) router_->on_message(from, what);
  };
  out.link_up = [this](const cluster::lane_owner&) { looks_ = true; };
  return out;
}

void cluster_process::claim(lane_id lane) {
  const auto ended = [this](lane_id of, bool won) {
    if (dead_) return;
    if (won) claimed(of);
    if (desk_) desk_->claim_ended(of, won);
  };
  if (lane != 0) return engine_->claim(lane, [ended, lane](bool won) { ended(lane, won); });
  journal_->claim(0, [ended](const result<lane_claim>& came) { ended(0, came.has_value()); }, {});
}

/// The first owner of a lane tells its entities what they are, as a node does when it has read the configuration.
void cluster_process::claimed(lane_id lane) {
  for (const auto& config : ground_.tenants.all()) {
    if (lane_of_shard(shard_of_tenant(config->tenant), ground_.plan.lanes) != lane) continue;
    const config_changed news{config->version};
    for (const auto& [name, unused] : config->agents) engine_->tell(ref(config->agent_of(name)), news);
    for (const auto& [name, unused] : config->queues) engine_->tell(ref(config->queue_of(name)), news);
  }
}

// --- slots -------------------------------------------------------------------------------------------------------

bool cluster_process::is_station(slot_number at) const {
  const auto mine = stations_.find(at);
  const auto there = ground_.on.stations.find(at);
  return mine != stations_.end() && there != ground_.on.stations.end() && there->second.open &&
         there->second.life == mine->second;
}

bool cluster_process::speaks_for(slot_number at) const {
  if (dead_ || paused_ || !desk_ || !stations_.contains(at)) return false;
  return !ground_.plan.rules.speaks_by_lease || desk_->may_speak(ground_.now());
}

bool cluster_process::may_order(slot_number at) const { return !dead_ && is_station(at); }

void cluster_process::open_slot(slot_number at) {
  if (dead_ || ended_ != "" || keep([this, at] { open_slot(at); })) return;
  const auto holder = desk_->holder_of(at);
  if (!holder || holder->process != me_.process) return;  // closed again meanwhile
  auto& place = ground_.on.stations[at];
  if (place.open) {  // of a process that is stopped or parted: its addresses are taken from it
    ground_.far_ends.kill(at);
    ground_.media.kill(at);
  }
  const auto life = place.life + 1;
  place = {.life = life,
           .open = true,
           .on_leg = [this, at](leg_event what) { router_->on_leg(at, std::move(what)); },
           .on_media = [this](media_event what) { router_->on_media(std::move(what)); },
           .may_speak = [this, at] { return speaks_for(at); },
           .keep = [this](std::function<void()> what) { return keep(std::move(what)); }};
  stations_[at] = life;
  ground_.far_ends.restarted(at);
  say("slot " + std::to_string(at) + " is open");
  router_->open(
      at, {.to_leg =
               [this, at](const leg_command& what) {
                 ground_.on.say(me_.node + ": leg command #" + std::to_string(what.index()) + " to " + name_of(leg_of(what)));
                 if (may_order(at)) ground_.far_ends.hear(at, what);
               },
           .to_media =
               [this, at](const media_command& what) {
                 if (may_order(at)) ground_.media.hear(at, what);
               },
           .to_register = [](const register_reply&) {},
           .remove_recording = [](const std::string&) {}});
}

void cluster_process::close_slot(slot_number at) {
  router_->close(at);
  const bool was_there = is_station(at);
  stations_.erase(at);
  if (!was_there) return;
  ground_.on.stations[at].open = false;
  ground_.far_ends.kill(at);
  ground_.media.kill(at);
}

/// Owners or holders changed (apps/cluster_seat.cpp).
void cluster_process::look_again() {
  looks_ = false;
  router_->repeat_new_calls();
  engine_->owners_changed();
  for (const auto& one : desk_->view().slots) {
    const auto holder = one.holder ? one.holder->process : cluster::process_id{};
    if (std::exchange(holders_[one.number], holder) == holder || !holder) continue;
    if (ground_.plan.rules.makes_anew) engine_->resume_calls_at(one.number, router_->calls_with_legs_at(one.number));
  }
}

// --- its life ----------------------------------------------------------------------------------------------------

void cluster_process::die(bool last_words) {
  if (std::exchange(dead_, true)) return;
  ground_.network.kill(me_.process, last_words);
  const auto open = stations_;
  for (const auto& [at, unused] : open) {
    if (is_station(at)) {
      ground_.on.stations[at].open = false;
      ground_.far_ends.kill(at);
      ground_.media.kill(at);
    }
  }
  stations_.clear();
  kept_.clear();
  if (log_under_ != nullptr && journal_) journal_->close();
  engine_.reset();
  desk_.reset();
  router_.reset();
  witness_.reset();
  journal_.reset();
}

void cluster_process::pause(bool stopped) {
  if (dead_ || paused_ == stopped) return;
  paused_ = stopped;
  log_under_->pause(stopped);
  roster_under_->pause(stopped);
  if (stopped) return;
  engine_->advance(std::exchange(slept_, {}));
  read_log_in(ground_.on.chance.wait(0, 20));
  // Either its sockets or its clocks are looked at first.
  if (ground_.on.chance.chance(500)) desk_->step();
  for (auto& one : std::exchange(kept_, {}))
    if (!dead_) one();
}

void cluster_process::cut_from_log(bool roster_too, bool away) {
  if (dead_) return;
  log_->cut(away);
  if (roster_too) roster_->cut(away);
}

void cluster_process::read_log_in(std::chrono::microseconds wait) {
  const auto at = ground_.on.now() + wait;
  if (!read_at_ || at < *read_at_) read_at_ = at;
}

bool cluster_process::step() {
  if (dead_ || paused_) return false;
  const auto now = ground_.on.now();
  bool did = false;
  if (read_at_ && now >= *read_at_) {
    read_at_.reset();
    const auto most = static_cast<std::size_t>(ground_.on.chance.between(1, 40));
    const auto read = log_->pump(most);
    if (read == most) read_log_in(milliseconds{1});
    did = roster_->pump(SIZE_MAX) + read > 0;
  }
  if (now >= tick_at_) {
    tick_at_ = now + tick_every;
    journal_->tick();
    log_->pump(0);
    router_->tick();
  }
  steward_at_ = desk_->step();
  if (looks_) look_again(), did = true;
  if (engine_->has_job()) engine_->run_one(ground_.on.chance.next()), did = true;
  return did;
}

std::optional<std::chrono::microseconds> cluster_process::until_next() const {
  if (dead_ || paused_) return std::nullopt;
  const auto now = ground_.on.now();
  auto next = std::min(tick_at_ - now, std::chrono::microseconds{steward_at_ - ground_.now()});
  if (read_at_) next = std::min(next, std::chrono::microseconds{*read_at_ - now});
  if (const auto wait = engine_->until_next_wait()) next = std::min(next, *wait);
  return std::max(next, std::chrono::microseconds{1});
}

void cluster_process::advance(std::chrono::microseconds by) {
  if (dead_) return;
  if (paused_)
    slept_ += by;
  else
    engine_->advance(by);
}

void cluster_process::order(control::command what, const std::string& tenant) {
  ++orders_;
  auto answered = std::make_shared<bool>(false);
  engine_->submit(std::move(what), tenant, [this, answered](const result<std::string>&) {
    if (dead_) return;
    if (std::exchange(*answered, true)) ground_.complain("an order was answered twice");
    ++answers_;
  });
}

}  // namespace seatgrid::sim
