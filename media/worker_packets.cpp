#include <algorithm>

#include "media/worker.hpp"

namespace seatgrid::media {
namespace {

constexpr std::uint8_t static_ulaw = 0;  // RFC 3551 table 4
constexpr std::uint8_t static_alaw = 8;
constexpr unsigned strangers_max = 64;  // datagrams read at once when a source is latched
constexpr std::int64_t ns_per_unit = 125'000;

}  // namespace

void worker::on_rtp(endpoint& e) {
  if (!e.latched) return before_latch(e);
  const auto bytes = e.rtp.receive(buffer_);
  if (bytes != 0) on_datagram(e, std::span{buffer_}.first(bytes));
}

/// Until a source is latched every datagram tells where it came from. The first RTP packet of a negotiated payload type decides,
/// once: later sources need a new media_connect (else anybody could steal the stream).
void worker::before_latch(endpoint& e) {
  socket_address source;
  const auto bytes = e.rtp.receive_from(buffer_, source);
  if (bytes == 0) return;
  const auto datagram = std::span{buffer_}.first(bytes);
  const auto packet = parse_rtp(datagram);
  if (!packet) return counters_.packets_malformed.add();
  const bool known =
      audio_law(e, packet->payload_type) || (e.dtmf_payload_type != 0 && packet->payload_type == e.dtmf_payload_type);
  const bool stale = source == e.left_behind && now_ns_ < e.left_behind_until_ns && !(source == e.described);
  if (!e.is_connected() || !known || stale) return counters_.packets_foreign.add();
  if (!latch(e, source)) return counters_.packets_foreign.add();
  on_datagram(e, datagram);
  for (unsigned i = 0; i < strangers_max; ++i) {  // what had arrived before the kernel began to filter
    socket_address other;
    const auto more = e.rtp.receive_from(buffer_, other);
    if (more == 0) return;
    if (other == source)
      on_datagram(e, std::span{buffer_}.first(more));
    else
      counters_.packets_foreign.add();
  }
}

bool worker::latch(endpoint& e, const socket_address& source) {
  if (!e.rtp.connect(source)) return false;
  e.latched = true;
  e.remote = source;
  e.left_behind = {};
  return true;
}

std::optional<law> worker::audio_law(const endpoint& e, std::uint8_t payload_type) const {
  if (payload_type == e.payload_type) return e.codec;
  if (payload_type == static_alaw) return law::alaw;
  if (payload_type == static_ulaw) return law::ulaw;
  return std::nullopt;
}

void worker::on_datagram(endpoint& e, std::span<std::uint8_t> datagram) {
  if (e.rtcp && looks_like_rtcp(datagram)) return hear_rtcp(e, datagram);
  const auto packet = parse_rtp(datagram);
  if (!packet) return counters_.packets_malformed.add();
  const bool is_event = e.dtmf_payload_type != 0 && packet->payload_type == e.dtmf_payload_type;
  const auto codec = is_event ? std::optional{e.codec} : audio_law(e, packet->payload_type);
  if (!codec) return counters_.packets_malformed.add();
  counters_.packets_received.add();
  const auto how = e.in.accept(*packet, static_cast<std::uint32_t>(now_ns_ / ns_per_unit), !is_event);
  if (how == arrival::rejected) return;
  e.last_packet_ns = now_ns_;
  e.silence_told = false;
  if (!e.accepts()) return;
  const bool restarted = how == arrival::restarted;
  if (is_event) return on_event(e, *packet, restarted);
  on_audio(e, *packet, *codec, restarted);
}

void worker::on_event(endpoint& e, const rtp_packet& packet, bool restarted) {
  const auto event = parse_telephone_event(packet.payload);
  if (!event) return counters_.packets_malformed.add();
  if (restarted) {
    if (auto cut = e.keys_heard.expire()) tell_key(e, *cut);
    e.keys_heard.reset();
  }
  const auto heard = e.keys_heard.accept(packet.timestamp, *event);
  e.key_seen_ns = now_ns_;
  if (e.keys_heard.open() && std::find(open_keys_.begin(), open_keys_.end(), &e) == open_keys_.end()) open_keys_.push_back(&e);
  for (std::size_t i = 0; i < heard.count; ++i) tell_key(e, heard.keys[i]);
  auto* to = e.peer;
  if (to == nullptr || !to->may_send()) return;
  if (to->dtmf_payload_type == 0) {  // they know tones only: played once the key is over and its length known
    for (std::size_t i = 0; i < heard.count; ++i)
      obey(media_send_digit{.leg = to->leg, .digit = heard.keys[i].key, .length = milliseconds{heard.keys[i].duration_ms}});
    return;
  }
  if (to->is_busy()) return to->out.unmap();
  auto out = packet;
  out.payload_type = to->dtmf_payload_type;
  relay(*to, out, const_cast<std::uint8_t*>(packet.payload.data()), event->duration, restarted);
}

void worker::tell_key(endpoint& e, heard_key key) {
  parts_.sink(media_digit{.leg = e.leg, .digit = key.key, .duration_ms = key.duration_ms});
}

void worker::on_audio(endpoint& e, const rtp_packet& packet, law codec, bool restarted) {
  if (e.tones && codec != law::other) {
    std::array<std::int16_t, datagram_bytes_max> linear{};
    const auto& table = linear_of(codec);
    std::transform(packet.payload.begin(), packet.payload.end(), linear.begin(), [&](std::uint8_t c) { return table[c]; });
    if (auto key = e.tones->feed(std::span{linear}.first(packet.payload.size()))) tell_key(e, *key);
  }
  if (e.tape != nullptr) e.tape->line->write(e.tape_channel, packet, codec, now_ns_);
  if (e.peer != nullptr) relay_audio(e, packet, codec, restarted);
}

void worker::relay_audio(endpoint& from, const rtp_packet& packet, law codec, bool restarted) {
  auto& to = *from.peer;
  if (!to.may_send() || to.is_busy()) return to.out.unmap();
  const bool opaque = codec == law::other || to.codec == law::other;
  if (opaque && (from.codec_hash != to.codec_hash || packet.payload_type != from.payload_type)) return;
  auto* payload = const_cast<std::uint8_t*>(packet.payload.data());  // in our own buffer
  if (!opaque && codec != to.codec) {
    const auto& codes = codes_between(codec, to.codec);
    for (std::size_t i = 0; i < packet.payload.size(); ++i) payload[i] = codes[payload[i]];
  }
  auto out = packet;
  out.payload_type = to.payload_type;
  const auto samples = opaque ? frame_samples : packet.payload.size();
  relay(to, out, payload, static_cast<std::uint32_t>(samples), restarted);
}

/// Sends `packet` on in place: the new header goes right before the payload, where the old one with its extensions was.
void worker::relay(endpoint& to, const rtp_packet& packet, std::uint8_t* payload, std::uint32_t samples, bool restarted) {
  const auto header = to.out.relayed(packet, restarted, samples, now_ns_);
  if (!header) return;
  auto* start = payload - rtp_header_bytes;
  write_rtp_header(start, *header);
  if (!transmit(to, {start, rtp_header_bytes + packet.payload.size()})) return;
  to.out.count(packet.payload.size());
  counters_.packets_relayed.add();
}

bool worker::transmit(endpoint& e, byte_view datagram) {
  if (!parts_.may_speak()) return false;
  const bool sent = e.latched ? e.rtp.send(datagram) : e.rtp.send_to(datagram, e.remote);
  if (!sent) counters_.sends_failed.add();
  return sent;
}

void worker::on_rtcp(endpoint& e) {
  if (!e.rtcp || !e.rtcp->socket) return;
  socket_address source;
  const auto bytes = e.rtcp->socket.receive_from(buffer_, source);
  if (bytes == 0) return;
  if (!source.same_host(e.remote)) return counters_.packets_foreign.add();
  hear_rtcp(e, std::span{buffer_}.first(bytes));
}

void worker::hear_rtcp(endpoint& e, byte_view datagram) {
  const auto heard = parse_rtcp(datagram, e.out.ssrc());
  if (!heard) return counters_.packets_malformed.add();
  auto& r = *e.rtcp;
  const auto ntp = ntp_of(utc_us(now_ns_));
  if (heard->sender_ntp) {
    r.last_sender_report = static_cast<std::uint32_t>(*heard->sender_ntp >> 16);
    r.heard_ns = now_ns_;
  }
  if (!heard->about_us) return;
  r.remote_lost = static_cast<std::uint64_t>(std::max(heard->about_us->cumulative_lost, 0));
  r.remote_jitter_us =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{heard->about_us->jitter} * 125, 0xFFFFFFFF));
  if (auto trip = round_trip_us(*heard->about_us, ntp)) r.round_trip_us = *trip;
}

void worker::report_rtcp(endpoint& e, bool bye) {
  auto& r = *e.rtcp;
  std::array<char, 24> name{};
  constexpr std::string_view hex = "0123456789abcdef";
  for (unsigned i = 0; i < 8; ++i) name[i] = hex[(e.out.ssrc() >> (28 - 4 * i)) & 15U];
  constexpr std::string_view domain = "@seatgrid";
  std::copy(domain.begin(), domain.end(), name.begin() + 8);
  rtcp_outgoing report{.ssrc = e.out.ssrc(),
                       .ntp = ntp_of(utc_us(now_ns_)),
                       .timestamp = e.out.timestamp_at(now_ns_),
                       .packets = static_cast<std::uint32_t>(e.out.packets()),
                       .octets = e.out.octets(),
                       .cname = {name.data(), 8 + domain.size()},
                       .bye = bye};
  if (e.in.started()) {
    const auto loss = e.in.report();
    const auto since = r.heard_ns == 0 ? 0 : (now_ns_ - r.heard_ns) / 1'000 * 65'536 / 1'000'000;
    report.block = report_block{.ssrc = e.in.ssrc(),
                                .fraction_lost = loss.fraction,
                                .cumulative_lost = loss.cumulative,
                                .highest_sequence = e.in.highest_sequence(),
                                .jitter = e.in.jitter_units(),
                                .last_sender_report = r.last_sender_report,
                                .delay_since = static_cast<std::uint32_t>(since)};
  }
  std::array<std::uint8_t, rtcp_bytes_max> bytes{};
  const auto length = write_rtcp(bytes, report);
  const byte_view datagram{bytes.data(), length};
  if (r.socket) {
    if (parts_.may_speak()) r.socket.send_to(datagram, r.remote);
  } else {
    transmit(e, datagram);
  }
}

}  // namespace seatgrid::media
