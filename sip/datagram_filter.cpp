#include "sip/datagram_filter.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/ids.hpp"
#include "sip/header_lines.hpp"
#include "sip/methods.hpp"
#include "sip/uri_guard.hpp"

namespace seatgrid {
namespace {

constexpr std::size_t method_bytes_max = 128;

bool is_method_start(char c) { return text::is_alpha(c) || std::string_view{"!%*_+`'~"}.find(c) != std::string_view::npos; }

bool is_response_line(std::string_view line) { return text::starts(line, "SIP/"); }

/// Loose on purpose: a trunk's odd line gets Sofia's 400 or 505, only what is no SIP at all ends here.
bool is_sip_start(std::string_view line) {
  if (line.empty()) return false;
  if (is_response_line(line)) return line.find(' ') != std::string_view::npos;
  const auto space = line.find_first_of(" \t");
  if (!is_method_start(line.front()) || space == std::string_view::npos || space > method_bytes_max) return false;
  line = text::trim(line);
  const auto version = line.substr(line.find_last_of(" \t") + 1);
  return text::starts(version, "SIP/") && line.size() > space + version.size() + 1;
}

/// The host of a Request-URI, without port and parameters.
std::string_view host_of(std::string_view start_line) {
  text::word(start_line);
  auto uri = text::word(start_line);
  const auto scheme = uri.find(':');
  if (scheme == std::string_view::npos) return {};
  uri.remove_prefix(scheme + 1);
  const auto at = uri.find('@');
  if (at != std::string_view::npos) uri.remove_prefix(at + 1);
  uri = uri.substr(0, uri.find_first_of(";?>"));
  if (uri.starts_with("[")) return uri.substr(0, std::min(uri.find(']'), uri.size() - 1) + 1);
  return uri.substr(0, uri.find(':'));
}

/// The Request-URI between method and version.
std::string_view target_of(std::string_view start_line) {
  start_line = text::trim(start_line);
  text::word(start_line);
  return text::trim(start_line.substr(0, start_line.find_last_of(" \t")));
}

/// Whether `;name` stands in a Via value, whatever white space or line folding lies between.
bool has_parameter(std::string_view value, std::string_view name) {
  for (auto at = value.find(';'); at != std::string_view::npos; at = value.find(';', at + 1)) {
    const auto begin = value.find_first_not_of(" \t\r\n", at + 1);
    if (begin != std::string_view::npos && text::starts(value.substr(begin), name)) return true;
  }
  return false;
}

bool are_uris_safe(std::string_view header) {
  for (auto open = header.find('<'); open != std::string_view::npos; open = header.find('<', open + 1)) {
    const auto close = header.find_first_of("<>", open + 1);
    if (close == std::string_view::npos) return true;  // not a URI; Sofia refuses it
    if (header[close] == '>' && !is_safe_uri(header.substr(open + 1, close - open - 1))) return false;
  }
  return true;
}

/// "UDP" of "SIP/2.0/UDP host", whatever white space stands between (RFC 4475 3.1.1.1); empty for another protocol or version.
std::string_view transport_of(std::string_view via) {
  const auto next = [&via](std::string_view ends) {
    via.remove_prefix(std::min(via.find_first_not_of(" \t\r\n"), via.size()));
    const auto word = via.substr(0, via.find_first_of(ends));
    via.remove_prefix(word.size());
    via.remove_prefix(std::min(via.find_first_not_of(" \t\r\n"), via.size()));
    if (via.starts_with('/')) via.remove_prefix(1);
    return word;
  };
  if (!text::same(next(" \t\r\n/"), "SIP") || next(" \t\r\n/") != "2.0") return {};
  return next(" \t\r\n");
}

/// Of a request in SIP/2.0 what Sofia would meet with silence, though RFC 4475 and RFC 5118 ask for an answer.
datagram_cause judge_request_line(std::string_view line) {
  const auto method = line.substr(0, line.find_first_of(" \t"));
  if (!sip::is_known_method(method)) return datagram_cause::method;
  const auto uri = target_of(line);
  if (uri.find_first_of(" \t") != std::string_view::npos) return datagram_cause::request_line;
  const auto scheme = uri.substr(0, uri.find(':'));
  if (scheme.size() == uri.size()) return datagram_cause::passed;  // "sip" alone: Sofia refuses what has no colon
  if (!text::same(scheme, "sip") && !text::same(scheme, "sips")) return datagram_cause::passed;
  auto host = uri.substr(scheme.size() + 1);
  host = host.substr(host.find('@') + 1);  // npos + 1 is 0
  host = host.substr(0, host.find_first_of(";?"));
  const bool bare_ipv6 = !host.starts_with('[') && std::count(host.begin(), host.end(), ':') > 1;
  return bare_ipv6 ? datagram_cause::request_line : datagram_cause::passed;
}

/// Whether every Via of a list names a protocol before its parameters; commas in quotes part nothing.
bool has_via_form(std::string_view value) {
  bool quoted = false, at_start = true;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (at_start && c == ';') return false;
    if (c == '\\' && quoted) ++i;
    if (c == '"') quoted = !quoted;
    at_start = (at_start && text::is_space(c)) || (c == ',' && !quoted);
  }
  return true;
}

/// Whether the To of a REGISTER names what can be registered: a URI of another scheme cannot (RFC 3261 10.2).
bool is_address_of_record(std::string_view to) {
  if (const auto open = to.find('<'); open != std::string_view::npos) to.remove_prefix(open + 1);
  to = text::trim(to);
  return text::starts(to, "sip:") || text::starts(to, "sips:");
}

struct header_scan {
  const datagram_filter_options& options;
  bool request = true;
  bool registers = false;
  bool first_via = true;
  bool by_datagram = true;
  std::size_t headers = 0;
  std::optional<std::size_t> content_length{};

  datagram_cause take(const text::header_line& header) {
    if (++headers > options.headers_max || header.longest_line > options.line_bytes_max) return datagram_cause::headers;
    if (header.is("Via", "v")) return take_via(header.value);
    if (registers && header.is("To", "t") && !is_address_of_record(header.value)) return datagram_cause::register_to;
    if (header.is("Content-Length", "l")) {
      if (!content_length)
        content_length = text::number<std::size_t>(text::trim(header.value.substr(0, header.value.find_first_of("\r\n"))));
    } else if (!are_uris_safe(header.value)) {
      return datagram_cause::uri_parameter;
    }
    return datagram_cause::passed;
  }
  datagram_cause take_via(std::string_view value) {
    if (has_parameter(value, "maddr")) return datagram_cause::via_reflection;
    if (!request || !std::exchange(first_via, false)) return datagram_cause::passed;
    if (!has_via_form(value)) return datagram_cause::via_syntax;
    if (!by_datagram) return datagram_cause::passed;
    // Sofia sends its refusal of such a message to the host in the Via, because it has not compared that with the sender yet.
    return text::same(transport_of(value), "UDP") ? datagram_cause::passed : datagram_cause::via_transport;
  }
};

/// Walks the header part: line bounds, NUL, then each header with its folded lines. `body` is what follows the empty line.
datagram_cause walk(header_scan& scan, std::string_view rest, std::string_view& body) {
  for (auto header = text::cut_header(rest); !header.whole.empty(); header = text::cut_header(rest)) {
    for (auto nul = header.whole.find('\0'); nul != std::string_view::npos; nul = header.whole.find('\0', nul + 1))
      if (nul == 0 || header.whole[nul - 1] != '\\') return datagram_cause::binary;
    if (const auto cause = scan.take(header); cause != datagram_cause::passed) return cause;
  }
  body = rest;
  return datagram_cause::passed;
}

bool has_safe_target(std::string_view start_line) {
  return is_safe_uri(target_of(start_line)) || start_line.find('<') != std::string_view::npos;
}

std::string_view version_of(std::string_view start_line) {
  start_line = text::trim(start_line);
  return start_line.substr(start_line.find_last_of(" \t") + 1);
}

/// A start line is never folded: white space behind it begins a header of its own, as in a datagram. A header whose first line
/// ends in a version looks the same, and goes on in the white space: both readings have to be safe.
bool is_start_line(std::string_view header) { return is_sip_start(text::cut_line(header)); }

/// The first Content-Length counts, as in a datagram.
std::optional<std::size_t> content_length_of(std::string_view head) {
  for (auto h = text::cut_header(head); !h.whole.empty(); h = text::cut_header(head))
    if (h.is("Content-Length", "l"))
      return text::number<std::size_t>(text::trim(h.value.substr(0, h.value.find_first_of("\r\n"))));
  return 0;
}

}  // namespace

std::string_view to_string(datagram_cause cause) noexcept {
  switch (cause) {
    case datagram_cause::passed: return "passed";
    case datagram_cause::keepalive: return "keepalive";
    case datagram_cause::too_big: return "too_big";
    case datagram_cause::not_sip: return "not_sip";
    case datagram_cause::binary: return "binary";
    case datagram_cause::headers: return "headers";
    case datagram_cause::via_reflection: return "via_reflection";
    case datagram_cause::uri_parameter: return "uri_parameter";
    case datagram_cause::unknown_response: return "unknown_response";
    case datagram_cause::unknown_source: return "unknown_source";
    case datagram_cause::foreign_domain: return "foreign_domain";
    case datagram_cause::source_rate: return "source_rate";
    case datagram_cause::total_rate: return "total_rate";
    case datagram_cause::via_transport: return "via_transport";
    case datagram_cause::version: return "version";
    case datagram_cause::method: return "method";
    case datagram_cause::request_line: return "request_line";
    case datagram_cause::via_syntax: return "via_syntax";
    case datagram_cause::register_to: return "register_to";
    case datagram_cause::count: break;
  }
  return "unknown";
}

std::string_view refusal_status(datagram_cause cause) noexcept {
  switch (cause) {
    case datagram_cause::version: return "505 Version Not Supported";
    case datagram_cause::method: return "501 Not Implemented";
    case datagram_cause::request_line:
    case datagram_cause::via_syntax:
    case datagram_cause::register_to: return "400 Bad Request";
    case datagram_cause::passed:
    case datagram_cause::keepalive:
    case datagram_cause::too_big:
    case datagram_cause::not_sip:
    case datagram_cause::binary:
    case datagram_cause::headers:
    case datagram_cause::via_reflection:
    case datagram_cause::uri_parameter:
    case datagram_cause::unknown_response:
    case datagram_cause::unknown_source:
    case datagram_cause::foreign_domain:
    case datagram_cause::source_rate:
    case datagram_cause::total_rate:
    case datagram_cause::via_transport:
    case datagram_cause::count: break;
  }
  return {};
}

datagram_filter::datagram_filter(datagram_filter_options options, std::uint64_t hash_seed)
    : options_(options),
      seed_(hash_seed),
      strangers_(options.challenges_per_source),
      flow_rates_(options.flow_rate),
      total_(options.strangers_total) {}

bool datagram_filter::add_flow(const net_address& peer) {
  const auto at = flows_.find(peer);
  if (at == flows_.end() && flows_.size() >= options_.flows_max) return false;
  ++flows_[peer];
  return true;
}

void datagram_filter::remove_flow(const net_address& peer) {
  const auto at = flows_.find(peer);
  if (at != flows_.end() && --at->second == 0) flows_.erase(at);
}

void datagram_filter::sent_to(const net_address& peer, time_point now) {
  if (peers_.size() >= options_.peers_max || now - peers_since_ > options_.peer_memory) {
    older_peers_ = std::move(peers_);
    peers_.clear();
    peers_since_ = now;
  }
  peers_[peer] = now;
}

bool datagram_filter::is_trunk(const net_address& from) const {
  return directory_ != nullptr && directory_->trunk_at(from.host(), from.port).has_value();
}

bool datagram_filter::is_peer(const net_address& from) const { return peers_.contains(from) || older_peers_.contains(from); }

std::uint64_t datagram_filter::hash_of_source(const net_address& from, bool with_port) const {
  const auto bytes = from.is_v4() || with_port ? std::size_t{16} : std::size_t{8};  // one stranger has a whole IPv6 /64
  std::uint64_t h = seed_ ^ 0x9e3779b97f4a7c15ULL ^ (with_port ? from.port : 0U);
  for (std::size_t i = 0; i < bytes; ++i) h = (h ^ from.ip[i]) * 0xbf58476d1ce4e5b9ULL, h ^= h >> 31;
  return h;
}

datagram_cause datagram_filter::check_sender(std::string_view line, const net_address& from, time_point now) {
  const bool unlimited = options_.loopback_unlimited && from.is_loopback();
  if (flows_.contains(from)) {
    return unlimited || flow_rates_.take(hash_of_source(from, true), now) ? datagram_cause::passed : datagram_cause::source_rate;
  }
  if (is_trunk(from)) return datagram_cause::passed;
  if (is_response_line(line)) return is_peer(from) ? datagram_cause::passed : datagram_cause::unknown_response;
  if (!line.starts_with("REGISTER ")) return datagram_cause::unknown_source;
  std::string host{host_of(line)};
  std::transform(host.begin(), host.end(), host.begin(), text::lower);
  if (directory_ == nullptr || host.empty() || !directory_->serves_domain(host)) return datagram_cause::foreign_domain;
  if (unlimited) return datagram_cause::passed;
  if (!strangers_.take(hash_of_source(from, false), now)) return datagram_cause::source_rate;
  return total_.take(0, now) ? datagram_cause::passed : datagram_cause::total_rate;
}

datagram_cause datagram_filter::counted(datagram_cause cause) noexcept {
  counts_[static_cast<std::size_t>(cause)].fetch_add(1, std::memory_order_relaxed);
  return cause;
}

datagram_verdict datagram_filter::check(std::string_view datagram, const net_address& from, time_point now) {
  using cause = datagram_cause;
  const auto begin = datagram.find_first_not_of(std::string_view{"\r\n \t\0", 5});
  if (begin == std::string_view::npos) return {counted(cause::keepalive), 0};
  if (datagram.size() > options_.datagram_bytes_max) return {counted(cause::too_big), 0};
  auto rest = datagram;
  while (!rest.empty() && text::is_end_of_line(rest.front())) rest.remove_prefix(1);  // RFC 3261 7.5
  const auto line = text::cut_line(rest);
  if (!is_sip_start(line)) return {counted(cause::not_sip), 0};
  if (line.size() > options_.line_bytes_max) return {counted(cause::headers), 0};
  if (line.find('\0') != std::string_view::npos) return {counted(cause::binary), 0};
  if (const auto sender = check_sender(line, from, now); sender != cause::passed) return {counted(sender), 0};
  header_scan scan{.options = options_, .request = !is_response_line(line), .registers = line.starts_with("REGISTER ")};
  if (scan.request && !text::same(version_of(line), "SIP/2.0")) return {counted(cause::version), 0};
  if (scan.request && !has_safe_target(line)) return {counted(cause::uri_parameter), 0};
  if (const auto bad = scan.request ? judge_request_line(line) : cause::passed; bad != cause::passed) return {counted(bad), 0};
  std::string_view body{};
  if (const auto found = walk(scan, rest, body); found != cause::passed) return {counted(found), 0};
  const auto surplus = scan.content_length && *scan.content_length < body.size() ? body.size() - *scan.content_length : 0;
  return {counted(cause::passed), datagram.size() - surplus};
}

head_verdict judge_head(std::string_view head, const datagram_filter_options& options) {
  using cause = datagram_cause;
  const auto line = text::cut_line(head);
  const auto length = content_length_of(head);
  if (!is_sip_start(line) || is_response_line(line)) return {cause::passed, length};
  if (!text::same(version_of(line), "SIP/2.0")) return {cause::version, length};
  if (!has_safe_target(line)) return {cause::uri_parameter, length};
  if (const auto bad = judge_request_line(line); bad != cause::passed) return {bad, length};
  header_scan scan{.options = options, .registers = line.starts_with("REGISTER "), .by_datagram = false};
  std::string_view body{};
  return {walk(scan, head, body), length};
}

datagram_cause datagram_filter::check_connection(std::string_view beginning, const net_address& from, time_point now) {
  auto rest = beginning;
  while (!rest.empty() && text::is_end_of_line(rest.front())) rest.remove_prefix(1);
  return counted(check_sender(text::cut_line(rest), from, now));
}

datagram_cause stream_scanner::scan(std::string_view chunk, const datagram_filter_options& options) {
  while (!chunk.empty()) {
    // Whether a header goes on shows in the next line's first byte; Sofia acts no earlier, on the empty line.
    const bool ends_crlf = chunk.front() == '\n' && header_.ends_with('\r');
    if (at_line_start_ && !ends_crlf) {
      if (!text::is_space(chunk.front())) {
        const auto found = judge(options);
        header_.clear(), behind_start_ = 0;
        if (found != datagram_cause::passed) return found;
      } else if (behind_start_ == 0 && is_start_line(header_)) {
        behind_start_ = header_.size();
      }
    }
    const auto end = chunk.find_first_of("\r\n");
    at_line_start_ = end != std::string_view::npos;
    const auto part = chunk.substr(0, at_line_start_ ? end + 1 : chunk.size());
    if (header_.size() + part.size() > options.line_bytes_max) return datagram_cause::headers;
    header_ += part;
    chunk.remove_prefix(part.size());
    if (in_prack_ && at_line_start_ && header_.find_first_not_of("\r\n") == std::string::npos)
      prack_ended_ = true, in_prack_ = false;
  }
  return datagram_cause::passed;
}

datagram_cause stream_scanner::judge(const datagram_filter_options& options) {
  std::string_view rest{header_};
  const auto line = text::cut_line(rest);
  if (line.starts_with("PRACK ")) in_prack_ = true;
  if (is_sip_start(line) && !is_response_line(line) && !has_safe_target(line)) return datagram_cause::uri_parameter;
  header_scan scan{.options = options, .first_via = false};
  const auto found = scan.take(text::split_header(header_));
  if (found != datagram_cause::passed || behind_start_ == 0) return found;
  return scan.take(text::split_header(std::string_view{header_}.substr(behind_start_)));
}

}  // namespace seatgrid
