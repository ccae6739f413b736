#pragma once

#include <cstdint>
#include <optional>

#include "media/rtp.hpp"

namespace seatgrid::media {

/// The one RTP stream that a leg hears from us: same SSRC, growing sequence numbers and timestamps, whether a prompt plays,
/// another leg is relayed or a key is sent. Packets of ours are stamped by the sample; relayed ones keep the distances of their
/// source, so that the far end sees the true loss and order.
class outgoing_stream {
 public:
  struct seed {
    std::uint32_t ssrc = 0;
    std::uint32_t timestamp = 0;
    std::uint16_t sequence = 0;
  };
  explicit outgoing_stream(seed from) : ssrc_(from.ssrc), timestamp_(from.timestamp), sequence_(from.sequence) {}

  /// Header of our next audio packet of `samples`; the marker tells a pause before it (RFC 3551 4.1).
  rtp_packet own(std::uint8_t payload_type, std::uint32_t samples, std::int64_t now_ns);
  /// Header of the next packet of a key; `first` fixes the timestamp that all packets of the key carry (RFC 4733 2.5.1.2).
  rtp_packet key(std::uint8_t payload_type, bool first, std::uint32_t samples, std::int64_t now_ns);
  /// Lets time pass without a packet (the pause after a key).
  void skip(std::uint32_t samples, std::int64_t now_ns);
  /// Header for a packet of another leg. `restarted` begins a new mapping, as every packet of ours does. Nothing for a straggler
  /// from before the mapping.
  std::optional<rtp_packet> relayed(const rtp_packet& in, bool restarted, std::uint32_t samples, std::int64_t now_ns);

  /// The next relayed packet begins a new mapping.
  void unmap() { mapped_ = false; }
  void count(std::size_t payload_bytes);
  std::uint32_t ssrc() const { return ssrc_; }
  std::uint64_t packets() const { return packets_; }
  std::uint32_t octets() const { return octets_; }
  /// What the timestamp would be at `now_ns`, for sender reports.
  std::uint32_t timestamp_at(std::int64_t now_ns) const;

 private:
  bool catch_up(std::int64_t now_ns);
  void passed(std::uint32_t samples, std::int64_t now_ns);

  std::uint32_t ssrc_ = 0;
  std::uint32_t timestamp_ = 0;  ///< of the next sample
  std::uint32_t key_timestamp_ = 0;
  std::uint32_t timestamp_shift_ = 0;
  std::uint32_t source_ssrc_ = 0;
  std::uint32_t octets_ = 0;
  std::int64_t due_ns_ = 0;  ///< when the next sample is due; 0 = nothing was sent yet
  std::uint64_t packets_ = 0;
  std::uint16_t sequence_ = 0;
  std::uint16_t sequence_shift_ = 0;
  std::uint16_t first_source_sequence_ = 0;
  std::uint16_t since_mapped_ = 0;
  bool mapped_ = false;
};

}  // namespace seatgrid::media
