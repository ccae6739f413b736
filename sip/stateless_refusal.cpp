#include "sip/stateless_refusal.hpp"

#include <algorithm>

#include "sip/header_lines.hpp"
#include "sip/methods.hpp"

namespace seatgrid {
namespace {

constexpr std::string_view to_tag = ";tag=refused";  // nothing follows in this dialog, so nobody need tell its tags apart

std::string without_line_end(std::string_view header) {
  while (!header.empty() && text::is_end_of_line(header.back())) header.remove_suffix(1);
  return std::string{header};
}

/// Says in the top Via where the request came from.
void put_source(std::string& via, const net_address& from) {
  const auto end = std::min(via.find(','), via.size());
  constexpr std::string_view asked = ";rport";
  const auto at = via.find(asked);
  const bool is_asked =
      at < end && (at + asked.size() == end || via[at + asked.size()] == ';' || text::is_space(via[at + asked.size()]));
  via.insert(end, ";received=" + from.host());
  if (is_asked) via.insert(at + asked.size(), "=" + std::to_string(from.port));
}

}  // namespace

std::string stateless_refusal(std::string_view status, std::string_view request, const net_address& from) {
  std::string vias, others;
  unsigned found = 0;
  while (!request.empty() && text::is_end_of_line(request.front())) request.remove_prefix(1);  // RFC 3261 7.5
  if (text::cut_line(request).starts_with("ACK ")) return {};
  for (auto h = text::cut_header(request); !h.whole.empty(); h = text::cut_header(request)) {
    auto line = without_line_end(h.whole);
    if (h.is("Via", "v")) {
      if (vias.empty()) put_source(line, from);
      vias += line + "\r\n";
    } else if (h.is("From", "f") || h.is("To", "t") || h.is("Call-ID", "i") || text::same(h.name, "CSeq")) {
      if (h.is("To", "t") && line.find(";tag=") == std::string::npos) line += to_tag;
      others += line + "\r\n";
      ++found;
    }
  }
  constexpr unsigned needed = 4;
  if (vias.empty() || found != needed) return {};
  if (status.starts_with("501")) others += std::string{"Allow: "} + sip::allowed_methods + "\r\n";
  return "SIP/2.0 " + std::string{status} + "\r\n" + vias + others + "Content-Length: 0\r\n\r\n";
}

}  // namespace seatgrid
