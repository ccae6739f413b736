#include "config/finding.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace seatgrid {
namespace {

constexpr std::size_t compared_max = 64;  // longer names are not compared: the table below grows with both lengths

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Edits (insert, remove, replace, swap neighbours) between two names, without regard to case.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string_view to_string(severity level) noexcept {
  switch (level) {
    case severity::error: return "error";
    case severity::warning: return "warning";
  }
  return "unknown";
}

std::string to_text(const finding& found) {
  std::string out = found.file.empty() ? "input" : found.file;
  if (found.line != 0) out += ":" + std::to_string(found.line) + ":" + std::to_string(found.column);
  out += ": ";
  out += to_string(found.level);
  out += ": ";
  if (!found.path.empty()) out += found.path + ": ";
  out += found.what;
  if (!found.allowed.empty()) out += " (allowed: " + found.allowed + ")";
  if (!found.suggestion.empty()) out += "; did you mean '" + found.suggestion + "'?";
  return out;
}

void findings::add(finding found, std::size_t& count) {
  ++count;
  if (count > errors_max)
    ++dropped_;
  else
    list_.push_back(std::move(found));
}

void findings::error(place at, std::string path, std::string what, std::string allowed, std::string suggestion) {
  add({severity::error, file_, at.line, at.column, std::move(path), std::move(what), std::move(allowed), std::move(suggestion)},
      errors_);
}

void findings::warning(place at, std::string path, std::string what, std::string allowed, std::string suggestion) {
  add({severity::warning, file_, at.line, at.column, std::move(path), std::move(what), std::move(allowed), std::move(suggestion)},
      warnings_);
}

std::vector<finding> findings::take() {
  std::stable_sort(list_.begin(), list_.end(), [](const finding& a, const finding& b) {
    return std::pair{a.line, a.column} < std::pair{b.line, b.column};
  });
  return std::exchange(list_, {});
}

void nearest_name::offer(std::string_view candidate) {
  if (candidate.empty() || candidate.size() > compared_max || typed_.size() > compared_max) return;
  const auto most = std::max<std::size_t>(1, std::max(candidate.size(), typed_.size()) / 3);
  const auto longer = std::max(candidate.size(), typed_.size()), shorter = std::min(candidate.size(), typed_.size());
  if (longer - shorter > most) return;
  const auto found = edits(typed_, candidate);
  if (found > most || found >= distance_ || found >= shorter) return;
  distance_ = found;
  best_ = candidate;
}

}  // namespace seatgrid
