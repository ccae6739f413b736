#include <random>

#include "media/rtcp.hpp"
#include "tests/sip/media/fixture.hpp"

namespace seatgrid::media_test {
namespace {

struct MediaGuard : media_engine_test {
  void bridge() { media->command(media_bridge{.a = leg(1), .b = leg(2)}); }
};

TEST_F(MediaGuard, IgnoresThirdPartiesOnceASourceIsLatched) {
  start();
  phone caller;
  phone agent;
  phone thief;
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  thief.aim(*socket_address_of(leg(1)));
  caller.speak(400);
  agent.speak(1'000);
  thief.speak(2'000);
  talk(200ms, {&caller, &agent});
  agent.heard.clear();
  talk(400ms, {&caller, &agent, &thief});
  EXPECT_TRUE(thief.heard.empty()) << "the stream must not follow a stranger";
  EXPECT_GT(share_of_tone(agent.sound(), 400), 0.98) << "the stranger must not be heard";
  EXPECT_GE(caller.heard.size(), 25U);
}

TEST_F(MediaGuard, LatchesToTheFirstValidSourceWhenTheDescribedOneIsBehindANat) {
  start();
  phone behind_nat;
  open(leg(1), behind_nat);
  auto order = behind_nat.connect_order(leg(1));
  order.remote = {.host = "192.0.2.1", .port = 4'000};
  media->command(order);
  media->command(media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "tone:ringback"}}, .loop = true});
  behind_nat.send_raw(std::vector<std::uint8_t>(40, 0));  // not RTP: no reason to follow
  only_listen(100ms, {&behind_nat});
  EXPECT_TRUE(behind_nat.heard.empty());
  talk(300ms, {&behind_nat});
  EXPECT_GE(behind_nat.heard.size(), 10U);
}

TEST_F(MediaGuard, ConnectMovesTheStreamAndTheOldSourceIsNotFollowed) {
  start();
  phone caller;
  phone elsewhere;
  phone agent;
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  agent.speak(500);
  talk(200ms, {&caller, &agent});
  elsewhere.aim(*socket_address_of(leg(1)));
  media->command(elsewhere.connect_order(leg(1)));
  talk(40ms, {&caller, &agent});  // the old source still speaks for a moment
  caller.heard.clear();
  talk(200ms, {&elsewhere, &agent});
  EXPECT_GE(elsewhere.heard.size(), 8U);
  EXPECT_LE(caller.heard.size(), 1U);
}

TEST_F(MediaGuard, SurvivesAMillionRandomBytes) {
  start();
  phone caller;
  phone agent;
  join(leg(1), caller);
  join(leg(2), agent);
  bridge();
  caller.speak(500);
  talk(100ms, {&caller, &agent});
  std::mt19937 chance{20'261'123};
  for (int i = 0; i < 5'000; ++i) {
    std::vector<std::uint8_t> datagram(chance() % 400);
    for (auto& b : datagram) b = static_cast<std::uint8_t>(chance());
    if (i % 2 == 0 && datagram.size() > 12) {
      datagram[0] = static_cast<std::uint8_t>(0x80 | (datagram[0] & 0x3F));
      datagram[1] = static_cast<std::uint8_t>(i % 4 == 0 ? 101 : 8);
    }
    caller.send_raw(datagram);
    if (i % 100 == 0) std::this_thread::sleep_for(1ms);
  }
  std::this_thread::sleep_for(50ms);
  agent.listen();
  agent.heard.clear();
  caller.set_ssrc(0xABCD);
  talk(200ms, {&caller, &agent});
  EXPECT_GE(agent.sound().size(), 8U * 160) << "the call goes on";
  EXPECT_GT(media->status().packets_malformed, 1'000U);
}

TEST_F(MediaGuard, TellsSilenceOnceAndAgainAfterPackets) {
  options.silence = 1s;
  start();
  phone caller;
  join(leg(1), caller);
  talk(100ms, {&caller});
  ASSERT_TRUE(events.wait<media_silent>());
  std::this_thread::sleep_for(1'300ms);
  EXPECT_EQ(events.all<media_silent>().size(), 1U);
  EXPECT_GT(events.all<media_silent>()[0].last_packet_at.us, 1'600'000'000'000'000);
  talk(40ms, {&caller});
  EXPECT_TRUE(eventually([&] { return events.all<media_silent>().size() == 2; }));
}

TEST_F(MediaGuard, HeldLegsAreNotSilent) {
  options.silence = 1s;
  start();
  phone caller;
  open(leg(1), caller);
  auto order = caller.connect_order(leg(1));
  order.way = direction::sendonly;
  media->command(order);
  std::this_thread::sleep_for(1'500ms);
  EXPECT_TRUE(events.all<media_silent>().empty());
}

TEST_F(MediaGuard, RestoredLegGetsItsPortBackOrAReason) {
  start();
  media->command(media_open{.leg = leg(1), .tenant = "demo", .port = 25'990});
  const auto opened = events.wait<media_opened>();
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->local, (media_address{.host = "127.0.0.1", .port = 25'990}));
  media->command(media_open{.leg = leg(2), .tenant = "demo", .port = 25'990});
  EXPECT_TRUE(events.wait<media_open_failed>([](const auto& f) { return f.leg == leg(2); }));
  close(leg(1));
  media->command(media_open{.leg = leg(3), .tenant = "demo", .port = 25'990});
  EXPECT_TRUE(events.wait<media_opened>([](const auto& o) { return o.leg == leg(3); }));
}

TEST_F(MediaGuard, RepeatedOpenAnswersWithTheSamePort) {
  start();
  phone p;
  open(leg(1), p);
  media->command(media_open{.leg = leg(1), .tenant = "demo"});
  ASSERT_TRUE(eventually([&] { return events.all<media_opened>().size() == 2; }));
  EXPECT_EQ(events.all<media_opened>()[0], events.all<media_opened>()[1]);
}

TEST_F(MediaGuard, UnknownLegsAreClosedWithEmptyFigures) {
  start();
  EXPECT_EQ(close(leg(9)), media_statistics{});
}

TEST_F(MediaGuard, RefusesOpensBeyondItsPorts) {
  options.port_first = 25'900;
  options.port_last = 25'905;
  start();
  for (std::uint32_t i = 1; i <= 4; ++i) media->command(media_open{.leg = leg(i), .tenant = "demo"});
  EXPECT_TRUE(events.wait<media_open_failed>());
  EXPECT_LE(events.all<media_opened>().size(), 3U);
}

TEST_F(MediaGuard, BadOptionsAreRefusedWithTheirName) {
  options.bind_host = "localhost";
  const auto made = engine::start(options, prompt_library{}, [](media_event) {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::invalid);
  EXPECT_NE(made.error().what.find("bind_host"), std::string::npos);
}

TEST_F(MediaGuard, ReportsOfTheFarEndGiveRoundTripAndTheirLoss) {
  options.rtcp_every = 500ms;
  start();
  phone caller;
  auto far = std::move(*media::udp_socket::bound(*media::socket_address::parse("127.0.0.1", 0), 0));
  media::socket_address own;
  socklen_t length = media::socket_address::length_max;
  getsockname(far.fd(), own.raw(), &length);
  open(leg(1), caller);
  auto order = caller.connect_order(leg(1));
  order.rtcp_port = own.port();
  media->command(order);
  media->command(media_play{.leg = leg(1), .play_id = 1, .list = {{.source = "tone:ringback"}}, .loop = true});
  std::array<std::uint8_t, 1'500> buffer{};
  media::socket_address source;
  std::size_t bytes = 0;
  for (int i = 0; i < 200 && (bytes < 8 || buffer[1] != 200); ++i) {
    talk(20ms, {&caller});
    bytes = far.receive_from(buffer, source);
  }
  ASSERT_GE(bytes, 28U) << "no sender report";
  EXPECT_EQ(source.port(), socket_address_of(leg(1))->port + 1);
  const auto ntp = std::uint64_t{media::load_be32(&buffer[8])} << 32 | media::load_be32(&buffer[12]);
  media::rtcp_outgoing answer{.ssrc = 0x5EA7, .cname = "far"};
  answer.block = media::report_block{.ssrc = media::load_be32(&buffer[4]),
                                     .cumulative_lost = 7,
                                     .jitter = 16,
                                     .last_sender_report = static_cast<std::uint32_t>(ntp >> 16)};
  std::array<std::uint8_t, media::rtcp_bytes_max> out{};
  std::this_thread::sleep_for(30ms);
  far.send_to({out.data(), media::write_rtcp(out, answer)}, source);
  std::this_thread::sleep_for(50ms);
  const auto s = close(leg(1));
  EXPECT_EQ(s.remote_lost, 7U);
  EXPECT_EQ(s.remote_jitter_us, 2'000U);
  EXPECT_GE(s.round_trip_us, 30'000U);
  EXPECT_LT(s.round_trip_us, 300'000U);
}

}  // namespace
}  // namespace seatgrid::media_test
