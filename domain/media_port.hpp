#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/session_description.hpp"

/// The media port: what the rules say to the media engine and hear from it. One endpoint per leg, named by the leg's id.
namespace seatgrid {

/// One thing to be heard. `source` is a prompt name of the tenant ("welcome"), "digits:428", "number:3" (said in `language`),
/// "tone:ringback", "tone:beep", "tone:busy", "silence:500" (ms) or "file:<path below the data directory>".
struct prompt_ref {
  std::string source{};
  std::string language{};  ///< "zh" or "en"; empty = the tenant's
  bool operator==(const prompt_ref&) const = default;
  static constexpr auto fields() {
    return members{field{1, "source", &prompt_ref::source}, field{2, "language", &prompt_ref::language}};
  }
};

/// What RTP and RTCP told about one leg (RFC 3550; MOS by the E-model's simplified form, ITU-T G.107).
struct media_statistics {
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_lost = 0;
  std::uint32_t jitter_us = 0;
  std::uint32_t round_trip_us = 0;  ///< 0 = no RTCP from the far end
  std::uint64_t remote_lost = 0;    ///< what their reports said of ours
  std::uint32_t remote_jitter_us = 0;
  std::uint16_t mos_hundredths = 0;  ///< 441 = 4.41; 0 = too few packets to say
  time_point last_packet_at{};
  bool operator==(const media_statistics&) const = default;
  static constexpr auto fields() {
    return members{field{1, "packets_sent", &media_statistics::packets_sent},
                   field{2, "packets_received", &media_statistics::packets_received},
                   field{3, "packets_lost", &media_statistics::packets_lost},
                   field{4, "jitter_us", &media_statistics::jitter_us},
                   field{5, "round_trip_us", &media_statistics::round_trip_us},
                   field{6, "remote_lost", &media_statistics::remote_lost},
                   field{7, "remote_jitter_us", &media_statistics::remote_jitter_us},
                   field{8, "mos_hundredths", &media_statistics::mos_hundredths},
                   field{9, "last_packet_at", &media_statistics::last_packet_at}};
  }
};

// --- call -> media (effects; never stored) -----------------------------------------------------------------------

/// Binds an RTP port (and RTCP when asked). `port` 0 = the engine's choice; otherwise that very port (a restored call).
struct media_open {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "media_open";
  leg_id leg{};
  std::string tenant{};
  std::uint16_t port = 0;
  bool operator==(const media_open&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_open::leg}, field{2, "tenant", &media_open::tenant},
                   field{3, "port", &media_open::port}};
  }
};
/// Where to send, what to send and accept. May be repeated (answer after offer, re-INVITE). Re-latches to a new source.
struct media_connect {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "media_connect";
  leg_id leg{};
  media_address remote{};
  std::uint8_t payload_type = 8;  ///< of the chosen codec
  std::string codec_name{"PCMA"};
  std::uint8_t dtmf_payload_type = 0;  ///< 0 = none negotiated; in-band detection then
  std::uint16_t ptime_ms = 20;
  direction way = direction::sendrecv;  ///< ours: what we do
  std::uint16_t rtcp_port = 0;          ///< of the far end; 0 = RTP + 1
  bool rtcp_mux = false;
  bool operator==(const media_connect&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_connect::leg},
                   field{2, "remote", &media_connect::remote},
                   field{3, "payload_type", &media_connect::payload_type},
                   field{4, "codec_name", &media_connect::codec_name},
                   field{5, "dtmf_payload_type", &media_connect::dtmf_payload_type},
                   field{6, "ptime_ms", &media_connect::ptime_ms},
                   field{7, "way", &media_connect::way},
                   field{8, "rtcp_port", &media_connect::rtcp_port},
                   field{9, "rtcp_mux", &media_connect::rtcp_mux}};
  }
};
/// Plays the list to this leg (replacing what plays there); `loop` repeats it until stopped. Ends with media_played.
struct media_play {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "media_play";
  leg_id leg{};
  std::uint32_t play_id = 0;  ///< generation; a later play or stop has a higher one
  std::vector<prompt_ref> list{};
  bool loop = false;
  bool operator==(const media_play&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_play::leg}, field{2, "play_id", &media_play::play_id},
                   field{3, "list", &media_play::list}, field{4, "loop", &media_play::loop}};
  }
};
struct media_stop {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "media_stop";
  leg_id leg{};
  std::uint32_t play_id = 0;
  bool operator==(const media_stop&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &media_stop::leg}, field{2, "play_id", &media_stop::play_id}}; }
};
/// Relays audio (transcoding A-law/mu-law) and RFC 4733 events between two legs until unbridged; ends plays on both.
struct media_bridge {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "media_bridge";
  leg_id a{};
  leg_id b{};
  bool operator==(const media_bridge&) const = default;
  static constexpr auto fields() { return members{field{1, "a", &media_bridge::a}, field{2, "b", &media_bridge::b}}; }
};
struct media_unbridge {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "media_unbridge";
  leg_id a{};
  leg_id b{};
  bool operator==(const media_unbridge&) const = default;
  static constexpr auto fields() { return members{field{1, "a", &media_unbridge::a}, field{2, "b", &media_unbridge::b}}; }
};
/// Starts or goes on with a recording: `left` and `right` are heard on those channels; `right` may be none (voicemail).
/// From segment 2 on the one before is completed and told (media_recorded with `goes_on`); a path that exists is, too, and the
/// next segment begins.
struct media_record {
  static constexpr std::uint32_t tag = 7;
  static constexpr std::string_view type = "media_record";
  std::uint64_t recording = 0;
  std::string path{};  ///< below the data directory
  leg_id left{};
  leg_id right{};
  std::uint32_t segment = 1;
  milliseconds max_length{3'600'000};
  milliseconds stop_after_silence{0};  ///< 0 = never; for voicemail
  bool operator==(const media_record&) const = default;
  static constexpr auto fields() {
    return members{field{1, "recording", &media_record::recording},
                   field{2, "path", &media_record::path},
                   field{3, "left", &media_record::left},
                   field{4, "right", &media_record::right},
                   field{5, "segment", &media_record::segment},
                   field{6, "max_length", &media_record::max_length},
                   field{7, "stop_after_silence", &media_record::stop_after_silence}};
  }
};
/// Ends a recording; answered by media_recorded or media_record_failed. One that does not run here died with its process: the
/// file of `segment` is completed, and told as it is.
struct media_record_stop {
  static constexpr std::uint32_t tag = 8;
  static constexpr std::string_view type = "media_record_stop";
  std::uint64_t recording = 0;
  call_id call{};
  std::string path{};  ///< as in media_record; empty = only what runs
  std::uint32_t segment = 1;
  bool operator==(const media_record_stop&) const = default;
  static constexpr auto fields() {
    return members{field{1, "recording", &media_record_stop::recording}, field{2, "call", &media_record_stop::call},
                   field{3, "path", &media_record_stop::path}, field{4, "segment", &media_record_stop::segment}};
  }
};
/// Sends a key to this leg (RFC 4733, or in-band tones when the leg has no telephone-event).
struct media_send_digit {
  static constexpr std::uint32_t tag = 9;
  static constexpr std::string_view type = "media_send_digit";
  leg_id leg{};
  char digit = '0';
  milliseconds length{160};
  bool operator==(const media_send_digit&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_send_digit::leg}, field{2, "digit", &media_send_digit::digit},
                   field{3, "length", &media_send_digit::length}};
  }
};
/// Closes the endpoint; answered by media_closed with its statistics. Unknown legs are answered too.
struct media_close {
  static constexpr std::uint32_t tag = 10;
  static constexpr std::string_view type = "media_close";
  leg_id leg{};
  bool operator==(const media_close&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &media_close::leg}}; }
};
using media_command = std::variant<media_open, media_connect, media_play, media_stop, media_bridge, media_unbridge, media_record,
                                   media_record_stop, media_send_digit, media_close>;

inline call_id call_of(const media_command& c) {
  return std::visit(
      [](const auto& x) -> call_id {
        if constexpr (requires { x.leg; })
          return x.leg.call;
        else if constexpr (requires { x.a; })
          return x.a.call;
        else if constexpr (requires { x.left; })
          return x.left.call;
        else
          return x.call;
      },
      c);
}

// --- media -> call -----------------------------------------------------------------------------------------------

struct media_opened {
  static constexpr std::uint32_t tag = 1;
  static constexpr std::string_view type = "media_opened";
  leg_id leg{};
  media_address local{};  ///< the advertised address
  bool operator==(const media_opened&) const = default;
  static constexpr auto fields() { return members{field{1, "leg", &media_opened::leg}, field{2, "local", &media_opened::local}}; }
};
/// No port, no descriptor, or the wanted port is taken.
struct media_open_failed {
  static constexpr std::uint32_t tag = 2;
  static constexpr std::string_view type = "media_open_failed";
  leg_id leg{};
  std::string why{};
  bool operator==(const media_open_failed&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_open_failed::leg}, field{2, "why", &media_open_failed::why}};
  }
};
struct media_played {
  static constexpr std::uint32_t tag = 3;
  static constexpr std::string_view type = "media_played";
  leg_id leg{};
  std::uint32_t play_id = 0;
  std::vector<std::string> missing{};  ///< prompts that were not there and were skipped
  bool operator==(const media_played&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_played::leg}, field{2, "play_id", &media_played::play_id},
                   field{3, "missing", &media_played::missing}};
  }
};
/// A key heard by RFC 4733 or in-band.
struct media_digit {
  static constexpr std::uint32_t tag = 4;
  static constexpr std::string_view type = "media_digit";
  leg_id leg{};
  char digit = '0';
  std::uint16_t duration_ms = 0;
  bool operator==(const media_digit&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_digit::leg}, field{2, "digit", &media_digit::digit},
                   field{3, "duration_ms", &media_digit::duration_ms}};
  }
};
/// No RTP from this leg for `media.silence`; sent once until packets come again.
struct media_silent {
  static constexpr std::uint32_t tag = 5;
  static constexpr std::string_view type = "media_silent";
  leg_id leg{};
  time_point last_packet_at{};
  bool operator==(const media_silent&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_silent::leg}, field{2, "last_packet_at", &media_silent::last_packet_at}};
  }
};
/// The file is complete and synced.
struct media_recorded {
  static constexpr std::uint32_t tag = 6;
  static constexpr std::string_view type = "media_recorded";
  call_id call{};
  std::uint64_t recording = 0;
  std::string path{};
  std::uint64_t bytes = 0;
  std::uint32_t length_ms = 0;
  std::string sha256{};  ///< hexadecimal
  std::uint32_t segment = 1;
  bool goes_on = false;  ///< a later segment is being written
  bool operator==(const media_recorded&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &media_recorded::call},           field{2, "recording", &media_recorded::recording},
                   field{3, "path", &media_recorded::path},           field{4, "bytes", &media_recorded::bytes},
                   field{5, "length_ms", &media_recorded::length_ms}, field{6, "sha256", &media_recorded::sha256},
                   field{7, "segment", &media_recorded::segment},     field{8, "goes_on", &media_recorded::goes_on}};
  }
};
/// Disk full or an I/O error; the call goes on.
struct media_record_failed {
  static constexpr std::uint32_t tag = 7;
  static constexpr std::string_view type = "media_record_failed";
  call_id call{};
  std::uint64_t recording = 0;
  std::string why{};
  std::uint32_t segment =
      0;  ///< an earlier one of which no file was found, while a later is being written; 0 = the recording ends
  bool operator==(const media_record_failed&) const = default;
  static constexpr auto fields() {
    return members{field{1, "call", &media_record_failed::call}, field{2, "recording", &media_record_failed::recording},
                   field{3, "why", &media_record_failed::why}, field{4, "segment", &media_record_failed::segment}};
  }
};
struct media_closed {
  static constexpr std::uint32_t tag = 8;
  static constexpr std::string_view type = "media_closed";
  leg_id leg{};
  media_statistics statistics{};
  bool operator==(const media_closed&) const = default;
  static constexpr auto fields() {
    return members{field{1, "leg", &media_closed::leg}, field{2, "statistics", &media_closed::statistics}};
  }
};
using media_event = std::variant<media_opened, media_open_failed, media_played, media_digit, media_silent, media_recorded,
                                 media_record_failed, media_closed>;

inline call_id call_of(const media_event& e) {
  return std::visit(
      [](const auto& x) -> call_id {
        if constexpr (requires { x.leg; })
          return x.leg.call;
        else
          return x.call;
      },
      e);
}

}  // namespace seatgrid
