#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

/// Who failed too often waits: per address and per address of record.
namespace seatgrid {

struct backoff_options {
  std::size_t entries_max = 10'000;  ///< beyond it the one that failed longest ago is forgotten
  std::uint32_t free_failures = 5;   ///< typing errors cost nothing
  milliseconds first_delay{1'000};   ///< doubles with each further failure
  milliseconds delay_max{300'000};
  milliseconds forget_after{900'000};  ///< without a further failure
};

/// One thread. Keys are the caller's, as "ip 192.0.2.1" and "aor sip:1001@demo.example". Whoever knows a user's name can make
/// that user's key wait: apply an AOR's delay only to addresses from which that AOR is not registered.
class backoff_table {
 public:
  explicit backoff_table(backoff_options options = {}) : options_(options) {}
  /// How long `key` still has to wait; 0 = it may try now.
  milliseconds wait(std::string_view key, time_point now) const;
  void failed(std::string_view key, time_point now);
  void succeeded(std::string_view key);
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct entry {
    std::string key{};
    std::uint32_t failures = 0;
    time_point last{};
  };
  milliseconds delay(const entry& e) const;

  backoff_options options_{};
  std::list<entry> entries_{};  ///< last failure first
  std::unordered_map<std::string_view, std::list<entry>::iterator> at_{};
};

}  // namespace seatgrid
