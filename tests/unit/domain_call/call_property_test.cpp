#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/unit/domain_call/call_bench.hpp"
#include "tests/unit/proto/published_check.hpp"

/// Random worlds: late, doubled, stale and reordered words, kills at any step; what must hold holds always, and every call ends.
namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

/// The world's answers to effects, delivered in random order, sometimes twice, sometimes never.
class random_world {
 public:
  explicit random_world(std::uint64_t seed) : random_(seed) {}

  void run(bool with_kills) {
    say(bench_.invite());
    for (int i = 0; i < 400 && bench_.call.phase != call_phase::closed; ++i) {
      step();
      if (with_kills && chance(25)) kill();
      if (i == 300) say(leg_ended{.leg = bench_.leg(1), .at = bench_.now});
    }
    for (int i = 0; i < 60 && bench_.call.phase != call_phase::closed; ++i) {
      while (!pending_.empty()) deliver(0, false);
      if (bench_.call.phase != call_phase::releasing && i == 0) say(leg_ended{.leg = bench_.leg(1), .at = bench_.now});
      bench_.fire(call_timer::closing);
      hear();
      bench_.fire(call_timer::recording);
      hear();
      bench_.fire(call_timer::quiet);
      hear();
    }
  }

  void check() const {
    ASSERT_EQ(bench_.call.phase, call_phase::closed);
    EXPECT_EQ(cdrs_, 1U) << "I8: exactly one CDR";
    EXPECT_EQ(starts_.size(), ends_) << "each ENTER of a queue has exactly one EXIT (I5)";
    EXPECT_LE(most_connected_, 1U) << "I2: never two agents";
    for (const auto& leg : opened_) EXPECT_TRUE(closed_.contains(leg)) << "endpoint " << leg << " stays open";
    for (const auto leg : invited_) EXPECT_TRUE(over_.contains(leg)) << "leg " << leg << " is never ended";
    EXPECT_EQ(bench_.call.attempt.state, attempt_state::gone);
    const auto cdr = bench_.cdr();
    EXPECT_EQ(cdr.billed_ms > 0, answered_) << "billed if and only if answered";
  }

  const call_bench& bench() const { return bench_; }

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  void say(const call_command& order) {
    bench_.tell(order);
    hear();
  }

  void step() {
    bench_.pass(milliseconds{random_() % 700});
    const auto dice = random_() % 10;
    if (dice < 6 && !pending_.empty()) return deliver(random_() % pending_.size(), chance(6));
    if (dice == 6) return press();
    if (dice == 7 && !bench_.call.timers.empty()) return fire();
    if (dice == 8) return noise();
    if (!pending_.empty()) deliver(0, false);
  }

  void deliver(std::size_t which, bool twice) {
    const auto order = pending_[which];
    if (!twice) pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(which));
    say(order);
  }

  void press() {
    constexpr std::string_view keys = "123#07";
    say(media_digit{.leg = bench_.leg(1), .digit = keys[random_() % keys.size()]});
  }

  void fire() {
    const auto timer = bench_.call.timers[random_() % bench_.call.timers.size()];
    if (timer.timer == call_timer::length || timer.timer == call_timer::tombstone) return;
    const auto generation = chance(4) ? timer.generation - 1 : timer.generation;
    if (generation == timer.generation) bench_.now = std::max(bench_.now, timer.began_at + timer.length);
    say(timer_fired{static_cast<std::uint32_t>(timer.timer), generation});
  }

  void noise() {
    const auto leg = bench_.leg(1 + static_cast<std::uint32_t>(random_() % 4));
    switch (random_() % 9) {
      case 0: return say(media_played{.leg = leg, .play_id = static_cast<std::uint32_t>(random_() % 9)});
      case 1: return say(leg_answered{.leg = leg, .media = call_bench::their_sdp(), .confirmed = call_bench::dialog_of("x")});
      case 2: return say(leg_failed{.leg = leg, .cause = {.sip = 486}});
      case 3: return say(bench_.offer_of(static_cast<attempt_no>(random_() % 4)));
      case 4: return say(agent_query{.call = bench_.id(), .attempt = static_cast<attempt_no>(random_() % 3), .agent = agent()});
      case 5: return say(leg_refer{.leg = leg, .refer_id = 3, .target = chance(2) ? "13700137000" : "support"});
      case 6: return say(reoffer(leg));
      case 7: return say(media_silent{.leg = leg, .last_packet_at = bench_.now});
      default: return chance(12) ? say(leg_ended{.leg = leg, .at = bench_.now}) : say(leg_probed{.leg = leg, .status = 200});
    }
  }

  leg_offered reoffer(leg_id leg) {
    auto sdp = call_bench::their_sdp();
    sdp.way = chance(2) ? direction::sendonly : direction::sendrecv;
    return {.leg = leg, .offer_id = 4, .offer = sdp};
  }

  agent_id agent() const { return bench_.config.agent_of("1001"); }

  void kill() {
    auto loaded = call_rules::load(bench_.id().value, bench_.rows);
    ASSERT_TRUE(loaded);
    bench_.call = std::move(*loaded);
    std::erase_if(pending_, [&](const call_command&) { return chance(2); });
    bench_.out.clear();
    call_rules::resume(bench_.call, {bench_.now, 1}, bench_.out);
    bench_.events.clear();
    hear();
    if (chance(2)) return;
    say(timer_fired{static_cast<std::uint32_t>(call_timer::recovered), bench_.call.recoveries + 1});
  }

  /// What the world makes of the last effects.
  void hear() {
    for (const auto& e : bench_.events) watch(e);
    auto out = bench_.out;
    for (const auto& one : out) {
      if (const auto* to = std::get_if<to_leg>(&one.what)) hear_edge(to->command);
      if (const auto* media = std::get_if<to_media>(&one.what)) hear_media(media->command);
      if (const auto* entity = std::get_if<to_entity>(&one.what)) {
        if (entity->to.kind == entity_kind::agent) hear_agent(entity->message);
        hear_acd(entity->message);
      }
    }
    const auto connected = std::count_if(bench_.call.legs.begin(), bench_.call.legs.end(),
                                         [](const calls::call_leg& l) { return l.role == calls::leg_role::agent && l.is_up(); });
    most_connected_ = std::max(most_connected_, static_cast<std::size_t>(connected));
  }

  void watch(const calls::call_event& e) {
    if (std::holds_alternative<calls::call_closed>(e)) ++cdrs_;
    if (std::holds_alternative<calls::queue_asked>(e)) starts_.push_back(1);
    if (std::holds_alternative<calls::queue_left>(e)) ++ends_;
    if (std::holds_alternative<calls::caller_answered>(e)) answered_ = true;
    if (const auto* lost = std::get_if<calls::leg_lost>(&e)) over_.insert(lost->leg);
  }

  void hear_edge(const leg_command& command) {
    if (const auto* invite = std::get_if<leg_invite>(&command)) {
      invited_.insert(invite->leg.index);
      if (chance(2)) pending_.push_back(leg_progress{.leg = invite->leg, .early = call_bench::dialog_of("b")});
      if (chance(3))
        pending_.push_back(leg_failed{.leg = invite->leg, .cause = {.sip = 480}});
      else
        pending_.push_back(
            leg_answered{.leg = invite->leg, .media = call_bench::their_sdp(), .confirmed = call_bench::dialog_of("b")});
    }
    if (const auto* release = std::get_if<leg_release>(&command)) {
      over_.insert(release->leg.index);
      if (!chance(3)) pending_.push_back(leg_failed{.leg = release->leg, .cause = {.sip = 487}});
    }
    if (const auto* answer = std::get_if<leg_answer>(&command))
      pending_.push_back(leg_confirmed{.leg = answer->leg, .confirmed = call_bench::dialog_of("caller", true)});
  }

  void hear_agent(const acd_message& message) {
    const auto* over = std::get_if<failed>(&message);
    if (over == nullptr) return;
    for (const auto& leg : bench_.call.legs)
      EXPECT_FALSE(leg.role == calls::leg_role::agent && leg.attempt == over->attempt && leg.may_ring())
          << "I1: freed while leg " << leg.index << " may ring";
  }

  void hear_media(const media_command& command) {
    if (const auto* open = std::get_if<media_open>(&command)) {
      opened_.insert(open->leg.index);
      closed_.erase(open->leg.index);
      const auto port = static_cast<std::uint16_t>(20'000 + open->leg.index * 2);
      if (chance(30))
        pending_.push_back(media_open_failed{.leg = open->leg, .why = "no port"});
      else
        pending_.push_back(media_opened{.leg = open->leg, .local = {"10.0.0.1", port}});
    }
    if (const auto* close = std::get_if<media_close>(&command)) {
      closed_.insert(close->leg.index);
      if (!chance(8)) pending_.push_back(media_closed{.leg = close->leg});
    }
    if (const auto* play = std::get_if<media_play>(&command); play != nullptr && !play->loop)
      pending_.push_back(media_played{.leg = play->leg, .play_id = play->play_id});
    if (const auto* stop = std::get_if<media_record_stop>(&command))
      pending_.push_back(
          media_recorded{.call = bench_.id(), .recording = stop->recording, .path = "f.wav", .bytes = 9, .length_ms = 9});
  }

  void hear_acd(const acd_message& message) {
    if (const auto* ask = std::get_if<enqueue>(&message)) {
      if (chance(10)) return pending_.push_back(queue_refused{.call = bench_.id(), .queue = ask->queue, .why = "full"});
      pending_.push_back(queued{.call = bench_.id(), .queue = ask->queue, .position = 1});
      pending_.push_back(bench_.offer_of(ask->next_attempt));
    }
    if (std::holds_alternative<ask_place>(message))
      pending_.push_back(
          queue_place{.call = bench_.id(), .queue = bench_.config.queue_of("support"), .position = 2, .agents_logged_in = 1});
    if (const auto* over = std::get_if<failed>(&message); over != nullptr && over->why != attempt_failure::not_waiting)
      pending_.push_back(bench_.offer_of(over->attempt + 1));
  }

  call_bench bench_{};
  std::mt19937_64 random_;
  std::vector<call_command> pending_{};
  std::size_t cdrs_ = 0;
  std::vector<int> starts_{};
  std::size_t ends_ = 0;
  std::size_t most_connected_ = 0;
  bool answered_ = false;
  std::set<std::uint32_t> opened_{}, closed_{}, invited_{}, over_{};
};

TEST(CallProperty, EveryWorldKeepsTheInvariants) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_world world{seed};
    world.run(false);
    world.check();
    for (const auto& one : world.bench().all) {
      const auto* event = std::get_if<publish>(&one.what);
      if (event == nullptr) continue;
      seen.insert(event->type);
      ASSERT_EQ(misfit(*event), "");
    }
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  // Worlds in which nothing happens prove nothing.
  for (const auto* type :
       {"call.answered", "call.queued", "call.offered", "call.connected", "call.offer_ended", "call.held", "call.retrieved",
        "call.transferred", "call.transfer_failed", "call.left_queue", "voicemail.left", "recording.finished", "call.ended",
        "call.cdr", "leg.started", "leg.ringing", "leg.answered", "leg.ended"})
    EXPECT_TRUE(seen.contains(type)) << type << " never happened";
}

TEST(CallProperty, KillsAtAnyStepChangeNothingOfThat) {
  for (std::uint64_t seed = 1'000; seed <= 1'300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_world world{seed};
    world.run(true);
    world.check();
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST(CallProperty, ARecordedCallDecidesTheSameAgain) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_world world{seed};
    world.run(false);
    call_bench again;
    for (const auto& entry : world.bench().log) {
      const auto order = call_rules::decode_command(call_rules::encode(entry.order));
      ASSERT_TRUE(order);
      again.now = entry.at.at;
      ASSERT_TRUE(again.tell(*order));
      std::vector<std::string> events;
      for (const auto& e : again.events) events.push_back(call_rules::encode(e));
      ASSERT_EQ(events, entry.events) << "D2";
    }
    EXPECT_EQ(again.cdr(), world.bench().cdr());
  }
}

/// The same world with one kill after each command in turn ends in the same CDR, but for the kill itself.
TEST(CallProperty, AKillAfterAnyStepLeadsToTheSameEnd) {
  call_bench plain;
  plain.talk();
  plain.pass(milliseconds{2'000});
  plain.hang_up(2);
  plain.close_all();
  const auto steps = plain.log;
  auto expected = plain.cdr();
  for (std::size_t at = 0; at < steps.size(); ++at) {
    SCOPED_TRACE("killed after command " + std::to_string(at));
    call_bench b;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      b.now = steps[i].at.at;
      b.tell(steps[i].order);
      if (i != at) continue;
      auto loaded = call_rules::load(b.id().value, b.rows);
      ASSERT_TRUE(loaded);
      b.call = std::move(*loaded);
      effects out;
      call_rules::resume(b.call, {b.now, 1}, out);
    }
    EXPECT_EQ(b.cdr(), expected);
  }
}

TEST(CallProperty, EveryEventHasBytesThatReadBackAndJson) {
  call_bench b;
  b.talk();
  b.hang_up(1);
  b.close_all();
  std::size_t seen = 0;
  for (const auto& entry : b.log)
    for (const auto& bytes : entry.events) {
      const auto event = call_rules::decode_event(bytes);
      ASSERT_TRUE(event);
      EXPECT_EQ(call_rules::encode(*event), bytes);
      const auto text = call_rules::describe(*event);
      EXPECT_EQ(text.find("{\"type\":\""), 0U);
      ++seen;
    }
  EXPECT_GT(seen, 50U);
}

}  // namespace
}  // namespace seatgrid::test
