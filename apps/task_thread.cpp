#include "apps/task_thread.hpp"

#include <utility>

#include "base/thread_name.hpp"

namespace seatgrid {
namespace {

constexpr std::chrono::milliseconds idle_for{1'000};

}  // namespace

task_thread::task_thread(std::string name, std::function<void()> pulse, std::chrono::milliseconds every)
    : pulse_(std::move(pulse)), every_(pulse_ ? every : idle_for) {
  thread_ = std::jthread{[this, name = std::move(name)](const std::stop_token& stop) {
    name_this_thread(name.c_str());
    run(stop);
  }};
}

bool task_thread::post(std::function<void()> task) {
  {
    const std::lock_guard lock{mutex_};
    if (stopped_ || tasks_.size() >= tasks_max) return false;
    tasks_.push_back(std::move(task));
  }
  came_.notify_one();
  return true;
}

void task_thread::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    tasks_.clear();
  }
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void task_thread::run(const std::stop_token& stop) {
  auto next_pulse = std::chrono::steady_clock::now() + every_;
  while (!stop.stop_requested()) {
    std::function<void()> task;
    {
      std::unique_lock lock{mutex_};
      came_.wait_until(lock, stop, next_pulse, [this] { return !tasks_.empty(); });
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
    }
    if (task) task();
    if (std::chrono::steady_clock::now() < next_pulse) continue;
    if (pulse_) pulse_();
    next_pulse = std::chrono::steady_clock::now() + every_;
  }
}

}  // namespace seatgrid
