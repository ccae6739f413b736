#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/gateway.hpp"
#include "api/answers_cluster.hpp"
#include "api/http.hpp"
#include "base/result.hpp"

/// REST under /v1, server-sent events, /metrics, /healthz, /readyz, /version, /openapi.json over one gateway.
namespace seatgrid {

struct api_options {
  http_options http{};
  std::string token{};                          ///< of the administrator; every path but health, version and openapi asks for it
  std::uint32_t idempotency_keys_max = 10'000;  ///< answers remembered for a repeated Idempotency-Key; the oldest goes
  std::uint32_t event_batch = 500;              ///< events written to a stream at a time
};

struct provisioning_order {
  bool check_only = false;
  bool prune = false;  ///< tenants that the text does not hold go
};

/// What an operator asks of a cluster.
struct cluster_order {
  enum class kind : std::uint8_t { drain = 0, undrain = 1, fence = 2, rebalance = 3, raise_level = 4 };
  kind what = kind::rebalance;
  std::string node{};                   ///< of drain, undrain, fence
  std::optional<std::uint16_t> lane{};  ///< of rebalance: only this one
  std::uint32_t level = 0;              ///< of raise_level; 0 = the highest that all nodes understand
  std::string why{};
};

/// What the API needs of rooms that it does not see.
struct api_hooks {
  std::function<std::string(const std::string& number)> check_number{};  ///< JSON of a number's kind, operator, forms, area
  /// Applies a provisioning text, or only checks it: JSON of what changed, what was removed and of warnings.
  /// @error invalid, wrong_state, conflict, unavailable.
  std::function<result<std::string>(const std::string& text, provisioning_order how)> apply_provisioning{};
  /// @error not_found; wrong_state it has calls; conflict it stands above others; unavailable.
  std::function<result<std::string>(const std::string& tenant)> remove_tenant{};
  /// Copies the running node's data into `directory`, only the journal when `journal_only`: JSON of what was copied. Blocks on
  /// the disk.
  /// @error invalid, conflict not empty, unavailable.
  std::function<result<std::string>(const std::string& directory, bool journal_only)> back_up{};
  std::function<std::string()> tenants{};  ///< JSON array of all tenants
  std::function<std::string()> trunks{};   ///< JSON array of all trunks with their state
  std::function<std::string()> numbers{};  ///< JSON array of all access numbers
  /// Why no new calls are taken although the actors are ready (the node has not joined yet); "" = they are. Must not block.
  std::function<std::string()> why_closed{};
  // Of a cluster; empty = a node alone.
  std::function<answers::cluster_state()> cluster{};
  /// Blocks until the order stands in the roster. @error not_found (no such node), unavailable, timed_out, wrong_state
  std::function<result<void>(const cluster_order&)> order_cluster{};
  std::function<std::string()> schemas{};  ///< answers::schemas; empty = the document describes no bodies
  /// The API of the node on whose disk `path` lies; "" = on no node's that answers. Tells once, on any thread, and does not
  /// block.
  std::function<void(const std::string& path, std::function<void(std::string url)> tell)> find_file{};
  std::string data_directory{};  ///< recordings and voicemails live below it
  std::string version{"0.1.0"};
};

class api {
 public:
  virtual ~api() = default;
  /// @error unavailable the HTTP address is taken. `to` must outlive the result.
  static result<std::unique_ptr<api>> start(const api_options& options, gateway& to, api_hooks hooks);
  virtual std::uint16_t port() const = 0;
};

/// The OpenAPI 3.1 document, made from the same table that dispatches requests; `schemas` is a JSON object of what rows name.
std::string openapi_document(const std::string& version, const std::string& schemas);

/// 32 random bytes in hexadecimal, for a token.
std::string make_token();

}  // namespace seatgrid
