#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace seatgrid {

/// Asks DNS on a thread of its own (c-ares), because Sofia's must never wait for a name. Reads /etc/resolv.conf at its first
/// question; A and AAAA records, no SRV.
class name_resolver {
 public:
  /// IP addresses and their time to live; none = no answer within the time-out, or no such name. On the resolver's thread.
  using answered = std::function<void(std::string name, std::vector<std::string> addresses, seconds ttl)>;
  name_resolver(milliseconds timeout, answered tell);
  ~name_resolver();
  name_resolver(const name_resolver&) = delete;
  name_resolver& operator=(const name_resolver&) = delete;

  /// Any thread; never blocks. Each name gets one answer, beyond `questions_max` at a time at once and empty.
  void ask(const std::vector<std::string>& names);
  static constexpr std::size_t questions_max = 10'000;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace seatgrid
