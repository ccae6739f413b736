#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace seatgrid {

/// One thread that does what it is given, in order.
class task_thread {
 public:
  /// `pulse`, when given, runs every `every`.
  explicit task_thread(std::string name, std::function<void()> pulse = {}, std::chrono::milliseconds every = {});
  ~task_thread() { stop(); }
  task_thread(const task_thread&) = delete;
  task_thread& operator=(const task_thread&) = delete;

  /// False when `tasks_max` wait, or it was stopped: the task never runs.
  bool post(std::function<void()> task);
  /// Returns when the running task has ended; those that wait never run. Idempotent; not from a task.
  void stop();

 private:
  static constexpr std::size_t tasks_max = 10'000;
  void run(const std::stop_token& stop);

  const std::function<void()> pulse_;
  const std::chrono::milliseconds every_;
  std::mutex mutex_{};
  std::condition_variable_any came_{};
  std::deque<std::function<void()>> tasks_{};
  bool stopped_ = false;
  std::jthread thread_{};
};

}  // namespace seatgrid
