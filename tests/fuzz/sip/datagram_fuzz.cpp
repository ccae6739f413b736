#include <algorithm>
#include <memory>
#include <string>

#include "sip/datagram_filter.hpp"
#include "sip/stateless_refusal.hpp"
#include "sip/stream_refusals.hpp"
#include "sip/text.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/sip/demo_directory.hpp"

using namespace seatgrid;

namespace {

const auto stranger = *net_address::parse("198.51.100.7", 40'000);
const auto trunk = *net_address::parse(fuzz::demo_directory::trunk_ip, 5060);

bool holds_word(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) { return text::lower(a) == b; }) !=
         text.end();
}

/// A byte at a time where that is quick; a long input meets smaller tears less often.
std::size_t smallest_piece(const std::string& text) {
  constexpr std::size_t short_bytes = 512, pieces_max = 256;
  return text.size() <= short_bytes ? 1 : text.size() / pieces_max;
}

/// A connection is scanned as it comes; the empty line at the end brings the last header to judgement.
datagram_cause scanned(const std::string& text, std::size_t chunk) {
  const auto whole = text + "\r\n\r\nx";
  stream_scanner scanner;
  for (std::string_view rest{whole}; !rest.empty(); rest.remove_prefix(std::min(chunk, rest.size())))
    if (const auto found = scanner.scan(rest.substr(0, chunk), {}); found != datagram_cause::passed) return found;
  return datagram_cause::passed;
}

void check_stream(const std::string& text, datagram_cause as_datagram) {
  const auto found = scanned(text, text.size() + 8);
  const auto least = smallest_piece(text);
  must(found == scanned(text, least) && found == scanned(text, 6 * least + 1), "chunks hide nothing");
  const bool by_received = as_datagram == datagram_cause::via_reflection && holds_word(text, "received");
  if (as_datagram == datagram_cause::uri_parameter || (as_datagram == datagram_cause::via_reflection && !by_received))
    must(found != datagram_cause::passed, "what a datagram is refused for, a connection is ended for");
}

void check_refusal(std::string_view datagram, datagram_cause cause) {
  const auto status = refusal_status(cause);
  must(status.empty() || cause != datagram_cause::passed, "what passes is not refused");
  const auto answer = stateless_refusal(status.empty() ? "400 Bad Request" : status, datagram, stranger);
  if (answer.empty()) return;
  must(answer.starts_with("SIP/2.0 ") && answer.ends_with("\r\n\r\n"), "a refusal is one response");
  must(answer.find("\r\n\r\n") == answer.size() - 4 || datagram.find("\n\n") != datagram.npos ||
           datagram.find("\r\r") != datagram.npos || datagram.find("\n\r") != datagram.npos,
       "a refusal has no body");
  must(answer.size() <= datagram.size() + 256, "a refusal amplifies nothing");
}

/// The bytes of a connection that Sofia sees, and whether it goes on.
std::pair<std::string, bool> let_through(const std::string& text, std::size_t chunk, bool known) {
  static datagram_filter filter;
  stream_refusals stream;
  std::string seen;
  for (std::string_view rest{text}; !rest.empty(); rest.remove_prefix(std::min(chunk, rest.size()))) {
    const auto part = rest.substr(0, chunk);
    const auto out = stream.take(part, trunk, known, filter);
    must(!out.rest || out.rest->size() <= part.size(), "no more is seen than came");
    must(out.answer.empty() || (known && out.answer.starts_with("SIP/2.0 ")), "an answer is a response, to those we know");
    if (!out.goes_on) return {seen, false};
    seen += out.rest ? std::string_view{*out.rest} : part;
  }
  return {seen, true};
}

void check_stream_refusals(const std::string& text) {
  const auto least = smallest_piece(text);
  must(let_through(text, 5 * least, false) == std::pair{text, true}, "a stranger's bytes stay as they are");
  const auto [whole, whole_goes_on] = let_through(text, text.size() + 1, true);
  must(whole_goes_on, "what came in one piece can be cut");
  const auto [torn, torn_goes_on] = let_through(text, least, true);
  must(torn_goes_on ? torn == whole : whole.size() < text.size(), "a piece at a time the same is refused");
  must(let_through(whole, whole.size() + 1, true).first == whole, "what is left needs no cut");
}

void check_passed(datagram_filter& filter, std::string_view datagram, const datagram_verdict& verdict, time_point now) {
  must(verdict.length <= datagram.size(), "no more passes than came");
  const auto again = filter.check(datagram.substr(0, verdict.length), trunk, now);
  must(again.cause == datagram_cause::passed && again.length == verdict.length, "what passes, passes again as it is");
  const auto head = datagram.substr(0, std::min(datagram.find("\r\n\r\n"), verdict.length));
  must(head.size() <= datagram_filter_options{}.datagram_bytes_max, "what passes is bounded");
}

std::uint64_t all_counts(const datagram_filter& filter) {
  std::uint64_t counted = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(datagram_cause::count); ++i)
    counted += filter.count(static_cast<datagram_cause>(i));
  return counted;
}

/// One for all inputs, because its tables are large; between two of them every rate limit recovers.
datagram_filter& shared_filter() {
  static datagram_filter filter;
  return filter;
}
time_point next_hour() {
  static time_point now{1'763'900'000'000'000};
  return now = now + std::chrono::hours{1};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string own{text_of(data, size)};
  const std::string_view datagram{own};
  static const auto directory = std::make_shared<fuzz::demo_directory>();
  auto& filter = shared_filter();
  filter.set_directory(directory);
  const auto now = next_hour();
  const auto before = all_counts(filter);
  const auto trusted = filter.check(datagram, trunk, now);
  const auto strange = filter.check(datagram, stranger, now);
  must(strange.cause != datagram_cause::passed || trusted.cause == datagram_cause::passed,
       "a stranger never gets more than a trunk");
  must(trusted.cause == datagram_cause::passed || trusted.length == 0, "what is met with silence has no length");
  must(all_counts(filter) == before + 2, "each datagram is counted once");
  if (strange.cause == datagram_cause::passed)
    must(text::starts(datagram.substr(std::min(datagram.find_first_not_of("\r\n"), size)), "REGISTER "),
         "strangers may only register");
  if (trusted.cause == datagram_cause::passed) check_passed(filter, datagram, trusted, now);

  check_stream(own, trusted.cause);
  check_stream_refusals(own);
  check_refusal(datagram, trusted.cause);
  filter.check_connection(datagram, stranger, now);
  return 0;
}
