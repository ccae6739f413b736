#include "sim/plan.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace seatgrid::sim {
namespace {

queue_config make_queue(const std::string& name, dice& chance) {
  queue_config queue;
  queue.name = name;
  queue.strategy = static_cast<queue_strategy>(chance.between(0, 5));
  queue.ring_timeout = chance.wait(3'000, 12'000);
  queue.wrap_up = chance.wait(0, 4'000);
  queue.wait_max = chance.wait(15'000, 120'000);
  queue.wait_max_no_agent = queue.wait_max;
  queue.announce_every = chance.chance(500) ? milliseconds{0} : chance.wait(5'000, 20'000);
  queue.no_answer_delay = chance.wait(500, 5'000);
  queue.busy_delay = chance.wait(500, 5'000);
  queue.reject_delay = chance.wait(500, 5'000);
  queue.unreachable_delay = chance.wait(500, 5'000);
  queue.waiting_max = chance.chance(200) ? 3 : 1'000;
  queue.keys = {{'9', "voicemail:box"}};
  if (chance.chance(300)) queue.keys['8'] = "queue:" + std::string{name == "q1" ? "q2" : "q1"};
  return queue;
}

flow make_flow() {
  flow made;
  made.name = "main";
  made.start = "hello";
  made.nodes["hello"] = play_node{.prompts = {{.source = "welcome"}}, .next = "menu"};
  made.nodes["menu"] = menu_node{.prompts = {{.source = "menu"}},
                                 .choices = {{'1', "first"}, {'2', "second"}, {'3', "urgent"}, {'4', "mail"}},
                                 .timeout = milliseconds{3'000},
                                 .tries = 2,
                                 .invalid = {},
                                 .otherwise = "first"};
  made.nodes["first"] = queue_node{.queue = "q1", .on_timeout = "mail", .on_full = "bye", .on_key = "bye"};
  made.nodes["second"] =
      queue_node{.queue = "q2", .skills = {{"talk", 5}}, .on_timeout = "bye", .on_full = "bye", .on_key = "bye"};
  made.nodes["urgent"] = queue_node{.queue = "q1", .priority = 5, .on_timeout = "mail", .on_full = "mail", .on_key = "bye"};
  made.nodes["mail"] = voicemail_node{.mailbox = "box", .greeting = {{.source = "leave"}}, .next = ""};
  made.nodes["bye"] = hangup_node{.prompts = {{.source = "bye"}}, .cause = {}};
  return made;
}

agent_config make_agent(std::uint32_t number, dice& chance) {
  agent_config agent;
  agent.name = "a" + std::to_string(number);
  agent.device = chance.chance(500) ? "register" : "sip:" + agent.name + "@10.1.0." + std::to_string(number % 250 + 1);
  agent.password = "secret";
  agent.queues.push_back({"q1", static_cast<std::uint8_t>(chance.between(1, 3))});
  if (chance.chance(600)) agent.queues.push_back({"q2", static_cast<std::uint8_t>(chance.between(1, 3))});
  if (chance.chance(600)) agent.skills.push_back({"talk", static_cast<std::uint8_t>(chance.between(1, 7))});
  return agent;
}

void remove_second_queue(tenant_config& config) {
  config.queues.erase("q2");
  for (auto& [unused, agent] : config.agents)
    std::erase_if(agent.queues, [](const queue_membership& m) { return m.queue == "q2"; });
  std::get<queue_node>(config.flows["main"].nodes["second"]).queue = "q1";
  config.queues["q1"].keys.erase('8');
}

void add_second_queue(tenant_config& config, dice& chance) {
  config.queues["q2"] = make_queue("q2", chance);
  for (auto& [unused, agent] : config.agents)
    if (chance.chance(600)) agent.queues.push_back({"q2", 1});
  std::get<queue_node>(config.flows["main"].nodes["second"]).queue = "q2";
}

/// What an administrator does while calls are up. Devices stay: their phones know no provisioning.
config_ptr next_version(const tenant_config& before, const tenant_config& first, dice& chance) {
  auto next = std::make_shared<tenant_config>(before);
  ++next->version;
  const auto number = static_cast<std::uint32_t>(chance.between(1, static_cast<std::int64_t>(first.agents.size())));
  auto agent = make_agent(number, chance);
  agent.device = first.agents.at(agent.name).device;
  const bool has_second = next->queues.contains("q2");
  if (!has_second) std::erase_if(agent.queues, [](const queue_membership& m) { return m.queue == "q2"; });
  switch (chance.between(0, 4)) {
    case 0:
    case 1:
      if (has_second)
        remove_second_queue(*next);
      else
        add_second_queue(*next, chance);
      break;
    case 2: next->agents.erase(agent.name); break;
    case 3: next->agents[agent.name] = agent; break;
    default:
      next->queues["q1"] = make_queue("q1", chance);
      if (!has_second) next->queues["q1"].keys.erase('8');
  }
  if (!next->index()) throw std::logic_error("a version of the simulated tenant has no index");
  return next;
}

}  // namespace

config_ptr make_tenant(const tenant_place& place, dice& chance) {
  auto config = std::make_shared<tenant_config>();
  config->tenant = place.name;
  config->version = 1;
  config->domain = place.name + ".example";
  access_number number;
  number.number = access_number_called;
  number.flow = "main";
  number.answer = static_cast<answer_policy>(chance.between(0, 2));
  config->numbers[number.number] = number;
  config->flows["main"] = make_flow();
  for (const char* name : {"q1", "q2"}) config->queues[name] = make_queue(name, chance);
  config->mailboxes["box"] = {.name = "box", .messages_max = 1'000};
  for (std::uint32_t i = 0; i < place.agents; ++i) {
    auto agent = make_agent(place.first_agent + i, chance);
    config->agents[agent.name] = agent;
  }
  trunk_config trunk;
  trunk.name = "carrier";
  trunk.outbound = "sip:10.3.0.1";
  config->trunks[trunk.name] = trunk;
  static_cast<void>(config->index());
  return config;
}

run_plan make_plan(const run_options& options, dice& chance) {
  run_plan plan;
  plan.loses_messages = chance.chance(350);
  plan.slow_disk = chance.chance(300);
  static constexpr std::array<std::int64_t, 4> kills{0, 40, 150, 500};
  plan.kill_per_100k = kills[static_cast<std::size_t>(chance.between(0, 3))];
  plan.calls_over = chance.wait(10'000, 90'000);
  plan.tenants.push_back({tenant_name, 1, options.agents});
  plan.versions.push_back(make_tenant(plan.tenants.front(), chance));
  for (auto more = chance.chance(500) ? chance.between(1, 5) : 0; more > 0; --more)
    plan.versions.push_back(next_version(*plan.versions.back(), plan.first(), chance));
  return plan;
}

}  // namespace seatgrid::sim
