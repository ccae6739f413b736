#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/result.hpp"
#include "domain/number_plan.hpp"

/// The number plan in force: the one compiled in, or a file's, read again while calls run (N3). A plan changes what is said of a
/// number (operator, area), never its kind or canonical form, so calls need not pin one.
namespace seatgrid {

inline constexpr std::size_t number_plan_bytes_max = std::size_t{16} * 1'024 * 1'024;

/// @error not_found  no such file; @error full  larger than number_plan_bytes_max; @error invalid  with file and line.
result<number_plan_ptr> read_number_plan(const std::string& path);

/// Thread-safe; whoever holds a plan keeps it while the next one is already in force.
class number_plan_source {
 public:
  /// Until the first reload: the plan compiled in.
  number_plan_source();
  number_plan_ptr current() const;
  /// Puts the file's plan in force, or leaves everything as it is. @error as read_number_plan.
  result<void> reload(const std::string& path);

 private:
  mutable std::mutex mutex_{};
  number_plan_ptr plan_{};
};

}  // namespace seatgrid
