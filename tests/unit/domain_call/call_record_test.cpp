#include <gtest/gtest.h>

#include "domain/recording_path.hpp"
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

/// The process died while the call talked: the next segment runs.
call_bench recording_after_a_death() {
  call_bench b;
  b.talk();
  b.pass(milliseconds{4'000});
  b.tell(timer_fired{static_cast<std::uint32_t>(call_timer::recovered), b.call.recoveries + 1});
  return b;
}

TEST(Recording, EachSegmentStandsInTheCdrWithTheGapBeforeIt) {
  auto b = recording_after_a_death();
  const auto order = *b.sent<media_record>();
  ASSERT_EQ(order.segment, 2U);
  const auto second = segment_path(order.path, 2);
  b.tell(media_recorded{.call = b.id(),
                        .recording = order.recording,
                        .path = order.path,
                        .bytes = 24'058,
                        .length_ms = 1'500,
                        .sha256 = "aa",
                        .segment = 1,
                        .goes_on = true});
  EXPECT_TRUE(b.has_published("recording.segment_ended"));
  EXPECT_FALSE(b.has_published("recording.finished")) << "it goes on";
  b.hang_up(1);
  ASSERT_NE(b.sent<media_record_stop>(), nullptr);
  EXPECT_EQ(b.sent<media_record_stop>()->segment, 2U);
  b.tell(media_recorded{.call = b.id(),
                        .recording = order.recording,
                        .path = second,
                        .bytes = 8'058,
                        .length_ms = 500,
                        .sha256 = "bb",
                        .segment = 2});
  b.close_all();
  const auto cdr = b.cdr().recordings.at(0);
  ASSERT_EQ(cdr.files.size(), 2U);
  EXPECT_EQ(cdr.files[0].path, order.path);
  EXPECT_EQ(cdr.files[0].sha256, "aa");
  EXPECT_EQ(cdr.files[0].gap_ms, 0);
  EXPECT_EQ(cdr.files[1].path, second);
  EXPECT_EQ(cdr.files[1].bytes, 8'058U);
  EXPECT_EQ(cdr.files[1].gap_ms, 2'500) << "began 4 s after the first, which held 1.5 s";
  EXPECT_EQ(cdr.path, second);
  EXPECT_EQ(paths_of(cdr), (std::vector<std::string>{order.path, second}));
}

TEST(Recording, ASegmentWhoseFileIsGoneSaysSoAndTheOthersStand) {
  auto b = recording_after_a_death();
  const auto order = *b.sent<media_record>();
  b.tell(media_record_failed{.call = b.id(), .recording = order.recording, .why = "there is no file", .segment = 1});
  EXPECT_FALSE(b.has_published("recording.failed")) << "the recording goes on";
  b.tell(media_record_failed{.call = b.id(), .recording = order.recording, .why = "again", .segment = 1});
  EXPECT_EQ(b.events.size(), 0U) << "what is known of a segment stays";
  b.hang_up(1);
  b.close_all();
  const auto cdr = b.cdr().recordings.at(0);
  ASSERT_EQ(cdr.files.size(), 2U);
  EXPECT_EQ(cdr.files[0].missing, "there is no file");
  EXPECT_EQ(cdr.files[1].missing, "");
}

TEST(Recording, ASegmentOfWhichNobodySaidAnythingStandsAsSuch) {
  auto b = recording_after_a_death();
  b.hang_up(1);
  b.close_all();
  const auto cdr = b.cdr().recordings.at(0);
  ASSERT_EQ(cdr.files.size(), 2U);
  EXPECT_EQ(cdr.files[0].missing, "nobody said what became of it");
  EXPECT_EQ(cdr.files[1].sha256, "ab");
}

TEST(Recording, ThatFailsAfterADeathKeepsTheFileBeforeIt) {
  auto b = recording_after_a_death();
  const auto order = *b.sent<media_record>();
  b.tell(media_recorded{.call = b.id(),
                        .recording = order.recording,
                        .path = order.path,
                        .bytes = 24'058,
                        .length_ms = 1'500,
                        .sha256 = "aa",
                        .segment = 1,
                        .goes_on = true});
  b.tell(media_record_failed{.call = b.id(), .recording = order.recording, .why = "disk full"});
  b.hang_up(1);
  b.close_all();
  const auto cdr = b.cdr().recordings.at(0);
  EXPECT_EQ(cdr.missing, "") << "there is a file";
  EXPECT_EQ(cdr.path, order.path);
  EXPECT_EQ(cdr.bytes, 24'058U);
  EXPECT_EQ(cdr.files.at(1).missing, "disk full");
}

TEST(Recording, ThatWasBeingFinishedWhenTheProcessDiedIsFinishedByTheNext) {
  call_bench b;
  b.talk();
  const auto id = b.call.recordings.at(0).id;
  b.hang_up(1);
  auto loaded = call_rules::load(b.id().value, b.rows);
  ASSERT_TRUE(loaded);
  effects out;
  call_rules::resume(*loaded, {b.now, 5}, out);
  const auto* stop = call_bench::find_in<media_record_stop>(out);
  ASSERT_NE(stop, nullptr);
  EXPECT_EQ(stop->recording, id);
  EXPECT_EQ(stop->path, b.call.recordings.at(0).path);
  EXPECT_EQ(stop->call, b.id());
}

TEST(Recording, PathsOfSegmentsPutTheNumberBeforeTheSuffix) {
  EXPECT_EQ(segment_path("calls/7.wav", 1), "calls/7.wav");
  EXPECT_EQ(segment_path("calls/7.wav", 2), "calls/7.2.wav");
  EXPECT_EQ(segment_path("a.b/seven", 3), "a.b/seven.3");
  EXPECT_EQ(first_segment_path("calls/7.3.wav", 3), "calls/7.wav");
  EXPECT_EQ(first_segment_path("calls/7.wav", 3), "calls/7.wav");
  EXPECT_EQ(paths_of({.path = "calls/7.3.wav", .segments = 3}),
            (std::vector<std::string>{"calls/7.wav", "calls/7.2.wav", "calls/7.3.wav"}))
      << "a CDR of before";
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
