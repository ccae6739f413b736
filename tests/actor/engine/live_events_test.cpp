#include <gtest/gtest.h>

#include "actors/live_events.hpp"
#include "actors/shell_row.hpp"
#include "storage/memory/memory_journal.hpp"

namespace seatgrid::actors {
namespace {

class LiveEvents : public testing::Test {
 protected:
  LiveEvents() { at = *claim_and_wait(*log, 1); }
  /// One step with one event, as the shell makes it, and its way into the ring.
  void happen(const std::string& tenant = "demo") {
    const auto call = ref(call_id::make(shard_of_tenant(tenant), 9));
    step s;
    s.entity = call;
    s.rows = {{row_key(call, shell_element), encode(shell_row{.published = ++number[tenant], .tenant = tenant})}};
    s.outbox = {{"call.rang", number[tenant], std::to_string(++all)}};
    recorded_step recorded;
    recorded.step = s;
    log->append(at, s, [&](const result<step_position>& counted) { recorded.position = *counted; });
    events->push(events_of(recorded));
  }
  static std::string data(const std::vector<live_event>& taken) {
    std::string text;
    for (const auto& e : taken) text += e.data + " ";
    return text;
  }
  std::unique_ptr<memory_journal> log = make_memory_journal();
  lane_epoch at{};
  std::map<std::string, std::uint64_t> number{};
  int all = 0;
  std::shared_ptr<live_events> events = std::make_shared<live_events>(*log, std::vector<lane_id>{1}, 4, 2);
};

TEST_F(LiveEvents, GivesWhatComesAfterTheSubscription) {
  happen();
  int woken = 0;
  auto mine = *events->subscribe("", "", [&] { ++woken; });
  happen();
  happen();
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(data(mine->take(10)), "2 3 ");
  EXPECT_EQ(data(mine->take(10)), "");
}

TEST_F(LiveEvents, ResumesBehindAnIdFromTheLogAndGoesOnLiveWithoutHoleOrRepetition) {
  for (int i = 0; i < 10; ++i) happen();
  auto mine = *events->subscribe("", id_text({1, 3, 0}), {});
  EXPECT_EQ(data(mine->take(3)), "4 5 6 ");
  happen();
  EXPECT_EQ(data(mine->take(100)), "7 8 9 10 11 ");
  happen();
  EXPECT_EQ(data(mine->take(100)), "12 ");
}

TEST_F(LiveEvents, LosesNothingWhenTheListenerIsSlowerThanTheRing) {
  auto mine = *events->subscribe("", "", {});
  for (int i = 0; i < 20; ++i) happen();
  std::string text;
  for (int i = 0; i < 20; ++i) text += data(mine->take(3));
  EXPECT_EQ(text, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 ");
}

TEST_F(LiveEvents, ShowsATenantItsOwnOnly) {
  auto mine = *events->subscribe("other", "", {});
  happen("demo");
  happen("other");
  EXPECT_EQ(data(mine->take(10)), "2 ");
}

TEST_F(LiveEvents, RefusesTooManyListenersAndIdsThatAreNone) {
  auto a = events->subscribe("", "", {}), b = events->subscribe("", "", {});
  EXPECT_EQ(events->subscribe("", "", {}).error().code, errc::full);
  b->reset();
  EXPECT_EQ(events->subscribe("", "yesterday", {}).error().code, errc::invalid);
  EXPECT_TRUE(events->subscribe("", "", {}));
}

}  // namespace
}  // namespace seatgrid::actors
