#include "domain/recording_path.hpp"

namespace seatgrid {
namespace {

/// Where the suffix of the file's name begins; its end when there is none.
std::size_t suffix_at(const std::string& path) {
  const auto dot = path.rfind('.');
  const auto slash = path.rfind('/');
  return dot != std::string::npos && (slash == std::string::npos || dot > slash) ? dot : path.size();
}

}  // namespace

std::string segment_path(const std::string& path, std::uint32_t segment) {
  if (segment <= 1) return path;
  const auto at = suffix_at(path);
  return path.substr(0, at) + "." + std::to_string(segment) + path.substr(at);
}

std::string first_segment_path(const std::string& path, std::uint32_t segment) {
  const auto at = suffix_at(path);
  const auto number = "." + std::to_string(segment);
  if (segment <= 1 || at < number.size() || path.compare(at - number.size(), number.size(), number) != 0) return path;
  return path.substr(0, at - number.size()) + path.substr(at);
}

}  // namespace seatgrid
