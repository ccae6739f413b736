#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/contract/links/end_point.hpp"
#include "tests/contract/storage/child_process.hpp"

/// Links with certificates, made by the openssl command.
namespace seatgrid::testing {
namespace {

namespace fs = std::filesystem;

class LinksCertificates : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::system("openssl version > /dev/null 2>&1") != 0) return;
    has_openssl_ = true;
    folder_ = fs::temp_directory_path() / ("links_certificates." + std::to_string(::getpid()));
    fs::create_directories(folder_);
    make_authority("ca");
    make_authority("other_ca");
    make_certificate("a", "a", "ca");
    make_certificate("b", "b", "ca");
    make_certificate("b_again", "b", "ca");
    make_certificate("c", "c", "ca");
    make_certificate("b_of_other", "b", "other_ca");
    make_certificate("any", "*.east", "ca");
    make_certificate("b_expired", "b", "ca", -1);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }
  void SetUp() override {
    if (!has_openssl_) GTEST_SKIP() << "no openssl command";
  }

  static std::string path(const std::string& name) { return (folder_ / name).string(); }
  static void run(const std::string& words) {
    const auto command = "cd " + folder_.string() + " && openssl " + words + " > log 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
  }
  static void make_authority(const std::string& name) {
    run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 10 -subj /CN=" + name + " -keyout " + name +
        ".key -out " + name + ".pem");
  }
  static void make_certificate(const std::string& file, const std::string& node, const std::string& authority, int days = 10) {
    run("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + node + " -addext subjectAltName=DNS:" + node +
        " -keyout " + file + ".key -out " + file + ".csr");
    run("x509 -req -in " + file + ".csr -CA " + authority + ".pem -CAkey " + authority +
        ".key -CAcreateserial -copy_extensions copy -days " + std::to_string(days) + " -out " + file + ".pem");
  }
  static cluster::link_options with(const std::string& file, const std::string& authority = "ca") {
    return {.certificate = path(file + ".pem"), .key = path(file + ".key"), .authority = path(authority + ".pem")};
  }

  static inline bool has_openssl_ = false;
  static inline fs::path folder_{};
};

TEST_F(LinksCertificates, MakeALinkSecure) {
  end_point a{process_of("a", 1), with("a")}, b{process_of("b", 2), with("b")};
  ASSERT_TRUE(a.link && b.link) << a.why.what << b.why.what;
  join(a, b);
  constexpr std::size_t count = 20'000;
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, text_of(i)}));
    ASSERT_TRUE(b.link->send(a.me, {link_kind::to_entity, text_of(i)}));
  }
  ASSERT_TRUE(b.wait_got(a.me, count) && a.wait_got(b.me, count)) << a.view_of(b.me).trouble;
  EXPECT_EQ(b.first_wrong(a.me, count), "");
  EXPECT_EQ(a.first_wrong(b.me, count), "");
  EXPECT_TRUE(a.view_of(b.me).secure && b.view_of(a.me).secure);
  const std::string largest(8U << 20, 'x');
  ASSERT_TRUE(a.link->send(b.me, {link_kind::to_entity, largest}));
  ASSERT_TRUE(b.wait_got(a.me, count + 1));
  EXPECT_TRUE(b.got[a.me].back() == largest);
}

TEST_F(LinksCertificates, ShowAKilledProcessWithinMilliseconds) {
  end_point a{process_of("a", 1), with("a")};
  child_process child{LINKS_CHILD, {std::to_string(a.link->port()), path("b.pem"), path("b.key"), path("ca.pem")}};
  const auto port = child.told(1);
  ASSERT_EQ(port.size(), 1U);
  const auto b = process_of("b", 2);
  a.link->set_peers({{b, "127.0.0.1", static_cast<std::uint16_t>(port[0])}});
  ASSERT_TRUE(a.wait_up(b)) << a.view_of(b).trouble;
  const auto killed = std::chrono::steady_clock::now();
  child.send(SIGKILL);
  ASSERT_TRUE(a.wait_down(b, true)) << a.view_of(b).trouble;
  const auto took = std::chrono::duration<double, std::milli>(a.words_of(b).back().at - killed).count();
  std::printf("kill -9 to on_down(reset) with TLS: %.2f ms\n", took);
  EXPECT_LE(took, 90.0);
}

/// Neither links, both say why, and the message that was sent waits.
void expect_refused(end_point& a, end_point& b, const std::string& why_at_a) {
  ASSERT_TRUE(a.link && b.link) << a.why.what << b.why.what;
  join(a, b);
  ASSERT_TRUE(a.link->send(b.me, {link_kind::asked, "secret"}));
  EXPECT_TRUE(a.wait_trouble(b.me, why_at_a)) << a.view_of(b.me).trouble << " / " << a.link->refusals().last;
  EXPECT_TRUE(b.wait([&] { return !b.view_of(a.me).trouble.empty(); }));
  EXPECT_TRUE(a.wait([&] { return a.link->refusals().strangers > 0; }));
  a.wait([] { return false; }, 200ms);
  EXPECT_EQ(b.count_of(a.me), 0U);
  EXPECT_TRUE(a.words_of(b.me).empty() && b.words_of(a.me).empty());
}

TEST_F(LinksCertificates, OfAnotherAuthorityAreRefused) {
  end_point a{process_of("a", 1), with("a")}, b{process_of("b", 2), with("b_of_other", "other_ca")};
  expect_refused(a, b, "self-signed certificate in certificate chain");
  EXPECT_TRUE(b.wait_trouble(a.me, "TLS: "));
}

TEST_F(LinksCertificates, ThatAreSignedByAnotherAuthorityAreRefusedThoughOursIsTrusted) {
  end_point a{process_of("a", 1), with("a")}, b{process_of("b", 2), with("b_of_other")};
  expect_refused(a, b, "unable to get local issuer certificate");
}

TEST_F(LinksCertificates, OfAnotherNodeAreRefused) {
  end_point a{process_of("a", 1), with("a")}, b{process_of("b", 2), with("c")};
  expect_refused(a, b, "certificate does not name node 'b'");
}

TEST_F(LinksCertificates, OfManyNamesAreRefused) {
  end_point a{process_of("a", 1), with("a")}, b{process_of("b.east", 2), with("any")}, dot{process_of(".east", 3), with("any")};
  expect_refused(a, b, "certificate does not name node 'b.east'");
  expect_refused(a, dot, "certificate does not name node '.east'");
}

TEST_F(LinksCertificates, ThatHaveExpiredAreRefused) {
  end_point a{process_of("a", 1), with("a")}, b{process_of("b", 2), with("b_expired")};
  expect_refused(a, b, "certificate has expired");
}

TEST_F(LinksCertificates, AreAskedForWhereOneHasThem) {
  end_point a{process_of("a", 1), with("a")}, b{process_of("b", 2)};
  ASSERT_TRUE(a.link && b.link);
  join(a, b);
  EXPECT_TRUE(a.wait([&] { return a.link->refusals().strangers > 0 && !a.view_of(b.me).trouble.empty(); }));
  EXPECT_TRUE(b.wait([&] { return b.link->refusals().strangers > 0 && !b.view_of(a.me).trouble.empty(); }));
  a.wait([] { return false; }, 200ms);
  EXPECT_TRUE(a.words_of(b.me).empty() && b.words_of(a.me).empty());
}

TEST_F(LinksCertificates, AreNeededBeyondLoopback) {
  end_point anywhere{process_of("a", 1), {.host = "0.0.0.0"}};
  EXPECT_EQ(anywhere.why.code, errc::invalid) << "anybody could be a peer";
  end_point secure{process_of("a", 1), [] {
                     auto options = with("a");
                     options.host = "0.0.0.0";
                     return options;
                   }()};
  EXPECT_TRUE(secure.link) << secure.why.what;
  end_point loopback{process_of("a", 1)};
  const auto far = process_of("b", 2);
  loopback.link->set_peers({{far, "192.0.2.1", 7'000}});
  EXPECT_TRUE(loopback.wait_trouble(far, "without certificates")) << loopback.view_of(far).trouble;
}

TEST_F(LinksCertificates, AreReadWholeOrNotAtAll) {
  auto options = with("a");
  options.key = path("b.key");
  EXPECT_EQ((end_point{process_of("a", 1), options}).why.code, errc::invalid) << "a key of another certificate";
  options.key.clear();
  EXPECT_EQ((end_point{process_of("a", 1), options}).why.code, errc::invalid) << "two of three";
  options.key = path("missing");
  EXPECT_EQ((end_point{process_of("a", 1), options}).why.code, errc::invalid);
}

TEST_F(LinksCertificates, AreRotatedWithoutARestart) {
  for (const auto* end : {".pem", ".key"}) fs::copy_file(path("b_expired") + end, path("b_live") + end);
  end_point a{process_of("a", 1), with("a")}, b{process_of("b", 2), with("b_live")};
  ASSERT_TRUE(a.link && b.link) << b.why.what;
  join(a, b);
  ASSERT_TRUE(a.wait_trouble(b.me, "certificate has expired"));
  std::ofstream{path("b_live.key")} << "half of a key";  // the moment between two copies
  b.wait([] { return false; }, 700ms);
  for (const auto* end : {".pem", ".key"})
    fs::copy_file(path("b_again") + end, path("b_live") + end, fs::copy_options::overwrite_existing);
  EXPECT_TRUE(a.wait_up(b.me)) << a.view_of(b.me).trouble;
  EXPECT_TRUE(b.wait_up(a.me));
}

}  // namespace
}  // namespace seatgrid::testing
