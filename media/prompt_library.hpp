#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace seatgrid {

/// Which file is heard for a prompt's name: the tenant's own, else the one that came with Seatgrid. A value: fill it, hand it to
/// the engine, hand a new one over when a tenant changes something.
class prompt_library {
 public:
  /// Built-in prompts are `<built_in_directory>/<language>/<name>.wav`; empty = none.
  explicit prompt_library(std::string built_in_directory = {}) : built_in_(std::move(built_in_directory)) {}

  /// One prompt of a tenant. An empty language is heard in every language without a file of its own.
  /// @error invalid  names of tenants, prompts and languages are 1-128 bytes without '/', NUL and a leading dot.
  result<void> set(std::string_view tenant, std::string_view name, std::string_view language, std::string path);
  /// The language of `tenant`'s prompts that name none; "zh" unless set.
  void set_language(std::string_view tenant, std::string_view language);
  /// Adds every `<directory>/<language>/<name>.wav` and `<directory>/<name>.wav` for `tenant`, at most 10,000 files.
  /// @error not_found  there is no such directory.
  result<std::size_t> add_directory(std::string_view tenant, const std::string& directory);

  std::string_view language_of(std::string_view tenant) const;
  /// Files to try, best first; empty when the name is not one.
  std::vector<std::string> candidates(std::string_view tenant, std::string_view name, std::string_view language) const;

 private:
  std::string built_in_{};
  std::map<std::string, std::string, std::less<>> files_{};
  std::map<std::string, std::string, std::less<>> languages_{};
};

}  // namespace seatgrid
