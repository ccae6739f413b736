#include "sip/sdp.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace seatgrid {
namespace {

const std::string head = "v=0\r\no=- 11 22 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

session_description parsed(const std::string& body) {
  auto got = parse_sdp(body);
  EXPECT_TRUE(got) << (got ? "" : got.error().what) << "\n" << body;
  return got.value_or(session_description{});
}
error refused(const std::string& body) {
  auto got = parse_sdp(body);
  EXPECT_FALSE(got) << body;
  return got ? error{} : got.error();
}

TEST(SdpParse, ReadsWhatATrunkOffers) {
  const auto s = parsed(head +
                        "m=audio 49170 RTP/AVP 8 0 96 101\r\na=rtpmap:8 pcma/8000\r\na=rtpmap:96 opus/48000/2\r\n"
                        "a=fmtp:96 useinbandfec=1; stereo=0\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
                        "a=ptime:30\r\na=rtcp:49200 IN IP4 192.0.2.1\r\na=rtcp-mux\r\na=sendonly\r\n");
  EXPECT_EQ(s.session_id, 11U);
  EXPECT_EQ(s.version, 22U);
  EXPECT_EQ(s.audio, (media_address{"192.0.2.1", 49170}));
  const std::vector<codec> want{
      {.payload_type = 8, .name = "PCMA"},
      {.payload_type = 0, .name = "PCMU"},
      {.payload_type = 96, .name = "OPUS", .clock_hz = 48'000, .channels = 2, .fmtp = "useinbandfec=1; stereo=0"},
      {.payload_type = 101, .name = "TELEPHONE-EVENT", .fmtp = "0-15"}};
  EXPECT_EQ(s.codecs, want);
  EXPECT_EQ(s.ptime_ms, 30);
  EXPECT_EQ(s.rtcp_port, 49200);
  EXPECT_TRUE(s.rtcp_mux);
  EXPECT_EQ(s.way, direction::sendonly);
  EXPECT_FALSE(s.held_by_address);
}

TEST(SdpParse, KnowsStaticPayloadTypesAndLeavesOutUnexplainedOnes) {
  const auto s = parsed(head + "m=audio 4000 RTP/AVP 9 10 18 35 101\r\n");
  ASSERT_EQ(s.codecs.size(), 3U);
  EXPECT_EQ(s.codecs[0], (codec{.payload_type = 9, .name = "G722"}));
  EXPECT_EQ(s.codecs[1], (codec{.payload_type = 10, .name = "L16", .clock_hz = 44'100, .channels = 2}));
  EXPECT_EQ(s.codecs[2].name, "G729");
}

TEST(SdpParse, TakesSloppyButClearBodies) {
  for (const auto* body :
       {"v=0\no=- 1 1 IN IP4 h.example\ns=\nc=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 0",
        "v=0\r\no=- 1 1 IN IP4 h\r\nm=audio  4000  rtp/avp 0 \r\nc=IN IP4 192.0.2.9 \r\na=ptime:20.0\r\n\r\n\r\n",
        "v=0\no=- 1 1 IN IP4 h\ns=\nm=AUDIO 4000/1 RTP/AVP 0 0 0\nc=IN IP4 192.0.2.9/127\na=unknown\na=fmtp:99 x\n"}) {
    const auto s = parsed(body);
    EXPECT_EQ(s.audio, (media_address{"192.0.2.9", 4000}));
    EXPECT_EQ(s.codecs.size(), 1U);
    EXPECT_EQ(s.ptime_ms, 20);
  }
}

TEST(SdpParse, PrefersMediaLevelOverSessionLevel) {
  const auto s = parsed(head +
                        "a=recvonly\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP6 2001:DB8:0::1\r\na=inactive\r\nm=video 5000 RTP/AVP "
                        "31\r\na=sendrecv\r\n");
  EXPECT_EQ(s.audio.host, "2001:db8::1");
  EXPECT_EQ(s.way, direction::inactive);
  EXPECT_EQ(parsed(head + "a=recvonly\r\nm=audio 4000 RTP/AVP 8\r\n").way, direction::recvonly);
}

TEST(SdpParse, KeepsOtherStreamsInTheirPlaceForRefusal) {
  const auto s =
      parsed(head + "m=video 5000 RTP/AVP 31 32\r\nm=audio 4002 RTP/SAVP 8\r\nm=audio 4000 RTP/AVP 8\r\nm=image 9 udptl t38\r\n");
  EXPECT_EQ(s.audio_at, 2);
  EXPECT_EQ(s.other_media, (std::vector<std::string>{"video 0 RTP/AVP 31 32", "audio 0 RTP/SAVP 8", "image 0 udptl t38"}));
}

TEST(SdpParse, TakesTheFirstAudioStreamThatHasAPort) {
  const auto s = parsed(head + "m=audio 0 RTP/AVP 0\r\nm=audio 4000 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 18\r\n");
  EXPECT_EQ(s.audio.port, 4000);
  EXPECT_EQ(s.audio_at, 1);
  const auto refused_stream = parsed(head + "m=audio 0 RTP/AVP 0\r\n");
  EXPECT_EQ(refused_stream.audio, media_address{});
  EXPECT_EQ(refused_stream.codecs.size(), 1U);
  EXPECT_TRUE(parsed(head).codecs.empty());
}

TEST(SdpParse, SeesHoldByAddress) {
  EXPECT_TRUE(parsed("v=0\r\no=- 1 1 IN IP4 h\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\n").held_by_address);
  EXPECT_TRUE(parsed("v=0\r\no=- 1 1 IN IP6 ::1\r\nc=IN IP6 ::\r\nm=audio 4000 RTP/AVP 8\r\n").held_by_address);
}

TEST(SdpParse, CapsPtimeAtMaxptime) {
  EXPECT_EQ(parsed(head + "m=audio 4000 RTP/AVP 8\r\na=maxptime:10\r\n").ptime_ms, 10);
  EXPECT_EQ(parsed(head + "m=audio 4000 RTP/AVP 8\r\na=maxptime:40\r\na=ptime:60\r\n").ptime_ms, 40);
  EXPECT_EQ(parsed(head + "m=audio 4000 RTP/AVP 8\r\na=ptime:0\r\n").ptime_ms, 20);
}

TEST(SdpParse, RefusesTheLinesThatHangSofiaAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(refused(head + "m=audio 9876 UDP ]\r\n").what.substr(0, 11), "sdp line 6:");
  EXPECT_EQ(refused(head + "m=audio 49170 RT[::1]ity\r\n").what.substr(0, 11), "sdp line 6:");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{50});
}

TEST(SdpParse, NamesTheMalformedLine) {
  const std::string audio = head + "m=audio 4000 RTP/AVP 8\r\n";
  for (const auto& body :
       {audio + "a=rtpmap:x PCMA/8000\r\n", audio + "a=rtpmap:8 PCMA\r\n", audio + "a=rtpmap:8 PCMA/0\r\n",
        audio + "a=rtpmap:8 PC MA/8000\r\n", audio + "a=ptime:abc\r\n", audio + "a=fmtp: x\r\n", audio + "a=rtcp:70000\r\n",
        audio + "nonsense\r\n", audio + "=x\r\n", audio + "\r\na=x\r\n", audio + "a=x\ry\r\n", audio + "c=IN IP4\r\n",
        audio + "c=ATM IP4 192.0.2.1\r\n", audio + "v=0\r\n", audio + std::string("a=\0x\r\n", 6)})
    EXPECT_TRUE(refused(body).what.starts_with("sdp line 7:")) << refused(body).what << body;
  for (const auto& body :
       {head + "m=audio 65536 RTP/AVP 8\r\n", head + "m=audio -1 RTP/AVP 8\r\n", head + "m=audio 4000 RTP/AVP\r\n",
        head + "m=audio 4000\r\n", head + "m=audio 4000 RTP/AVP 128\r\n", head + "m=audio 4000 RTP/AVP x\r\n",
        head + "m=audio 4000 RTP//AVP 8\r\n", head + "m=\r\n", head + "m=audio 4000/x RTP/AVP 8\r\n"})
    EXPECT_TRUE(refused(body).what.starts_with("sdp line 6:")) << refused(body).what << body;
  EXPECT_TRUE(refused("v=1\r\n").what.starts_with("sdp line 1:"));
  EXPECT_TRUE(refused("o=- 1 1 IN IP4 h\r\nv=0\r\n").what.starts_with("sdp line 1:"));
  EXPECT_TRUE(refused("v=0\r\no=- 1 x IN IP4 h\r\n").what.starts_with("sdp line 2:"));
  EXPECT_EQ(refused("").code, errc::invalid);
  EXPECT_EQ(refused("v=0\r\ns=-\r\n").code, errc::invalid);
}

TEST(SdpParse, NeedsALiteralAddressForItsAudioStream) {
  const std::string begin = "v=0\r\no=- 1 1 IN IP4 h\r\n", audio = "m=audio 4000 RTP/AVP 8\r\n";
  EXPECT_EQ(refused(begin + "c=IN IP4 media.example.com\r\n" + audio).code, errc::unsupported);
  EXPECT_EQ(refused(begin + "c=IN IP4 192.0.2.300\r\n" + audio).code, errc::invalid);
  EXPECT_EQ(refused(begin + "c=IN IP4 2001:db8::1\r\n" + audio).code, errc::invalid);
  EXPECT_EQ(refused(begin + audio).code, errc::invalid);
}

TEST(SdpParse, HasBounds) {
  std::string types, lines, streams;
  for (int i = 0; i < 33; ++i) types += " " + std::to_string(i);
  for (int i = 0; i < 1'100; ++i) lines += "a=x\r\n";
  for (int i = 0; i < 9; ++i) streams += "m=audio 4000 RTP/AVP 8\r\n";
  EXPECT_EQ(refused(head + "m=audio 4000 RTP/AVP" + types + "\r\n").code, errc::full);
  EXPECT_EQ(refused(head + lines).code, errc::full);
  EXPECT_EQ(refused(head + streams).code, errc::full);
  EXPECT_EQ(refused(head + "a=" + std::string(3'000, 'x') + "\r\n").code, errc::full);
  EXPECT_EQ(refused(head + std::string(sdp_bytes_max, 'a')).code, errc::full);
}

TEST(SdpPrint, GivesWhatParseReadsBack) {
  for (const auto& body : {head + "m=audio 49170 RTP/AVP 8 96 101\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 "
                                  "a=1;b=2\r\na=rtpmap:101 telephone-event/8000\r\na=rtcp:9\r\na=rtcp-mux\r\na=recvonly\r\n",
                           head + "m=video 5000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 8\r\nm=image 9 udptl t38\r\n", head,
                           head + "m=audio 0 RTP/AVP 0\r\nm=audio 0 RTP/AVP 8\r\n",
                           std::string{"v=0\no=- 99999999999999999999999 1 IN IP6 ::1\nc=IN IP6 ::\nm=audio 1 RTP/AVP 0\n"}}) {
    const auto once = parsed(body);
    const auto text = print_sdp(once, "198.51.100.7");
    EXPECT_EQ(parsed(text), once) << text;
    EXPECT_EQ(print_sdp(parsed(text), "198.51.100.7"), text);
  }
}

TEST(SdpPrint, WritesTheCanonicalForm) {
  session_description s;
  s.session_id = 5, s.version = 6, s.audio = {"2001:db8::5", 4000};
  s.codecs = {{.payload_type = 8, .name = "PCMA"}, {.payload_type = 101, .name = "TELEPHONE-EVENT", .fmtp = "0-15"}};
  s.other_media = {"video 0 RTP/AVP 31"};
  EXPECT_EQ(print_sdp(s, "192.0.2.7"),
            "v=0\r\no=- 5 6 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP6 2001:db8::5\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n"
            "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 TELEPHONE-EVENT/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
            "m=video 0 RTP/AVP 31\r\n");
}

TEST(SdpPrint, NeverLetsAFieldEndItsLine) {
  session_description s;
  s.audio = {"192.0.2.5", 4000};
  s.codecs = {{.payload_type = 8, .name = "PCMA", .fmtp = "x\r\na=sendonly"}};
  EXPECT_EQ(parsed(print_sdp(s, "192.0.2.7")).way, direction::sendrecv);
}

}  // namespace
}  // namespace seatgrid
