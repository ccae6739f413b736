#include "api/problem.hpp"

#include <nlohmann/json.hpp>

namespace seatgrid {
namespace {

std::string title_of(errc code) {
  switch (code) {
    case errc::ok: return "done";
    case errc::wrong_state: return "the order does not fit the state";
    case errc::full: return "a limit is reached";
    case errc::unavailable: return "not available now";
    case errc::invalid: return "the request is not valid";
    case errc::not_found: return "no such thing";
    case errc::conflict: return "somebody else changed it first";
    case errc::denied: return "not allowed";
    case errc::timed_out: return "no answer in time";
    case errc::corrupt: return "stored data is damaged";
    case errc::unsupported: return "not supported";
  }
  return "error";
}

std::string dump(const nlohmann::json& value) { return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

http_response answer(int status, const nlohmann::json& body) {
  http_response out{status, "application/problem+json", {}, dump(body)};
  if (status == 503) out.headers["Retry-After"] = "1";
  return out;
}

}  // namespace

int status_of(errc code) noexcept {
  switch (code) {
    case errc::ok: return 200;
    case errc::wrong_state:
    case errc::conflict: return 409;
    case errc::full:
    case errc::unavailable: return 503;
    case errc::invalid:
    case errc::unsupported: return 400;
    case errc::not_found: return 404;
    case errc::denied: return 403;
    case errc::timed_out: return 504;
    case errc::corrupt: return 500;
  }
  return 500;
}

http_response problem(const error& why) {
  nlohmann::json body{
      {"type", "about:blank"}, {"title", title_of(why.code)}, {"status", status_of(why.code)}, {"code", to_string(why.code)}};
  std::string first = why.what;
  if (const auto line = why.what.find('\n'); line != std::string::npos) {
    first = why.what.substr(0, line);
    auto& errors = body["errors"] = nlohmann::json::array();
    for (std::size_t at = line + 1; at < why.what.size();) {
      const auto end = std::min(why.what.find('\n', at), why.what.size());
      if (end > at) errors.push_back(why.what.substr(at, end - at));
      at = end + 1;
    }
  }
  body["detail"] = first;
  return answer(status_of(why.code), body);
}

http_response problem(int status, errc code, const std::string& title, const std::string& detail) {
  return answer(status,
                {{"type", "about:blank"}, {"title", title}, {"status", status}, {"code", to_string(code)}, {"detail", detail}});
}

std::string json_string(const std::string& text) { return dump(nlohmann::json(text)); }

}  // namespace seatgrid
