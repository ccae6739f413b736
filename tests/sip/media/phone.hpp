#pragma once

#include <poll.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <numbers>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "domain/media_port.hpp"
#include "media/g711.hpp"
#include "media/rtp.hpp"
#include "media/telephone_event.hpp"
#include "media/udp.hpp"

/// A far end on a real socket, for tests: sends 20 ms frames by its own clock and keeps what it hears.
namespace seatgrid::media_test {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

struct heard_packet {
  media::rtp_packet header{};  ///< without its payload
  std::vector<std::uint8_t> payload{};
  steady::time_point at{};
};

class phone {
 public:
  explicit phone(media::law codec = media::law::alaw, const char* host = "127.0.0.1")
      : codec_(codec), payload_type_(codec == media::law::alaw ? 8 : 0) {
    socket_ = std::move(*media::udp_socket::bound(*media::socket_address::parse(host, 0), 0));
    media::socket_address own;
    socklen_t length = media::socket_address::length_max;
    getsockname(socket_.fd(), own.raw(), &length);
    address_ = {.host = host, .port = own.port()};
  }

  const media_address& address() const { return address_; }
  void aim(const media_address& at) { remote_ = *media::socket_address::parse(at.host, at.port); }
  void speak(double hz, double amplitude = 8'000) {
    hz_ = hz;
    amplitude_ = amplitude;
  }
  void set_source(std::function<std::int16_t(std::uint32_t)> sample) { source_ = std::move(sample); }
  void set_ssrc(std::uint32_t ssrc) { ssrc_ = ssrc; }
  void jump_sequence(std::uint16_t by) { sequence_ = static_cast<std::uint16_t>(sequence_ + by); }
  void lose_next() { lose_ = true; }

  media_connect connect_order(leg_id leg, std::uint8_t dtmf = 101) const {
    return {.leg = leg,
            .remote = address_,
            .payload_type = payload_type_,
            .codec_name = codec_ == media::law::alaw ? "PCMA" : "PCMU",
            .dtmf_payload_type = dtmf};
  }

  void send_frame() {
    std::array<std::uint8_t, media::frame_samples> frame{};
    for (auto& code : frame) code = media::from_linear(codec_, next_sample());
    send(payload_type_, frame, timestamp_, false);
    timestamp_ += static_cast<std::uint32_t>(frame.size());
  }
  /// One packet of an event that began `duration` units ago.
  void send_event(std::uint8_t code, std::uint16_t duration, bool end, std::uint8_t payload_type = 101) {
    if (event_began_ == std::nullopt) event_began_ = timestamp_;
    std::array<std::uint8_t, 4> payload{};
    media::write_telephone_event(payload.data(), {.code = code, .end = end, .duration = duration});
    send(payload_type, payload, *event_began_, duration == 160);
    timestamp_ = *event_began_ + duration;
    if (end) ended_ = true;
  }
  void event_over() {
    event_began_.reset();
    ended_ = false;
  }
  void send_raw(media::byte_view bytes) { socket_.send_to(bytes, remote_); }

  /// Reads everything that waits.
  void listen() {
    std::array<std::uint8_t, 2'048> buffer{};
    media::socket_address source;
    while (const auto bytes = socket_.receive_from(buffer, source)) {
      const auto packet = media::parse_rtp({buffer.data(), bytes});
      if (!packet) continue;
      auto header = *packet;
      header.payload = {};
      heard.push_back({.header = header, .payload = {packet->payload.begin(), packet->payload.end()}, .at = steady::now()});
    }
  }
  std::size_t fd() const { return static_cast<std::size_t>(socket_.fd()); }

  /// What was heard as samples, packet after packet, from the `skip`-th audio packet on.
  std::vector<std::int16_t> sound(std::size_t skip = 0) const {
    std::vector<std::int16_t> out;
    std::size_t n = 0;
    for (const auto& p : heard)
      if (p.header.payload_type == payload_type_ && n++ >= skip)
        for (const auto code : p.payload) out.push_back(media::to_linear(codec_, code));
    return out;
  }
  std::vector<heard_packet> heard{};

 private:
  std::int16_t next_sample() {
    const auto n = sample_++;
    if (source_) return source_(n);
    return static_cast<std::int16_t>(amplitude_ * std::sin(2 * std::numbers::pi * hz_ * n / 8'000.0));
  }
  void send(std::uint8_t payload_type, media::byte_view payload, std::uint32_t timestamp, bool marker) {
    std::vector<std::uint8_t> datagram(media::rtp_header_bytes);
    media::write_rtp_header(
        datagram.data(),
        {.payload_type = payload_type, .marker = marker, .sequence = sequence_++, .timestamp = timestamp, .ssrc = ssrc_});
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    if (!std::exchange(lose_, false)) socket_.send_to(datagram, remote_);
  }

  media::udp_socket socket_{};
  media_address address_{};
  media::socket_address remote_{};
  media::law codec_ = media::law::alaw;
  std::uint8_t payload_type_ = 8;
  double hz_ = 0;
  double amplitude_ = 0;
  std::function<std::int16_t(std::uint32_t)> source_{};
  std::uint32_t sample_ = 0;
  std::uint32_t timestamp_ = 1'000;
  std::uint32_t ssrc_ = 0x5EA7;
  std::uint16_t sequence_ = 65'500;  ///< wraps soon, as it does in life
  std::optional<std::uint32_t> event_began_{};
  bool ended_ = false;
  bool lose_ = false;
};

/// Lets `phones` speak a frame each 20 ms and listen meanwhile.
inline void talk(std::chrono::milliseconds length, const std::vector<phone*>& phones) {
  const auto start = steady::now();
  for (auto at = 0ms; at < length; at += 20ms) {
    for (auto* p : phones) p->send_frame();
    while (steady::now() < start + at + 20ms) {
      for (auto* p : phones) p->listen();
      std::this_thread::sleep_for(1ms);
    }
  }
  for (auto* p : phones) p->listen();
}
inline void only_listen(std::chrono::milliseconds length, const std::vector<phone*>& phones) {
  const auto end = steady::now() + length;
  while (steady::now() < end) {
    for (auto* p : phones) p->listen();
    std::this_thread::sleep_for(500us);
  }
}

/// Share of the energy that one tone explains, 0 to 1.
inline double share_of_tone(const std::vector<std::int16_t>& sound, double hz) {
  double re = 0;
  double im = 0;
  double all = 1e-9;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / 8'000.0;
    re += sound[i] * std::cos(angle);
    im += sound[i] * std::sin(angle);
    all += static_cast<double>(sound[i]) * sound[i];
  }
  return 2 * (re * re + im * im) / (all * static_cast<double>(std::max<std::size_t>(sound.size(), 1)));
}

/// Keeps the engine's events and waits for them.
class event_log {
 public:
  void add(media_event event) {
    const std::lock_guard hold{lock_};
    events_.push_back(std::move(event));
    wake_.notify_all();
  }
  template <class T>
  std::optional<T> wait(
      const std::function<bool(const T&)>& wanted = [](const T&) { return true; }, std::chrono::milliseconds most = 3'000ms) {
    std::unique_lock hold{lock_};
    std::optional<T> found;
    wake_.wait_for(hold, most, [&] {
      for (const auto& e : events_)
        if (const auto* x = std::get_if<T>(&e); x != nullptr && wanted(*x)) {
          found = *x;
          return true;
        }
      return false;
    });
    return found;
  }
  template <class T>
  std::vector<T> all() const {
    const std::lock_guard hold{lock_};
    std::vector<T> out;
    for (const auto& e : events_)
      if (const auto* x = std::get_if<T>(&e)) out.push_back(*x);
    return out;
  }

 private:
  mutable std::mutex lock_{};
  std::condition_variable wake_{};
  std::vector<media_event> events_{};
};

}  // namespace seatgrid::media_test
