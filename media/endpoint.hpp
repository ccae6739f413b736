#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "domain/media_port.hpp"
#include "media/dtmf.hpp"
#include "media/outgoing_stream.hpp"
#include "media/player.hpp"
#include "media/rtcp.hpp"
#include "media/rtp.hpp"
#include "media/telephone_event.hpp"
#include "media/udp.hpp"

namespace seatgrid::media {

struct recording;

/// What only legs with RTCP need.
struct rtcp_state {
  udp_socket socket{};  ///< none with rtcp-mux
  socket_address remote{};
  std::int64_t next_ns = 0;
  std::int64_t heard_ns = 0;  ///< of their last sender report
  std::uint32_t last_sender_report = 0;
  std::uint32_t round_trip_us = 0;
  std::uint32_t remote_jitter_us = 0;
  std::uint64_t remote_lost = 0;
};

/// One leg's media: its port, the stream it sends us, the stream it hears. Belongs to one worker's thread.
struct endpoint {
  endpoint(leg_id id, std::string owner, outgoing_stream::seed seed) : leg(id), tenant(std::move(owner)), out(seed) {}

  leg_id leg{};
  std::string tenant{};
  udp_socket rtp{};
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;  ///< of the slot: late epoll events name an older one
  std::uint16_t port = 0;

  socket_address remote{};       ///< where we send: the SDP's address, then the latched source
  socket_address described{};    ///< as the SDP said it
  socket_address left_behind{};  ///< the source before the last change, not to be latched again until `left_behind_until_ns`
  std::int64_t left_behind_until_ns = 0;
  bool latched = false;
  bool held_by_address = false;

  law codec = law::alaw;
  std::uint64_t codec_hash = 0;  ///< of its name: legs of equal codecs are relayed untouched
  std::uint8_t payload_type = 8;
  std::uint8_t dtmf_payload_type = 0;
  direction way = direction::sendrecv;

  reception in{};
  outgoing_stream out;
  event_receiver keys_heard{};
  std::int64_t key_seen_ns = 0;
  std::int64_t last_packet_ns = 0;
  std::int64_t listening_since_ns = 0;
  bool silence_told = false;

  endpoint* peer = nullptr;
  recording* tape = nullptr;
  std::uint8_t tape_channel = 0;

  std::unique_ptr<player> play{};
  std::unique_ptr<key_sender> keys{};
  std::unique_ptr<tone_detector> tones{};
  std::unique_ptr<rtcp_state> rtcp{};
  std::uint32_t play_generation = 0;  ///< highest play_id of a play or stop
  bool play_waits = false;            ///< its clips are being loaded
  bool clocked = false;               ///< in one of the worker's four phases

  bool is_connected() const { return remote.is_set(); }
  bool may_send() const {
    return is_connected() && !held_by_address && (way == direction::sendrecv || way == direction::sendonly);
  }
  bool accepts() const { return way == direction::sendrecv || way == direction::recvonly; }
  bool is_busy() const { return play != nullptr || (keys && !keys->idle()); }
};

}  // namespace seatgrid::media
