#include "sip/registrar.hpp"

#include <algorithm>

namespace seatgrid::sip {
namespace {

std::optional<net_address> address_of(const std::string& flow) {
  const auto colon = flow.find(':');
  return colon == std::string::npos ? std::nullopt : net_address::parse(std::string_view{flow}.substr(colon + 1));
}

}  // namespace

const std::vector<registrar::held>& registrar::bindings(const std::string& aor, time_point now) {
  const auto it = by_aor_.find(aor);
  if (it == by_aor_.end()) return none_;
  if (std::any_of(it->second.begin(), it->second.end(), [now](const held& h) { return h.expires <= now; })) {
    auto live = it->second;
    std::erase_if(live, [now](const held& h) { return h.expires <= now; });
    replace(aor, std::move(live));
    const auto again = by_aor_.find(aor);
    return again == by_aor_.end() ? none_ : again->second;
  }
  return it->second;
}

void registrar::replace(const std::string& aor, std::vector<held> all) {
  if (const auto it = by_aor_.find(aor); it != by_aor_.end()) {
    remember_flows(it->second, all, aor);
    unlink(it->second, aor);
  }
  for (const auto& h : all) {
    if (h.what.contact.flow.empty()) continue;
    by_flow_[h.what.contact.flow] = aor;
    if (const auto at = address_of(h.what.contact.flow)) filter_.add_flow(*at);
  }
  if (all.empty())
    by_aor_.erase(aor);
  else
    by_aor_[aor] = std::move(all);
}

void registrar::remember_flows(const std::vector<held>& before, const std::vector<held>& after, const std::string& aor) {
  for (const auto& h : before) {
    const auto& flow = h.what.contact.flow;
    const auto is_same = [&](const held& other) { return other.what.contact.flow == flow; };
    if (flow.empty() || std::any_of(after.begin(), after.end(), is_same)) continue;
    if (former_.size() >= former_max) former_.clear();
    former_.insert_or_assign(flow, phone_of_flow{aor, h.what});
  }
}

void registrar::unlink(const std::vector<held>& gone, const std::string& aor) {
  for (const auto& h : gone) {
    if (const auto at = address_of(h.what.contact.flow)) filter_.remove_flow(*at);
    // Two phones behind one address take turns with a flow: only its present holder may free it.
    if (const auto flow = by_flow_.find(h.what.contact.flow); flow != by_flow_.end() && flow->second == aor) by_flow_.erase(flow);
  }
}

const std::string& registrar::aor_of_flow(const std::string& flow) const {
  static const std::string nobody{};
  const auto it = by_flow_.find(flow);
  return it == by_flow_.end() ? nobody : it->second;
}

std::optional<registrar::phone_of_flow> registrar::phone_behind(const std::string& flow) const {
  if (const auto live = by_flow_.find(flow); live != by_flow_.end())
    if (const auto all = by_aor_.find(live->second); all != by_aor_.end())
      for (const auto& h : all->second)
        if (h.what.contact.flow == flow) return phone_of_flow{live->second, h.what};
  const auto former = former_.find(flow);
  return former == former_.end() ? std::nullopt : std::optional{former->second};
}

}  // namespace seatgrid::sip
