#include "sim/simulation.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

#include "audit/auditor.hpp"
#include "sim/media_world.hpp"
#include "sim/phones.hpp"
#include "sim/stage.hpp"
#include "storage/memory/memory_journal.hpp"

namespace seatgrid::sim {
namespace {

constexpr lane_id lane_of_entities = 1;
constexpr std::uint64_t turns_max = 3'000'000;
constexpr seconds virtual_max{7'200};
constexpr std::uint64_t kills_max = 300;  // of a run: what dies every second for ever need never come to rest
constexpr seconds quiet_after{240};       // after the last phone hung up: deadlines, probes and wrap-ups run out

class simulation {
 public:
  explicit simulation(const run_options& options)
      : options_(options),
        stage_(options.seed),
        plan_(make_plan(options, stage_.chance)),
        config_(plan_.versions),
        log_(make_memory_journal({.journal = {}, .by_pump = true})),
        phones_(stage_, plan_, options_),
        media_(stage_, phones_),
        auditor_(config_, *log_, lane_of_entities, {.trace = [this](const std::string& line) { stage_.say(line); }}) {
    stage_.trace = options.trace;
    phones_.press = [this](call_id call, char digit) { media_.press(call, digit); };
  }

  run_result go() {
    stage_.say(std::string{"plan: "} + (plan_.loses_messages ? "loses messages, " : "") + (plan_.slow_disk ? "slow disk, " : "") +
               "kills per 100,000 turns: " + std::to_string(plan_.kill_per_100k));
    const auto began = stage_.now();
    began_ = began;
    start_node();
    register_phones();
    plan_vanishing();
    plan_changes();
    plan_orders();
    phones_.begin();
    while (wrong().empty() && !over(began)) {
      run_jobs();
      if (!wrong().empty() || !advance()) break;
    }
    if (wrong().empty()) auditor_.at_end();
    if (wrong().empty() && orders_ != answers_)
      wrong_ = std::to_string(orders_) + " orders got " + std::to_string(answers_) + " answers";
    run_result done{wrong(), phones_.calls_made(), auditor_.talks(), auditor_.steps(), stage_.lives - 1, 0};
    done.virtual_ms = ms_between(stage_.now(), began).count();
    stage_.engine.reset();
    return done;
  }

 private:
  std::string wrong() const {
    if (!wrong_.empty()) return wrong_;
    return phones_.wrong().empty() ? auditor_.first() : phones_.wrong();
  }

  bool over(time_point began) {
    if (!phones_.is_over() || !stage_.engine) {
      quiet_since_.reset();
    } else if (!quiet_since_) {
      quiet_since_ = stage_.now();
    }
    if (turns_ > turns_max || stage_.now() - began > virtual_max) {
      wrong_ = phones_.is_over() ? "the node never came to rest" : "phones never came to rest";
      return true;
    }
    return quiet_since_ && stage_.now() - *quiet_since_ > quiet_after;
  }

  void start_node() {
    ++stage_.lives;
    node_options options;
    options.seed = options_.seed * 1'000 + stage_.lives;
    options.log = [this](const std::string& line) { stage_.say("node: " + line); };
    options.fatal = [this](const std::string& why) { wrong_ = "node gave up: " + why; };
    node_ports ports;
    ports.to_leg = [this](const leg_command& command) {
      stage_.say("leg command #" + std::to_string(command.index()) + " to " + to_text(leg_of(command).call) + "/" +
                 std::to_string(leg_of(command).index));
      phones_.hear(0, command);
    };
    ports.to_media = [this](const media_command& command) { media_.hear(0, command); };
    ports.register_reply = [](const register_reply&) {};
    actors::engine_hooks hooks;
    if (plan_.loses_messages)
      hooks.entity_message = [this](const actors::input_ptr& in, const std::function<void(actors::input_ptr)>& arrive) {
        bend(in, arrive);
      };
    stage_.engine = actors::virtual_engine::make(std::move(options), *log_, config_, stage_.time, std::move(ports),
                                                 actors::make_core, std::move(hooks));
    stage_.stations[0] = {.life = stage_.lives,
                          .open = true,
                          .on_leg = [this](leg_event event) { stage_.engine->on(std::move(event)); },
                          .on_media = [this](media_event event) { stage_.engine->on(std::move(event)); }};
    stage_.engine->start();
    auditor_.on_restart(stage_.now());
    tell_all(config_.now());
  }

  void tell_all(const tenant_config& of) {
    const config_changed news{config_.now().version};
    for (const auto& [name, unused] : of.agents) stage_.engine->tell(ref(of.agent_of(name)), news);
    for (const auto& [name, unused] : of.queues) stage_.engine->tell(ref(of.queue_of(name)), news);
  }

  /// Provisioning changes while calls are up; whom it took away hears of it, too.
  void plan_changes() {
    if (config_.is_last()) return;
    stage_.in(stage_.chance.wait(3'000, 40'000), [this] {
      const auto& before = config_.now();
      config_.move_on();
      stage_.say("PROVISIONED version " + std::to_string(config_.now().version));
      if (stage_.engine) {
        tell_all(before);
        tell_all(config_.now());
      }
      plan_changes();
    });
  }

  bool is_storm() const { return (stage_.now() - began_) % (storm + calm) < storm; }

  void bend(const actors::input_ptr& in, const std::function<void(actors::input_ptr)>& arrive) {
    const auto fate = is_storm() ? stage_.chance.between(1, 100) : 100;
    if (fate <= 2) return auditor_.on_loss(stage_.now());
    if (fate <= 7) {
      const auto wait = stage_.chance.wait(1, 1'500);
      auditor_.on_loss(stage_.now() + wait);
      stage_.in_life_of(0, wait, [in, arrive] { arrive(std::make_shared<actors::entity_input>(*in)); });
      return;
    }
    if (fate <= 10) arrive(std::make_shared<actors::entity_input>(*in));
    arrive(in);
  }

  void register_phones() {
    for (const auto& [name, agent] : plan_.first().agents)
      if (agent.device == "register") repeat_register(registration_of(name, false), 0);
  }

  register_request registration_of(const std::string& name, bool again) {
    register_request r;
    r.request = ++registers_;
    r.tenant = tenant_name;
    r.aor = "sip:" + name + "@" + plan_.first().domain;
    r.sip_call_id = name + (again ? "-" + std::to_string(registers_) : "");
    r.cseq = 1;
    binding b;
    b.contact.target = "sip:" + name + "@10.1.1." + name.substr(1);
    b.sip_call_id = r.sip_call_id;
    b.cseq = 1;
    b.expires_s = 3'600;
    b.at = stage_.now();
    r.contacts.push_back(b);
    return r;
  }

  /// A phone repeats its REGISTER when the node dies before it answers; here: it says it again a few times.
  void repeat_register(const register_request& r, int times) {
    stage_.in(stage_.chance.wait(1, 2'000), [this, r, times] {
      if (stage_.engine) stage_.engine->on(r);
      auto next = r;
      next.cseq = ++next.contacts.front().cseq;
      if (times < 5) repeat_register(next, times + 1);
    });
  }

  /// Phones leave in good order, or lose their power; they come back.
  void plan_vanishing() {
    for (const auto& [name, agent] : plan_.first().agents) {
      if (!stage_.chance.chance(400)) continue;
      const bool in_good_order = agent.device == "register" && stage_.chance.chance(500);
      const auto away = stage_.chance.wait(2'000, 40'000);
      stage_.in(stage_.chance.wait(12'000, plan_.calls_over.count() + 20'000), [this, name = name, in_good_order, away] {
        stage_.say("phone " + name + (in_good_order ? " unregisters" : " loses its power"));
        if (in_good_order)
          unregister(name);
        else
          phones_.power(name, false);
        stage_.in(away, [this, name, in_good_order] {
          stage_.say("phone " + name + " is back");
          if (in_good_order)
            repeat_register(registration_of(name, true), 0);
          else
            phones_.power(name, true);
        });
      });
    }
  }

  void unregister(const std::string& name) {
    auto bye = registration_of(name, true);
    bye.remove_all = true;
    bye.contacts.clear();
    if (stage_.engine) stage_.engine->on(bye);
  }

  /// Supervisors and agents press buttons.
  void plan_orders() {
    for (std::uint32_t i = 0; i < options_.agents; ++i)
      stage_.in(stage_.chance.wait(2'000, plan_.calls_over.count() + 20'000), [this, i] { give_order(i); });
  }

  void give_order(std::uint32_t number) {
    if (!stage_.engine) return;
    const auto agent = plan_.first().agent_of("a" + std::to_string(number % options_.agents + 1));
    control::command order = control::agent_ready{agent};
    const auto what = stage_.chance.between(0, 3);
    if (what == 0) order = control::agent_pause{agent, "coffee", milliseconds{5'000}};
    if (what == 1) order = control::agent_logout{agent};
    if (what == 2) order = control::agent_login{agent};
    ++orders_;
    auto answered = std::make_shared<bool>(false);
    stage_.engine->submit(std::move(order), tenant_name, [this, answered](const result<std::string>&) {
      if (std::exchange(*answered, true)) wrong_ = "an order was answered twice";
      ++answers_;
    });
    stage_.in(seconds{8}, [this, agent] {  // whatever it was: back to work in the end
      if (!stage_.engine) return;
      ++orders_;
      stage_.engine->submit(control::agent_ready{agent}, tenant_name, [this](const result<std::string>&) { ++answers_; });
    });
  }

  void run_jobs() {
    stage_.run_due();
    while (stage_.engine && stage_.engine->has_job() && wrong().empty()) {
      stage_.engine->run_one(stage_.chance.next());
      plan_sync();
      if (++turns_ > turns_max) return;
      if (plan_.kill_per_100k > 0 && stage_.lives <= kills_max && stage_.chance.between(1, 100'000) <= plan_.kill_per_100k)
        kill();
    }
  }

  /// The disk finishes a sync of what waits now, a little later.
  void plan_sync() {
    if (sync_planned_ || log_->status().waiting == 0) return;
    sync_planned_ = true;
    const auto wait = plan_.slow_disk && stage_.chance.chance(100) ? stage_.chance.wait(50, 300) : stage_.chance.wait(0, 3);
    stage_.in(wait, [this, life = stage_.lives, many = static_cast<std::size_t>(stage_.chance.between(1, 40))] {
      if (life != stage_.lives || !stage_.engine) return;
      sync_planned_ = false;
      log_->pump(many);
      auditor_.look(stage_.now());
      plan_sync();
    });
  }

  void kill() {
    stage_.say("KILL");
    stage_.engine.reset();
    stage_.stations[0].open = false;
    log_->crash();
    sync_planned_ = false;
    phones_.kill();
    media_.kill();
    auditor_.compare_with_rows();
    stage_.in(stage_.chance.wait(1, 1'500), [this] {
      stage_.say("START");
      start_node();
      phones_.restarted();
    });
  }

  bool advance() {
    const bool quiet = log_->status().waiting == 0;
    auditor_.check_work(stage_.now(), quiet && !plan_.slow_disk && stage_.engine != nullptr);
    std::optional<time_point> next = stage_.next();
    if (stage_.engine)
      if (const auto wait = stage_.engine->until_next_wait())
        next = std::min(next.value_or(stage_.now() + *wait), stage_.now() + *wait);
    if (!next) return false;
    const auto by = std::max(*next - stage_.now(), std::chrono::microseconds{1});
    stage_.time.at = stage_.now() + by;
    if (stage_.engine) stage_.engine->advance(by);
    return true;
  }

  const run_options options_;
  stage stage_;
  const run_plan plan_;
  tenant_versions config_;
  std::unique_ptr<memory_journal> log_;
  phones phones_;
  media_world media_;
  audit::auditor auditor_;
  std::string wrong_{};
  std::optional<time_point> quiet_since_{};
  time_point began_{};
  std::uint64_t turns_ = 0;
  std::uint64_t registers_ = 0;
  std::uint64_t orders_ = 0;
  std::uint64_t answers_ = 0;
  bool sync_planned_ = false;
};

}  // namespace

run_result run(const run_options& options) {
  try {
    return simulation{options}.go();
  } catch (const std::exception& e) { return {.wrong = std::string{"exception: "} + e.what()}; }
}

}  // namespace seatgrid::sim
