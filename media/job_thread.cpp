#include "media/job_thread.hpp"

#include <utility>

namespace seatgrid::media {

job_thread::job_thread(bounds most) : most_(most), thread_([this] { run(); }) {}

bool job_thread::post(std::uint64_t bytes, std::function<void()> job, bool must) {
  {
    const std::lock_guard hold{lock_};
    const bool full = bytes_ + bytes > most_.bytes || waiting_.size() >= most_.jobs;
    if (stopping_ || (full && !must)) return false;
    bytes_ += bytes;
    waiting_.push_back({.bytes = bytes, .job = std::move(job)});
  }
  wake_.notify_one();
  return true;
}

void job_thread::stop() {
  {
    const std::lock_guard hold{lock_};
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t job_thread::waiting_bytes() const {
  const std::lock_guard hold{lock_};
  return bytes_;
}

void job_thread::run() {
  std::unique_lock hold{lock_};
  while (true) {
    wake_.wait(hold, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    hold.unlock();
    next.job();
    next.job = nullptr;
    hold.lock();
    bytes_ -= next.bytes;
  }
}

}  // namespace seatgrid::media
