#include <gtest/gtest.h>

#include "tests/unit/domain_call/call_bench.hpp"

namespace seatgrid::test {
namespace {

using calls::call_phase;
using calls::call_stage;
using calls::call_timer;

call_bench at_mailbox() {
  call_bench b;
  b.arrive();
  b.played();
  b.press('2');
  return b;
}
media_recorded message(const call_bench& b) {
  const auto& r = b.call.recordings.back();
  return {.call = b.id(), .recording = r.id, .path = r.path, .bytes = 16'044, .length_ms = 2'000, .sha256 = "feed"};
}

TEST(Voicemail, GreetsBeepsAndRecordsTheCallerAlone) {
  auto b = at_mailbox();
  EXPECT_NE(b.sent<leg_answer>(), nullptr) << "a message is a service: it is answered";
  ASSERT_NE(b.sent<media_play>(), nullptr);
  EXPECT_EQ(b.sent<media_play>()->list.back().source, "tone:beep");
  EXPECT_EQ(b.sent<media_record>(), nullptr);
  b.played();
  ASSERT_NE(b.sent<media_record>(), nullptr);
  EXPECT_FALSE(b.sent<media_record>()->right);
  EXPECT_EQ(b.sent<media_record>()->stop_after_silence, milliseconds{5'000});
  b.press('#');
  EXPECT_NE(b.sent<media_record_stop>(), nullptr);
  b.tell(message(b));
  EXPECT_TRUE(b.has_published("voicemail.left"));
  EXPECT_EQ(b.call.phase, call_phase::releasing) << "no next node";
  b.close_all();
  ASSERT_EQ(b.cdr().recordings.size(), 1U);
  EXPECT_EQ(b.cdr().recordings[0].mailbox, "box");
  EXPECT_EQ(b.cdr().recordings[0].sha256, "feed");
}

TEST(Voicemail, HangingUpLeavesWhatThereIs) {
  auto b = at_mailbox();
  b.played();
  b.pass(milliseconds{2'000});
  b.hang_up(1);
  EXPECT_NE(b.sent<media_record_stop>(), nullptr);
  b.tell(media_closed{.leg = b.leg(1)});
  EXPECT_EQ(b.call.phase, call_phase::releasing) << "the file is not finished yet";
  b.tell(message(b));
  EXPECT_TRUE(b.has_published("voicemail.left"));
  EXPECT_EQ(b.call.phase, call_phase::closed);
}

TEST(Voicemail, SilenceOrTheLongestLengthEndIt) {
  auto quiet = at_mailbox();
  quiet.played();
  quiet.tell(message(quiet));
  EXPECT_TRUE(quiet.has_published("voicemail.left"));
  auto endless = at_mailbox();
  endless.played();
  endless.fire(call_timer::voicemail);
  EXPECT_NE(endless.sent<media_record_stop>(), nullptr);
}

TEST(Recording, AFileThatFailsIsAnAbsenceExplainedAndTheCallGoesOn) {
  call_bench b;
  b.talk();
  const auto id = b.call.recordings.at(0).id;
  b.tell(media_record_failed{.call = b.id(), .recording = id, .why = "disk full"});
  EXPECT_TRUE(b.has_published("recording.failed"));
  EXPECT_EQ(b.call.stage, call_stage::talking);
  b.hang_up(2);
  b.close_all();
  EXPECT_EQ(b.cdr().recordings.at(0).missing, "disk full");
}

TEST(Recording, AFileThatIsNeverFinishedDoesNotKeepTheCallOpen) {
  call_bench b;
  b.talk();
  b.hang_up(1);
  b.tell(media_closed{.leg = b.leg(1)});
  b.tell(media_closed{.leg = b.leg(2)});
  EXPECT_EQ(b.call.phase, call_phase::releasing);
  b.fire(call_timer::recording);
  EXPECT_EQ(b.call.phase, call_phase::closed);
  EXPECT_FALSE(b.cdr().recordings.at(0).missing.empty());
  const auto id = b.call.recordings.at(0).id;
  b.tell(media_recorded{.call = b.id(), .recording = id, .path = "x", .bytes = 5, .length_ms = 5});
  EXPECT_TRUE(b.has_published("recording.finished")) << "found after all";
}

TEST(Recording, IsNotMadeWhenThePolicyForbidsIt) {
  auto config = demo_config();
  config.queues["support"].record = record_policy::never;
  call_bench b{config};
  b.talk();
  EXPECT_TRUE(b.call.recordings.empty());
}

}  // namespace
}  // namespace seatgrid::test
