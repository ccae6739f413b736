#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/tenant_config.hpp"

/// What a SIP edge looks up without asking anybody: trunks by address, access numbers, domains and credentials. An immutable
/// snapshot over all tenants, swapped whole after each provisioning (DESIGN: configuration is local reads).
namespace seatgrid {

struct trunk_match {
  std::string tenant{};
  const trunk_config* trunk = nullptr;
};
struct number_match {
  std::string tenant{};
  const access_number* number = nullptr;
};
struct credential {
  std::string tenant{};
  std::string aor{};
  std::string password{};
  agent_id agent{};
};

class edge_directory {
 public:
  virtual ~edge_directory() = default;
  /// The trunk whose address list holds this source; none = not a trunk. The longest prefix wins; of equal ones that with a port.
  virtual std::optional<trunk_match> trunk_at(const std::string& ip, std::uint16_t port) const = 0;
  virtual std::optional<number_match> number(const std::string& canonical) const = 0;
  virtual bool serves_domain(const std::string& domain) const = 0;
  /// What the registrar offers to phones of this domain, known and unknown ones alike.
  virtual digest_policy digest_of(const std::string& domain) const = 0;
  /// An agent whose device registers; domains have no case (RFC 3261 19.1.4).
  virtual std::optional<credential> user(const std::string& domain, const std::string& user) const = 0;
  /// Every canonical access number of every tenant is refused as a presented caller (N16).
  virtual bool is_access_number(const std::string& canonical) const = 0;
  /// Every trunk of every tenant: the edge resolves their names and asks whether they live.
  virtual std::vector<trunk_match> trunks() const { return {}; }
};
using edge_directory_ptr = std::shared_ptr<const edge_directory>;

/// One pass over all tenants; what comes out is immutable, keeps them alive and copies no agent. Look-ups cost well below 1 µs
/// and take no lock.
/// @error conflict  two tenants, or one twice, claim a name, domain, number or address; @error invalid  an address is malformed.
/// Provisioning finds both before.
result<edge_directory_ptr> make_edge_directory(std::vector<config_ptr> tenants);

}  // namespace seatgrid
