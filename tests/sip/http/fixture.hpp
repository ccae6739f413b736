#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "api/api.hpp"
#include "tests/fuzz/api/recording_gateway.hpp"
#include "tests/sip/http/raw_client.hpp"

/// The real API on a real socket over a node that answers when the test wants.
namespace seatgrid::test {

using namespace std::chrono_literals;

/// `left` events of 1 KB.
class test_events final : public event_subscription {
 public:
  test_events(std::atomic<int>& alive, std::size_t left) : alive_(alive), left_(left) { ++alive_; }
  ~test_events() override { --alive_; }
  test_events(const test_events&) = delete;
  test_events& operator=(const test_events&) = delete;
  std::vector<live_event> take(std::size_t most) override {
    const auto n = std::min(most, left_);
    left_ -= n;
    return std::vector<live_event>(
        n, live_event{.id = "1", .type = "t", .tenant = "demo", .data = R"({"x":")" + std::string(1'000, 'x') + "\"}"});
  }

 private:
  std::atomic<int>& alive_;
  std::size_t left_;
};

class test_gateway final : public fuzz::recording_gateway {
 public:
  std::atomic<bool> holding{false};  ///< list: answers wait for `release`
  std::atomic<int> subscribers{0};
  std::atomic<int> subscribers_max{100};
  std::atomic<int> subscriptions{0};   ///< ever
  std::atomic<std::size_t> events{0};  ///< that a subscriber gets

  void list(collection, list_query, answer done) const override {
    if (!holding) return done(std::string{R"({"items":[]})"});
    const std::lock_guard lock{mutex_};
    held_.push_back(std::move(done));
    changed_.notify_all();
  }
  result<std::shared_ptr<event_subscription>> subscribe(std::string, std::string, std::function<void()>) override {
    if (subscribers >= subscribers_max) return fail(errc::full, "node.subscribers_max");
    ++subscriptions;
    return std::make_shared<test_events>(subscribers, events);
  }
  /// True when `n` requests wait within 10 s.
  bool waits_for(std::size_t n) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 10s, [&] { return held_.size() >= n; });
  }
  void release() {
    std::vector<answer> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(held_);
    }
    for (auto& done : all) done(std::string{R"({"items":[]})"});
  }

 private:
  mutable std::mutex mutex_{};
  mutable std::condition_variable changed_{};
  mutable std::vector<answer> held_{};
};

struct HttpApi : testing::Test {
  static constexpr const char* token = "0123456789abcdef";
  test_gateway node{};
  api_options options{.token = token};
  std::unique_ptr<api> server{};

  HttpApi() { options.http.port = 0; }
  void start() {
    api_hooks hooks;
    hooks.apply_provisioning = [](const std::string& text, provisioning_order) -> result<std::string> {
      return R"({"bytes":)" + std::to_string(text.size()) + "}";
    };
    hooks.tenants = hooks.numbers = hooks.trunks = [] { return std::string{"[]"}; };
    auto made = api::start(options, node, std::move(hooks));
    ASSERT_TRUE(made) << made.error().what;
    server = std::move(*made);
  }
  raw_client connect(int receive_bytes = 0) const { return raw_client{server->port(), receive_bytes}; }

  /// A head with the token; `more` are further header lines, each with its end.
  static std::string head(const std::string& method, const std::string& target, const std::string& more = {}) {
    return method + " " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\n" + more + "\r\n";
  }
  static std::string order(const std::string& body, const std::string& more = {}) {
    return head("POST", "/v1/agents/demo/1001/pause",
                "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more) +
           body;
  }
  static std::string provisioning(std::size_t bytes, const std::string& more = {}) {
    return head("PUT", "/v1/provisioning",
                "Content-Type: application/toml\r\nContent-Length: " + std::to_string(bytes) + "\r\n" + more);
  }
  /// Within 10 s.
  template <class Holds>
  static bool becomes_true(Holds holds) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
    return holds();
  }
  /// Another client is served at once.
  void expect_served() const {
    auto other = connect();
    EXPECT_EQ(other.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  }
  static void expect_problem(const answer& got, int status, const std::string& code, const std::string& says) {
    EXPECT_EQ(got.status, status) << got.body;
    if (got.status == 0) return;
    EXPECT_EQ(got.headers.at("content-type"), "application/problem+json");
    const auto body = nlohmann::json::parse(got.body, nullptr, false);
    EXPECT_EQ(body.value("status", 0), status);
    EXPECT_EQ(body.value("code", ""), code);
    EXPECT_NE(body.value("detail", "").find(says), std::string::npos) << got.body;
  }
};

}  // namespace seatgrid::test
