#include <array>

#include "media/rtcp.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid::media;

namespace {

constexpr std::uint32_t our_ssrc = 0x11223344;

bool same(const report_block& a, const report_block& b) {
  return a.ssrc == b.ssrc && a.fraction_lost == b.fraction_lost && a.cumulative_lost == b.cumulative_lost &&
         a.highest_sequence == b.highest_sequence && a.jitter == b.jitter && a.last_sender_report == b.last_sender_report &&
         a.delay_since == b.delay_since;
}

void check_incoming(byte_view datagram) {
  const auto heard = parse_rtcp(datagram, our_ssrc);
  if (!heard) return;
  must(datagram.size() % 4 == 0, "a compound packet is whole words");
  if (!heard->about_us) return;
  must(heard->about_us->ssrc == our_ssrc, "a block about us is about us");
  must(heard->about_us->cumulative_lost >= -0x800000 && heard->about_us->cumulative_lost <= 0x7FFFFF, "loss has 24 bits");
  if (const auto trip = round_trip_us(*heard->about_us, heard->sender_ntp.value_or(0)))
    must(*trip <= 10'000'000, "a round trip is bounded");
}

void check_outgoing(input_reader in) {
  const report_block block{.ssrc = our_ssrc,
                           .fraction_lost = in.byte(),
                           .cumulative_lost = static_cast<std::int32_t>(in.dword() << 8) >> 8,
                           .highest_sequence = in.dword(),
                           .jitter = in.dword(),
                           .last_sender_report = in.dword(),
                           .delay_since = in.dword()};
  rtcp_outgoing report{
      .ssrc = in.dword(), .ntp = in.qword(), .timestamp = in.dword(), .packets = in.dword(), .octets = in.dword()};
  const auto choice = in.byte();
  if ((choice & 1) != 0) report.block = block;
  report.bye = (choice & 2) != 0;
  const auto name = in.rest();
  report.cname = name;
  std::array<std::uint8_t, rtcp_bytes_max> out{};
  const auto length = write_rtcp(out, report);
  must(length <= out.size() && length % 4 == 0, "our report fits");
  const auto read = parse_rtcp({out.data(), length}, our_ssrc);
  must(read.has_value(), "our report can be read");
  must(read->bye == report.bye && read->about_us.has_value() == report.block.has_value(),
       "our report has the parts that we gave");
  if (report.block) must(same(*read->about_us, block), "our block says the same");
  if (report.packets != 0) must(read->sender_ntp == report.ntp, "our time says the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_incoming({data, size});
  check_outgoing({data, size});
  return 0;
}
