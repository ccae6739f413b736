#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace seatgrid {

/// How samples are stored in recordings: A-law costs half of PCM16 and loses nothing when the calls are A-law.
enum class record_format : std::uint8_t { alaw = 0, pcm16 = 1 };

/// Settings of one node's media engine; `engine::start` checks them and says what is allowed.
struct media_options {
  std::string bind_host{"127.0.0.1"};  ///< literal IPv4 or IPv6 address
  std::string advertised_host{};       ///< what peers are told; empty = bind_host
  std::uint16_t port_first = 20'000;   ///< even ports of [first, last] carry RTP, the odd one above it RTCP
  std::uint16_t port_last = 29'999;
  /// Whether packets may leave now; empty = always. Asked for each, must not block.
  std::function<bool()> may_speak{};
  std::string data_directory{"data"};           ///< recordings and "file:" prompts live below it
  std::chrono::milliseconds silence{60'000};    ///< no RTP for so long: media_silent
  std::chrono::milliseconds rtcp_every{5'000};  ///< mean distance of our reports (RFC 3550 6.2), varied by half
  bool rtcp_always = false;                     ///< also without a=rtcp or rtcp-mux: one descriptor more per leg
  std::uint8_t dscp = 46;                       ///< expedited forwarding (RFC 3246); 0 = unmarked
  unsigned threads = 1;                         ///< a call's legs share one; bridges join legs of one thread only
  unsigned endpoints_max = 20'000;              ///< media_open beyond it fails
  unsigned commands_max = 65'536;               ///< waiting orders; beyond it opens fail, other orders are counted as refused
  unsigned prompts_per_play_max = 64;           ///< what a list holds beyond it is reported as missing
  unsigned loads_max = 1'024;                   ///< plays that wait for files; beyond it their prompts are missing
  std::uint64_t clip_cache_bytes_max = 64ULL << 20U;
  std::chrono::seconds clip_length_max{1'800};  ///< a longer prompt file is cut here
  record_format format = record_format::alaw;
  unsigned recordings_max = 10'000;
  std::uint64_t record_queue_bytes_max = 64ULL << 20U;  ///< audio that waits for the disk; beyond it recordings fail
};

/// A glance for metrics and the doctor; counters since start.
struct media_status {
  std::uint64_t endpoints = 0;
  std::uint64_t bridged_pairs = 0;
  std::uint64_t playing = 0;
  std::uint64_t recordings = 0;
  std::uint64_t ports_total = 0;
  std::uint64_t ports_used = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_relayed = 0;
  std::uint64_t packets_played = 0;
  std::uint64_t packets_malformed = 0;  ///< not RTP, or of a payload type that nobody negotiated
  std::uint64_t packets_foreign = 0;    ///< from another source than the latched one
  std::uint64_t sends_failed = 0;
  std::uint64_t commands_refused = 0;
  std::uint64_t commands_waiting = 0;
  std::uint64_t clip_cache_bytes = 0;
  std::uint64_t record_queue_bytes = 0;
  std::uint64_t recordings_failed = 0;
};

}  // namespace seatgrid
