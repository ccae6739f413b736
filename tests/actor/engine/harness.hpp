#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/virtual_engine.hpp"
#include "storage/memory/memory_journal.hpp"
#include "tests/actor/engine/toy_rules.hpp"

namespace seatgrid::toy {

/// One tenant "demo" at version 1.
class one_tenant final : public config_source {
 public:
  one_tenant() {
    auto made = std::make_shared<tenant_config>();
    made->tenant = "demo";
    made->version = 1;
    config_ = std::move(made);
  }
  config_ptr current(const std::string& tenant) const override { return tenant == "demo" ? config_ : nullptr; }
  config_ptr version(const std::string& tenant, std::uint64_t) const override { return current(tenant); }
  config_ptr by_shard_entity(entity_ref) const override { return nullptr; }

 private:
  config_ptr config_{};
};

class hand_clock final : public clock {
 public:
  time_point now() const override { return at; }
  time_point at{1'800'000'000'000'000};
};

/// An engine in virtual time over a journal that counts when told to; everything that leaves is kept in order, one word each.
class world {
 public:
  explicit world(node_options chosen = {}, actors::engine_hooks bent = {}) : options(std::move(chosen)), hooks(std::move(bent)) {
    options.seed = 42;
    options.log = [this](const std::string& line) { said.push_back(line); };
    options.fatal = [this](const std::string& why) { said.push_back("fatal: " + why); };
    start();
  }
  void start() {
    node_ports ports;
    ports.to_leg = [this](leg_command c) {
      left.push_back(word(c));
      if (const auto* invite = std::get_if<leg_invite>(&c)) expires.push_back(invite->expires);
    };
    ports.to_media = [](media_command) {};
    ports.register_reply = [](register_reply) {};
    engine = actors::virtual_engine::make(options, *log, config, time, std::move(ports), core_of, hooks);
    engine->start();
    settle();
  }
  /// As kill -9: what does not count is gone.
  void kill() {
    engine.reset();
    log->crash();
    left.clear();
  }
  void settle() {
    while (engine->has_job()) engine->run_one(0);
  }
  void count_all() {
    do {
      log->pump();
      settle();
    } while (engine->has_job());
  }
  void wait(std::chrono::microseconds d) {
    time.at = time.at + d;
    engine->advance(d);
    settle();
  }
  void press(call_id call, char key) {
    engine->on(leg_event{leg_digit{.leg = {call, 1}, .digit = key, .duration_ms = 100}});
    settle();
  }
  void invite(call_id call) {
    leg_incoming in;
    in.leg = {call, 1};
    in.tenant = "demo";
    engine->on(leg_event{in});
    settle();
  }
  static std::string word(const leg_command& c) {
    return std::visit(
               overload{[](const leg_ring&) { return "ring"; }, [](const leg_answer&) { return "answer"; },
                        [](const leg_reject&) { return "reject"; }, [](const leg_invite&) { return "invite"; },
                        [](const leg_release&) { return "release"; }, [](const leg_answer_offer&) { return "answer_offer"; },
                        [](const leg_reject_offer&) { return "reject_offer"; }, [](const leg_offer&) { return "offer"; },
                        [](const leg_refer_status&) { return "refer"; }, [](const leg_restore&) { return "restore"; },
                        [](const leg_probe&) { return "probe"; }, [](const leg_forget&) { return "forget"; },
                        [](const leg_ack&) { return "ack"; }},
               c) +
           (":" + std::to_string(leg_of(c).index));
  }
  std::vector<recorded_step> steps(call_id call) const {
    std::vector<recorded_step> all;
    static_cast<void>(log->read_entity(ref(call), [&](const recorded_step& s) {
      all.push_back(s);
      return true;
    }));
    return all;
  }

  node_options options{};
  actors::engine_hooks hooks{};
  hand_clock time{};
  one_tenant config{};
  std::unique_ptr<memory_journal> log = make_memory_journal({.journal = {}, .by_pump = true});
  std::vector<std::string> left{};
  std::vector<milliseconds> expires{};  ///< of the INVITEs among `left`
  std::vector<std::string> said{};
  std::unique_ptr<actors::virtual_engine> engine{};
};

inline call_id a_call(std::uint64_t n) { return call_id::make(shard_of_tenant("demo"), n); }

}  // namespace seatgrid::toy
