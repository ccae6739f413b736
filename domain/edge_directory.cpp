#include "domain/edge_directory.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "domain/ip_prefix.hpp"

namespace seatgrid {
namespace {

constexpr std::string_view registers = "register";

struct address_hash {
  std::size_t operator()(const std::pair<ip_address, std::uint16_t>& key) const noexcept {
    const auto* bytes = reinterpret_cast<const char*>(key.first.bytes.data());
    return std::hash<std::string_view>{}({bytes, key.first.bytes.size()}) ^ (std::size_t{key.second} * 0x9e3779b97f4a7c15ULL);
  }
};

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Holds the tenants alive and points into them: agents cost nothing here, they are found in their tenant's own map.
class indexed_directory final : public edge_directory {
 public:
  explicit indexed_directory(std::vector<config_ptr> tenants) : tenants_(std::move(tenants)) {}

  result<void> index() {
    for (const auto& held : tenants_) {
      const auto* config = held.get();
      if (config == nullptr) return fail(errc::invalid, "a tenant is missing");
      if (!names_.insert(config->tenant).second) return twice("tenant", config->tenant, *config);
      if (!config->domain.empty() && !domains_.emplace(lower(config->domain), config).second)
        return twice("domain", config->domain, *config);
      for (const auto& [canonical, number] : config->numbers)
        if (!numbers_.emplace(canonical, owned<access_number>{config, &number}).second)
          return twice("number", canonical, *config);
      for (const auto& [name, trunk] : config->trunks)
        for (const auto& address : trunk.addresses)
          if (auto added = add(address, {config, &trunk}); !added) return added;
    }
    return {};
  }

  std::optional<trunk_match> trunk_at(const std::string& ip, std::uint16_t port) const override {
    const auto address = parse_ip_address(ip);
    if (!address) return std::nullopt;
    for (const auto& [length, trunks] : prefixes_) {  // longest first
      const auto network = masked(*address, length);
      for (const auto p : {port, std::uint16_t{0}})
        if (const auto found = trunks.find({network, p}); found != trunks.end()) return match(found->second);
    }
    return std::nullopt;
  }

  std::optional<number_match> number(const std::string& canonical) const override {
    const auto found = numbers_.find(canonical);
    if (found == numbers_.end()) return std::nullopt;
    return number_match{found->second.tenant->tenant, found->second.thing};
  }

  bool serves_domain(const std::string& domain) const override { return domains_.contains(lower(domain)); }

  digest_policy digest_of(const std::string& domain) const override {
    const auto found = domains_.find(lower(domain));
    return found == domains_.end() ? digest_policy::both : found->second->digest;
  }

  std::optional<credential> user(const std::string& domain, const std::string& user) const override {
    const auto found = domains_.find(lower(domain));
    if (found == domains_.end()) return std::nullopt;
    const auto& config = *found->second;
    const auto* agent = config.agent(user);
    if (agent == nullptr || agent->device != registers || agent->password.empty()) return std::nullopt;
    return credential{.tenant = config.tenant,
                      .aor = "sip:" + user + "@" + config.domain,
                      .password = agent->password,
                      .agent = config.agent_of(user)};
  }

  bool is_access_number(const std::string& canonical) const override { return numbers_.contains(canonical); }

  std::vector<trunk_match> trunks() const override {
    std::vector<trunk_match> all;
    for (const auto& config : tenants_)
      for (const auto& [name, trunk] : config->trunks) all.push_back({config->tenant, &trunk});
    return all;
  }

 private:
  template <class T>
  struct owned {
    const tenant_config* tenant = nullptr;
    const T* thing = nullptr;
  };
  using trunk_table = std::unordered_map<std::pair<ip_address, std::uint16_t>, owned<trunk_config>, address_hash>;

  static trunk_match match(const owned<trunk_config>& found) { return {found.tenant->tenant, found.thing}; }
  static tl::unexpected<error> twice(std::string_view what, const std::string& name, const tenant_config& config) {
    return fail(errc::conflict, std::string{what} + " '" + name + "' of tenant '" + config.tenant + "' exists before");
  }

  result<void> add(const std::string& text, owned<trunk_config> trunk) {
    if (is_host_name(text)) return {};  // the edge resolves it
    const auto prefix = parse_ip_prefix(text);
    if (!prefix) return tl::unexpected(prefix.error());
    const bool is_new = prefixes_[prefix->length].try_emplace({prefix->address, prefix->port}, trunk).second;
    if (!is_new) return twice("address", text, *trunk.tenant);
    return {};
  }

  std::vector<config_ptr> tenants_;
  std::unordered_set<std::string_view> names_{};  // they lie in the tenants
  std::unordered_map<std::string_view, owned<access_number>> numbers_{};
  std::unordered_map<std::string, const tenant_config*> domains_{};
  std::map<std::uint8_t, trunk_table, std::greater<>> prefixes_{};  // by length: one look-up for each that occurs
};

}  // namespace

result<edge_directory_ptr> make_edge_directory(std::vector<config_ptr> tenants) {
  auto made = std::make_shared<indexed_directory>(std::move(tenants));
  if (auto indexed = made->index(); !indexed) return tl::unexpected(indexed.error());
  return edge_directory_ptr{std::move(made)};
}

}  // namespace seatgrid
