#include <ctime>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

/// Gives a target every file of the folders named, each also torn off at many places and repeated until it is large: what a
/// corpus found stays found, torn bytes are refused, and the time a parser takes grows no faster than its input.
namespace {

namespace fs = std::filesystem;

constexpr std::size_t tears_max = 64;
constexpr std::size_t large_bytes = 64 * 1'024;
constexpr double seconds_per_byte_max = 20e-6;  // of CPU; a quadratic parser needs a hundred times as long for `large_bytes`
constexpr double seconds_min = 0.2;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

void run(const std::string& input) {
  const std::vector<std::uint8_t> own(input.begin(), input.end());  // exactly as large as the input
  const auto begun = cpu_seconds();
  LLVMFuzzerTestOneInput(own.data(), own.size());
  const auto took = cpu_seconds() - begun;
  must(took < seconds_min + seconds_per_byte_max * static_cast<double>(own.size()), "time grows no faster than the input");
}

void replay(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  const std::string whole{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
  run(whole);
  const auto step = std::max<std::size_t>(1, whole.size() / tears_max);
  for (std::size_t size = step; size < whole.size(); size += step) run(whole.substr(0, size));
  if (whole.empty()) return;
  std::string large;
  while (large.size() < large_bytes) large += whole;
  run(large);
}

}  // namespace

int main(int count, char** folders) {
  std::size_t files = 0;
  for (int i = 1; i < count; ++i) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator{folders[i]})
      if (entry.is_regular_file() && entry.path().filename() != "LICENSE") found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    for (const auto& file : found) {
      std::printf("%s\n", file.c_str());
      std::fflush(stdout);  // the last line names the input when the process ends here
      replay(file);
    }
    files += found.size();
  }
  must(files != 0, "a corpus has files");
  std::printf("%zu inputs replayed\n", files);
  return 0;
}
