#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "media/endpoint.hpp"
#include "media/parts.hpp"
#include "media/recorder.hpp"
#include "media/recording_file.hpp"

namespace seatgrid::media {

/// A running recording: the time line here, the file on the writer's thread.
struct recording {
  media_record order{};
  std::unique_ptr<recorder> line{};
  std::shared_ptr<recording_file> file{};
};

/// The clips of a play are in memory.
struct clips_ready {
  leg_id leg{};
  std::uint32_t play_id = 0;
  bool loop = false;
  law codec = law::alaw;
  std::vector<clip_ptr> clips{};
  std::vector<std::string> missing{};
};
using worker_order = std::variant<media_command, clips_ready>;

struct worker_counters {
  counter packets_received, packets_relayed, packets_played, packets_malformed, packets_foreign, sends_failed, commands_refused;
  counter bridged_pairs, playing;
};

/// One thread with its epoll: every endpoint of its calls, their sockets, the 20 ms clock.
class worker {
 public:
  /// @error unavailable  no epoll, eventfd or timer left.
  static result<std::unique_ptr<worker>> start(shared_parts& parts);
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// False when `commands_max` wait. Orders that only end something pass up to twice that bound. Any thread.
  bool post(worker_order order);
  /// Closes what is open (recordings are completed), ends the thread.
  void stop();
  const worker_counters& counters() const { return counters_; }
  std::uint64_t waiting() const;

 private:
  explicit worker(shared_parts& parts);
  result<void> make_descriptors();
  void run();
  void on_epoll(std::uint64_t tag);
  void take_orders();
  void watch(int fd, std::uint64_t tag);
  endpoint* find(leg_id leg);
  void shut_down();

  // worker_commands.cpp
  void obey(const media_open& c);
  void obey(const media_connect& c);
  void obey(const media_play& c);
  void obey(const media_stop& c);
  void obey(const media_bridge& c);
  void obey(const media_unbridge& c);
  void obey(const media_record& c);
  void obey(const media_record_stop& c);
  void obey(const media_send_digit& c);
  void obey(const media_close& c);
  void obey(const clips_ready& c);
  result<void> bind(endpoint& e, std::uint16_t wanted);
  result<void> bind_pooled(endpoint& e);
  void adopt(std::unique_ptr<endpoint> e);
  void aim(endpoint& e, const media_connect& c);
  void aim_rtcp(endpoint& e, const media_connect& c);
  void unlink(endpoint& e);
  void close(endpoint& e);
  media_statistics statistics_of(const endpoint& e) const;

  // worker_packets.cpp
  void on_rtp(endpoint& e);
  void on_rtcp(endpoint& e);
  void before_latch(endpoint& e);
  bool latch(endpoint& e, const socket_address& source);
  void on_datagram(endpoint& e, std::span<std::uint8_t> datagram);
  void on_event(endpoint& e, const rtp_packet& packet, bool restarted);
  void on_audio(endpoint& e, const rtp_packet& packet, law codec, bool restarted);
  void relay(endpoint& to, const rtp_packet& packet, std::uint8_t* payload, std::uint32_t samples, bool restarted);
  void relay_audio(endpoint& from, const rtp_packet& packet, law codec, bool restarted);
  void tell_key(endpoint& e, heard_key key);
  void hear_rtcp(endpoint& e, byte_view datagram);
  void report_rtcp(endpoint& e, bool bye);
  bool transmit(endpoint& e, byte_view datagram);
  std::optional<law> audio_law(const endpoint& e, std::uint8_t payload_type) const;

  // worker_clock.cpp
  void on_clock();
  void on_sweep();
  void sweep_endpoint(endpoint& e);
  void set_clocked(endpoint& e);
  bool step(endpoint& e);
  bool step_keys(endpoint& e);
  void step_play(endpoint& e);
  void arm_clock(bool on);
  void start_play(endpoint& e, std::unique_ptr<player> play);
  void drop_play(endpoint& e);

  // worker_records.cpp
  void finish_recording(std::uint64_t id);
  void sweep_recordings();
  void detach(recording& r);
  void attach(recording& r, leg_id leg, std::uint8_t channel);

  std::int64_t utc_us(std::int64_t mono_ns) const { return mono_ns / 1'000 + utc_shift_us_; }
  void read_clocks();

  static constexpr std::size_t phases = 4;  // of 5 ms: 500 players are four bursts, not one
  static constexpr std::size_t sweep_parts = 10;

  shared_parts& parts_;
  worker_counters counters_{};
  int epoll_ = -1;
  int wake_ = -1;
  int clock_ = -1;
  int sweep_ = -1;
  std::int64_t now_ns_ = 0;
  std::int64_t utc_shift_us_ = 0;
  bool stopping_ = false;
  bool clock_armed_ = false;
  std::uint64_t tick_ = 0;
  std::uint64_t sweeps_ = 0;

  std::vector<std::unique_ptr<endpoint>> slots_{};
  std::vector<std::uint32_t> generations_{};
  std::vector<std::uint32_t> free_slots_{};
  std::unordered_map<leg_id, endpoint*> legs_{};
  std::array<std::vector<endpoint*>, phases> clocked_{};
  std::vector<endpoint*> open_keys_{};  ///< whose event's end may have been lost
  std::unordered_map<std::uint64_t, std::unique_ptr<recording>> recordings_{};
  std::mt19937_64 chance_;
  alignas(16) std::array<std::uint8_t, 2'048> buffer_{};

  mutable std::mutex lock_{};
  std::vector<worker_order> waiting_{};
  bool stop_asked_ = false;
  bool closed_ = false;
  std::vector<worker_order> batch_{};
  std::thread thread_{};
};

}  // namespace seatgrid::media
