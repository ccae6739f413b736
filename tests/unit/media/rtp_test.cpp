#include <gtest/gtest.h>

#include <random>

#include "media/outgoing_stream.hpp"
#include "media/port_pool.hpp"
#include "media/quality.hpp"
#include "media/rtcp.hpp"
#include "media/rtp.hpp"

namespace seatgrid::media {
namespace {

std::vector<std::uint8_t> datagram(std::uint8_t first, std::size_t bytes = 172) {
  std::vector<std::uint8_t> d(bytes, 0xD5);
  write_rtp_header(d.data(), {.payload_type = 8, .sequence = 1, .timestamp = 2, .ssrc = 3});
  d[0] = first;
  return d;
}
rtp_packet packet(std::uint16_t sequence, std::uint32_t timestamp, std::uint32_t ssrc = 9) {
  return {.payload_type = 8, .sequence = sequence, .timestamp = timestamp, .ssrc = ssrc};
}

TEST(RtpParse, ReadsWhatItWrites) {
  std::vector<std::uint8_t> d(14, 0);
  write_rtp_header(d.data(), {.payload_type = 101, .marker = true, .sequence = 65'000, .timestamp = 0xDEADBEEF, .ssrc = 7});
  const auto p = parse_rtp(d);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->payload_type, 101);
  EXPECT_TRUE(p->marker);
  EXPECT_EQ(p->sequence, 65'000);
  EXPECT_EQ(p->timestamp, 0xDEADBEEF);
  EXPECT_EQ(p->ssrc, 7U);
  EXPECT_EQ(p->payload.size(), 2U);
}

TEST(RtpParse, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(parse_rtp(datagram(0x40))) << "version 1";
  EXPECT_FALSE(parse_rtp(datagram(0x80, 12))) << "no payload";
  EXPECT_FALSE(parse_rtp(datagram(0x8F, 60))) << "15 CSRCs need 72 bytes";
  EXPECT_FALSE(parse_rtp(datagram(0x90, 14))) << "extension header cut off";
  EXPECT_FALSE(parse_rtp(datagram(0x90, 40))) << "extension longer than the datagram";
  auto padded = datagram(0xA0);
  padded.back() = 0;
  EXPECT_FALSE(parse_rtp(padded)) << "padding of nothing";
  padded.back() = 161;
  EXPECT_FALSE(parse_rtp(padded)) << "padding into the header";
  padded.back() = 160;
  EXPECT_FALSE(parse_rtp(padded)) << "nothing but padding";
  EXPECT_FALSE(parse_rtp(datagram(0x80, 1'501)));
}

TEST(RtpParse, SkipsSourcesExtensionAndPadding) {
  auto d = datagram(0xB2, 12 + 8 + 8 + 20);
  store_be16(&d[22], 1);
  d.back() = 4;
  const auto p = parse_rtp(d);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->payload.size(), 16U);
  EXPECT_EQ(p->payload.data(), d.data() + 28);
}

TEST(Reception, CountsLossOfAKnownPatternAcrossTheWrap) {
  reception r;
  std::uint64_t kept = 0;
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    if (i % 10 == 3 || i % 97 == 5) continue;
    r.accept(packet(static_cast<std::uint16_t>(65'000 + i), i * 160), i * 160, true);
    ++kept;
  }
  EXPECT_EQ(r.received(), kept);
  EXPECT_EQ(r.lost(), 1'000 - kept);
  EXPECT_EQ(r.jitter_us(), 0U);
}

TEST(Reception, ReorderedPacketsAreNotLost) {
  reception r;
  for (const auto n : {1, 2, 4, 3, 5, 7, 8, 6}) r.accept(packet(static_cast<std::uint16_t>(n), 0), 0, false);
  EXPECT_EQ(r.lost(), 0U);
  EXPECT_EQ(r.accept(packet(4, 0), 0, false), arrival::late);
}

TEST(Reception, JitterOfAlternatingDelayIsThatOfTheRfc) {
  reception r;
  std::uint32_t expected = 0;
  for (std::uint32_t i = 0; i < 500; ++i) {
    const std::uint32_t late = i % 2 == 0 ? 0 : 40;  // 5 ms
    r.accept(packet(static_cast<std::uint16_t>(i), i * 160), i * 160 + late, true);
    if (i > 0) expected += 40 - ((expected + 8) >> 4);  // RFC 3550 A.8
  }
  EXPECT_EQ(r.jitter_units(), expected >> 4);
  EXPECT_NEAR(r.jitter_us(), 5'000, 200);
}

TEST(Reception, OneStrayPacketIsRejectedAndTwoInARowBeginAnew) {
  reception r;
  for (std::uint16_t i = 0; i < 10; ++i) r.accept(packet(i, 0), 0, false);
  EXPECT_EQ(r.accept(packet(30'000, 0), 0, false), arrival::rejected);
  EXPECT_EQ(r.accept(packet(10, 0), 0, false), arrival::in_order);
  EXPECT_EQ(r.accept(packet(40'000, 0), 0, false), arrival::rejected);
  EXPECT_EQ(r.accept(packet(40'001, 0), 0, false), arrival::restarted);
  EXPECT_EQ(r.lost(), 0U);
}

TEST(Reception, KeepsItsFiguresWhenTheSourceChanges) {
  reception r;
  for (const auto n : {1, 2, 5}) r.accept(packet(static_cast<std::uint16_t>(n), 0), 0, false);
  EXPECT_EQ(r.accept(packet(100, 0, 77), 0, false), arrival::restarted);
  r.accept(packet(102, 0, 77), 0, false);
  EXPECT_EQ(r.received(), 5U);
  EXPECT_EQ(r.lost(), 3U);
}

TEST(Rtcp, ReportIsReadAsItWasWritten) {
  std::array<std::uint8_t, rtcp_bytes_max> bytes{};
  const report_block block{.ssrc = 5,
                           .fraction_lost = 64,
                           .cumulative_lost = -3,
                           .highest_sequence = 0x1FFFF,
                           .jitter = 11,
                           .last_sender_report = 22,
                           .delay_since = 33};
  const auto length = write_rtcp(
      bytes, {.ssrc = 4, .ntp = 0x1122334455667788, .packets = 10, .octets = 1'600, .block = block, .cname = "a@b", .bye = true});
  EXPECT_EQ(length % 4, 0U);
  const auto heard = parse_rtcp({bytes.data(), length}, 5);
  ASSERT_TRUE(heard && heard->about_us);
  EXPECT_EQ(heard->sender_ntp, 0x1122334455667788U);
  EXPECT_EQ(heard->about_us->cumulative_lost, -3);
  EXPECT_EQ(heard->about_us->fraction_lost, 64);
  EXPECT_EQ(heard->about_us->highest_sequence, 0x1FFFFU);
  EXPECT_TRUE(heard->bye);
  EXPECT_FALSE(parse_rtcp({bytes.data(), length}, 6)->about_us);
  for (std::size_t cut = 1; cut < length; ++cut) {
    const auto torn = parse_rtcp({bytes.data(), cut}, 5);
    if (torn) { EXPECT_EQ(cut % 4, 0U); }
  }
}

TEST(Rtcp, RoundTripIsNowLessTheirDelayLessOurReport) {
  const auto sent = ntp_of(1'800'000'000'000'000);
  const auto now = ntp_of(1'800'000'000'250'000);
  const report_block block{.last_sender_report = static_cast<std::uint32_t>(sent >> 16), .delay_since = 65'536 / 10};
  const auto trip = round_trip_us(block, now);
  ASSERT_TRUE(trip);
  EXPECT_NEAR(*trip, 150'000, 50);
  EXPECT_FALSE(round_trip_us({.last_sender_report = 0}, now));
  EXPECT_FALSE(round_trip_us({.last_sender_report = block.last_sender_report, .delay_since = 0x7FFFFFFF}, now)) << "a liar";
}

TEST(OutgoingStream, MapsASourceAfterOwnPacketsWithoutASeam) {
  outgoing_stream out{{.ssrc = 1, .timestamp = 0xFFFFFF00, .sequence = 65'534}};
  std::int64_t now = 1'000'000'000;
  rtp_packet last;
  for (int i = 0; i < 3; ++i, now += 20'000'000) last = out.own(8, 160, now);
  for (std::uint16_t i = 0; i < 5; ++i, now += 20'000'000) {
    const auto next = out.relayed(packet(static_cast<std::uint16_t>(100 + i), 5'000 + 160U * i), i == 0, 160, now);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->sequence, static_cast<std::uint16_t>(last.sequence + 1));
    EXPECT_EQ(next->timestamp, last.timestamp + 160);
    EXPECT_EQ(next->ssrc, 1U);
    last = *next;
  }
  EXPECT_FALSE(out.relayed(packet(99, 4'840), false, 160, now)) << "from before the mapping";
  EXPECT_EQ(out.own(8, 160, now).sequence, static_cast<std::uint16_t>(last.sequence + 1));
}

TEST(OutgoingStream, PauseMovesTheTimestampAndSetsTheMarker) {
  outgoing_stream out{{.ssrc = 1, .timestamp = 0, .sequence = 0}};
  const auto first = out.own(8, 160, 1'000'000'000);
  const auto second = out.own(8, 160, 1'020'000'000);
  const auto later = out.own(8, 160, 3'020'000'000);
  EXPECT_TRUE(first.marker);
  EXPECT_FALSE(second.marker);
  EXPECT_TRUE(later.marker);
  EXPECT_EQ(later.timestamp - second.timestamp, 16'000U);
}

TEST(Quality, IsToll441WithoutImpairmentAndFallsWithLossAndDelay) {
  EXPECT_EQ(mos_hundredths({.received = 1'000}), 441);
  EXPECT_EQ(mos_hundredths({.received = 49}), 0);
  const auto lossy = mos_hundredths({.received = 950, .lost = 50});
  EXPECT_NEAR(lossy, 402, 12) << "5 % at Bpl 25.1: R about 77.4";
  EXPECT_LT(mos_hundredths({.received = 500, .lost = 500}), lossy);
  EXPECT_LT(mos_hundredths({.received = 1'000, .round_trip_us = 800'000}), 380);
  EXPECT_GE(mos_hundredths({.received = 1'000, .lost = 1'000'000, .jitter_us = 4'000'000, .round_trip_us = 4'000'000}), 100);
}

TEST(PortPool, GivesEvenPortsInTurnAndEachOnce) {
  port_pool pool{23'001, 23'008};
  EXPECT_EQ(pool.total(), 3U) << "23002, 23004, 23006, each with its RTCP port";
  EXPECT_EQ(pool.take(), 23'002);
  EXPECT_TRUE(pool.take(23'004));
  EXPECT_FALSE(pool.take(23'004));
  EXPECT_EQ(pool.take(), 23'006);
  EXPECT_EQ(pool.take(), std::nullopt);
  pool.give(23'002);
  pool.give(23'004);
  EXPECT_EQ(pool.take(), 23'002);
  EXPECT_FALSE(pool.contains(23'003));
  EXPECT_FALSE(pool.contains(22'998));
}

TEST(RtpParse, RandomBytesNeverReachBeyondTheDatagram) {
  std::mt19937 chance{4};
  for (int i = 0; i < 200'000; ++i) {
    std::vector<std::uint8_t> d(chance() % 64);
    for (auto& b : d) b = static_cast<std::uint8_t>(chance());
    if (!d.empty()) d[0] = static_cast<std::uint8_t>(0x80 | (d[0] & 0x3F));
    if (const auto p = parse_rtp(d)) {
      ASSERT_GE(p->payload.data(), d.data() + rtp_header_bytes);
      ASSERT_LE(p->payload.data() + p->payload.size(), d.data() + d.size());
    }
    parse_rtcp(d, 1);
  }
}

}  // namespace
}  // namespace seatgrid::media
