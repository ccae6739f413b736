#include "sim/cluster_world.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "storage/memory/memory_store.hpp"

namespace seatgrid::sim {

namespace {

constexpr std::uint64_t turns_max = 3'000'000;
constexpr seconds virtual_max{900};
constexpr seconds quiet_after{5};       // nothing lives for so long
constexpr seconds held_within{20};      // after the last trouble: every lane and slot
constexpr seconds fair_after{45};       // after the last trouble: nobody waits beside a free agent
constexpr seconds promised_within{30};  // after the last trouble: who was promised something is known to an edge
constexpr milliseconds look_every{20};

}  // namespace

cluster_world::cluster_world(const cluster_options& options)
    : options_(options),
      stage_(options.run.seed),
      plan_(make_cluster_plan(options, stage_.chance)),
      tenants_(plan_.tenants),
      phones_(stage_, plan_.calls, options_.run),
      media_(stage_, phones_),
      ground_{.plan = plan_, .tenants = tenants_, .on = stage_, .far_ends = phones_, .media = media_, .network = network_} {
  stage_.trace = options.run.trace;
  phones_.press = [this](call_id call, char digit) { media_.press(call, digit); };
  ground_.lanes = make_memory_brokers(static_cast<lane_id>(plan_.lanes + 1), [this] { return stage_.now(); });
  ground_.nodes = make_memory_brokers(1, [this] { return stage_.now(); });
  ground_.complain = [this](const std::string& what) { complain(what); };
  ground_.acknowledged = [this](const auto& at, entity_ref entity, std::uint64_t chance) {
    referee_->acknowledged(at, entity, chance);
  };
  ground_.log_moved = [this] { log_moved(); };
  network_.set_delay(milliseconds{1});
  network_.advance(ground_.now());
}

cluster_world::~cluster_world() {
  for (auto& host : hosts_)
    for (auto& one : host.processes) one->die(false);
}

std::string cluster_world::wrong() const {
  if (!wrong_.empty()) return wrong_;
  return phones_.wrong().empty() ? referee_->first() : phones_.wrong();
}

cluster_result cluster_world::go() {
  began_ = stage_.now();
  stage_.say("plan: " + std::to_string(plan_.nodes) + " nodes, " + std::string{name_of(plan_.what)} +
             (plan_.slow_log ? ", slow log" : "") + ", a trouble each " + std::to_string(plan_.trouble_every_ms) + " ms");
  referee_ = std::make_unique<referee>(ground_);
  for (std::uint32_t n = 1; n <= plan_.nodes; ++n) {
    hosts_.push_back({.number = n, .clock = std::make_unique<host_clock>(stage_), .store = make_memory_store()});
    hosts_.back().clock->off = std::chrono::microseconds{stage_.chance.between(-40'000, 40'000)};
  }
  for (auto& host : hosts_) stage_.in(stage_.chance.wait(1, 500), [this, &host] { start(host); });
  trouble_until_ = stage_.now();
  register_phones();
  plan_orders();
  plan_troubles();
  plan_scenario();
  phones_.begin();
  while (wrong().empty() && !over()) {
    run_jobs();
    if (!wrong().empty() || !advance()) break;
  }
  if (wrong().empty()) check_end();
  cluster_result done;
  done.run = {wrong(), phones_.calls_made(), referee_->talks(), referee_->steps(), kills_, 0};
  done.run.virtual_ms = ms_between(stage_.now(), began_).count();
  done.troubles = troubles_;
  done.claims = referee_->claims();
  done.acknowledged = referee_->acknowledgements();
  done.promises_kept = phones_.promises_kept();
  return done;
}

// --- processes ---------------------------------------------------------------------------------------------------

void cluster_world::start(node_host& at) {
  if (at.live() != nullptr) return;
  const cluster::lane_owner me{"n" + std::to_string(at.number), {++processes_, 7}};
  at.processes.push_back(std::make_unique<cluster_process>(ground_, me, *at.clock, at.store));
  stage_.say("START " + me.node + " as process " + std::to_string(processes_));
  if (const auto started = at.processes.back()->start(); started) return;
  at.processes.back()->die(false);
  stage_.in(milliseconds{500}, [this, &at] { start(at); });
}

void cluster_world::kill(node_host& at, bool empties_store, milliseconds away) {
  auto* process = at.live();
  if (process == nullptr) return;
  ++kills_;
  stage_.say("KILL " + process->me().node + (empties_store ? " and its disk" : ""));
  orders_lost_ += process->orders() - process->answers();
  process->die(stage_.chance.chance(500));
  if (empties_store) at.store = make_memory_store();
  begin_trouble("", away);
  stage_.in(away, [this, &at] { start(at); });
}

std::vector<cluster_process*> cluster_world::live() const {
  std::vector<cluster_process*> all;
  for (const auto& host : hosts_)
    if (auto* one = host.live()) all.push_back(one);
  return all;
}

cluster_process* cluster_world::owner_of(lane_id lane) {
  for (auto* one : live())
    if (!one->is_paused() && one->owns(lane)) return one;
  return nullptr;
}

node_host* cluster_world::host_of(const cluster_process* process) {
  for (auto& host : hosts_)
    if (host.live() == process) return &host;
  return nullptr;
}

std::chrono::microseconds cluster_world::log_delay() {
  if (plan_.slow_log && stage_.chance.chance(100)) return stage_.chance.wait(50, 300);
  return std::chrono::microseconds{stage_.chance.between(200, 3'000)};
}

void cluster_world::log_moved() {
  for (auto* one : live()) one->read_log_in(log_delay());
  if (!referee_reads_at_) referee_reads_at_ = stage_.now() + milliseconds{2};
}

// --- workload ----------------------------------------------------------------------------------------------------

/// Each phone speaks to one edge, whichever process has it open, and says REGISTER again and again.
void cluster_world::register_phones() {
  for (const auto& config : plan_.tenants)
    for (const auto& [name, agent] : config->agents) {
      if (agent.device != "register") continue;
      register_request r;
      r.tenant = config->tenant;
      r.aor = "sip:" + name + "@" + config->domain;
      r.sip_call_id = name;
      binding b;
      b.contact.target = "sip:" + name + "@10.1.1." + name.substr(1);
      b.sip_call_id = r.sip_call_id;
      b.expires_s = 3'600;
      const auto slot = static_cast<slot_number>(stage_.chance.between(1, plan_.nodes));
      for (std::uint32_t times = 1; times <= 6; ++times) {
        r.request = ++registers_;
        r.cseq = b.cseq = times;
        b.at = stage_.now();
        r.contacts = {b};
        stage_.in(stage_.chance.wait(2'000 * times, 2'000 * times + 3'000), [this, r, slot] {
          if (!stage_.listens(slot)) return;
          for (auto* one : live())
            if (one->speaks_for(slot)) return one->routes().on_register(slot, r);
        });
      }
    }
}

/// Supervisors and agents press buttons.
void cluster_world::plan_orders() {
  for (std::uint32_t i = 0; i < options_.run.agents; ++i)
    stage_.in(stage_.chance.wait(4'000, plan_.calls.calls_over.count() + 10'000), [this] { give_order(); });
}

void cluster_world::give_order() {
  const auto& place =
      plan_.calls
          .tenants[static_cast<std::size_t>(stage_.chance.between(0, static_cast<std::int64_t>(plan_.calls.tenants.size()) - 1))];
  const auto number = stage_.chance.between(place.first_agent, place.first_agent + place.agents - 1);
  const auto agent = tenants_.current(place.name)->agent_of("a" + std::to_string(number));
  const auto lane = lane_of_shard(shard_of_tenant(place.name), plan_.lanes);
  const auto give = [this, lane, tenant = place.name](control::command what) {
    if (auto* owner = owner_of(lane)) owner->order(std::move(what), tenant);
  };
  const auto what = stage_.chance.between(0, 3);
  if (what == 0) give(control::agent_pause{agent, "coffee", milliseconds{5'000}});
  if (what == 1) give(control::agent_logout{agent});
  if (what == 2) give(control::agent_login{agent});
  if (what == 3) give(control::agent_ready{agent});
  stage_.in(seconds{8}, [give, agent] { give(control::agent_ready{agent}); });  // back to work in the end
}

// --- time --------------------------------------------------------------------------------------------------------

bool cluster_world::run_round() {
  stage_.run_due();
  bool did = network_.deliver() > 0;
  auto all = live();
  if (all.empty()) return did;
  std::rotate(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(stage_.chance.next() % all.size()), all.end());
  for (auto* one : all) {
    for (int turn = 0; turn < 4 && one->step(); ++turn, did = true, ++turns_) {}
    if (one->is_dead() || one->ended().empty()) continue;
    stage_.say("END " + one->me().node + ": " + one->ended());
    kill(*host_of(one), false, milliseconds{500});
  }
  if (referee_reads_at_ && *referee_reads_at_ <= stage_.now()) {
    referee_reads_at_.reset();
    referee_->look();
  }
  return did;
}

void cluster_world::run_jobs() {
  check_speakers();
  while (run_round() && wrong().empty() && turns_ < turns_max) {}
}

bool cluster_world::advance() {
  const auto now = stage_.now();
  auto by = std::chrono::microseconds{milliseconds{50}};
  if (const auto next = stage_.next()) by = std::min(by, std::chrono::microseconds{*next - now});
  if (const auto next = network_.next_due()) by = std::min(by, std::chrono::microseconds{*next - network_.now()});
  if (referee_reads_at_) by = std::min(by, std::chrono::microseconds{*referee_reads_at_ - now});
  for (const auto* one : live())
    if (const auto next = one->until_next()) by = std::min(by, *next);
  by = std::max(by, std::chrono::microseconds{1});
  stage_.time.at = now + by;
  for (auto* one : live()) one->advance(by);
  network_.advance(by);
  check_held();
  return true;
}

bool cluster_world::over() {
  if (turns_ > turns_max || stage_.now() - began_ > virtual_max) {
    wrong_ = phones_.is_over() ? "the nodes never came to rest" : "phones never came to rest";
    return true;
  }
  if (!phones_.is_over() || stage_.now() < trouble_until_ + held_within || live().size() != plan_.nodes) {
    quiet_since_.reset();
    return false;
  }
  if (!quiet_since_ || !referee_->is_at_rest()) quiet_since_ = stage_.now();
  return stage_.now() - *quiet_since_ > quiet_after;
}

// --- checks ------------------------------------------------------------------------------------------------------

/// Of all processes that have a slot open, at most one speaks for it.
void cluster_world::check_speakers() {
  const auto all = live();
  for (std::uint32_t n = 1; n <= plan_.nodes; ++n) {
    const auto at = static_cast<slot_number>(n);
    std::string who;
    for (const auto* one : all) {
      if (!one->speaks_for(at)) continue;
      if (!who.empty()) return complain(who + " and " + one->me().node + " both speak for slot " + std::to_string(n));
      who = one->me().node;
    }
  }
}

/// When nothing is wrong any more, every lane has an owner and every slot a holder again.
void cluster_world::check_held() {
  const auto now = stage_.now();
  if (now < looked_at_ + look_every) return;
  looked_at_ = now;
  phones_.look_for_lost(trouble_until_, promised_within);
  referee_->check_work(!plan_.slow_log && now > trouble_until_ + fair_after);
  if (now <= trouble_until_ + held_within) return;
  for (lane_id lane = 1; lane <= plan_.lanes; ++lane) {
    const auto* owner = owner_of(lane);
    if (owner == nullptr) return complain("nobody owns lane " + std::to_string(lane) + " although nothing is wrong");
    const auto views = owner->lanes();
    if (views[lane].mode != cluster::lane_mode::owner)
      return complain("lane " + std::to_string(lane) + " is " + owner->me().node + "'s, who does not serve it");
  }
  for (std::uint32_t n = 1; n <= plan_.nodes; ++n)
    if (!stage_.speaks(static_cast<slot_number>(n))) return complain("nobody speaks for slot " + std::to_string(n));
}

void cluster_world::check_end() {
  for (int round = 0; round < 20; ++round) {
    run_jobs();
    advance();
  }
  referee_->at_end();
  const auto truth = referee_->lanes();
  std::uint64_t orders = 0, answers = 0;
  for (auto* one : live()) {
    const auto seen = one->lanes();
    for (lane_id lane = 1; lane <= plan_.lanes; ++lane)
      if (seen[lane].sequence != truth[lane].sequence || seen[lane].epoch != truth[lane].epoch ||
          seen[lane].process != truth[lane].process)
        complain(one->me().node + " has folded lane " + std::to_string(lane) + " to another head");
    if (one->steps_waiting() != 0) complain(one->me().node + " has steps that never counted");
    orders += one->orders();
    answers += one->answers();
  }
  if (orders != answers) complain(std::to_string(orders) + " orders got " + std::to_string(answers) + " answers");
}

cluster_result run_cluster(const cluster_options& options) {
  try {
    return cluster_world{options}.go();
  } catch (const std::exception& e) {
    cluster_result out;
    out.run.wrong = std::string{"exception: "} + e.what();
    return out;
  }
}

}  // namespace seatgrid::sim
