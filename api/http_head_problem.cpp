#include "api/http_session.hpp"
#include "api/problem.hpp"

namespace seatgrid {

http_response head_problem(head_state state, const http_options& most) {
  switch (state) {
    case head_state::target_too_long:
      return problem(414, errc::full, "the target is too long",
                     "api.http.target_bytes_max: at most " + std::to_string(most.target_bytes_max) + " bytes");
    case head_state::header_too_large:
      return problem(431, errc::full, "the header is too large",
                     "api.http.header_bytes_max: at most " + std::to_string(most.header_bytes_max) + " bytes");
    case head_state::malformed:
    case head_state::incomplete:
    case head_state::complete: break;
  }
  return problem(400, errc::invalid, "this is not HTTP/1.1", "RFC 9112 says how a request begins");
}

}  // namespace seatgrid
