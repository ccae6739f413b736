#include "base/result.hpp"

namespace seatgrid {

std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::ok: return "ok";
    case errc::wrong_state: return "wrong_state";
    case errc::full: return "full";
    case errc::unavailable: return "unavailable";
    case errc::invalid: return "invalid";
    case errc::not_found: return "not_found";
    case errc::conflict: return "conflict";
    case errc::denied: return "denied";
    case errc::timed_out: return "timed_out";
    case errc::corrupt: return "corrupt";
    case errc::unsupported: return "unsupported";
  }
  return "unknown";
}

}  // namespace seatgrid
