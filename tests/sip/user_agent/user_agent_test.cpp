#include "sip/user_agent.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

/// Two user agents against each other over loopback: every word of theirs is a real SIP message.
namespace seatgrid {
namespace {

using namespace std::chrono_literals;

/// Writes down what it hears as "answered 1"; tests wait for lines.
class recorder final : public user_agent_sink {
 public:
  void on_incoming(ua_call_id call, const ua_incoming& what) override {
    {
      const std::lock_guard hold{mutex_};
      incoming_ = call, last_ = what;
    }
    say("incoming");
  }
  void on_progress(ua_call_id, std::uint16_t status, const std::optional<session_description>& media) override {
    say("progress " + std::to_string(status) + port(media));
  }
  void on_answered(ua_call_id, const std::optional<session_description>& media) override { say("answered" + port(media)); }
  void on_confirmed(ua_call_id, const std::optional<session_description>& media) override { say("confirmed" + port(media)); }
  void on_offer(ua_call_id, const std::optional<session_description>& media) override {
    say("offer" + port(media) + (media && media->way == direction::sendonly ? " hold" : ""));
  }
  void on_offer_done(ua_call_id, std::uint16_t status, const std::optional<session_description>& media) override {
    say("offer_done " + std::to_string(status) + port(media));
  }
  void on_transfer(ua_call_id, std::uint16_t status, bool final) override {
    say("transfer " + std::to_string(status) + (final ? " final" : ""));
  }
  void on_ended(ua_call_id, std::uint16_t status, const std::string&, bool by_peer) override {
    say("ended " + std::to_string(status) + (by_peer ? " by peer" : ""));
  }
  void on_registered(ua_account_id, std::uint16_t status, seconds expires) override {
    say("registered " + std::to_string(status) + " " + std::to_string(expires.count()));
  }

  bool heard(const std::string& line, unsigned times = 1, milliseconds within = 5s) {
    std::unique_lock hold{mutex_};
    return changed_.wait_for(hold, within, [&] { return lines_[line] >= times; });
  }
  std::string all() {
    const std::lock_guard hold{mutex_};
    std::string text;
    for (const auto& [line, times] : lines_) text += line + " x" + std::to_string(times) + "\n";
    return text;
  }
  ua_call_id call() {
    const std::lock_guard hold{mutex_};
    return incoming_;
  }
  ua_incoming last() {
    const std::lock_guard hold{mutex_};
    return last_;
  }

 private:
  static std::string port(const std::optional<session_description>& media) {
    return media ? " " + std::to_string(media->audio.port) : "";
  }
  void say(const std::string& line) {
    const std::lock_guard hold{mutex_};
    ++lines_[line];
    changed_.notify_all();
  }
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::map<std::string, unsigned> lines_{};
  ua_call_id incoming_{};
  ua_incoming last_{};
};

session_description media(std::uint16_t port, direction way = direction::sendrecv) {
  session_description s;
  s.audio = {"127.0.0.1", port};
  s.codecs = {{.payload_type = 8, .name = "PCMA"}};
  s.way = way;
  return s;
}

std::unique_ptr<user_agent> started(user_agent_sink& sink, std::vector<std::string> listen) {
  auto agent = user_agent::start({.listen = std::move(listen), .t1x64 = 4s}, sink);
  EXPECT_TRUE(agent) << (agent ? "" : agent.error().what);
  return agent ? std::move(*agent) : nullptr;
}

struct two_agents : testing::TestWithParam<const char*> {
  static std::vector<std::string> listen(const std::string& port) {
    const std::string udp = "sip:127.0.0.1:" + port + ";transport=udp", tcp = "sip:127.0.0.1:" + port + ";transport=tcp";
    return {udp, tcp};
  }
  recorder a_hears{}, b_hears{};
  std::unique_ptr<user_agent> b = started(b_hears, listen("22021"));
  std::unique_ptr<user_agent> a = started(a_hears, listen("22020"));
  ua_account_id callee = *b->add_account({.aor = "sip:bob@demo.example"});
  ua_account_id caller =
      *a->add_account({.aor = "sip:alice@demo.example", .server = std::string{"sip:127.0.0.1:22021"} + GetParam()});
  std::string target = "sip:a" + std::to_string(callee.value) + "@127.0.0.1:22021" + GetParam();

  ua_call_id call() {
    const auto id = *a->call({.account = caller, .target = target, .offer = media(4000)});
    EXPECT_TRUE(b_hears.heard("incoming")) << b_hears.all();
    return id;
  }
  ua_call_id talking() {
    const auto id = call();
    EXPECT_TRUE(b->answer(b_hears.call(), media(5000)));
    EXPECT_TRUE(a_hears.heard("answered 5000")) << a_hears.all();
    EXPECT_TRUE(b_hears.heard("confirmed")) << b_hears.all();
    return id;
  }
};
using UserAgent = two_agents;

TEST_P(UserAgent, CallsRingsAnswersAndHangsUp) {
  const auto id = call();
  EXPECT_EQ(b_hears.last().from_uri, "sip:alice@demo.example");
  ASSERT_TRUE(b_hears.last().offer);
  EXPECT_EQ(b_hears.last().offer->audio.port, 4000);
  EXPECT_TRUE(b->ring(b_hears.call()));
  EXPECT_TRUE(a_hears.heard("progress 180"));
  EXPECT_TRUE(b->ring(b_hears.call(), media(5000)));
  EXPECT_TRUE(a_hears.heard("progress 183 5000"));
  EXPECT_TRUE(b->answer(b_hears.call(), media(5000)));
  EXPECT_TRUE(a_hears.heard("answered 5000"));
  EXPECT_TRUE(b_hears.heard("confirmed"));
  EXPECT_TRUE(a->hang_up(id));
  EXPECT_TRUE(a_hears.heard("ended 200"));
  EXPECT_TRUE(b_hears.heard("ended 200 by peer"));
  EXPECT_EQ(a->status().calls + b->status().calls, 0U);
}

TEST_P(UserAgent, HoldsAndRetrievesByReinvite) {
  const auto id = talking();
  EXPECT_TRUE(a->offer(id, media(4000, direction::sendonly)));
  EXPECT_TRUE(b_hears.heard("offer 4000 hold"));
  EXPECT_TRUE(b->answer(b_hears.call(), media(5000, direction::recvonly)));
  EXPECT_TRUE(a_hears.heard("offer_done 200 5000"));
  EXPECT_TRUE(a->offer(id, media(4000)));
  EXPECT_TRUE(b_hears.heard("offer 4000"));
  EXPECT_TRUE(b->reject(b_hears.call(), 488));
  EXPECT_TRUE(a_hears.heard("offer_done 488"));
  EXPECT_TRUE(b->hang_up(b_hears.call()));
  EXPECT_TRUE(a_hears.heard("ended 200 by peer"));
}

TEST_P(UserAgent, AnswersARepeatedOfferByItself) {
  const auto id = talking();
  EXPECT_TRUE(a->offer(id, media(4000)));  // o= unchanged: a session timer's refresh
  EXPECT_TRUE(a_hears.heard("offer_done 200 5000"));
  EXPECT_FALSE(b_hears.heard("offer 4000", 1, 50ms));
}

TEST_P(UserAgent, CancelsAndRejects) {
  const auto first = call();
  EXPECT_TRUE(b->ring(b_hears.call()));
  EXPECT_TRUE(a_hears.heard("progress 180"));
  EXPECT_TRUE(a->hang_up(first));
  EXPECT_TRUE(b_hears.heard("ended 487 by peer"));
  EXPECT_TRUE(a_hears.heard("ended 487"));
  ASSERT_TRUE(a->call({.account = caller, .target = target, .offer = media(4000)}));
  EXPECT_TRUE(b_hears.heard("incoming", 2));
  EXPECT_TRUE(b->reject(b_hears.call(), 486));
  EXPECT_TRUE(a_hears.heard("ended 486 by peer"));
  ASSERT_TRUE(a->call({.account = caller, .target = "sip:nobody@127.0.0.1:22021", .offer = media(4000)}));
  EXPECT_TRUE(a_hears.heard("ended 404 by peer"));
}

TEST_P(UserAgent, TakesTheOfferFromA200WhenItMadeNone) {
  const auto id = *a->call({.account = caller, .target = target});
  ASSERT_TRUE(b_hears.heard("incoming")) << a_hears.all();
  EXPECT_FALSE(b_hears.last().offer);
  EXPECT_TRUE(b->answer(b_hears.call(), media(5000)));
  ASSERT_TRUE(a_hears.heard("answered 5000"));
  EXPECT_TRUE(a->answer(id, media(4000)));
  EXPECT_TRUE(b_hears.heard("confirmed 4000"));
}

TEST_P(UserAgent, ReportsARefusedTransfer) {
  const auto id = talking();
  EXPECT_TRUE(a->refer(id, "sip:1002@demo.example"));
  EXPECT_TRUE(a_hears.heard("transfer 501 final")) << a_hears.all();
}

TEST_P(UserAgent, ReportsAnOfferToAPeerThatIsGone) {
  const auto id = talking();
  b.reset();
  EXPECT_TRUE(a->offer(id, media(4002)));
  EXPECT_TRUE(a_hears.heard("offer_done 503")) << a_hears.all();  // the port is closed: ICMP says so at once
  EXPECT_TRUE(a->hang_up(id));
  EXPECT_TRUE(a_hears.heard("ended 200"));
}

INSTANTIATE_TEST_SUITE_P(Transports, UserAgent, testing::Values("", ";transport=tcp"),
                         [](const auto& given) { return std::string{given.param}.empty() ? "Udp" : "Tcp"; });

TEST(UserAgentBounds, RefusesWhatIsBeyondThem) {
  recorder hears;
  auto agent = user_agent::start({.listen = {"sip:127.0.0.1:22022;transport=udp"}, .accounts_max = 1}, hears);
  ASSERT_TRUE(agent);
  EXPECT_TRUE((*agent)->add_account({.aor = "sip:a@x"}));
  EXPECT_EQ((*agent)->add_account({.aor = "sip:b@x"}).error().code, errc::full);
  auto second = user_agent::start({.listen = {"sip:127.0.0.1:22022;transport=udp"}}, hears);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::unavailable);
}

TEST(UserAgentLoad, KeepsThousandsOfCallsAtOnce) {
  constexpr unsigned agents = 2'000;
  recorder caller_hears;
  class answering final : public user_agent_sink {
   public:
    user_agent* agent = nullptr;
    std::atomic<unsigned> ended{0};
    void on_incoming(ua_call_id call, const ua_incoming&) override { EXPECT_TRUE(agent->answer(call, media(5000))); }
    void on_ended(ua_call_id, std::uint16_t, const std::string&, bool) override { ++ended; }
  } robots;
  auto callee = started(robots, {"sip:127.0.0.1:22031;transport=udp"});
  auto caller = started(caller_hears, {"sip:127.0.0.1:22030;transport=udp"});
  robots.agent = callee.get();
  const auto from = *caller->add_account({.aor = "sip:load@demo.example"});
  std::vector<ua_call_id> calls;
  for (unsigned i = 0; i < agents; ++i) {
    const auto account = *callee->add_account({.aor = "sip:" + std::to_string(i) + "@demo.example"});
    calls.push_back(*caller->call(
        {.account = from, .target = "sip:a" + std::to_string(account.value) + "@127.0.0.1:22031", .offer = media(4000)}));
    const unsigned pace = 50 * ((i + 1) / 50);
    ASSERT_TRUE(caller_hears.heard("answered 5000", pace, 20s)) << caller_hears.all();
  }
  EXPECT_EQ(caller->status().calls, agents);
  for (const auto call : calls) EXPECT_TRUE(caller->hang_up(call));
  EXPECT_TRUE(caller_hears.heard("ended 200", agents, 20s)) << caller_hears.all();
  for (int i = 0; i < 1'000 && robots.ended < agents; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(robots.ended, agents);
}

}  // namespace
}  // namespace seatgrid
