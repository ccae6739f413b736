#include "media/prompt_library.hpp"

#include <filesystem>

namespace seatgrid {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t directory_files_max = 10'000;

bool is_name(std::string_view text) {
  constexpr std::size_t bytes_max = 128;
  return !text.empty() && text.size() <= bytes_max && text.front() != '.' && text.find('/') == std::string_view::npos &&
         text.find('\0') == std::string_view::npos;
}

std::string key(std::string_view tenant, std::string_view name, std::string_view language) {
  std::string k;
  k.reserve(tenant.size() + name.size() + language.size() + 2);
  k.append(tenant).append("/").append(language).append("/").append(name);
  return k;
}

}  // namespace

result<void> prompt_library::set(std::string_view tenant, std::string_view name, std::string_view language, std::string path) {
  if (!is_name(tenant) || !is_name(name) || (!language.empty() && !is_name(language)))
    return fail(errc::invalid, "prompt names are 1-128 bytes without '/' and a leading dot");
  files_.insert_or_assign(key(tenant, name, language), std::move(path));
  return {};
}

void prompt_library::set_language(std::string_view tenant, std::string_view language) {
  languages_.insert_or_assign(std::string{tenant}, std::string{language});
}

result<std::size_t> prompt_library::add_directory(std::string_view tenant, const std::string& directory) {
  std::error_code failed;
  fs::recursive_directory_iterator at{directory, failed};
  if (failed) return fail(errc::not_found, directory + ": " + failed.message());
  std::size_t added = 0;
  for (const fs::recursive_directory_iterator end; at != end && added < directory_files_max; at.increment(failed)) {
    if (failed) break;
    if (at.depth() > 1) at.disable_recursion_pending();
    if (at.depth() > 1 || at->path().extension() != ".wav" || !at->is_regular_file(failed)) continue;
    const auto language = at.depth() == 1 ? at->path().parent_path().filename().string() : std::string{};
    if (set(tenant, at->path().stem().string(), language, at->path().string())) ++added;
  }
  return added;
}

std::string_view prompt_library::language_of(std::string_view tenant) const {
  const auto found = languages_.find(tenant);
  return found == languages_.end() ? std::string_view{"zh"} : std::string_view{found->second};
}

std::vector<std::string> prompt_library::candidates(std::string_view tenant, std::string_view name,
                                                    std::string_view language) const {
  std::vector<std::string> paths;
  if (!is_name(name) || (!language.empty() && !is_name(language))) return paths;
  for (const auto lang : {language, std::string_view{}}) {
    const auto found = files_.find(key(tenant, name, lang));
    if (found != files_.end()) paths.push_back(found->second);
    if (lang.empty()) break;
  }
  if (built_in_.empty()) return paths;
  const std::string file = std::string{name} + ".wav";
  if (!language.empty()) paths.push_back(built_in_ + "/" + std::string{language} + "/" + file);
  paths.push_back(built_in_ + "/" + file);
  return paths;
}

}  // namespace seatgrid
