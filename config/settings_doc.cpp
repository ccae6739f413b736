#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "config/server_options.hpp"

/// settings_doc [--check] FILE: writes the reference page of all settings, or says that FILE is not the page of this build.
int main(int count, char** words) {
  const bool is_check = count == 3 && std::string{words[1]} == "--check";
  if (count != 2 && !is_check) {
    std::fprintf(stderr, "usage: settings_doc [--check] FILE\n");
    return 64;  // sysexits EX_USAGE
  }
  const std::string path = words[count - 1];
  const auto page = seatgrid::settings_page();
  if (is_check) {
    std::ifstream file{path, std::ios::binary};
    std::ostringstream now;
    now << file.rdbuf();
    if (file && now.str() == page) return 0;
    std::fprintf(stderr, "%s is not up to date: run ./dev docs\n", path.c_str());
    return 1;
  }
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << page;
  file.close();
  if (file) return 0;
  std::fprintf(stderr, "cannot write %s\n", path.c_str());
  return 1;
}
