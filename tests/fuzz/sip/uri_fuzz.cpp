#include <string>

#include "sip/identity.hpp"
#include "sip/text.hpp"
#include "sip/uri_guard.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;
using namespace seatgrid::sip;

namespace {

/// Every question that nta and tport ask of a URI. Sofia copies the URI into memory of its own, so that a read beyond it is seen.
void ask_everything(const url_t* url) {
  char value[64];
  for (const char* name : {"lr", "maddr", "transport", "comp", "method", "ttl", "user", "ob", "sigcomp-id"}) {
    url_param(url->url_params, name, value, sizeof value);
    url_has_param(url, name);
  }
  url_port(url);
  url_tport_default(url->url_type == url_sips ? url_sips : url_sip);
}

void check_number(const std::string& number) {
  must(number.size() <= 128, "a number is bounded");
  for (const char c : number) must(!text::is_control(c), "a number is one line");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of(data, size)};
  must(!is_safe_uri(text) || is_safe_route("<" + text + ">"), "a safe URI is a safe route");
  must(!is_safe_uri(text) || size <= uri_bytes_max, "a safe URI is bounded");

  const auto escaped = user_part(text);
  must(escaped.size() <= 3 * 128, "a user part is bounded");
  for (const char c : escaped)
    must(!text::is_control(c) && c != '@' && c != '<' && c != '>' && c != '"' && c != ' ', "a user part is escaped");
  const auto line = quoted(text);
  for (const char c : line) must(!text::is_control(c), "a display name is one line");

  if (!is_safe_uri(text)) return 0;  // Sofia never sees the others
  scratch pool;
  const auto* url = url_make(pool, text.c_str());
  if (url == nullptr) return 0;
  ask_everything(url);
  check_number(number_in(url));
  const auto printed = url_text(url);
  must(printed.find_first_of("\r\n") == std::string::npos, "a printed URI is one line");
  if (const auto* again = url_make(pool, printed.c_str())) check_number(number_in(again));
  return 0;
}
