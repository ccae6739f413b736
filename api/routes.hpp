#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "actors/gateway.hpp"
#include "api/api.hpp"
#include "api/http.hpp"

/// The table of everything the API answers; the dispatcher and the OpenAPI document read the same rows.
namespace seatgrid {

/// A thread for what takes seconds or minutes, one order at a time: health checks must not wait for it.
class long_work {
 public:
  long_work() = default;
  long_work(const long_work&) = delete;
  long_work& operator=(const long_work&) = delete;
  ~long_work() {
    if (thread_.joinable()) thread_.join();
  }
  /// False, and nothing done, while an earlier order runs. What `order` gives back tells of its end, when the next may begin: who
  /// has heard of it is not refused.
  bool begin(std::function<std::function<void()>()> order) {
    if (busy_.exchange(true)) return false;
    const std::lock_guard lock{mutex_};
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([this, order = std::move(order)] {
      const auto tell = order();
      busy_ = false;
      tell();
    });
    return true;
  }

 private:
  std::atomic<bool> busy_{false};
  std::mutex mutex_{};
  std::thread thread_{};
};

struct api_state {
  api_options options{};
  api_hooks hooks{};
  gateway* to = nullptr;
  long_work provisioning{};
  long_work backup{};
  long_work cluster_orders{};
  std::once_flag openapi_made{};
  std::string openapi{};  ///< made at its first request: strangers may ask for it as often as they like
};

/// One request on its way: path variables taken out.
struct api_call {
  http_request request{};
  std::map<std::string, std::string> variables{};
  std::shared_ptr<http_exchange> exchange{};

  std::string query(const std::string& name, const std::string& otherwise = {}) const;
  /// The tenant of path or query; "" = all that the token may see.
  std::string tenant() const;
};

struct route_parameter {
  std::string_view name{};
  std::string_view help{};
  bool required = false;
};
struct route {
  std::string_view method{};
  std::string_view path{};  ///< "/v1/calls/{id}"
  std::string_view summary{};
  std::vector<route_parameter> query{};
  std::string_view body{};                            ///< JSON Schema of the request body, empty = none
  std::string_view answer{};                          ///< schema of the 200 answer's body (answers::schemas), empty = not JSON
  bool is_page = false;                               ///< `answer` is that of an item: {"items":[...],"next_cursor":"..."}
  int also_status = 0;                                ///< another status with the same body
  std::string_view body_types{"application/json"};    ///< media types that a body may have, parted by ", "
  std::string_view answer_types{"application/json"};  ///< media types of the 200 answer
  bool open = false;                                  ///< no token asked
  bool in_parts = false;                              ///< a Range header is heard: 206, 416
  bool large_body = false;                            ///< http_options::body_bytes_max bounds it, not order_bytes_max
  void (*handle)(const std::shared_ptr<api_state>&, api_call) = nullptr;

  bool takes_body() const { return method == "POST" || method == "PUT"; }
  bool takes(std::string_view media_type) const;
  /// Whether one of the ranges of an Accept header is met (RFC 9110 12.5.1); a quality of 0 is not looked at.
  bool gives(std::string_view accept) const;
};

/// "Application/JSON; charset=utf-8" -> "application/json".
std::string media_type(std::string_view header);
/// The media types of a list parted by commas, each as media_type gives it.
std::vector<std::string> media_types(std::string_view list);

const std::vector<route>& all_routes();
std::vector<route> entity_routes();   ///< calls, queues, agents, recordings, voicemails, CDRs
std::vector<route> audio_routes();    ///< files of recordings and voicemails
std::vector<route> cluster_routes();  ///< nodes, lanes, slots
std::vector<route> system_routes();   ///< events, provisioning, numbers, backup, health, metrics

/// The path variables when `path` fits `pattern`.
std::optional<std::map<std::string, std::string>> match_path(std::string_view pattern, std::string_view path);

/// The tenant that the request names, else the one whose shard the id is in.
std::string tenant_of(const std::shared_ptr<api_state>& state, const api_call& call);
/// Of an id that lies in no tenant's shard.
error unknown_call(const std::string& id);

/// Turns a gateway's answer into the response: its JSON, or the problem.
gateway::answer answer_with(std::shared_ptr<http_exchange> exchange, int status = 200);

/// Serves live events until the client goes (Last-Event-ID or ?from= resumes).
void serve_events(const std::shared_ptr<api_state>& state, api_call call);
/// Prometheus text format 0.0.4 of the gateway's metrics: all lines of a name stand together, wherever they came from.
std::string metrics_text(const std::vector<metric>& metrics);

}  // namespace seatgrid
