#include "tests/model/lane/search.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <type_traits>
#include <unordered_set>

namespace seatgrid::model {

namespace {

static_assert(std::has_unique_object_representations_v<world>, "worlds are hashed and compared as bytes");

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// 128 bits of a world: two states of a check that share them by chance would be 1 in 10^25.
struct print {
  std::uint64_t a = 0, b = 0;
  bool operator==(const print&) const = default;
};
struct hash_print {
  std::size_t operator()(const print& p) const { return p.a; }
};

print print_of(const world& at) {
  print sum{0x243f6a8885a308d3ULL, 0x13198a2e03707344ULL};
  const auto* bytes = reinterpret_cast<const unsigned char*>(&at);
  for (std::size_t n = 0; n < sizeof at; n += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes + n, std::min(sizeof word, sizeof at - n));
    sum.a = mix(sum.a ^ word);
    sum.b = mix(sum.b + word * 0x9e3779b97f4a7c15ULL);
  }
  return sum;
}

struct seen_world {
  world at{};
  std::size_t from = 0;
};

std::vector<std::string> trace_to(universe& all, const std::vector<seen_world>& seen, std::size_t end) {
  std::vector<std::string> trace;
  for (auto at = end; at != 0; at = seen[at].from) {
    bool found = false;
    all.next_of(seen[seen[at].from].at, [&](const world& next, const auto& label) {
      if (found || std::memcmp(&next, &seen[at].at, sizeof next) != 0) return;
      found = true;
      trace.push_back(label());
    });
  }
  std::reverse(trace.begin(), trace.end());
  trace.push_back("log: " + all.log_text(seen[end].at));
  return trace;
}

}  // namespace

outcome search(const scene& what) {
  const auto begun = std::chrono::steady_clock::now();
  universe all{what};
  outcome found;
  std::vector<seen_world> seen{{all.first(), 0}};
  std::unordered_set<print, hash_print> prints{print_of(seen[0].at)};
  std::size_t at = 0;
  for (; at < seen.size() && seen.size() < what.states_max; ++at) {
    const auto now = seen[at].at;
    found.acknowledged = std::max(found.acknowledged,
                                  static_cast<std::size_t>(std::count_if(now.acknowledged_at.begin(), now.acknowledged_at.end(),
                                                                         [](auto offset) { return offset != 0; })));
    if (auto wrong = all.violation(now)) {
      found.violation = std::move(*wrong);
      found.trace = trace_to(all, seen, at);
      break;
    }
    if (now.cut != 0) continue;
    all.next_of(now, [&](const world& next, const auto&) {
      ++found.transitions;
      if (prints.insert(print_of(next)).second) seen.push_back({next, at});
    });
  }
  found.states = seen.size();
  found.complete = at == seen.size();
  found.reactions = all.known().reaction_count();
  found.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return found;
}

std::string to_text(const outcome& found) {
  auto text = std::to_string(found.states) + " states, " + std::to_string(found.transitions) + " transitions, " +
              std::to_string(found.reactions) + " distinct inputs of machines, at most " + std::to_string(found.acknowledged) +
              " steps acknowledged, " + std::to_string(found.seconds).substr(0, 5) + " s" +
              (found.complete || !found.violation.empty() ? "" : ", not complete");
  if (found.violation.empty()) return text + ": no violation";
  text += ": " + found.violation;
  for (const auto& line : found.trace) text += "\n    " + line;
  return text;
}

}  // namespace seatgrid::model
