#pragma once

#include <atomic>

#include "sip/edge.hpp"

namespace seatgrid::sip {

/// Written by the edge's thread, read by any.
class counters {
 public:
  using drop = edge_status::drop;
  void request_in(std::string_view method) { bump(requests_in_[index_of(method)]); }
  void request_out(std::string_view method) { bump(requests_out_[index_of(method)]); }
  void response_in(int status) { bump(responses_in_[class_of(status)]); }
  void response_out(int status) { bump(responses_out_[class_of(status)]); }
  void dropped(drop why) { bump(drops_[static_cast<std::size_t>(why)]); }
  void refreshed() { bump(refreshes_); }
  void restored() { bump(restored_); }
  void set_legs(std::size_t n) { legs_.store(n, std::memory_order_relaxed); }
  void set_registrations(std::size_t n) { registrations_.store(n, std::memory_order_relaxed); }
  edge_status read() const {
    edge_status s;
    copy(requests_in_, s.requests_in);
    copy(requests_out_, s.requests_out);
    copy(responses_in_, s.responses_in);
    copy(responses_out_, s.responses_out);
    copy(drops_, s.drops);
    s.legs = legs_.load(std::memory_order_relaxed);
    s.registrations = registrations_.load(std::memory_order_relaxed);
    s.refreshes = refreshes_.load(std::memory_order_relaxed);
    s.restored = restored_.load(std::memory_order_relaxed);
    return s;
  }

 private:
  using number = std::atomic<std::uint64_t>;
  static void bump(number& n) { n.fetch_add(1, std::memory_order_relaxed); }
  static std::size_t index_of(std::string_view method) {
    for (std::size_t i = 0; i + 1 < edge_status::methods.size(); ++i)
      if (edge_status::methods[i] == method) return i;
    return edge_status::methods.size() - 1;
  }
  static std::size_t class_of(int status) { return status >= 100 && status < 700 ? static_cast<std::size_t>(status / 100) : 0; }
  template <std::size_t N>
  static void copy(const std::array<number, N>& from, std::array<std::uint64_t, N>& to) {
    for (std::size_t i = 0; i < N; ++i) to[i] = from[i].load(std::memory_order_relaxed);
  }
  std::array<number, edge_status::methods.size()> requests_in_{}, requests_out_{};
  std::array<number, 7> responses_in_{}, responses_out_{};
  std::array<number, static_cast<std::size_t>(drop::count)> drops_{};
  number refreshes_{0}, restored_{0}, legs_{0}, registrations_{0};
};

}  // namespace seatgrid::sip
