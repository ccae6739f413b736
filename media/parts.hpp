#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "domain/media_port.hpp"
#include "media/clips.hpp"
#include "media/job_thread.hpp"
#include "media/options.hpp"
#include "media/port_pool.hpp"
#include "media/udp.hpp"

namespace seatgrid::media {

/// Written by one thread, read by any: no locked instruction on the packet path.
class counter {
 public:
  void add(std::uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// What the workers of one engine share.
struct shared_parts {
  shared_parts(media_options o, socket_address bind, prompt_library prompts, std::function<void(media_event)> events)
      : options(std::move(o)),
        bind_address(bind),
        sink(std::move(events)),
        ports(options.port_first, options.port_last),
        clips(options.clip_cache_bytes_max, options.clip_length_max),
        loader({.bytes = UINT64_MAX, .jobs = options.loads_max}),
        writer({.bytes = options.record_queue_bytes_max, .jobs = 1'000'000}),
        library_(std::make_shared<const prompt_library>(std::move(prompts))) {}

  bool may_speak() const { return !options.may_speak || options.may_speak(); }
  std::shared_ptr<const prompt_library> library() const {
    const std::lock_guard hold{lock_};
    return library_;
  }
  void replace(prompt_library prompts) {
    auto fresh = std::make_shared<const prompt_library>(std::move(prompts));
    {
      const std::lock_guard hold{lock_};
      library_ = std::move(fresh);
    }
    clips.clear();
  }

  const media_options options;
  const socket_address bind_address;
  const std::function<void(media_event)> sink;
  port_pool ports;
  clip_cache clips;
  std::atomic<std::uint64_t> endpoints{0};
  std::atomic<std::uint64_t> recordings{0};
  std::atomic<bool> recordings_allowed{true};
  std::atomic<std::uint64_t> recordings_failed{0};
  job_thread loader;
  job_thread writer;

 private:
  mutable std::mutex lock_{};
  std::shared_ptr<const prompt_library> library_{};
};

}  // namespace seatgrid::media
