#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <random>
#include <thread>
#include <vector>

#include "cluster/link_stream.hpp"

namespace seatgrid::testing {

/// Forwards TCP connections to a port of loopback and cuts each after a number of bytes that a seed chooses, by a reset or an
/// end, in the middle of whatever it was.
class cutting_proxy {
 public:
  cutting_proxy(std::uint16_t to, unsigned seed, std::size_t bytes_most)
      : to_(to), bytes_most_(bytes_most), chance_(seed), listening_(std::move(*cluster::listen_at("127.0.0.1", 0))) {
    thread_ = std::thread{[this] { run(); }};
  }
  ~cutting_proxy() {
    ends_ = true;
    thread_.join();
  }
  cutting_proxy(const cutting_proxy&) = delete;
  cutting_proxy& operator=(const cutting_proxy&) = delete;
  std::uint16_t port() const { return cluster::port_of(listening_); }
  std::size_t cuts() const { return cuts_; }
  void stop_cutting() { cuts_on_ = false; }

 private:
  struct pair {
    cluster::descriptor near{}, far{};
    std::size_t left = 0;
  };
  void run() {
    while (!ends_) {
      std::vector<pollfd> ready{{listening_.get(), POLLIN, 0}};
      for (const auto& one : pairs_) ready.insert(ready.end(), {{one.near.get(), POLLIN, 0}, {one.far.get(), POLLIN, 0}});
      ::poll(ready.data(), ready.size(), 10);
      std::size_t at = 1;
      for (auto one = pairs_.begin(); one != pairs_.end(); at += 2) {
        const bool goes_on = (ready[at].revents == 0 || forward(*one, one->near.get(), one->far.get())) &&
                             (ready[at + 1].revents == 0 || forward(*one, one->far.get(), one->near.get()));
        one = goes_on ? std::next(one) : pairs_.erase(one);
      }
      if (ready[0].revents == 0) continue;
      auto near = cluster::accept_from(listening_);
      auto far = cluster::dial("127.0.0.1", to_);
      if (near && far) pairs_.push_back({std::move(*near), std::move(*far), 1 + chance_() % bytes_most_});
    }
  }
  bool forward(pair& one, int from, int to) {
    char bytes[16 * 1'024];
    const auto count = ::recv(from, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EAGAIN) return true;
    if (count <= 0) return false;
    auto some = static_cast<std::size_t>(count);
    const bool cut = cuts_on_ && some >= one.left;
    if (cut) some = one.left;
    for (std::size_t done = 0; done < some;) {
      const auto written = ::send(to, bytes + done, some - done, MSG_NOSIGNAL);
      if (written < 0 && errno != EAGAIN && errno != ENOTCONN) return false;
      if (written < 0) {
        pollfd wait{to, POLLOUT, 0};
        ::poll(&wait, 1, 100);
      } else {
        done += static_cast<std::size_t>(written);
      }
    }
    one.left -= cuts_on_ ? some : 0;
    if (!cut) return true;
    ++cuts_;
    const linger at_once{1, 0};  // close then resets
    if (chance_() % 2 == 0)
      for (const int fd : {from, to}) ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return false;
  }

  std::uint16_t to_;
  std::size_t bytes_most_;
  std::mt19937 chance_;
  cluster::descriptor listening_;
  std::list<pair> pairs_{};
  std::atomic<std::size_t> cuts_{0};
  std::atomic<bool> cuts_on_{true};
  std::atomic<bool> ends_{false};
  std::thread thread_{};
};

}  // namespace seatgrid::testing
