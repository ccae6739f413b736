#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace seatgrid::media {

/// One thread for what may block (disk), in the order of posting, behind a bound in bytes and one in jobs.
class job_thread {
 public:
  struct bounds {
    std::uint64_t bytes = 0;
    std::size_t jobs = 0;
  };
  explicit job_thread(bounds most);
  ~job_thread() { stop(); }
  job_thread(const job_thread&) = delete;
  job_thread& operator=(const job_thread&) = delete;

  /// False when the bounds are reached or the thread is stopping; `job` is then not run. `must` jobs (ends of recordings) pass
  /// the bounds: there is at most one per recording.
  bool post(std::uint64_t bytes, std::function<void()> job, bool must = false);
  /// Runs what waits, then ends.
  void stop();
  std::uint64_t waiting_bytes() const;

 private:
  struct item {
    std::uint64_t bytes = 0;
    std::function<void()> job{};
  };
  void run();

  const bounds most_;
  mutable std::mutex lock_{};
  std::condition_variable wake_{};
  std::deque<item> waiting_{};
  std::uint64_t bytes_ = 0;
  bool stopping_ = false;
  std::thread thread_{};
};

}  // namespace seatgrid::media
