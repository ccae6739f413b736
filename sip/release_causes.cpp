#include "sip/release_causes.hpp"

#include "domain/release_causes.hpp"
#include "sip/sofia_internal.hpp"

namespace seatgrid::sip {
int refusal_of(const release_cause& cause) {
  return cause.sip >= 300 && cause.sip < 700 ? cause.sip : calls::sip_of_q850(cause.q850);
}

std::string reason_of(const release_cause& cause) {
  if (cause.text == "answered elsewhere") return "SIP;cause=200;text=\"Call completed elsewhere\"";
  auto value = "Q.850;cause=" + std::to_string(cause.q850);
  if (auto name = quoted(cause.text); !name.empty()) {
    name.pop_back();
    value += ";text=" + name;
  }
  return value;
}

}  // namespace seatgrid::sip
