#include "sip/version_refusal.hpp"

#include "sip/header_lines.hpp"

namespace seatgrid {
namespace {

constexpr std::string_view to_tag = ";tag=version";  // nothing follows in this dialog, so nobody need tell its tags apart

std::string without_line_end(std::string_view header) {
  while (!header.empty() && text::is_end_of_line(header.back())) header.remove_suffix(1);
  return std::string{header};
}

}  // namespace

std::string version_refusal(std::string_view request, const net_address& from) {
  std::string vias, others;
  unsigned found = 0;
  text::cut_line(request);
  for (auto h = text::cut_header(request); !h.whole.empty(); h = text::cut_header(request)) {
    auto line = without_line_end(h.whole);
    if (h.is("Via", "v")) {
      if (vias.empty()) line.insert(std::min(line.find(','), line.size()), ";received=" + from.host());
      vias += line + "\r\n";
    } else if (h.is("From", "f") || h.is("To", "t") || h.is("Call-ID", "i") || text::same(h.name, "CSeq")) {
      if (h.is("To", "t") && line.find(";tag=") == std::string::npos) line += to_tag;
      others += line + "\r\n";
      ++found;
    }
  }
  constexpr unsigned needed = 4;
  if (vias.empty() || found != needed) return {};
  return "SIP/2.0 505 Version Not Supported\r\n" + vias + others + "Content-Length: 0\r\n\r\n";
}

}  // namespace seatgrid
