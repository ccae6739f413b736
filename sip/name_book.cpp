#include "sip/name_book.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid {

void name_book::keep(const std::set<std::string>& names) {
  std::erase_if(names_, [&](const auto& known) { return !names.contains(known.first); });
  for (const auto& name : names)
    if (names_.size() < options_.names_max) names_.try_emplace(name);
}

std::vector<std::string> name_book::take_due(time_point now) {
  std::vector<std::string> due;
  for (auto& [name, known] : names_)
    if (known.due <= now) {
      due.push_back(name);
      known.due = now + options_.failed_retry;  // should the answer never come
    }
  return due;
}

bool name_book::answer(const std::string& name, std::vector<std::string> addresses, seconds ttl, time_point now) {
  const auto at = names_.find(name);
  if (at == names_.end()) return false;
  auto& known = at->second;
  if (addresses.empty()) {
    known.due = now + options_.failed_retry;
    return false;
  }
  known.due = now + std::clamp(ttl, options_.ttl_min, options_.ttl_max);
  std::sort(addresses.begin(), addresses.end());  // servers turn them round; that is no news
  if (known.addresses == addresses) return false;
  known.addresses = std::move(addresses);
  return true;
}

const std::vector<std::string>* name_book::find(const std::string& name) const {
  const auto at = names_.find(name);
  return at == names_.end() ? nullptr : &at->second.addresses;
}

}  // namespace seatgrid
