#pragma once

#include <unistd.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "storage/journal.hpp"

/// What the journal's contract tests and their child process share: steps whose content follows from a number.
namespace seatgrid::testing {

inline constexpr time_point noon{1'700'000'000'000'000};

/// A directory that goes when the object goes.
class scratch_directory {
 public:
  scratch_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "seatgrid-journal-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~scratch_directory() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_{};
};

inline entity_ref call_number(std::uint64_t n) { return ref(call_id::make(7, n)); }

/// The `n`th step of a run: one call per eight steps, its main row rewritten, one element row per step.
inline step step_number(std::uint64_t n) {
  const auto call = call_number(1 + n / 8);
  step made{.entity = call, .at = noon + std::chrono::milliseconds{n}, .chance = n * 3, .config_version = 1};
  made.command = "command " + std::to_string(n);
  made.events = {"event " + std::to_string(n), std::string(n % 200, 'e')};
  made.rows = {{row_key(call), "last " + std::to_string(n)}, {row_key(call, "n" + std::to_string(n)), std::string(n % 50, 'r')}};
  return made;
}

/// Appends and waits until the step counts or fails.
inline result<step_position> append_now(journal& to, lane_epoch at, step what) {
  std::promise<result<step_position>> outcome;
  to.append(at, std::move(what), [&](result<step_position> r) { outcome.set_value(std::move(r)); });
  return outcome.get_future().get();
}

inline std::vector<recorded_step> all_steps(const journal& from, lane_id lane, std::uint64_t first = 1) {
  std::vector<recorded_step> found;
  const auto read = from.read(lane, first, [&](const recorded_step& s) { return found.push_back(s), true; });
  if (!read) found.clear();
  return found;
}

inline std::vector<std::pair<std::string, std::string>> all_rows(const journal& from, lane_id lane,
                                                                 std::string_view prefix = {}) {
  std::vector<std::pair<std::string, std::string>> found;
  const auto scanned = from.scan(lane, prefix, [&](auto key, auto value) { return found.emplace_back(key, value), true; });
  if (!scanned) found.clear();
  return found;
}

}  // namespace seatgrid::testing
