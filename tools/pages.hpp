#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

/// What the writers of generated pages share.
namespace seatgrid::tools {

using page_map = std::map<std::string, std::string>;  ///< file name -> text

inline std::string content(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// In a directory that holds nothing else (`alone`), a file that is made no longer is not current either.
inline int check(const page_map& pages, const std::filesystem::path& directory, bool alone) {
  int stale = 0;
  const auto complain = [&](const std::filesystem::path& file) {
    std::fprintf(stderr, "%s is not current: run ./dev docs\n", file.c_str());
    ++stale;
  };
  for (const auto& [name, text] : pages)
    if (content(directory / name) != text) complain(directory / name);
  std::error_code code;
  for (const auto& file : std::filesystem::directory_iterator{directory, code})
    if (alone && !pages.contains(file.path().filename().string())) complain(file.path());
  return stale == 0 ? 0 : 1;
}

inline int write(const page_map& pages, const std::filesystem::path& directory, bool alone) {
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  for (const auto& file : std::filesystem::directory_iterator{directory, code})
    if (alone && !pages.contains(file.path().filename().string())) std::filesystem::remove(file.path(), code);
  for (const auto& [name, text] : pages) {
    std::ofstream out{directory / name, std::ios::binary};
    out << text;
    if (out.flush()) continue;
    std::fprintf(stderr, "cannot write %s\n", (directory / name).c_str());
    return 1;
  }
  return 0;
}

/// NAME DIRECTORY writes the pages there, NAME --check DIRECTORY says which are not current (exit status 1).
inline int pages_main(const char* name, const page_map& pages, bool alone, int count, char** words) {
  const std::string first = count > 1 ? words[1] : "";
  if (count == 3 && first == "--check") return check(pages, words[2], alone);
  if (count == 2 && !first.starts_with("-")) return write(pages, first, alone);
  std::fprintf(stderr, "usage: %s [--check] DIRECTORY\n", name);
  return 2;
}

}  // namespace seatgrid::tools
