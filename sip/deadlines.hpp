#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "base/ids.hpp"
#include "base/time.hpp"

namespace seatgrid::sip {

/// What a leg may wait for; at most one of each kind per leg.
enum class wait_kind : std::uint8_t {
  repeat_ended = 0,     ///< leg_ended again
  offer_answer = 1,     ///< the call's word to a re-INVITE or UPDATE, or to an offer in a 2xx
  offer_retry = 2,      ///< our re-INVITE after 491
  session_refresh = 3,  ///< ours, RFC 4028
  session_expiry = 4,   ///< theirs did not come
  ring_expiry = 5,      ///< our INVITE rang longer than its Expires
  final_after_cancel = 6,
  refer_answer = 7,
  prack = 8,        ///< our reliable 18x again
  flow_return = 9,  ///< a phone's connection that died with our predecessor
  count = 10
};

/// Deadlines of all legs on a monotonic clock, in order.
class deadlines {
 public:
  struct entry {
    leg_id leg{};
    wait_kind kind = wait_kind::repeat_ended;
  };
  using line = std::multimap<std::int64_t, entry>;

  static std::int64_t now_ms() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  line::iterator start(milliseconds after, entry what) { return at_.emplace(now_ms() + after.count(), what); }
  void stop(line::iterator which) { at_.erase(which); }
  /// The earliest entry if it is due; its owner must stop it.
  const entry* due() const { return at_.empty() || at_.begin()->first > now_ms() ? nullptr : &at_.begin()->second; }

 private:
  line at_{};
};

}  // namespace seatgrid::sip
