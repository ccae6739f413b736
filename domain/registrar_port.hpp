#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "domain/leg_port.hpp"

/// What the edge asks of a registration once a REGISTER is authenticated (RFC 3261 section 10.3). The edge keeps a copy of every
/// binding and answers refreshes that change nothing by itself; only changes come here.
namespace seatgrid {

struct binding {
  destination contact{};
  std::string instance{};  ///< +sip.instance, empty = none
  std::string sip_call_id{};
  std::uint32_t cseq = 0;
  std::uint32_t expires_s = 3'600;
  std::uint16_t q_thousandths = 1'000;
  time_point at{};  ///< when it was made or last rewritten
  bool operator==(const binding&) const = default;
  static constexpr auto fields() {
    return members{field{1, "contact", &binding::contact},
                   field{2, "instance", &binding::instance},
                   field{3, "sip_call_id", &binding::sip_call_id},
                   field{4, "cseq", &binding::cseq},
                   field{5, "expires_s", &binding::expires_s},
                   field{6, "q_thousandths", &binding::q_thousandths},
                   field{7, "at", &binding::at}};
  }
};

/// The contacts of one REGISTER; `expires_s` 0 removes that one, `remove_all` is Contact: * with Expires: 0.
struct register_request {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "register_request";
  std::uint64_t request = 0;  ///< the edge's transaction, answered by effect register_reply
  std::string tenant{};
  std::string aor{};  ///< "sip:1001@demo.example"
  bool remove_all = false;
  std::vector<binding> contacts{};
  std::string sip_call_id{};
  std::uint32_t cseq = 0;
  bool operator==(const register_request&) const = default;
  static constexpr auto fields() {
    return members{field{1, "request", &register_request::request},   field{2, "tenant", &register_request::tenant},
                   field{3, "aor", &register_request::aor},           field{4, "remove_all", &register_request::remove_all},
                   field{5, "contacts", &register_request::contacts}, field{6, "sip_call_id", &register_request::sip_call_id},
                   field{7, "cseq", &register_request::cseq}};
  }
};

}  // namespace seatgrid
