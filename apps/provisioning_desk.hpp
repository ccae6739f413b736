#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/config_store.hpp"
#include "actors/gateway.hpp"
#include "api/api.hpp"
#include "base/result.hpp"

/// Provisioning as people do it: texts checked and applied, tenants removed. In a cluster the node that owns the configuration's
/// lane does it, whichever node was asked.
namespace seatgrid {

class provisioning_desk {
 public:
  /// Asks the node that owns the configuration; blocks. Empty: this node does.
  using ask_owner = std::function<result<std::string>(const std::string& what, std::string payload)>;

  /// `calls` is asked whether a tenant has calls before it goes.
  provisioning_desk(config_store& store, std::function<gateway&()> calls, ask_owner ask = {})
      : store_(store), calls_(std::move(calls)), ask_(std::move(ask)) {}

  /// Every tenant of the text, or none. JSON of what changed, was removed, and of warnings.
  /// @error invalid, wrong_state (calls run), conflict, unavailable
  result<std::string> apply(const std::string& text, const std::string& file, provisioning_order how);
  /// @error not_found, wrong_state, conflict, unavailable
  result<std::string> remove(const std::string& name);
  /// The file given at the start; nothing when it is empty or in force already.
  result<void> apply_file(const std::string& file);

  /// What another node asks by ask_owner.
  result<std::string> answer(const std::string& what, const std::string& payload);

 private:
  result<std::string> apply_here(const std::string& text, const std::string& file, provisioning_order how);
  result<std::string> remove_here(const std::string& name);
  std::vector<std::string> absent_from(const std::vector<config_ptr>& given) const;
  result<void> has_no_calls(const std::string& tenant) const;

  config_store& store_;
  std::function<gateway&()> calls_;
  ask_owner ask_;
};

}  // namespace seatgrid
