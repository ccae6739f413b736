#include <array>
#include <cstring>
#include <vector>

#include "media/quality.hpp"
#include "media/rtp.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid::media;

namespace {

void check_packet(byte_view datagram) {
  const auto read = parse_rtp(datagram);
  looks_like_rtcp(datagram);
  if (!read) return;
  must(datagram.size() <= datagram_bytes_max && !read->payload.empty(), "a packet is bounded and not empty");
  must(read->payload.data() >= datagram.data() + rtp_header_bytes &&
           read->payload.data() + read->payload.size() <= datagram.data() + datagram.size(),
       "the payload lies within the datagram");
  std::vector<std::uint8_t> written(rtp_header_bytes + read->payload.size());
  write_rtp_header(written.data(), *read);
  std::memcpy(&written[rtp_header_bytes], read->payload.data(), read->payload.size());
  const auto again = parse_rtp(written);
  must(again && again->payload_type == read->payload_type && again->marker == read->marker && again->sequence == read->sequence &&
           again->timestamp == read->timestamp && again->ssrc == read->ssrc && again->payload.size() == read->payload.size(),
       "what was written says the same");
}

/// The rest of the input as a stream: each packet two bytes of sequence, two of time, one of choices.
void check_reception(input_reader in) {
  reception heard;
  std::uint64_t accepted = 0, packets = 0;
  std::uint32_t arrived = 0;
  const std::array<std::uint8_t, 1> payload{0};
  while (!in.empty()) {
    const auto sequence = in.word();
    const std::uint32_t time = in.word();
    const auto choice = in.byte();
    arrived += 160U + (choice & 0x3F);
    const rtp_packet packet{.payload_type = 8,
                            .sequence = sequence,
                            .timestamp = time * ((choice & 0x40) != 0 ? 65'537U : 160U),
                            .ssrc = choice & 0x80U,
                            .payload = payload};
    ++packets;
    if (heard.accept(packet, arrived, (choice & 1) == 0) != arrival::rejected) ++accepted;
    must(heard.received() == accepted, "every accepted packet is counted");
    must(heard.lost() <= packets * 0x10000, "loss is bounded by the sequence numbers");
    if ((choice & 6) == 6) {
      const auto report = heard.report();
      must(report.cumulative >= -0x800000 && report.cumulative <= 0x7FFFFF, "loss fits its 24 bits");
    }
  }
  const auto mos = mos_hundredths(
      {.received = heard.received(), .lost = heard.lost(), .jitter_us = heard.jitter_us(), .round_trip_us = arrived});
  must(mos == 0 || (mos >= 100 && mos <= 450), "a score is a score");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_packet({data, size});
  check_reception({data, size});
  return 0;
}
