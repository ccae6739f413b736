#include "sip/digest.hpp"

#include <gtest/gtest.h>

#include "sip/backoff.hpp"

namespace seatgrid {
namespace {

constexpr time_point noon{1'763'900'000'000'000};
const challenge_options options{.realm = "demo.example", .key = "0123456789abcdef0123456789abcdef"};
const client_credentials alice{"1001", "s3cret"};

std::optional<std::string> password(std::string_view user) {
  if (user == "1001") return "s3cret";
  if (user == "o\"neil") return "quoted";
  return std::nullopt;
}
std::string answer(const std::vector<std::string>& to, const client_credentials& who = alice, std::uint32_t nc = 1) {
  const auto text = make_authorization(to, who, "REGISTER", "sip:demo.example", nc, "a1b2c3");
  EXPECT_TRUE(text);
  return text.value_or("");
}
digest_verdict check(const std::string& authorization, time_point at = noon, std::string_view source = "192.0.2.1:5060",
                     nonce_window* used = nullptr) {
  return check_digest(options, authorization, "REGISTER", source, at, password, used);
}
std::vector<std::string> challenged(time_point at = noon) { return challenges(options, "192.0.2.1:5060", at, false); }

TEST(DigestResponse, MatchesTheExampleOfRfc2617) {
  EXPECT_EQ(digest_response({.algorithm = digest_algorithm::md5,
                             .username = "Mufasa",
                             .realm = "testrealm@host.com",
                             .password = "Circle Of Life",
                             .method = "GET",
                             .uri = "/dir/index.html",
                             .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                             .nc = "00000001",
                             .cnonce = "0a4f113b",
                             .qop = "auth"}),
            "6629fae49393a05397450978507c4ef1");
}

TEST(DigestResponse, MatchesTheExamplesOfRfc7616) {
  digest_input in{.username = "Mufasa",
                  .realm = "http-auth@example.org",
                  .password = "Circle of Life",
                  .method = "GET",
                  .uri = "/dir/index.html",
                  .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                  .nc = "00000001",
                  .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                  .qop = "auth"};
  in.algorithm = digest_algorithm::md5;
  EXPECT_EQ(digest_response(in), "8ca523f5e9506fed4657c9700eebdbec");
  in.algorithm = digest_algorithm::sha256;
  EXPECT_EQ(digest_response(in), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(DigestChallenges, OfferOnlyWhatTheTenantWants) {
  auto some = options;
  for (const auto& [policy, name] : {std::pair{digest_policy::md5, "MD5"}, std::pair{digest_policy::sha256, "SHA-256"}}) {
    some.offered = policy;
    const auto only = challenges(some, "192.0.2.1:5060", noon, false);
    ASSERT_EQ(only.size(), 1U);
    EXPECT_EQ(parse_digest(only[0])->algorithm, name);
    EXPECT_EQ(check_digest(some, answer(only), "REGISTER", "192.0.2.1:5060", noon, password), digest_verdict::ok);
  }
}

TEST(DigestCheck, TakesNoHashThatIsNotOffered) {
  auto strict = options;
  strict.offered = digest_policy::sha256;
  const auto weak = answer({challenged()[1]});
  EXPECT_EQ(check(weak), digest_verdict::ok);
  EXPECT_EQ(check_digest(strict, weak, "REGISTER", "192.0.2.1:5060", noon, password), digest_verdict::missing);
}

TEST(DigestChallenges, OfferSha256BeforeMd5) {
  const auto two = challenged();
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(parse_digest(two[0])->algorithm, "SHA-256");
  EXPECT_EQ(parse_digest(two[1])->algorithm, "MD5");
  EXPECT_EQ(parse_digest(two[0])->stale, "");
  EXPECT_EQ(parse_digest(challenges(options, "x", noon, true)[1])->stale, "true");
  EXPECT_NE(challenged()[0], two[0]);
}

TEST(DigestCheck, TakesTheRightPasswordWithEitherAlgorithm) {
  const auto two = challenged();
  EXPECT_EQ(check(answer(two)), digest_verdict::ok);
  EXPECT_EQ(check(answer({two[1]})), digest_verdict::ok);
  auto session = two[0];
  EXPECT_EQ(check(answer({session + "-sess"})), digest_verdict::ok);
}

TEST(DigestCheck, TakesNextNonceWithoutAChallenge) {
  const auto info = authentication_info(options, "192.0.2.1:5060", noon);
  const auto nonce = info.substr(info.find('"') + 1, info.rfind('"') - info.find('"') - 1);
  EXPECT_EQ(check(answer({"Digest realm=\"demo.example\", nonce=\"" + nonce + "\", qop=\"auth\", algorithm=SHA-256"})),
            digest_verdict::ok);
}

TEST(DigestCheck, RefusesWrongPasswordsAndUnknownUsersAlike) {
  EXPECT_EQ(check(answer(challenged(), {"1001", "wrong"})), digest_verdict::wrong);
  EXPECT_EQ(check(answer(challenged(), {"nobody", "s3cret"})), digest_verdict::wrong);
  EXPECT_EQ(check(answer(challenged(), {"nobody", "nobody has this password"})), digest_verdict::wrong);
  auto other_method = make_authorization(challenged(), alice, "INVITE", "sip:demo.example", 1, "a1b2c3");
  EXPECT_EQ(check(*other_method), digest_verdict::wrong);
}

TEST(DigestCheck, CallsOldForeignAndForgedNoncesStaleOnlyWhenThePasswordIsRight) {
  const auto old = answer(challenged(noon - seconds{301}));
  EXPECT_EQ(check(old), digest_verdict::stale);
  EXPECT_EQ(check(answer(challenged(noon - seconds{299}))), digest_verdict::ok);
  EXPECT_EQ(check(answer(challenged(noon - seconds{301}), {"1001", "wrong"})), digest_verdict::wrong);
  EXPECT_EQ(check(answer(challenged()), noon, "192.0.2.2:5060"), digest_verdict::stale);
  EXPECT_EQ(check(answer({"Digest realm=\"demo.example\", nonce=\"abc\", qop=\"auth\""})), digest_verdict::stale);
  EXPECT_EQ(check(answer(challenged(noon + seconds{60}))), digest_verdict::stale);
  auto other = options;
  other.key = "another key of another cluster..";
  EXPECT_EQ(check(answer(challenges(other, "192.0.2.1:5060", noon, false))), digest_verdict::stale);
}

TEST(DigestCheck, TellsMissingFromMalformed) {
  EXPECT_EQ(check(""), digest_verdict::missing);
  EXPECT_EQ(check("Basic dXNlcjpwYXNz"), digest_verdict::missing);
  EXPECT_EQ(check(answer({"Digest realm=\"elsewhere\", nonce=\"x\", qop=\"auth\""})), digest_verdict::missing);
  const auto good = answer(challenged());
  EXPECT_EQ(check(good + ", nonce=\"again\""), digest_verdict::wrong);
  EXPECT_EQ(check(good + ", x=\"open"), digest_verdict::wrong);
  EXPECT_EQ(check(good + ", x"), digest_verdict::wrong);
  EXPECT_EQ(check(good + std::string(authorization_bytes_max, ' ')), digest_verdict::wrong);
  auto many = good;
  for (int i = 0; i < 32; ++i) many += ", x" + std::to_string(i) + "=1";
  EXPECT_EQ(check(many), digest_verdict::wrong);
  auto no_qop = good;
  no_qop.replace(no_qop.find("qop=auth"), 8, "qop=none");
  EXPECT_EQ(check(no_qop), digest_verdict::wrong);
}

TEST(DigestCheck, TakesNoBackslashOutsideOfQuotes) {
  // Repeated in quotes, as a client does with realm and nonce, it would swallow the closing one and what follows.
  EXPECT_FALSE(parse_digest("Digest realm=demo\\, nonce=\"n\""));
  EXPECT_TRUE(parse_digest("Digest realm=\"de\\\"mo\", nonce=n"));
}

TEST(DigestCheck, ToleratesOddSpacingCaseAndEmptyElements) {
  auto text = answer(challenged());
  text.replace(text.find(", realm="), 8, " ,, REALM = ");
  text.replace(text.find("qop=auth"), 8, "qop=\"auth\"");
  EXPECT_EQ(check("  digest" + text.substr(6) + " , "), digest_verdict::ok);
}

TEST(DigestCheck, HashesEscapedUserNamesAsTheyWereSent) {
  EXPECT_EQ(check(answer(challenged(), {"o\"neil", "quoted"})), digest_verdict::ok);
}

TEST(DigestCheck, RefusesAnNcThatWasUsed) {
  nonce_window used;
  const auto two = challenged();
  const auto ask = [&](std::uint32_t nc) { return check(answer(two, alice, nc), noon, "192.0.2.1:5060", &used); };
  EXPECT_EQ(ask(1), digest_verdict::ok);
  EXPECT_EQ(ask(1), digest_verdict::stale);
  EXPECT_EQ(ask(3), digest_verdict::ok);
  EXPECT_EQ(ask(2), digest_verdict::ok);
  EXPECT_EQ(ask(2), digest_verdict::stale);
  EXPECT_EQ(ask(200), digest_verdict::ok);
  EXPECT_EQ(ask(4), digest_verdict::stale);
  EXPECT_EQ(used.size(), 1U);
}

TEST(NonceWindow, WhenFullForgetsTheOldestAndNeverTakesItAgain) {
  nonce_window used{2};
  EXPECT_TRUE(used.take("a", noon, 1));
  EXPECT_TRUE(used.take("b", noon + seconds{1}, 1));
  EXPECT_TRUE(used.take("c", noon + seconds{2}, 1));
  EXPECT_EQ(used.size(), 2U);
  EXPECT_FALSE(used.take("a", noon, 1));
  EXPECT_TRUE(used.take("c", noon + seconds{2}, 2));
  used.forget_before(noon + seconds{2});
  EXPECT_EQ(used.size(), 1U);
}

TEST(MakeAuthorization, NeedsAChallengeItCanAnswer) {
  EXPECT_EQ(make_authorization({"Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256"}, alice, "REGISTER", "sip:x", 1, "c")
                .error()
                .code,
            errc::unsupported);
  EXPECT_TRUE(make_authorization({"Basic realm=\"x\"", "Digest realm=\"x\", nonce=\"y\""}, alice, "REGISTER", "sip:x", 1, "c"));
  EXPECT_FALSE(make_authorization({"Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\""}, alice, "REGISTER", "sip:x", 1, "c"));
}

TEST(Backoff, DoublesAfterTheFreeFailuresAndForgetsOnSuccess) {
  backoff_table table;
  for (int i = 0; i < 5; ++i) table.failed("ip 192.0.2.1", noon);
  EXPECT_EQ(table.wait("ip 192.0.2.1", noon), milliseconds{0});
  table.failed("ip 192.0.2.1", noon);
  EXPECT_EQ(table.wait("ip 192.0.2.1", noon), milliseconds{1'000});
  table.failed("ip 192.0.2.1", noon);
  EXPECT_EQ(table.wait("ip 192.0.2.1", noon), milliseconds{2'000});
  EXPECT_EQ(table.wait("ip 192.0.2.1", noon + milliseconds{1'500}), milliseconds{500});
  for (int i = 0; i < 60; ++i) table.failed("ip 192.0.2.1", noon);
  EXPECT_EQ(table.wait("ip 192.0.2.1", noon), milliseconds{300'000});
  table.succeeded("ip 192.0.2.1");
  EXPECT_EQ(table.wait("ip 192.0.2.1", noon), milliseconds{0});
  EXPECT_EQ(table.size(), 0U);
}

TEST(Backoff, StaysWithinItsBoundAndStartsAgainAfterAQuietTime) {
  backoff_table table{{.entries_max = 3}};
  for (int i = 0; i < 10; ++i) table.failed("ip " + std::to_string(i), noon);
  EXPECT_EQ(table.size(), 3U);
  for (int i = 0; i < 6; ++i) table.failed("ip 9", noon);
  EXPECT_GT(table.wait("ip 9", noon).count(), 0);
  table.failed("ip 9", noon + seconds{901});
  EXPECT_EQ(table.wait("ip 9", noon + seconds{901}), milliseconds{0});
}

}  // namespace
}  // namespace seatgrid
