#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/tenant_config.hpp"
#include "storage/journal.hpp"

/// Provisioning as rows of lane 0: each version's text in chunks that nobody reads yet, then one step that moves the pointer.
namespace seatgrid {

/// Turns a provisioning text into checked tenants (config/ gives it). `version` goes into each. @error invalid.
using provisioning_parser =
    std::function<result<std::vector<std::shared_ptr<tenant_config>>>(std::string_view text, std::uint64_t version)>;

struct config_store_options {
  std::uint32_t chunk_bytes = 128 * 1'024;  ///< one row of text
  std::uint32_t text_bytes_max = 64 << 20;  ///< a longer text is refused
  std::uint32_t versions_kept = 100;        ///< older texts go; calls pinned to them go on with the newest
  std::uint32_t versions_parsed = 8;        ///< parsed versions kept in memory beside the current one
  milliseconds append_wait{10'000};         ///< longest wait for the step to count
};

class config_store : public config_source {
 public:
  /// Claims lane 0 and reads the current version. The journal must outlive the store. @error corrupt, unavailable.
  static result<std::unique_ptr<config_store>> open(journal& log, provisioning_parser parse, const clock& time,
                                                    config_store_options options = {});
  /// Blocks until stored. Whole or not at all; the text that is current already changes nothing. Returns the current version.
  virtual result<std::uint64_t> apply(std::string_view text) = 0;
  virtual std::string current_text() const = 0;
  virtual std::uint64_t current_version() const = 0;
  virtual std::vector<config_ptr> tenants() const = 0;
  /// Runs after each change, on the thread of apply(), with all tenants; also once at once.
  virtual void on_change(std::function<void(const std::vector<config_ptr>&)> tell) = 0;
};

}  // namespace seatgrid
