#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

/// The CLI's way to a node: its REST API over libcurl, one request at a time.
namespace seatgrid {

constexpr seconds answer_wait{60};

struct api_target {
  std::string url{"http://127.0.0.1:8080"};
  std::string token{};
};

/// Where the CLI finds its node: `url` and `token` as given, else SEATGRID_URL and SEATGRID_TOKEN, else what `seatgrid dev` and
/// `server` left in `<data>/api.json`.
/// @error not_found nothing of these is there: says how to start a node or to name one.
result<api_target> find_api(const std::string& url, const std::string& token, const std::string& data_directory);

/// `method` on `path` (with query). An answer of 400 or more is an error whose `what` is the problem's detail.
/// @error unavailable no node answers there within `longest`.
result<nlohmann::json> call_api(const api_target& to, const std::string& method, const std::string& path,
                                const std::string& body = {}, const std::string& content_type = "application/json",
                                seconds longest = answer_wait);

/// Follows a server-sent-events stream until `each(id, type, data)` says false, the node goes away, or SIGINT or
/// SIGTERM comes.
result<void> follow_api(const api_target& to, const std::string& path, const std::string& last_event_id,
                        const std::function<bool(const std::string& id, const std::string& type, const std::string& data)>& each);

/// Fetches bytes into `file`. @return how many
result<std::size_t> download_api(const api_target& to, const std::string& path, const std::string& file);

}  // namespace seatgrid
