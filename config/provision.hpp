#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/finding.hpp"
#include "domain/number_plan.hpp"
#include "domain/tenant_config.hpp"

/// One declarative text -> the configuration of every tenant in it, checked as a whole, or every error at once. The schema is in
/// docs/provisioning.md; TOML and JSON (REST bodies) have the same one. Pure: files are looked at only through `has_file`.
namespace seatgrid {

struct provision_limits {
  std::size_t tenants_max = 10'000;
  std::size_t agents_max = 1'000'000;  ///< of one text, ranges counted out
  std::size_t numbers_max = 100'000;
  std::size_t names_max = 10'000;  ///< flows, queues, trunks, mailboxes, prompts: of each kind and tenant
  std::size_t nodes_max = 1'000;   ///< of one flow
  std::size_t list_max = 64;       ///< prompts of one list, cases, memberships, skills, addresses
};

struct provision_options {
  /// Tenants that stay as they are unless the text holds one of the same name; numbers, domains and trunks must not collide.
  std::vector<config_ptr> existing{};
  const number_plan* plan = nullptr;  ///< null = the table compiled in
  std::chrono::sys_days day{number_context{}.day};
  /// Names of the prompts that came with Seatgrid (`build/assets/<language>/<name>.wav`). None given: a prompt that the tenant
  /// does not define is a warning only; given: it is an error.
  std::optional<std::vector<std::string>> built_in_prompts{};
  /// Whether a prompt's file is there; none = not checked.
  std::function<bool(const std::string& path)> has_file{};
  provision_limits limits{};
};

struct provision_outcome {
  std::vector<tenant_config> tenants{};  ///< indexed, `version` 0; empty if there is any error
  std::vector<finding> found{};          ///< in the order of the text; at most 100 errors and 100 warnings
  std::size_t errors = 0;                ///< all, also those beyond the bound
  std::size_t warnings = 0;
  bool ok() const { return errors == 0; }
};

/// `file` is only a name for findings. Never throws; the worst text costs time in proportion to its length.
provision_outcome provision(document_format format, std::string_view text, const std::string& file,
                            const provision_options& options = {});
/// Reads the file (.json is JSON, all else TOML); prompt files are looked for beside it.
/// A file that cannot be read is one finding.
provision_outcome provision_file(const std::string& path, provision_options options = {});

}  // namespace seatgrid
