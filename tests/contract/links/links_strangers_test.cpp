#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <filesystem>
#include <random>

#include "cluster/link_frame.hpp"
#include "cluster/link_stream.hpp"
#include "tests/contract/links/end_point.hpp"

/// Whoever else connects to the port of the links: refused for a reason that is told, counted, and bounded.
namespace seatgrid::testing {
namespace {

cluster::link_hello hello_of(const end_point& from, const lane_owner& to) {
  return {.cluster = "test",
          .node = from.me.node,
          .process_high = from.me.process.high,
          .process_low = from.me.process.low,
          .to_high = to.process.high,
          .to_low = to.process.low,
          .stream = 7};
}

/// A stranger: a socket by hand.
class stranger {
 public:
  explicit stranger(const end_point& at) : socket_(std::move(*cluster::dial("127.0.0.1", at.link->port()))) { ready(POLLOUT); }
  void say(std::string_view bytes) const {
    while (!bytes.empty() && ready(POLLOUT)) {
      const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) return;  // it was refused meanwhile
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  /// What is said to it until its connection ends; fails the test when that takes longer.
  std::string hear_end(int patience_ms = 10'000) const {
    std::string all;
    char bytes[4'096];
    while (ready(POLLIN, patience_ms)) {
      const auto count = ::recv(socket_.get(), bytes, sizeof bytes, 0);
      if (count <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(count));
    }
    ADD_FAILURE() << "the connection goes on";
    return all;
  }

 private:
  bool ready(short what, int patience_ms = 10'000) const {
    pollfd one{socket_.get(), what, 0};
    return ::poll(&one, 1, patience_ms) == 1;
  }
  cluster::descriptor socket_;
};

std::string bytes_of(const cluster::link_hello& hello) {
  std::string bytes;
  cluster::write_hello(bytes, hello);
  return bytes;
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

/// a, and b which is its peer and must be able to link with it after whatever happened.
class LinksStrangers : public ::testing::Test {
 protected:
  end_point a_{process_of("a", 1), {.hello_patience = 300ms}};
  end_point b_{process_of("b", 2)};
  void TearDown() override {
    join(a_, b_);
    ASSERT_TRUE(b_.link->send(a_.me, {link_kind::asked, text_of(0)}));
    ASSERT_TRUE(a_.wait_got(b_.me, 1)) << "the links do not live any more: " << b_.view_of(a_.me).trouble;
  }
};

TEST_F(LinksStrangers, AnotherClusterIsRefused) {
  end_point other{process_of("b", 2), {.cluster = "other"}};
  a_.link->set_peers({other.as_peer()});
  other.link->set_peers({a_.as_peer()});
  EXPECT_TRUE(a_.wait_trouble(other.me, "'other'")) << a_.view_of(other.me).trouble;
  EXPECT_TRUE(other.wait_trouble(a_.me, "'test'")) << other.view_of(a_.me).trouble;
  EXPECT_GT(a_.link->refusals().strangers, 0U);
  EXPECT_TRUE(a_.words_of(other.me).empty());
}

TEST_F(LinksStrangers, AnotherProcessAtThePeersAddressIsRefusedAndThePeerIsGone) {
  end_point second{process_of("b", 3)};
  second.link->set_peers({a_.as_peer()});
  a_.link->set_peers({{b_.me, "127.0.0.1", second.link->port()}});
  EXPECT_TRUE(a_.wait_down(b_.me, true));
  EXPECT_TRUE(a_.wait_trouble(b_.me, "process 00000000000000030000000000000003")) << a_.view_of(b_.me).trouble;
}

TEST_F(LinksStrangers, ASecondLiveProcessOfANodeNameIsNotThePeer) {
  join(a_, b_);
  ASSERT_TRUE(a_.wait_up(b_.me));
  end_point second{process_of("b", 3)};
  second.link->set_peers({a_.as_peer()});
  EXPECT_TRUE(second.wait_trouble(a_.me, "is no peer of node a")) << second.view_of(a_.me).trouble;
  EXPECT_TRUE(a_.wait_trouble(b_.me, "it is not the peer of that name")) << a_.view_of(b_.me).trouble;
  EXPECT_TRUE(a_.view_of(b_.me).up) << "the first one's link stays";
  a_.link->set_peers({b_.as_peer(), second.as_peer()});  // and it can be a peer of its own
  EXPECT_TRUE(second.wait_up(a_.me));
}

TEST_F(LinksStrangers, BytesThatAreNoLinkAreRefused) {
  a_.link->set_peers({b_.as_peer()});
  const auto good = bytes_of(hello_of(b_, a_.me));
  const std::string frame_of_no_type{"\0\0\0\1\x63", 5}, ping_first{"\0\0\0\1\6", 5};
  for (const auto& bytes : {std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string(5'000, '\0'), std::string(5'000, '\xff'),
                            std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9}, frame_of_no_type, ping_first,
                            good.substr(0, 6) + "x" + good.substr(7), good + good, good + std::string(100, '\xff')}) {
    const auto before = a_.link->refusals().strangers;
    const stranger one{a_};
    one.say(bytes);
    one.hear_end();
    EXPECT_TRUE(a_.wait([&] { return a_.link->refusals().strangers > before; })) << bytes.substr(0, 30);
  }
}

TEST_F(LinksStrangers, ChanceBytesAreRefused) {
  std::mt19937 chance{5};
  const auto good = bytes_of(hello_of(b_, a_.me));
  a_.link->set_peers({b_.as_peer()});
  for (int round = 0; round < 200; ++round) {
    auto bytes = good;
    for (int i = 0; i < 3; ++i) bytes[chance() % bytes.size()] = static_cast<char>(chance());
    stranger one{a_};
    one.say(bytes + bytes);
  }
}

TEST_F(LinksStrangers, APeerThatSkipsANumberOrAcknowledgesWhatWasNeverSentIsRefused) {
  const auto refused_for = [&](const std::string& frames, const std::string& why) {
    a_.link->set_peers({});
    a_.link->set_peers({{b_.me, "127.0.0.1", 1}});
    const stranger one{a_};
    one.say(bytes_of(hello_of(b_, a_.me)) + frames);
    const auto said = one.hear_end();
    EXPECT_NE(said.find(why), std::string::npos) << said;
  };
  std::string frames;
  cluster::write_part(frames, 2, link_kind::asked, false, "x");
  refused_for(frames, "message 2 came after 0");
  frames.clear();
  cluster::write_acknowledged(frames, 1);
  refused_for(frames, "never sent");
  frames.clear();
  cluster::write_part(frames, 1, link_kind::asked, true, "x");
  cluster::write_part(frames, 1, link_kind::answered, false, "x");
  refused_for(frames, "another kind");
  frames.clear();
  for (int i = 0; i < 130; ++i)
    cluster::write_part(frames, 1, link_kind::asked, true, std::string(cluster::link_part_bytes_max, 'x'));
  a_.link->set_peers({});
  a_.link->set_peers({{b_.me, "127.0.0.1", 1}});
  const stranger one{a_};
  one.say(bytes_of(hello_of(b_, a_.me)));
  std::thread sender{[&] { one.say(frames); }};
  EXPECT_TRUE(a_.wait_refusal("a message of more than")) << a_.link->refusals().last;
  sender.join();
}

TEST_F(LinksStrangers, AKindThatThisProgramDoesNotKnowIsCountedAndDropped) {
  a_.link->set_peers({{b_.me, "127.0.0.1", 1}});
  std::string frames = bytes_of(hello_of(b_, a_.me));
  cluster::write_part(frames, 1, static_cast<link_kind>(99), false, "x");
  cluster::write_part(frames, 2, link_kind::asked, false, text_of(0));
  const stranger one{a_};
  one.say(frames);
  ASSERT_TRUE(a_.wait_got(b_.me, 1));
  EXPECT_EQ(a_.link->refusals().unknown, 1U);
  a_.link->set_peers({});
  std::lock_guard lock{a_.guard};
  a_.got.clear();
}

TEST_F(LinksStrangers, WhoSaysNothingIsEndedAfterHelloPatience) {
  const stranger silent{a_}, half{a_};
  half.say(bytes_of(hello_of(b_, a_.me)).substr(0, 10));
  const auto began = std::chrono::steady_clock::now();
  silent.hear_end();
  half.hear_end();
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, 200ms);
  EXPECT_LE(took, 3s);  // ten times hello_patience
  EXPECT_TRUE(a_.wait_refusal("no hello came in time")) << a_.link->refusals().last;
}

TEST_F(LinksStrangers, ThousandsHoldABoundedNumberOfDescriptors) {
  const auto before = open_descriptors();
  {
    std::vector<stranger> crowd;
    for (int i = 0; i < 3'000; ++i) crowd.emplace_back(a_);
    EXPECT_LE(open_descriptors(), before + 3'000 + 64 + 200) << "the backlog of the kernel is not ours";
    join(a_, b_);
    EXPECT_TRUE(a_.wait_up(b_.me)) << "a peer comes through the crowd: " << a_.view_of(b_.me).trouble;
  }
  const auto refused = a_.link->refusals();
  EXPECT_GT(refused.crowded, 1'000U);
  EXPECT_GE(refused.crowded + refused.strangers, 3'000U - 64);
  EXPECT_TRUE(a_.wait([&] { return open_descriptors() <= before + 10; }));
}

TEST_F(LinksStrangers, LinksOutliveThatNoDescriptorIsLeft) {
  rlimit normal{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &normal), 0);
  std::vector<stranger> crowd;
  for (int i = 0; i < 20; ++i) crowd.emplace_back(a_);
  auto few = normal;
  few.rlim_cur = open_descriptors() - 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<cluster::descriptor> last;
  while (auto made = cluster::dial("127.0.0.1", a_.link->port())) last.push_back(std::move(*made));
  a_.wait([] { return false; }, 200ms);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &normal), 0);
  EXPECT_GT(a_.link->refusals().strangers + a_.link->refusals().crowded, 0U);
}

}  // namespace
}  // namespace seatgrid::testing
