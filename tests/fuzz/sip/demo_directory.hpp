#pragma once

#include <optional>
#include <string>

#include "domain/edge_directory.hpp"

namespace seatgrid::fuzz {

/// One trunk and one served domain.
class demo_directory final : public edge_directory {
 public:
  static constexpr const char* trunk_ip = "192.0.2.10";
  std::optional<trunk_match> trunk_at(const std::string& ip, std::uint16_t) const override {
    if (ip != trunk_ip) return std::nullopt;
    return trunk_match{"demo", &trunk_};
  }
  std::optional<number_match> number(const std::string&) const override { return std::nullopt; }
  bool serves_domain(const std::string& domain) const override { return domain == "demo.example"; }
  std::optional<credential> user(const std::string&, const std::string&) const override { return std::nullopt; }
  digest_policy digest_of(const std::string&) const override { return digest_policy::both; }
  bool is_access_number(const std::string&) const override { return false; }

 private:
  trunk_config trunk_{};
};

}  // namespace seatgrid::fuzz
