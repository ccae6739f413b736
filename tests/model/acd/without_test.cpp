#include <gtest/gtest.h>

#include <iostream>

#include "tests/model/acd/explorer.hpp"

/// Each rule of the protocol removed in turn: the explorer must find what it was for.
namespace seatgrid::model {
namespace {

const scope alone{.calls = 1, .agents = 1, .troubles = 1};
const scope alone_twice{.calls = 1, .agents = 1, .troubles = 1, .attempts_max = 2};
const scope two_agents{.calls = 1, .agents = 2, .troubles = 1};
const scope two_calls{.calls = 2, .agents = 1, .troubles = 1, .callers_hang_up = false};
const scope two_queues{.calls = 1, .agents = 1, .queues = 2, .troubles = 1, .waits_end = true};
const scope two_phones{.calls = 1, .agents = 1, .contacts = 2, .troubles = 1};
const scope slow_messages{.calls = 1, .agents = 1, .troubles = 1, .flying_max = 2};

void expect_broken(const scope& of, const bends& how, const std::string& by) {
  const auto v = explore(of, how);
  std::cout << text(v) << std::flush;
  EXPECT_NE(v.broken, "");
  EXPECT_EQ(v.broken.substr(0, by.size()), by);
}

template <class Message>
void forget(effects& out) {
  std::erase_if(out, [](const effect& one) {
    const auto* word = std::get_if<to_entity>(&one.what);
    return word != nullptr && std::holds_alternative<Message>(word->message);
  });
}

bool is_timer(const auto& input, auto timer) {
  const auto* fired = std::get_if<timer_fired>(&input);
  return fired != nullptr && fired->timer == static_cast<std::uint32_t>(timer);
}

const queue_entry* due_entry(const queue_state& s, entry_state state) {
  for (const auto& [at, call] : s.dues)
    if (at < far_off && s.entries.at(call).state == state) return &s.entries.at(call);
  return nullptr;
}

TEST(AcdModelWithout, GenerationsLetsOneOrderReserveAnAgentTwice) {
  bends how;
  how.agent.before = [](agent_state& now, agent_command& input) {
    if (auto* m = std::get_if<reserve>(&input)) m->generation = now.facts.generation;
    return true;
  };
  expect_broken(alone, how, "I15");
}

TEST(AcdModelWithout, TheFloorRingsAnAgentThatIsNotReserved) {
  bends how;
  how.call.before = [](calls::call_state& now, call_command& input) {
    if (std::holds_alternative<offer>(input)) now.attempt.floor = 0;
    return true;
  };
  expect_broken(alone, how, "I1");
}

TEST(AcdModelWithout, AFloorRaisedBeforeAnAgentHearsFailedRingsAFreeAgent) {
  bends how;
  how.call.after = [](const calls::call_state& was, const call_command& input, calls::call_state& now, effects&) {
    if (std::holds_alternative<agent_query>(input)) now.attempt.floor = was.attempt.floor;
  };
  expect_broken(alone, how, "I1");
}

TEST(AcdModelWithout, AFloorRaisedWhenAnAttemptIsOverRingsWhatItsQueueDoesNotOffer) {
  bends how;
  how.call.after = [](const calls::call_state& was, const call_command& input, calls::call_state& now, effects&) {
    if (!std::holds_alternative<agent_query>(input) && !std::holds_alternative<offer>(input))
      now.attempt.floor = was.attempt.floor;
  };
  expect_broken(alone, how, "I5");
}

TEST(AcdModelWithout, TheTombstoneHoldsAnAgentForEver) {
  bends how;
  how.call.after = [](const calls::call_state& was, const call_command&, calls::call_state&, effects& out) {
    if (was.phase == calls::call_phase::closed) forget<failed>(out);
  };
  expect_broken(alone, how, "stuck");
}

TEST(AcdModelWithout, AnAgentThatWaitsForTheCallsWordFreesItselfUnderARingingCall) {
  bends how;
  how.agent.before = [](agent_state& now, agent_command& input) {
    if (is_timer(input, agent_timer::deadline) && now.facts.status == agent_status::reserved)
      input = failed{.call = now.facts.call, .attempt = now.facts.attempt, .agent = now.id, .why = attempt_failure::gave_up};
    return true;
  };
  expect_broken(alone, how, "I1");
}

TEST(AcdModelWithout, AttemptsInFailedFreesAnAgentUnderALaterAttempt) {
  bends how;
  how.agent.before = [](agent_state& now, agent_command& input) {
    if (auto* m = std::get_if<failed>(&input); m != nullptr && m->call == now.facts.call) m->attempt = now.facts.attempt;
    return true;
  };
  expect_broken(alone_twice, how, "I1");
}

TEST(AcdModelWithout, AnAgentThatSaysYesOnlyWhenFreeRingsAnAgentThatIsNotReserved) {
  bends how;
  how.agent.after = [](const agent_state& was, const agent_command&, agent_state&, effects& out) {
    for (auto& one : out)
      if (auto* word = std::get_if<to_entity>(&one.what))
        if (const auto* no = std::get_if<agent_refused>(&word->message))
          word->message = agent_reserved{
              .call = no->call, .attempt = no->attempt, .agent = no->agent, .contacts = {{.target = was.fixed_device}}};
  };
  expect_broken(two_calls, how, "I1");
}

TEST(AcdModelWithout, TheCallsSoleWordOverAnOfferMovesAPlaceThatRings) {
  bends how;
  how.queue.before = [](queue_state& now, queue_command& input) {
    const auto* entry = is_timer(input, queue_timer::due) ? due_entry(now, entry_state::offering) : nullptr;
    if (entry != nullptr)
      input = failed{.call = entry->call,
                     .attempt = entry->attempt,
                     .agent = entry->agent,
                     .queue = now.id,
                     .why = attempt_failure::gave_up};
    return true;
  };
  expect_broken(two_agents, how, "I5");
}

TEST(AcdModelWithout, AttemptsInFailedMovesAPlaceWhoseCallRings) {
  bends how;
  how.queue.before = [](queue_state& now, queue_command& input) {
    if (auto* m = std::get_if<failed>(&input))
      if (const auto at = now.entries.find(m->call); at != now.entries.end()) m->attempt = at->second.attempt;
    return true;
  };
  expect_broken(two_agents, how, "I5");
}

TEST(AcdModelWithout, QuestionsToTheCallHoldsAnAgentForEver) {
  bends how;
  how.agent.after = [](const agent_state&, const agent_command&, agent_state&, effects& out) { forget<agent_query>(out); };
  how.agent.resumed = [](const agent_state&, effects& out) { forget<agent_query>(out); };
  expect_broken(alone, how, "stuck");
}

TEST(AcdModelWithout, ConnectedSaidAgainLeavesAnAgentReservedWhoTalks) {
  bends how;
  how.call.after = [](const calls::call_state&, const call_command& input, calls::call_state&, effects& out) {
    if (std::holds_alternative<agent_query>(input)) forget<connected>(out);
  };
  expect_broken(alone, how, "stuck");
}

TEST(AcdModelWithout, EnqueueRepeatedLosesACallerOnItsWay) {
  bends how;
  how.call.before = [](calls::call_state&, call_command& input) { return !is_timer(input, calls::call_timer::enqueue); };
  expect_broken(alone, how, "stuck");
}

TEST(AcdModelWithout, ReserveRepeatedOrGivenUpHoldsAPlace) {
  bends how;
  how.queue.before = [](queue_state& now, queue_command& input) {
    return !is_timer(input, queue_timer::due) || due_entry(now, entry_state::reserving) == nullptr;
  };
  expect_broken(alone, how, "stuck");
}

TEST(AcdModelWithout, OfferRepeatedHoldsAPlace) {
  bends how;
  how.queue.before = [](queue_state& now, queue_command& input) {
    return !is_timer(input, queue_timer::due) || due_entry(now, entry_state::offering) == nullptr;
  };
  expect_broken(alone, how, "stuck");
}

TEST(AcdModelWithout, TheRollCallLeavesACallerBesideAFreeAgent) {
  bends how;
  how.queue.after = [](const queue_state&, const queue_command&, queue_state&, effects& out) { forget<ask_available>(out); };
  expect_broken(alone, how, "stuck");
}

TEST(AcdModelWithout, TheAgentInAnAttemptsNumberHoldsAnotherAgentForTheWholeTalk) {
  bends how;
  how.call.before = [](calls::call_state& now, call_command& input) {
    if (auto* m = std::get_if<agent_query>(&input); m != nullptr && m->attempt == now.attempt.attempt)
      m->agent = now.attempt.agent;
    if (auto* m = std::get_if<offer>(&input); m != nullptr && m->attempt == now.attempt.attempt) m->agent = now.attempt.agent;
    return true;
  };
  expect_broken(two_agents, how, "stuck");
}

TEST(AcdModelWithout, TheQueueInAnAttemptsNumberHoldsAPlaceForTheWholeTalk) {
  bends how;
  how.call.before = [](calls::call_state& now, call_command& input) {
    if (auto* m = std::get_if<offer>(&input); m != nullptr && m->attempt == now.attempt.attempt) m->queue = now.attempt.queue;
    return true;
  };
  expect_broken(two_queues, how, "stuck");
}

TEST(AcdModelWithout, FadingRingsAPhoneForTwo) {
  bends how;
  how.call.after = [](const calls::call_state&, const call_command&, calls::call_state&, effects& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto* word = std::get_if<to_entity>(&out[i].what);
      const auto* over = word == nullptr ? nullptr : std::get_if<failed>(&word->message);
      if (over != nullptr && word->to == ref(over->queue))
        out.push_back({timing::when_durable, to_entity{ref(over->agent), *over}});
    }
  };
  expect_broken(alone, how, "I1: the phone");
}

TEST(AcdModelWithout, TheEndOfALosersAnswerLetsTwoPhonesTalk) {
  bends how;
  how.call.after = [](const calls::call_state&, const call_command&, calls::call_state&, effects& out) {
    std::erase_if(out, [](const effect& one) {
      const auto* to = std::get_if<to_leg>(&one.what);
      return to != nullptr && std::holds_alternative<leg_release>(to->command);
    });
  };
  expect_broken(two_phones, how, "");
}

TEST(AcdModelWithout, DoubtAboutAReservationLosesAFreeAgent) {
  bends how;
  how.queue.after = [](const queue_state& was, const queue_command& input, queue_state& now, effects&) {
    const auto* left = std::get_if<leave_queue>(&input);
    const auto at = left == nullptr ? was.entries.end() : was.entries.find(left->call);
    if (at == was.entries.end() || at->second.state != entry_state::reserving) return;
    auto& view = now.agents[at->second.agent];
    view.spent = std::max(view.spent, at->second.generation);
  };
  expect_broken({.calls = 2, .agents = 1, .troubles = 1}, how, "stuck");
}

TEST(AcdModelWithout, TheLookRoundLeavesAPlaceBehind) {
  bends how;
  how.queue.before = [](queue_state& now, queue_command& input) {
    return !is_timer(input, queue_timer::members) || !now.rollcall_begun || !now.rollcall_next.empty();
  };
  expect_broken(alone, how, "stuck");
}

}  // namespace
}  // namespace seatgrid::model
