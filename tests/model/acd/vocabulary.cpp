#include "tests/model/acd/vocabulary.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/overload.hpp"
#include "proto/json.hpp"
#include "proto/wire.hpp"

namespace seatgrid::model {
namespace {

constexpr const char* tenant = "model";

queue_config queue_named(const std::string& name) {
  queue_config queue;
  queue.name = name;
  queue.wrap_up = milliseconds{0};
  queue.announce_every = milliseconds{0};
  queue.announce_position = false;
  queue.no_answer_delay = queue.busy_delay = queue.reject_delay = queue.unreachable_delay = milliseconds{0};
  queue.no_answer_max = 0;
  queue.record = record_policy::never;
  return queue;
}

flow flow_of(std::size_t queues) {
  flow made;
  made.name = "main";
  made.start = "q1";
  for (std::size_t i = 1; i <= queues; ++i) {
    const auto name = "q" + std::to_string(i);
    const auto next = i == queues ? std::string{"park"} : "q" + std::to_string(i + 1);
    made.nodes[name] = queue_node{.queue = name, .on_timeout = next, .on_full = "park", .on_key = "park"};
  }
  made.nodes["park"] = play_node{.prompts = {{.source = "welcome"}}, .next = ""};
  return made;
}

void make_same(acd_message& message) {
  std::visit(overload{[](agent_available& m) {
                        m.idle_since = m.last_offered_at = {};
                        m.calls = 0;
                      },
                      [](connected& m) { m.at = {}; }, [](failed& m) { m.at = {}; }, [](enqueue& m) { m.caller.clear(); },
                      [](queued& m) { m.position = 1; }, [](const auto&) {}},
             message);
}

}  // namespace

cast_list::cast_list(const scope& of) : sizes_(of) {
  config_.tenant = tenant;
  config_.version = 1;
  config_.flows["main"] = flow_of(of.queues);
  config_.numbers["4001234567"] = {.number = "4001234567", .flow = "main"};
  config_.trunks["carrier"] = {.name = "carrier"};
  for (std::size_t i = 1; i <= of.queues; ++i) config_.queues["q" + std::to_string(i)] = queue_named("q" + std::to_string(i));
  for (std::size_t i = 1; i <= of.agents; ++i) {
    const auto name = "a" + std::to_string(i);
    agent_config agent{.name = name, .device = of.contacts > 1 ? "register" : "sip:" + name + "@10.0.0.1"};
    for (const auto& [queue, unused] : config_.queues) agent.queues.push_back({queue, 1});
    config_.agents[name] = agent;
  }
  if (!config_.index()) throw std::logic_error("two names share an id");
  for (std::size_t i = 1; i <= of.calls; ++i) all_.push_back(ref(call_id::make(shard_of_tenant(tenant), i)));
  for (const auto& [name, unused] : config_.agents) all_.push_back(ref(config_.agent_of(name)));
  for (const auto& [name, unused] : config_.queues) all_.push_back(ref(config_.queue_of(name)));
}

std::size_t cast_list::number_of(entity_ref e) const {
  const auto at = std::find(all_.begin(), all_.end(), e);
  if (at == all_.end()) throw std::logic_error("a message to nobody");
  return static_cast<std::size_t>(at - all_.begin());
}

std::string cast_list::name_of(entity_ref e) const {
  const auto number = number_of(e);
  const auto calls = sizes_.calls;
  if (number < calls) return "call " + std::to_string(number + 1);
  if (number < calls + sizes_.agents) return "agent " + std::to_string(number - calls + 1);
  return "queue " + std::to_string(number - calls - sizes_.agents + 1);
}

word_no vocabulary::number_of(std::size_t sender, const to_entity& said) {
  auto word = said;
  make_same(word.message);
  auto key = wire::encode(word.message);
  const auto receiver = cast_.number_of(word.to);
  const auto channel = sender * cast_.size() + receiver;
  key += static_cast<char>(channel);
  if (const auto known = numbers_.find(key); known != numbers_.end()) return known->second;
  if (words_.size() >= 0xffff) throw std::length_error("more than 65,535 messages");
  const auto number = static_cast<word_no>(words_.size());
  receivers_.push_back(receiver);
  channels_.push_back(channel);
  words_.push_back(std::move(word));
  numbers_.emplace(std::move(key), number);
  return number;
}

std::string vocabulary::text(word_no word) const {
  std::string out;
  std::visit(
      [&](const auto& m) {
        out = std::string{m.type} + "(";
        const auto add = [&](const std::string& text) { out += (out.back() == '(' ? "" : ", ") + text; };
        if constexpr (requires { m.call; }) add(cast_.name_of(ref(m.call)));
        if constexpr (requires { m.attempt; }) add("attempt " + std::to_string(m.attempt));
        if constexpr (requires { m.next_attempt; }) add("next attempt " + std::to_string(m.next_attempt));
        if constexpr (requires { m.agent; })
          if (m.agent) add(cast_.name_of(ref(m.agent)));
        if constexpr (requires { m.generation; }) add("generation " + std::to_string(m.generation));
        if constexpr (requires { to_string(m.why); }) add(std::string{to_string(m.why)});
        out += ")";
      },
      words_[word].message);
  return out + " to " + cast_.name_of(words_[word].to);
}

}  // namespace seatgrid::model
