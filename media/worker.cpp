#include "media/worker.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/thread_name.hpp"
#include "media/epoll_tag.hpp"

namespace seatgrid::media {
namespace {

/// Orders that free something must not be refused because orders that take something wait.
bool only_ends(const worker_order& order) {
  const auto* command = std::get_if<media_command>(&order);
  if (command == nullptr) return true;
  return std::holds_alternative<media_close>(*command) || std::holds_alternative<media_stop>(*command) ||
         std::holds_alternative<media_unbridge>(*command) || std::holds_alternative<media_record_stop>(*command);
}

std::int64_t read_ns(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

worker::worker(shared_parts& parts) : parts_(parts), chance_(std::random_device{}()) { read_clocks(); }

result<std::unique_ptr<worker>> worker::start(shared_parts& parts) {
  std::unique_ptr<worker> made{new worker{parts}};
  if (auto ready = made->make_descriptors(); !ready) return tl::unexpected(ready.error());
  made->thread_ = std::thread([w = made.get()] { w->run(); });
  return made;
}

worker::~worker() {
  stop();
  for (const int fd : {epoll_, wake_, clock_, sweep_})
    if (fd >= 0) ::close(fd);
}

result<void> worker::make_descriptors() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  clock_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  sweep_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (epoll_ < 0 || wake_ < 0 || clock_ < 0 || sweep_ < 0)
    return fail(errc::unavailable, "media: no descriptor for epoll, eventfd or timers");
  constexpr long sweep_ns = 100'000'000;
  const itimerspec every{.it_interval = {.tv_sec = 0, .tv_nsec = sweep_ns}, .it_value = {.tv_sec = 0, .tv_nsec = sweep_ns}};
  timerfd_settime(sweep_, 0, &every, nullptr);
  watch(wake_, make_tag(tag_kind::wake, 0, 0));
  watch(clock_, make_tag(tag_kind::clock, 0, 0));
  watch(sweep_, make_tag(tag_kind::sweep, 0, 0));
  return {};
}

void worker::watch(int fd, std::uint64_t tag) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void worker::read_clocks() {
  now_ns_ = read_ns(CLOCK_MONOTONIC);
  utc_shift_us_ = (read_ns(CLOCK_REALTIME) - now_ns_) / 1'000;
}

void worker::run() {
  name_this_thread("media");
  std::array<epoll_event, 256> events{};
  while (!stopping_) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      now_ns_ = read_ns(CLOCK_MONOTONIC);
      on_epoll(events[static_cast<std::size_t>(i)].data.u64);
    }
  }
  shut_down();
}

void worker::on_epoll(std::uint64_t tag) {
  const auto kind = kind_of(tag);
  if (kind == tag_kind::rtp || kind == tag_kind::rtcp) {
    const auto slot = slot_of(tag);
    auto* e = slot < slots_.size() ? slots_[slot].get() : nullptr;
    if (e == nullptr || (e->generation & tag_generation_mask) != generation_of(tag)) return;
    return kind == tag_kind::rtp ? on_rtp(*e) : on_rtcp(*e);
  }
  if (kind == tag_kind::wake) return take_orders();
  if (kind == tag_kind::clock) return on_clock();
  on_sweep();
}

void worker::take_orders() {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const auto got = ::read(wake_, &ignored, sizeof ignored);
  {
    const std::lock_guard hold{lock_};
    batch_.swap(waiting_);
    stopping_ = stop_asked_;
  }
  for (const auto& order : batch_) {
    if (const auto* command = std::get_if<media_command>(&order))
      std::visit([this](const auto& c) { obey(c); }, *command);
    else
      obey(std::get<clips_ready>(order));
  }
  batch_.clear();
}

bool worker::post(worker_order order) {
  {
    const std::lock_guard hold{lock_};
    const std::size_t bound = std::size_t{parts_.options.commands_max} * (only_ends(order) ? 2 : 1);
    if (closed_ || waiting_.size() >= bound) return false;
    waiting_.push_back(std::move(order));
    if (waiting_.size() > 1) return true;  // the thread has been woken for the first
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done = ::write(wake_, &one, sizeof one);
  return true;
}

void worker::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard hold{lock_};
    stop_asked_ = closed_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done = ::write(wake_, &one, sizeof one);
  thread_.join();
}

std::uint64_t worker::waiting() const {
  const std::lock_guard hold{lock_};
  return waiting_.size();
}

endpoint* worker::find(leg_id leg) {
  const auto found = legs_.find(leg);
  return found == legs_.end() ? nullptr : found->second;
}

void worker::shut_down() {
  read_clocks();
  while (!recordings_.empty()) finish_recording(recordings_.begin()->first);
  while (!legs_.empty()) close(*legs_.begin()->second);
}

}  // namespace seatgrid::media
