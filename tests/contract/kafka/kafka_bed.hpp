#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/kafka/kafka_log.hpp"

/// What tests on the run's shared broker need: its address, orders to its process, topics of their own, readers that collect.
namespace seatgrid::testing {

inline constexpr std::chrono::seconds patience{30};

/// The broker that ctest's fixture `kafka` started. Tests run in turn, so one may stop it as long as it starts it again.
class shared_broker {
 public:
  /// Empty when none was started.
  static std::string address() {
    std::ifstream file{KAFKA_DIRECTORY "/bootstrap"};
    std::string line;
    std::getline(file, line);
    return line;
  }
  static bool order(const std::string& what) {
    const auto command = std::string{"python3 " KAFKA_TOOL " "} + what + " --dir " KAFKA_DIRECTORY " >/dev/null";
    return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c): our own tool
  }
};

/// Stops the broker's process and lets it go on, whatever the test does in between.
class hung_broker {
 public:
  hung_broker() { EXPECT_TRUE(shared_broker::order("hang 1")); }
  ~hung_broker() { resume(); }
  hung_broker(const hung_broker&) = delete;
  hung_broker& operator=(const hung_broker&) = delete;
  void resume() {
    if (std::exchange(hangs_, false)) { EXPECT_TRUE(shared_broker::order("resume 1")); }
  }

 private:
  bool hangs_ = true;
};

/// Keeps what a reader was given.
class collector {
 public:
  on_records reader() {
    return [this](result<std::span<const log_record>> came) {
      const std::lock_guard lock{mutex_};
      if (came)
        for (const auto& record : *came) {
          records_.emplace_back(record.bytes);
          offsets_.push_back(record.offset);
          times_.push_back(record.at);
        }
      else
        ended_ = came.error();
      changed_.notify_all();
    };
  }
  /// What came, once it is at least `count` records or the patience is over.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return records_.size() >= count || ended_; });
    return records_;
  }
  error wait_for_end() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, patience, [&] { return ended_.has_value(); });
    return ended_.value_or(error{});
  }
  std::vector<log_offset> offsets() const {
    const std::lock_guard lock{mutex_};
    return offsets_;
  }
  std::vector<time_point> times() const {
    const std::lock_guard lock{mutex_};
    return times_;
  }

 private:
  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<std::string> records_{};
  std::vector<log_offset> offsets_{};
  std::vector<time_point> times_{};
  std::optional<error> ended_{};
};

using append_outcome = result<std::optional<log_offset>>;

inline std::future<append_outcome> append(lane_log& to, lane_id lane, std::string record) {
  auto outcome = std::make_shared<std::promise<append_outcome>>();
  to.append(lane, std::move(record), [outcome](append_outcome came) { outcome->set_value(std::move(came)); });
  return outcome->get_future();
}
inline append_outcome append_now(lane_log& to, lane_id lane, std::string record) {
  auto coming = append(to, lane, std::move(record));
  if (coming.wait_for(patience) != std::future_status::ready) return fail(errc::timed_out, "no report");
  return coming.get();
}

class KafkaLog : public ::testing::Test {
 protected:
  void SetUp() override {
    if (shared_broker::address().empty()) GTEST_SKIP() << "no Kafka broker: see the test kafka_up";
    static int topics = 0;
    options_.brokers = shared_broker::address();
    options_.topic = "contract." + std::to_string(::getpid()) + "." + std::to_string(++topics);
    options_.lanes = 3;
    options_.replicas = 1;
  }
  std::unique_ptr<kafka_log> opened() { return opened(options_); }
  static std::unique_ptr<kafka_log> opened(const kafka_options& options) {
    auto made = open_kafka_log(options);
    EXPECT_TRUE(made) << made.error().what;
    return made ? std::move(*made) : nullptr;
  }
  kafka_options options_{};
};

}  // namespace seatgrid::testing
