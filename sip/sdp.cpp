#include "sip/sdp.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "sip/text.hpp"

namespace seatgrid {
namespace {

struct static_type {
  std::uint8_t payload_type = 0;
  const char* name = "";
  std::uint32_t clock_hz = 8'000;
  std::uint8_t channels = 1;
};
// RFC 3551 tables 4 and 5, audio and the types that carry both.
constexpr auto static_types = std::to_array<static_type>({
    {0, "PCMU"},
    {3, "GSM"},
    {4, "G723"},
    {5, "DVI4"},
    {6, "DVI4", 16'000},
    {7, "LPC"},
    {8, "PCMA"},
    {9, "G722"},
    {10, "L16", 44'100, 2},
    {11, "L16", 44'100},
    {12, "QCELP"},
    {13, "CN"},
    {14, "MPA", 90'000},
    {15, "G728"},
    {16, "DVI4", 11'025},
    {17, "DVI4", 22'050},
    {18, "G729"},
    {33, "MP2T", 90'000},
});

struct stream {
  std::string_view media{};
  std::uint16_t port = 0;
  std::string_view proto{};
  std::vector<std::string_view> formats{};
  bool rtp_audio = false;
  std::vector<codec> codecs{};
  std::array<std::int8_t, 128> at{};  ///< payload type -> 1 + its place in codecs
  std::optional<std::string_view> address{};
  std::size_t address_line = 0;
  std::optional<direction> way{};
  std::optional<std::uint16_t> ptime{};
  std::optional<std::uint16_t> ptime_max{};
  bool rtcp_mux = false;
  std::uint16_t rtcp_port = 0;

  codec* of(std::uint8_t payload_type) {
    const auto place = payload_type < at.size() ? at[payload_type] : std::int8_t{0};
    return place == 0 ? nullptr : &codecs[static_cast<std::size_t>(place) - 1];
  }
};

constexpr bool is_token(char c) {
  return text::is_alpha(c) || text::is_digit(c) ||
         (c != '\0' && std::string_view{"!#$%&'*+-.^_`{|}~"}.find(c) != std::string_view::npos);
}
bool is_token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return is_token(c); });
}

/// The literal address in its usual form; nothing when it is none of that family.
std::optional<std::string> literal(std::string_view address, int family) {
  std::array<char, INET6_ADDRSTRLEN> out{};
  std::array<unsigned char, sizeof(in6_addr)> raw{};
  const std::string s{address};
  if (inet_pton(family, s.c_str(), raw.data()) != 1) return std::nullopt;
  if (inet_ntop(family, raw.data(), out.data(), out.size()) == nullptr) return std::nullopt;
  return std::string{out.data()};
}

class parser {
 public:
  result<session_description> run(std::string_view body);

 private:
  using done = result<void>;
  tl::unexpected<error> bad(const std::string& what, errc code = errc::invalid) const {
    return fail(code, "sdp line " + std::to_string(line_) + ": " + what);
  }
  done take(std::string_view line);
  done origin(std::string_view value);
  done connection(std::string_view value);
  done media(std::string_view value);
  done formats(stream& s, std::string_view rest);
  done attribute(std::string_view value);
  done rtpmap(stream& s, std::string_view value);
  done audio_attribute(stream& s, std::string_view name, std::string_view value);
  done finish();
  done audio_address(const stream& s);

  session_description out_{};
  std::vector<stream> streams_{};
  std::size_t line_ = 0;
  std::optional<std::string_view> session_address_{};
  std::size_t session_address_line_ = 0;
  direction session_way_ = direction::sendrecv;
  bool has_origin_ = false;
};

result<session_description> parser::run(std::string_view body) {
  if (body.size() > sdp_bytes_max) return fail(errc::full, "sdp is longer than " + std::to_string(sdp_bytes_max) + " bytes");
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) body.remove_suffix(1);
  while (!body.empty()) {
    auto line = text::cut(body, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (++line_ > sdp_lines_max) return bad("more than " + std::to_string(sdp_lines_max) + " lines", errc::full);
    if (auto ok = take(line); !ok) return tl::unexpected<error>(ok.error());
  }
  if (auto ok = finish(); !ok) return tl::unexpected<error>(ok.error());
  return std::move(out_);
}

parser::done parser::take(std::string_view line) {
  if (line.size() > sdp_line_bytes_max) return bad("longer than " + std::to_string(sdp_line_bytes_max) + " bytes", errc::full);
  if (line.size() < 2 || line[1] != '=' || line[0] < 'a' || line[0] > 'z') return bad("not of the form <letter>=<value>");
  if (std::any_of(line.begin(), line.end(), text::is_control)) return bad("control character");
  const auto value = line.substr(2);
  if ((line_ == 1) != (line[0] == 'v')) return bad(line_ == 1 ? "v= must come first" : "second v=");
  switch (line[0]) {
    case 'v': return text::trim(value) == "0" ? done{} : bad("version is not 0");
    case 'o': return origin(value);
    case 'c': return connection(value);
    case 'm': return media(value);
    case 'a': return attribute(value);
    default: return {};  // s, i, u, e, p, b, t, r, z, k say nothing that we use
  }
}

/// RFC 8866 5.2. Ids longer than 64 bits are seen; modulo 2^64 they still tell one version from the next.
parser::done parser::origin(std::string_view value) {
  if (has_origin_ || !streams_.empty()) return bad("second or late o=");
  has_origin_ = true;
  text::word(value);
  for (auto* field : {&out_.session_id, &out_.version}) {
    const auto digits = text::word(value);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), text::is_digit)) return bad("o= needs two numbers");
    for (const char c : digits) *field = *field * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (!text::same(text::word(value), "IN")) return bad("network type of o= is not IN");
  const auto family = text::word(value);
  if ((!text::same(family, "IP4") && !text::same(family, "IP6")) || text::word(value).empty())
    return bad("o= needs IP4 or IP6 and an address");
  return {};
}

parser::done parser::connection(std::string_view value) {
  auto rest = value;
  if (!text::same(text::word(rest), "IN")) return bad("network type of c= is not IN");
  const auto family = text::word(rest);
  if (!text::same(family, "IP4") && !text::same(family, "IP6")) return bad("address type of c= is not IP4 or IP6");
  if (text::word(rest).empty() || !rest.empty()) return bad("c= needs one address");
  auto& address = streams_.empty() ? session_address_ : streams_.back().address;
  auto& line = streams_.empty() ? session_address_line_ : streams_.back().address_line;
  if (!address) address = value, line = line_;  // more c= lines of one stream are layers of a multicast: the first counts
  return {};
}

parser::done parser::media(std::string_view value) {
  if (streams_.size() == sdp_streams_max) return bad("more than " + std::to_string(sdp_streams_max) + " streams", errc::full);
  auto& s = streams_.emplace_back();
  s.media = text::word(value);
  if (!is_token(s.media)) return bad("m= needs a media type");
  auto ports = text::word(value);
  const auto port = text::number<std::uint16_t>(text::cut(ports, '/'));
  if (!port || (!ports.empty() && !text::number<std::uint16_t>(ports))) return bad("m= needs a port from 0 to 65535");
  s.port = *port;
  s.proto = text::word(value);
  for (auto rest = s.proto; !rest.empty() || s.proto.empty();)
    if (!is_token(text::cut(rest, '/'))) return bad("m= needs a transport protocol");
  s.rtp_audio = text::same(s.media, "audio") && text::same(s.proto, "RTP/AVP");
  return formats(s, value);
}

parser::done parser::formats(stream& s, std::string_view rest) {
  while (!rest.empty()) {
    const auto format = text::word(rest);
    if (!is_token(format)) return bad("m= has a malformed format");
    if (s.formats.size() == sdp_codecs_max) return bad("more than " + std::to_string(sdp_codecs_max) + " formats", errc::full);
    s.formats.push_back(format);
    if (!s.rtp_audio) continue;
    const auto type = text::number<std::uint8_t>(format);
    if (!type || *type > 127) return bad("payload type is not a number from 0 to 127");
    if (s.of(*type) != nullptr) continue;
    auto& c = s.codecs.emplace_back(codec{.payload_type = *type});
    s.at[*type] = static_cast<std::int8_t>(s.codecs.size());
    const auto* known =
        std::find_if(static_types.begin(), static_types.end(), [&](const auto& t) { return t.payload_type == *type; });
    if (known != static_types.end()) c.name = known->name, c.clock_hz = known->clock_hz, c.channels = known->channels;
  }
  if (s.formats.empty()) return bad("m= needs a format");
  return {};
}

parser::done parser::attribute(std::string_view value) {
  const auto name = text::trim(text::cut(value, ':'));
  value = text::trim(value);
  std::optional<direction> way{};
  if (name == "sendrecv") way = direction::sendrecv;
  if (name == "sendonly") way = direction::sendonly;
  if (name == "recvonly") way = direction::recvonly;
  if (name == "inactive") way = direction::inactive;
  if (streams_.empty()) {
    session_way_ = way.value_or(session_way_);
    return {};
  }
  auto& s = streams_.back();
  if (way) s.way = way;
  return s.rtp_audio ? audio_attribute(s, name, value) : done{};
}

parser::done parser::audio_attribute(stream& s, std::string_view name, std::string_view value) {
  if (name == "rtpmap") return rtpmap(s, value);
  if (name == "fmtp") {
    const auto type = text::number<std::uint8_t>(text::word(value));
    if (!type) return bad("fmtp needs a payload type");
    if (auto* c = s.of(*type)) c->fmtp = std::string{value};
  } else if (name == "ptime" || name == "maxptime") {
    const auto ms = text::number<std::uint16_t>(text::cut(value, '.'));  // "20.0" is seen
    if (!ms) return bad(std::string{name} + " is not a number of milliseconds");
    if (*ms != 0) (name == "ptime" ? s.ptime : s.ptime_max) = *ms;
  } else if (name == "rtcp") {
    const auto port = text::number<std::uint16_t>(text::word(value));
    if (!port) return bad("rtcp needs a port");
    s.rtcp_port = *port;
  } else if (name == "rtcp-mux") {
    s.rtcp_mux = true;
  }
  return {};
}

/// RFC 8866 6.6: <payload type> <name>/<clock rate>[/<channels>]
parser::done parser::rtpmap(stream& s, std::string_view value) {
  const auto type = text::number<std::uint8_t>(text::word(value));
  if (!type || *type > 127) return bad("rtpmap needs a payload type");
  const auto name = text::trim(text::cut(value, '/'));
  const auto clock = text::number<std::uint32_t>(text::trim(text::cut(value, '/')));
  if (!is_token(name) || !clock || *clock == 0) return bad("rtpmap needs <name>/<clock rate>");
  const auto channels = value.empty() ? std::uint8_t{1} : text::number<std::uint8_t>(text::trim(value)).value_or(0);
  if (channels == 0) return bad("rtpmap has a malformed channel count");
  auto* c = s.of(*type);
  if (c == nullptr) return {};
  c->name.resize(name.size());
  std::transform(name.begin(), name.end(), c->name.begin(), text::upper);
  c->clock_hz = *clock, c->channels = channels;
  return {};
}

parser::done parser::finish() {
  if (line_ == 0) return fail(errc::invalid, "sdp line 1: empty body");
  if (!has_origin_) return bad("no o= line");
  stream* audio = nullptr;
  for (auto& s : streams_) {
    std::erase_if(s.codecs, [](const codec& c) { return c.name.empty(); });
    if (s.codecs.empty()) continue;
    if (audio == nullptr || (audio->port == 0 && s.port != 0)) audio = &s;
  }
  for (auto& s : streams_) {
    if (&s == audio) {
      out_.audio_at = static_cast<std::uint8_t>(out_.other_media.size());
      continue;
    }
    auto& line = out_.other_media.emplace_back(std::string{s.media} + " 0 " + std::string{s.proto});
    for (const auto format : s.formats) line.append(" ").append(format);
  }
  if (audio == nullptr) return {};
  out_.codecs = std::move(audio->codecs);
  out_.way = audio->way.value_or(session_way_);
  out_.ptime_ms = std::min(audio->ptime.value_or(20), audio->ptime_max.value_or(UINT16_MAX));
  out_.rtcp_mux = audio->rtcp_mux;
  out_.rtcp_port = audio->rtcp_port;
  return audio_address(*audio);
}

parser::done parser::audio_address(const stream& s) {
  if (s.port == 0) return {};
  if (!s.address && !session_address_) return bad("no c= line for the audio stream");
  line_ = s.address ? s.address_line : session_address_line_;
  auto value = s.address ? *s.address : *session_address_;
  text::word(value);
  const int family = text::same(text::word(value), "IP6") ? AF_INET6 : AF_INET;
  const auto host = text::cut(value, '/');  // a time to live follows in multicast
  auto address = literal(host, family);
  if (!address && host.find_first_not_of("0123456789.") == std::string_view::npos) return bad("malformed IPv4 address in c=");
  if (!address && host.find(':') != std::string_view::npos) return bad("malformed address in c=");
  if (!address) return bad("host name in c=, a literal address is needed", errc::unsupported);
  out_.audio = {.host = *address, .port = s.port};
  out_.held_by_address = out_.audio.host == "0.0.0.0" || out_.audio.host == "::";
  return {};
}

// --- printing ----------------------------------------------------------------------------------------------------

/// What stands in a line never ends it, whoever filled the field.
void append_clean(std::string& out, std::string_view s) {
  for (const char c : s)
    if (!text::is_control(c)) out.push_back(c);
}

std::string_view family_of(std::string_view host) { return host.find(':') == std::string_view::npos ? "IP4 " : "IP6 "; }

std::string_view attribute_of(direction way) {
  switch (way) {
    case direction::sendrecv: return "a=sendrecv\r\n";
    case direction::sendonly: return "a=sendonly\r\n";
    case direction::recvonly: return "a=recvonly\r\n";
    case direction::inactive: return "a=inactive\r\n";
  }
  return "a=inactive\r\n";
}

void print_codec(std::string& out, const codec& c) {
  out.append("a=rtpmap:").append(std::to_string(c.payload_type)).append(" ");
  append_clean(out, c.name);
  out.append("/").append(std::to_string(c.clock_hz));
  if (c.channels > 1) out.append("/").append(std::to_string(c.channels));
  out.append("\r\n");
  if (c.fmtp.empty()) return;
  out.append("a=fmtp:").append(std::to_string(c.payload_type)).append(" ");
  append_clean(out, c.fmtp);
  out.append("\r\n");
}

void print_audio(std::string& out, const session_description& sdp) {
  out.append("m=audio ").append(std::to_string(sdp.audio.port)).append(" RTP/AVP");
  for (const auto& c : sdp.codecs) out.append(" ").append(std::to_string(c.payload_type));
  out.append("\r\n");
  for (const auto& c : sdp.codecs) print_codec(out, c);
  out.append("a=ptime:").append(std::to_string(sdp.ptime_ms)).append("\r\n");
  if (sdp.rtcp_port != 0) out.append("a=rtcp:").append(std::to_string(sdp.rtcp_port)).append("\r\n");
  if (sdp.rtcp_mux) out.append("a=rtcp-mux\r\n");
  out.append(attribute_of(sdp.way));
}

}  // namespace

result<session_description> parse_sdp(std::string_view body) { return parser{}.run(body); }

std::string print_sdp(const session_description& sdp, std::string_view origin_host) {
  std::string out;
  out.reserve(512);
  out.append("v=0\r\no=- ").append(std::to_string(sdp.session_id)).append(" ").append(std::to_string(sdp.version));
  out.append(" IN ").append(family_of(origin_host));
  append_clean(out, origin_host);
  const auto host = sdp.audio.port == 0 || sdp.audio.host.empty() ? origin_host : std::string_view{sdp.audio.host};
  out.append("\r\ns=-\r\nc=IN ").append(family_of(host));
  append_clean(out, sdp.held_by_address ? (family_of(host) == "IP4 " ? "0.0.0.0" : "::") : host);
  out.append("\r\nt=0 0\r\n");
  for (std::size_t i = 0; i <= sdp.other_media.size(); ++i) {
    if (i == sdp.audio_at && !sdp.codecs.empty()) print_audio(out, sdp);
    if (i == sdp.other_media.size()) break;
    out.append("m=");
    append_clean(out, sdp.other_media[i]);
    out.append("\r\n");
  }
  return out;
}

}  // namespace seatgrid
