#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "cluster/link_course.hpp"
#include "cluster/link_frame.hpp"
#include "cluster/link_stream.hpp"
#include "cluster/link_window.hpp"
#include "cluster/links.hpp"

/// Within cluster/links*.cpp alone: links over TCP, one thread with epoll.
namespace seatgrid::cluster {

struct remote;

/// One TCP connection. Belongs to the loop's thread.
struct connection {
  connection(std::uint64_t number, link_stream made, bool by_us) : id(number), stream(std::move(made)), dialed(by_us) {}
  std::uint64_t id;
  link_stream stream;
  bool dialed;
  bool opened = false;             ///< connected, TLS done
  bool serves = false;             ///< hello said and heard: it carries the link
  bool ending = false;             ///< ends as soon as what it has to say is written
  bool over = false;               ///< its socket is closed
  bool is_read = false;            ///< read_from is at it
  bool writable = true;            ///< no write has been put off
  std::size_t owes = 0;            ///< bytes of parts that came and are not acknowledged
  node_time acknowledge_at{};      ///< while it owes: with what goes out before, or alone
  std::shared_ptr<remote> peer{};  ///< dialed: from the start; accepted: after its hello
  std::string refused_for{};
  link_frame_reader reader{};
  std::string out{};
  std::size_t out_at = 0;
  bool said_hello = false;  ///< dialed ones
  node_time hello_due{};
  node_time deadline{};  ///< until it serves
  node_time last_heard{};
  node_time last_said{};
  node_time ping_every{};
  std::uint32_t interest = 0;  ///< of epoll
};

/// A peer of set_peers.
struct remote {
  remote(link_peer where, const link_options& options, std::uint64_t stream_word)
      : at(std::move(where)), stream(stream_word), window(options.waiting_bytes_max), inbox(options.message_bytes_max) {}
  // Under the guard of the links.
  link_peer at;
  const std::uint64_t stream;  ///< of what this process says to it
  link_window window;
  std::deque<envelope> beats{};
  bool is_queued = false;  ///< in `busy_`
  bool filled = false;     ///< a message was refused since the loop looked
  bool connected = false;
  bool secure = false;
  std::uint64_t sent = 0;
  std::atomic<std::uint64_t> received = 0;
  std::string trouble{};
  // The loop's own.
  link_inbox inbox;
  link_course course{};
  bool is_forgotten = false;
  connection* serving = nullptr;
  connection* dialing = nullptr;
};

class tcp_links final : public links {
 public:
  tcp_links(link_options options, link_handlers handlers, descriptor listening, std::unique_ptr<link_identity> identity,
            descriptor poll, descriptor wake);
  ~tcp_links() override;
  std::uint16_t port() const override { return port_; }
  void set_peers(std::vector<link_peer> peers) override;
  result<void> send(const lane_owner& to, envelope what) override;
  std::vector<link_view> view() const override;
  link_refusals refusals() const override;
  void close() override;
  void start();

 private:
  // links.cpp
  void wake_up();                                   ///< with the guard held, as the next
  void queue(const std::shared_ptr<remote>& peer);  ///< the loop shall look at it
  void remember(const remote& peer);                ///< what arrived of one that is forgotten
  // links_loop.cpp
  void run();
  void wait_and_handle();
  void take_orders();
  void tick();
  void accept_all();
  void dial_to(const std::shared_ptr<remote>& peer);
  void make_room();
  const link_identity* identity();
  connection& add(link_stream stream, bool dialed);
  void handle(connection& at, std::uint32_t events);
  void watch(connection& at);
  void due_by(node_time when) { next_tick_ = std::min(next_tick_, when); }
  // links_traffic.cpp
  void go_on_opening(connection& at);
  void read_from(connection& at);
  void take_frames(connection& at);
  void take(connection& at, const link_frame& frame);
  void take_part(connection& at, const link_frame& frame);
  void take_acknowledgement(connection& at, std::uint64_t seq);
  void deliver(connection& at, std::uint8_t kind, std::string bytes);
  void write_to(connection& at);
  void fill(connection& at);
  // links_meeting.cpp
  void begin_hello(connection& at);
  void say_hello_when_due(connection& at);
  void say_hello(connection& at, const remote* peer);
  void meet(connection& at, std::string_view body);
  void answer(connection& at, const link_hello& hello);
  void check_answer(connection& at, const link_hello& hello);
  bool begin(connection& at, const std::shared_ptr<remote>& peer, const link_hello& hello);
  void refuse(connection& at, const std::string& why);
  void end(connection& at, link_end how, const std::string& why);
  void tell(remote& peer, std::optional<link_down> word);
  void tell_up(remote& peer);
  void set_trouble(remote& peer, std::string why);
  void count_stranger(const std::string& why, bool crowded);
  std::shared_ptr<remote> find(const lane_owner& who) const;

  const link_options options_;
  const link_handlers handlers_;
  const std::uint16_t port_;
  mutable std::mutex guard_{};
  std::map<lane_owner, std::shared_ptr<remote>> remotes_{};
  std::vector<std::shared_ptr<remote>> busy_{};  ///< something was sent to them
  bool peers_changed_ = false;
  bool closed_ = false;
  bool awake_ = false;  ///< the wake descriptor is signalled
  std::thread::id loop_{};
  link_refusals refusals_{};
  // The loop's own.
  std::map<process_id, std::pair<std::uint64_t, std::uint64_t>> forgotten_{};  ///< stream and what arrived of it
  descriptor listening_;
  std::unique_ptr<link_identity> identity_;
  descriptor poll_;
  descriptor wake_;
  bool accepts_ = true;
  node_time accepts_again_{};
  node_time identity_looked_at_{};
  node_time now_{};
  node_time next_tick_{};
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<connection>> connections_{};
  std::vector<std::shared_ptr<remote>> mine_{};  ///< remotes_ as the loop last saw them
  std::vector<std::uint64_t> gone_{};            ///< connections that are over
  std::vector<std::uint64_t> write_soon_{};      ///< connections to write to when what is ready has been read
  std::string room_{};                           ///< for reading
  std::mutex joining_{};
  std::thread thread_{};
};

}  // namespace seatgrid::cluster
