#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "domain/session_description.hpp"

/// SDP in and out (RFC 8866, RFC 4566, offer/answer of RFC 3264). Our own, because Debian's Sofia loops for ever on two
/// lines of text (docs/adr/0003-own-sdp-parser.md).
namespace seatgrid {

inline constexpr std::size_t sdp_bytes_max = 64 * 1024;
inline constexpr std::size_t sdp_lines_max = 1'024;
inline constexpr std::size_t sdp_line_bytes_max = 2'048;
inline constexpr std::size_t sdp_streams_max = 8;
inline constexpr std::size_t sdp_codecs_max = 32;  ///< payload types or formats of one m= line

/// Reads `body`; time and memory are linear in its size. The first RTP/AVP audio stream with a port and a codec that is known
/// (by rtpmap or RFC 3551 table 4) becomes `audio`, every other stream goes to `other_media` with port 0. Without such a stream
/// `codecs` is empty. Payload types that neither explains are left out. A port of 0 leaves `audio.host` empty.
/// Missing s= and t=, an empty s=, trailing empty lines, LF for CRLF and unknown attributes are taken as they come.
/// @error invalid      malformed; `what` begins with "sdp line N:"
/// @error full         one of the bounds above
/// @error unsupported  the audio stream's c= is a host name: we never resolve names that a peer chose
result<session_description> parse_sdp(std::string_view body);

/// The canonical form of `sdp`, CRLF ended: parse_sdp(print_sdp(x, h)) gives x again for every x that parse_sdp can give.
/// `origin_host` is a literal address; it stands in o=, and in c= when there is no audio port.
std::string print_sdp(const session_description& sdp, std::string_view origin_host);

}  // namespace seatgrid
