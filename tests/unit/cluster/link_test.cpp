#include <gtest/gtest.h>

#include "cluster/link_course.hpp"
#include "cluster/link_frame.hpp"
#include "cluster/link_messages.hpp"
#include "cluster/link_window.hpp"

/// The rules of links: frames, numbers, when to dial and what to tell.
namespace seatgrid::cluster {
namespace {

using namespace std::chrono_literals;

link_frame only_frame(link_frame_reader& reader) {
  auto frame = reader.next();
  EXPECT_TRUE(frame && *frame);
  return frame && *frame ? **frame : link_frame{};
}

TEST(LinkFrame, ComesOutAsItWentInHoweverItIsTorn) {
  std::string bytes;
  const link_hello said{.cluster = "c",
                        .node = "a",
                        .process_high = 1,
                        .process_low = 2,
                        .to_high = 3,
                        .to_low = 4,
                        .stream = 5,
                        .first = 6,
                        .heard_stream = 7,
                        .heard = 8};
  write_hello(bytes, said);
  write_part(bytes, 1'000'000, link_kind::to_slot, true, "part");
  write_beat(bytes, link_kind::heartbeat, "beat");
  write_acknowledged(bytes, UINT64_MAX);
  write_ping(bytes);
  write_refused(bytes, "why");
  for (const std::size_t torn : {1U, 2U, 7U, 1'000U}) {
    link_frame_reader reader;
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < bytes.size(); at += torn) {
      reader.add(std::string_view{bytes}.substr(at, torn));
      while (true) {
        const auto frame = reader.next();
        ASSERT_TRUE(frame) << frame.error().what;
        if (!*frame) break;
        if ((*frame)->type == link_frame_type::hello) { EXPECT_EQ(*read_hello((*frame)->bytes), said); }
        seen.push_back(std::to_string(static_cast<int>((*frame)->type)) + " " + std::to_string((*frame)->seq) + " " +
                       std::to_string((*frame)->kind) + ((*frame)->more ? " more " : " ") +
                       ((*frame)->type == link_frame_type::hello ? "" : std::string{(*frame)->bytes}));
      }
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"1 0 0 ", "3 1000000 11 more part", "4 0 1 beat", "5 18446744073709551615 0 ",
                                              "6 0 0 ", "2 0 0 why"}));
  }
}

TEST(LinkFrame, OfAStrangerMayNotBeLong) {
  std::string bytes;
  write_part(bytes, 1, link_kind::asked, false, std::string(link_part_bytes_max, 'x'));
  link_frame_reader stranger, known;
  stranger.add(bytes);
  EXPECT_EQ(stranger.next().error().code, errc::corrupt);
  known.greeted();
  known.add(bytes);
  EXPECT_EQ(only_frame(known).bytes.size(), link_part_bytes_max);
}

TEST(LinkHello, OfNobodyOrOfAnotherVersionIsRefused) {
  const link_hello good{.cluster = "c", .node = "a", .process_high = 1, .stream = 1};
  const auto read = [](const link_hello& hello) {
    std::string bytes;
    write_hello(bytes, hello);
    return read_hello(std::string_view{bytes}.substr(5));
  };
  EXPECT_TRUE(read(good));
  auto bad = good;
  bad.version = 2;
  EXPECT_EQ(read(bad).error().code, errc::unsupported);
  bad = good;
  bad.process_high = 0;
  EXPECT_EQ(read(bad).error().code, errc::corrupt);
  bad = good;
  bad.node = std::string(node_name_bytes_max + 1, 'n');
  EXPECT_EQ(read(bad).error().code, errc::corrupt);
  bad = good;
  bad.first = 0;
  EXPECT_EQ(read(bad).error().code, errc::corrupt);
  EXPECT_EQ(read_hello("something else").error().code, errc::corrupt);
}

/// Takes everything that is written from a window into an inbox; the messages that arrive.
std::vector<std::string> pass(link_window& from, link_inbox& to, std::size_t frames_most = SIZE_MAX) {
  link_frame_reader reader;
  reader.greeted();
  std::string bytes;
  for (std::size_t i = 0; i < frames_most && from.write_next(bytes); ++i) continue;
  reader.add(bytes);
  std::vector<std::string> all;
  while (true) {
    const auto frame = reader.next();
    if (!frame || !*frame) return all;
    auto message = to.take(**frame);
    EXPECT_TRUE(message) << message.error().what;
    if (message && *message) all.push_back((*message)->bytes);
  }
}

TEST(LinkWindow, WritesAgainOnlyWhatWasNotHeard) {
  link_window window{1'000'000};
  link_inbox inbox{1'000'000};
  inbox.begin(9, window.first());
  for (const auto* word : {"a", "b", "c", "d"}) ASSERT_TRUE(window.push({link_kind::asked, word}));
  EXPECT_EQ(pass(window, inbox, 3), (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_TRUE(window.acknowledged(1));
  ASSERT_TRUE(window.begin_again(2));  // c was heard as well, but the hello was said before
  EXPECT_EQ(pass(window, inbox), (std::vector<std::string>{"d"}));
  EXPECT_EQ(window.repeated(), 1U);
  ASSERT_TRUE(window.acknowledged(4));
  EXPECT_EQ(window.bytes(), 0U);
}

TEST(LinkWindow, BeginsAMessageOfSeveralPartsAgainFromItsFirst) {
  link_window window{1'000'000};
  link_inbox inbox{1'000'000};
  inbox.begin(9, 1);
  const std::string large(3 * link_part_bytes_max + 5, 'x');
  ASSERT_TRUE(window.push({link_kind::asked, large}));
  EXPECT_TRUE(pass(window, inbox, 2).empty());
  inbox.begin(9, 1);
  ASSERT_TRUE(window.begin_again(0));
  EXPECT_EQ(pass(window, inbox), std::vector<std::string>{large});
}

TEST(LinkWindow, AcknowledgedWhileItIsWrittenAgainGoesOnWithTheNext) {
  link_window window{1'000'000};
  link_inbox inbox{1'000'000};
  inbox.begin(9, 1);
  const std::string large(2 * link_part_bytes_max, 'x');
  ASSERT_TRUE(window.push({link_kind::asked, large}));
  ASSERT_TRUE(window.push({link_kind::asked, "next"}));
  EXPECT_EQ(pass(window, inbox).size(), 2U);
  ASSERT_TRUE(window.begin_again(0));
  std::string bytes;
  ASSERT_TRUE(window.write_next(bytes));
  ASSERT_TRUE(window.acknowledged(1));
  inbox.begin(10, window.first());
  EXPECT_EQ(pass(window, inbox), std::vector<std::string>{"next"});
}

TEST(LinkWindow, RefusesAcknowledgementsOfWhatWasNeverWritten) {
  link_window window{1'000'000};
  ASSERT_TRUE(window.push({link_kind::asked, "a"}));
  EXPECT_EQ(window.acknowledged(1).error().code, errc::corrupt);
  EXPECT_EQ(window.begin_again(1).error().code, errc::corrupt);
}

TEST(LinkWindow, RefusesBeyondItsBoundUntilLessThanHalfOfItWaits) {
  link_window window{10'000};
  std::size_t taken = 0;
  while (window.push({link_kind::asked, std::string(1'000, 'x')})) ++taken;
  EXPECT_EQ(taken, 9U);  // with what each costs beside its bytes
  std::string bytes;
  while (window.write_next(bytes)) continue;
  ASSERT_TRUE(window.acknowledged(4));
  EXPECT_EQ(window.push({link_kind::asked, "x"}).error().code, errc::full) << "one gap, not one message here and there";
  ASSERT_TRUE(window.acknowledged(5));
  EXPECT_TRUE(window.push({link_kind::asked, "x"}));
}

TEST(LinkCourse, TellsAResetWhenAnImmediateTryIsRefused) {
  const link_options options;
  link_course at;
  EXPECT_TRUE(came_up(at, false));
  EXPECT_FALSE(broke(at, link_end::reset, options, 1s));
  EXPECT_EQ(at.next_dial, 1s);
  const auto word = dial_failed(at, link_end::refused, options, 1s);
  ASSERT_TRUE(word);
  EXPECT_TRUE(word->reset);
  EXPECT_FALSE(dial_failed(at, link_end::refused, options, 2s)) << "once";
  EXPECT_FALSE(passed(at, options, 10s));
}

TEST(LinkCourse, TriesAgainAtOnceWhenADyingProcessStillListened) {
  const link_options options;
  link_course at;
  came_up(at, false);
  broke(at, link_end::reset, options, 1s);
  EXPECT_FALSE(dial_failed(at, link_end::reset, options, 1s));
  EXPECT_EQ(at.next_dial, 1s + 1ms);
  const auto word = dial_failed(at, link_end::refused, options, 1s + 1ms);
  EXPECT_TRUE(word && word->reset);
}

TEST(LinkCourse, TellsNothingOfABreakThatHeals) {
  const link_options options;
  link_course at;
  came_up(at, false);
  broke(at, link_end::reset, options, 1s);
  EXPECT_FALSE(passed(at, options, 1s + 199ms));
  EXPECT_FALSE(came_up(at, false));
}

TEST(LinkCourse, TellsABreakThatDoesNotHealAndLaterThatTheProcessIsGone) {
  const link_options options;
  link_course at;
  came_up(at, false);
  broke(at, link_end::reset, options, 1s);
  auto word = passed(at, options, 1s + 200ms);
  ASSERT_TRUE(word && !word->reset);
  EXPECT_FALSE(passed(at, options, 2s));
  word = dial_failed(at, link_end::refused, options, 3s);
  ASSERT_TRUE(word && word->reset);
  EXPECT_TRUE(came_up(at, false)) << "it lives after all";
}

TEST(LinkCourse, PausesLongerAndLongerBetweenTries) {
  const link_options options;
  link_course at;
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 8; ++i) {
    dial_failed(at, link_end::silent, options, {});
    pauses.push_back(at.pause);
  }
  EXPECT_EQ(pauses, (std::vector<milliseconds>{20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1'000ms, 1'000ms}));
}

TEST(LinkCourse, CountsAFullPeerAsDownUntilItIsRelieved) {
  link_course at;
  came_up(at, false);
  const auto word = filled(at);
  ASSERT_TRUE(word && !word->reset);
  EXPECT_FALSE(filled(at));
  EXPECT_FALSE(came_up(at, true)) << "a new connection does not make room";
  EXPECT_TRUE(relieved(at));
  EXPECT_FALSE(relieved(at));
}

TEST(LinkCourse, KeepsTheSameConnectionOnBothSides) {
  for (const bool old_by_lower : {false, true})
    for (const bool new_by_lower : {false, true}) EXPECT_EQ(replaces(old_by_lower, new_by_lower), new_by_lower || !old_by_lower);
}

TEST(LinkMessages, ComeOutAsTheyWentIn) {
  const heartbeat said{.clock = {1'800'000'000'000'000},
                       .oldest_in_doubt = 250ms,
                       .records_read = 3,
                       .frames_counted = 4,
                       .owns_lanes_allowed = false,
                       .sent = 7s,
                       .echo = 6s,
                       .roster_next = 12,
                       .lanes = {{1, 20, true}, {2, 0, false}},
                       .gone = {{{8, 9}, 400ms}}};
  const auto heard = decode_heartbeat(encode(said));
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->clock, said.clock);
  EXPECT_EQ(heard->oldest_in_doubt, said.oldest_in_doubt);
  EXPECT_EQ(heard->records_read, 3U);
  EXPECT_EQ(heard->frames_counted, 4U);
  EXPECT_FALSE(heard->owns_lanes_allowed);
  EXPECT_EQ(heard->sent, said.sent);
  EXPECT_EQ(heard->echo, said.echo);
  EXPECT_EQ(heard->roster_next, 12U);
  EXPECT_EQ(heard->lanes, said.lanes);
  EXPECT_EQ(heard->gone, said.gone);
  EXPECT_TRUE(decode_heartbeat("")->owns_lanes_allowed);
  EXPECT_EQ(decode_opinion_asked(encode(opinion_asked{"a"})), opinion_asked{"a"});
  EXPECT_EQ(decode_opinion(encode(opinion_said{"a", true})), (opinion_said{"a", true}));
  EXPECT_EQ(decode_lane_wanted(encode(lane_wanted{63})), lane_wanted{63});
  EXPECT_EQ(decode_lane_rests(encode(lane_rests{5, true})), (lane_rests{5, true}));
  EXPECT_EQ(decode_opinion("\xff\xff").error().code, errc::corrupt);
}

}  // namespace
}  // namespace seatgrid::cluster
