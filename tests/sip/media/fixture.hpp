#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "media/engine.hpp"
#include "tests/sip/media/phone.hpp"

namespace seatgrid::media_test {

/// An engine on loopback with a data directory of its own, ports 23000-25999.
class media_engine_test : public testing::Test {
 protected:
  void SetUp() override {
    directory = std::filesystem::temp_directory_path() / ("seatgrid-media-" + std::to_string(getpid()));
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    options.port_first = static_cast<std::uint16_t>(23'000 + getpid() % 10 * 100);
    options.port_last = 25'999;
    options.data_directory = directory.string();
  }
  void TearDown() override {
    if (media) media->stop();
    media.reset();
    std::filesystem::remove_all(directory);
  }
  void start(prompt_library prompts = prompt_library{}) {
    auto made = engine::start(options, std::move(prompts), [this](media_event e) { events.add(std::move(e)); });
    ASSERT_TRUE(made) << made.error().what;
    media = std::move(*made);
  }
  static leg_id leg(std::uint32_t index, std::uint64_t call = 7) { return {.call = {call}, .index = index}; }

  /// Opens a leg and joins it with the phone.
  void join(leg_id id, phone& p, std::uint8_t dtmf = 101) {
    open(id, p);
    media->command(p.connect_order(id, dtmf));
  }
  void open(leg_id id, phone& p) {
    media->command(media_open{.leg = id, .tenant = "demo"});
    const auto opened = events.wait<media_opened>([&](const media_opened& o) { return o.leg == id; });
    ASSERT_TRUE(opened);
    p.aim(opened->local);
  }
  media_statistics close(leg_id id) {
    media->command(media_close{.leg = id});
    const auto closed = events.wait<media_closed>([&](const media_closed& c) { return c.leg == id; });
    EXPECT_TRUE(closed);
    return closed ? closed->statistics : media_statistics{};
  }
  std::optional<media_address> socket_address_of(leg_id id) {
    const auto opened = events.wait<media_opened>([&](const media_opened& o) { return o.leg == id; });
    return opened ? std::optional{opened->local} : std::nullopt;
  }
  /// Waits until `ready` holds; false after 3 s.
  static bool eventually(const std::function<bool()>& ready) {
    for (int i = 0; i < 300; ++i) {
      if (ready()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  event_log events{};
  media_options options{};
  std::filesystem::path directory{};
  std::unique_ptr<engine> media{};
};

}  // namespace seatgrid::media_test
