#include "domain/negotiation.hpp"

#include <gtest/gtest.h>

namespace seatgrid {
namespace {

const media_address ours{"10.0.0.1", 20'000};

session_description offer_with(std::vector<codec> codecs) {
  session_description s{.session_id = 5, .version = 1, .audio = {"10.1.1.1", 40'000}};
  s.codecs = std::move(codecs);
  return s;
}

TEST(Negotiation, AnswersWithTheFirstOfTheirCodecsThatWeKnow) {
  const auto agreed = answer_offer(offer_with({{.payload_type = 9, .name = "G722"},
                                               {.payload_type = 0, .name = "PCMU"},
                                               {.payload_type = 8, .name = "PCMA"},
                                               {.payload_type = 97, .name = "TELEPHONE-EVENT"}}),
                                   ours, 7);
  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->answer.codecs.size(), 2U);
  EXPECT_EQ(agreed->path.codec_name, "PCMU");
  EXPECT_EQ(agreed->path.dtmf_payload_type, 97);
  EXPECT_EQ(agreed->path.remote.port, 40'000);
  EXPECT_EQ(agreed->answer.audio, ours);
}

TEST(Negotiation, RefusesAnOfferWithoutUsableAudio) {
  auto no_audio = offer_with({{.payload_type = 8, .name = "PCMA"}});
  no_audio.audio.port = 0;
  EXPECT_EQ(answer_offer(no_audio, ours, 7).error().code, errc::unsupported);
  EXPECT_EQ(answer_offer(offer_with({{.payload_type = 9, .name = "G722"}}), ours, 7).error().code, errc::unsupported);
  EXPECT_EQ(answer_offer(offer_with({{.payload_type = 98, .name = "PCMA", .clock_hz = 16'000}}), ours, 7).error().code,
            errc::unsupported);
}

TEST(Negotiation, KeepsRefusedStreamsInTheirPlaces) {
  auto offered = offer_with({{.payload_type = 8, .name = "PCMA"}});
  offered.other_media = {"video 0 RTP/AVP 31"};
  offered.audio_at = 1;
  const auto agreed = answer_offer(offered, ours, 7);
  ASSERT_TRUE(agreed);
  EXPECT_EQ(agreed->answer.other_media, offered.other_media);
  EXPECT_EQ(agreed->answer.audio_at, 1);
}

struct way_case {
  direction theirs;
  direction wish;
  direction answer;
};
class Ways : public testing::TestWithParam<way_case> {};
TEST_P(Ways, FollowRfc3264Section61) { EXPECT_EQ(answer_way(GetParam().theirs, GetParam().wish), GetParam().answer); }
INSTANTIATE_TEST_SUITE_P(All, Ways,
                         testing::Values(way_case{direction::sendrecv, direction::sendrecv, direction::sendrecv},
                                         way_case{direction::sendonly, direction::sendrecv, direction::recvonly},
                                         way_case{direction::recvonly, direction::sendrecv, direction::sendonly},
                                         way_case{direction::inactive, direction::sendrecv, direction::inactive},
                                         way_case{direction::sendrecv, direction::sendonly, direction::sendonly},
                                         way_case{direction::sendonly, direction::sendonly, direction::inactive}));

TEST(Negotiation, KnowsHoldInAllItsForms) {
  auto s = offer_with({{.payload_type = 8, .name = "PCMA"}});
  EXPECT_FALSE(is_hold(s));
  s.way = direction::sendonly;
  EXPECT_TRUE(is_hold(s));
  s.way = direction::inactive;
  EXPECT_TRUE(is_hold(s));
  s.way = direction::sendrecv;
  s.held_by_address = true;
  EXPECT_TRUE(is_hold(s));
  EXPECT_EQ(answer_offer(s, ours, 7)->answer.way, direction::recvonly);
}

TEST(Negotiation, TakesOnlyAnAnswerThatFitsOurOffer) {
  const auto offered = make_offer(ours, 7, "PCMU");
  EXPECT_EQ(offered.codecs.front().name, "PCMU");
  EXPECT_TRUE(accept_answer(offered, offer_with({{.payload_type = 8, .name = "PCMA"}})));
  EXPECT_FALSE(accept_answer(offered, offer_with({{.payload_type = 18, .name = "G729"}})));
  auto refused = offer_with({{.payload_type = 8, .name = "PCMA"}});
  refused.audio.port = 0;
  EXPECT_FALSE(accept_answer(offered, refused));
}

TEST(Negotiation, CountsAVersionOnlyForAChange) {
  const auto first = make_offer(ours, 7);
  EXPECT_EQ(following(first, make_offer(ours, 1)).version, 1U);
  auto held = make_offer(ours, 1);
  held.way = direction::recvonly;
  const auto second = following(first, held);
  EXPECT_EQ(second.version, 2U);
  EXPECT_EQ(second.session_id, 7U);
}

}  // namespace
}  // namespace seatgrid
