#include "base/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace seatgrid {
namespace {

using namespace std::chrono_literals;

TEST(BoundedQueue, HandsItemsOverInOrder) {
  bounded_queue<int> queue{"test.waiting", 10};
  for (int n = 1; n <= 3; ++n) ASSERT_TRUE(queue.push(int{n}));
  EXPECT_EQ(queue.take(), 1);
  EXPECT_TRUE(queue.push(4));
  std::vector<int> rest;
  ASSERT_TRUE(queue.take_all_for(1h, rest));
  EXPECT_EQ(rest, (std::vector{2, 3, 4}));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(BoundedQueue, RefusesBeyondItsBoundAndLeavesTheItemWithTheProducer) {
  bounded_queue<std::unique_ptr<int>> queue{"test.waiting", 1};
  ASSERT_TRUE(queue.push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  const auto refused = queue.push(std::move(second));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::full);
  EXPECT_EQ(refused.error().what, "test.waiting holds 1");
  ASSERT_TRUE(second) << "still the producer's";
  EXPECT_EQ(**queue.take(), 1);
  EXPECT_TRUE(queue.push(std::move(second)));
}

TEST(BoundedQueue, GivesWhatWaitsAfterCloseThenEnds) {
  bounded_queue<int> queue{"test.waiting", 10};
  ASSERT_TRUE(queue.push(1));
  ASSERT_TRUE(queue.push(2));
  queue.close();
  EXPECT_EQ(queue.push(3).error().code, errc::wrong_state);
  EXPECT_EQ(queue.take(), 1);
  std::vector<int> rest;
  EXPECT_TRUE(queue.take_all_for(1h, rest));
  EXPECT_EQ(rest, std::vector{2});
  EXPECT_FALSE(queue.take_all_for(1h, rest));
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(queue.take(), std::nullopt);
}

TEST(BoundedQueue, WakesATakerThatSleepsWhenItCloses) {
  bounded_queue<int> queue{"test.waiting", 10};
  std::atomic<bool> woken{false};
  std::thread taker{[&] { woken = queue.take() == std::nullopt; }};
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(woken);
  queue.close();
  taker.join();
  EXPECT_TRUE(woken);
}

TEST(BoundedQueue, GivesUpWaitingWhenItsPatienceEnds) {
  bounded_queue<int> queue{"test.waiting", 10};
  EXPECT_EQ(queue.take_for(5ms), std::nullopt);
  std::vector<int> none;
  EXPECT_FALSE(queue.try_take_all(none));
  EXPECT_TRUE(queue.take_all_for(5ms, none)) << "it is still open";
  EXPECT_TRUE(none.empty());
  ASSERT_TRUE(queue.push(1));
  EXPECT_EQ(queue.take_for(5ms), 1);
}

TEST(BoundedQueue, KeepsOrderWhileItIsNeverEmpty) {
  bounded_queue<int> queue{"test.waiting", 10'000};
  int next_in = 0;
  int next_out = 0;
  for (int n = 0; n < 5'000; ++n) ASSERT_TRUE(queue.push(int{next_in++}));
  for (int n = 0; n < 20'000; ++n) {
    ASSERT_TRUE(queue.push(int{next_in++}));
    ASSERT_EQ(queue.take(), next_out++);
  }
  EXPECT_EQ(queue.size(), 5'000U);
}

TEST(BoundedQueue, LosesNothingBetweenManyProducersAndManyTakers) {
  bounded_queue<int> queue{"test.waiting", 64};
  constexpr int each = 20'000;
  std::atomic<long> sum{0};
  std::atomic<int> count{0};
  std::vector<std::thread> takers;
  takers.reserve(2);
  for (int t = 0; t < 2; ++t)
    takers.emplace_back([&, t] {
      std::vector<int> some;
      if (t == 0)
        while (queue.take_all_for(1h, some))
          for (const int n : some) sum += n, ++count;
      else
        while (const auto one = queue.take()) sum += *one, ++count;
    });
  std::vector<std::thread> producers;
  producers.reserve(3);
  for (int p = 0; p < 3; ++p)
    producers.emplace_back([&] {
      for (int n = 1; n <= each; ++n)
        while (!queue.push(int{n})) std::this_thread::yield();
    });
  for (auto& producer : producers) producer.join();
  queue.close();
  for (auto& taker : takers) taker.join();
  EXPECT_EQ(count, 3 * each);
  EXPECT_EQ(sum, 3L * each * (each + 1) / 2);
}

}  // namespace
}  // namespace seatgrid
