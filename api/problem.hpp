#pragma once

#include <string>

#include "api/http.hpp"
#include "base/result.hpp"

/// Errors as problem+json (RFC 9457) with our `code`.
namespace seatgrid {

/// 404 for not_found, 409 conflict and wrong_state, 403 denied, 503 unavailable and full (with Retry-After), 504 timed_out,
/// 400 invalid and unsupported, 500 corrupt.
int status_of(errc code) noexcept;

/// `why.what` becomes `detail`; when it has several lines, each further line becomes an item of `errors`.
http_response problem(const error& why);
http_response problem(int status, errc code, const std::string& title, const std::string& detail);

/// `text` as a JSON string with its quotes; invalid UTF-8 is replaced.
std::string json_string(const std::string& text);

}  // namespace seatgrid
