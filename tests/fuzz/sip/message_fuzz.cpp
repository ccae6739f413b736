#include <memory>
#include <string>

#include "sip/datagram_filter.hpp"
#include "sip/identity.hpp"
#include "sip/register_request.hpp"
#include "sip/text.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/sip/demo_directory.hpp"

using namespace seatgrid;
using namespace seatgrid::sip;

namespace {

constexpr time_point noon{1'763'900'000'000'000};
const auto trunk = *net_address::parse(fuzz::demo_directory::trunk_ip, 5060);

void check_register(const sip_t* sip) {
  edge_options options;
  const auto asked = parse_register(options, sip, {.ip = "192.0.2.10", .port = 5060}, noon);
  if (asked.refused != 0)
    return must(asked.refused >= 400 && asked.refused < 500 && asked.phrase != nullptr, "a refusal has a status and words");
  must(asked.asked.contacts.size() <= options.contacts_max, "contacts are bounded");
  for (const auto& b : asked.asked.contacts) {
    must(b.expires_s == 0 || b.expires_s <= options.register_max.count(), "a binding ends");
    must(b.q_thousandths <= 1'000, "q is a share");
    must(is_same_contact(b, b), "a contact is its own");
  }
}

void check_identity(const sip_t* sip) {
  for (const auto where : {dialled_from::request_uri, dialled_from::to, dialled_from::p_called_party_id, dialled_from::diversion})
    must(dialled_number(sip, where).size() <= 128, "a dialled number is bounded");
  for (const auto where : {caller_from::from, caller_from::p_asserted_identity}) {
    const auto who = caller_of(sip, where, [](std::string_view n) { return std::string{n}; });
    must(who.number.size() <= 128 && who.display.size() <= 128, "a caller is bounded");
    const auto shown = present(who, "192.0.2.1", true);
    must(shown.from.find_first_of("\r\n") == std::string::npos, "From is one line");
    must(shown.headers.empty() || shown.headers.ends_with("\r\n"), "headers end their lines");
  }
}

}  // namespace

/// The way of a datagram from a trunk: filter, Sofia's parser, what we read of it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static datagram_filter filter;  // its tables are large
  static const auto directory = std::make_shared<fuzz::demo_directory>();
  filter.set_directory(directory);
  const auto verdict = filter.check(text_of(data, size), trunk, noon);
  if (verdict.cause != datagram_cause::passed) return 0;
  auto* msg = msg_make(sip_default_mclass(), 0, data, static_cast<issize_t>(verdict.length));
  if (msg == nullptr) return 0;
  const auto* sip = sip_object(msg);
  if (sip != nullptr && sip->sip_request != nullptr && sip_sanity_check(sip) == 0) {
    check_identity(sip);
    if (sip->sip_request->rq_method == sip_method_register) check_register(sip);
    must(unsupported_in(sip).find_first_of("\r\n") == std::string::npos, "Unsupported is one line");
    has_option(sip->sip_supported, "100rel");
    body_of(sip);
  }
  msg_destroy(msg);
  return 0;
}
