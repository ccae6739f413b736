#include "sip/libc_guard.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sofia-sip/su.h>
#include <sofia-sip/su_wait.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace seatgrid {
namespace {

constexpr std::uint16_t port_a = 22'010, port_b = 22'011;

class udp_socket {
 public:
  explicit udp_socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    address_.sin_family = AF_INET, address_.sin_port = htons(port), address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address_), sizeof address_), 0);
  }
  ~udp_socket() { ::close(fd_); }
  udp_socket(const udp_socket&) = delete;
  udp_socket& operator=(const udp_socket&) = delete;

  /// Through the library that we guard, not through our own symbols.
  ssize_t send(const udp_socket& to, std::string text) {
    su_iovec_t part{};
    part.siv_base = text.data(), part.siv_len = text.size();
    su_sockaddr_t su{};
    std::memcpy(&su, &to.address_, sizeof to.address_);
    return su_vsend(fd_, &part, 1, 0, &su, sizeof to.address_);
  }
  std::string receive() {
    std::string room(2'000, '\0');
    su_iovec_t part{};
    part.siv_base = room.data(), part.siv_len = room.size();
    su_sockaddr_t su{};
    socklen_t size = sizeof su;
    const auto got = su_vrecv(fd_, &part, 1, 0, &su, &size);
    if (got < 0) return errno == EAGAIN ? "nothing" : "error";
    room.resize(static_cast<std::size_t>(got));
    return room;
  }

 private:
  sockaddr_in address_{};
  int fd_ = -1;
};

const std::string options_request = "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n";

int resolve_through_sofia(const char* name) {
  su_addrinfo_t hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;
  const int code = su_getaddrinfo(name, "5060", &hints, &found);
  if (found != nullptr) su_freeaddrinfo(found);
  return code;
}

TEST(LibcGuard, IsWhatLibrariesOfThisProcessReach) { EXPECT_TRUE(is_libc_guard_linked()); }

TEST(LibcGuard, HidesRefusedDatagramsFromAMarkedThreadOnly) {
  udp_socket a{port_a}, b{port_b};
  system_clock clock;
  datagram_filter filter{};
  socket_guard guard{clock, &filter};
  {
    const guarded_thread mark{guard};
    std::thread{[&] { a.send(b, options_request); }}.join();
    EXPECT_EQ(b.receive(), "nothing");
    EXPECT_EQ(filter.count(datagram_cause::unknown_source), 1U);
    filter.add_flow(*net_address::parse("127.0.0.1", port_a));
    std::thread{[&] { a.send(b, options_request); }}.join();
    EXPECT_EQ(b.receive(), options_request);
    filter.remove_flow(*net_address::parse("127.0.0.1", port_a));
    std::thread{[&] {
      a.send(b, options_request);
      EXPECT_EQ(b.receive(), options_request);
    }}.join();
  }
  a.send(b, options_request);
  EXPECT_EQ(b.receive(), options_request);
}

TEST(LibcGuard, RemembersWhereRequestsWent) {
  udp_socket a{port_a}, b{port_b};
  system_clock clock;
  datagram_filter filter{};
  socket_guard guard{clock, &filter};
  const guarded_thread mark{guard};
  a.send(b, "SIP/2.0 200 OK\r\n\r\n");
  EXPECT_EQ(b.receive(), "nothing");
  b.send(a, options_request);
  a.send(b, "SIP/2.0 200 OK\r\n\r\n");
  EXPECT_EQ(b.receive(), "SIP/2.0 200 OK\r\n\r\n");
}

TEST(LibcGuard, LetsNothingOutWithoutTheLease) {
  udp_socket a{port_a}, b{port_b};
  system_clock clock;
  socket_guard guard{clock};
  const guarded_thread mark{guard};
  guard.may_send = false;
  EXPECT_EQ(a.send(b, options_request), static_cast<ssize_t>(options_request.size()));
  EXPECT_EQ(b.receive(), "nothing");
  EXPECT_EQ(guard.unsent(), 1U);
  guard.may_send = true;
  a.send(b, options_request);
  EXPECT_EQ(b.receive(), options_request);
}

/// Whoever it is for may already be another process: what was heard here nobody would carry out.
TEST(LibcGuard, LetsNothingInWithoutTheLease) {
  udp_socket a{port_a}, b{port_b};
  system_clock clock;
  socket_guard guard{clock};
  bool speaks = false;
  guard.may_speak = [&] { return speaks; };
  const guarded_thread mark{guard};
  std::thread{[&] { a.send(b, options_request); }}.join();
  EXPECT_EQ(b.receive(), "nothing");
  EXPECT_EQ(guard.unheard(), 1U);
  EXPECT_FALSE(guard.admit_stream(7, {}, options_request).goes_on) << "as if the peer had reset it";
  speaks = true;
  a.send(b, options_request);
  EXPECT_EQ(b.receive(), options_request);
}

TEST(LibcGuard, NeverResolvesNamesOnAMarkedThread) {
  EXPECT_EQ(resolve_through_sofia("localhost"), 0);
  system_clock clock;
  socket_guard guard{clock};
  const guarded_thread mark{guard};
  EXPECT_EQ(resolve_through_sofia("localhost"), EAI_NONAME);
  EXPECT_EQ(resolve_through_sofia("127.0.0.1"), 0);
  int elsewhere = -1;
  std::thread{[&] { elsewhere = resolve_through_sofia("localhost"); }}.join();
  EXPECT_EQ(elsewhere, 0);
}

/// CPU that this thread uses while a Sofia root with one timer steps for `length`.
std::chrono::nanoseconds cpu_of_stepping(std::chrono::milliseconds length) {
  const auto cpu = [] {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
  };
  su_root_t* root = su_root_create(nullptr);
  su_timer_t* timer = su_timer_create(su_root_task(root), 2);
  su_timer_set_for_ever(
      timer, [](su_root_magic_t*, su_timer_t*, su_timer_arg_t*) {}, nullptr);
  const auto before = cpu();
  const auto end = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < end) su_root_step(root, 1'000);
  const auto used = cpu() - before;
  su_timer_destroy(timer);
  su_root_destroy(root);
  return used;
}

TEST(LibcGuard, LetsAMarkedThreadSleepUntilItsNextTimer) {
  su_init();
  system_clock clock;
  socket_guard guard{clock};
  const auto unmarked = cpu_of_stepping(std::chrono::milliseconds{300});
  const guarded_thread mark{guard};
  EXPECT_LT(cpu_of_stepping(std::chrono::milliseconds{300}), unmarked / 2);
}

struct connection {
  int listener = ::socket(AF_INET, SOCK_STREAM, 0), client = ::socket(AF_INET, SOCK_STREAM, 0), server = -1;
  connection() {
    sockaddr_in at{};
    at.sin_family = AF_INET, at.sin_port = htons(port_a), at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int one = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    EXPECT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::connect(client, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    server = ::accept(listener, nullptr, nullptr);
  }
  ~connection() { ::close(server), ::close(client), ::close(listener); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  std::string receive(const std::string& sent) const {
    EXPECT_EQ(::write(client, sent.data(), sent.size()), static_cast<ssize_t>(sent.size()));
    std::string room(2'000, '\0');
    su_iovec_t part{};
    part.siv_base = room.data(), part.siv_len = room.size();
    const auto got = su_vrecv(server, &part, 1, 0, nullptr, nullptr);
    if (got < 0) return errno == ECONNRESET ? "reset" : "error";
    return room.substr(0, static_cast<std::size_t>(got));
  }
};

TEST(LibcGuard, EndsConnectionsOfStrangersAndThoseWithReflectingVias) {
  system_clock clock;
  datagram_filter filter{};
  socket_guard guard{clock, &filter};
  const guarded_thread mark{guard};
  EXPECT_EQ(connection{}.receive(options_request), "reset");
  const connection ours;
  su_iovec_t part{};
  std::string text = options_request;
  part.siv_base = text.data(), part.siv_len = text.size();
  ASSERT_EQ(su_vsend(ours.server, &part, 1, 0, nullptr, 0), static_cast<ssize_t>(text.size()));
  EXPECT_EQ(ours.receive(options_request), options_request);
  EXPECT_EQ(ours.receive("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;mad"), "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;mad");
  EXPECT_EQ(ours.receive("dr=203.0.113.9\r\n\r\n"), "reset");
}

TEST(LibcGuard, AnswersOnAConnectionWhatSofiaMustNotSee) {
  system_clock clock;
  datagram_filter filter{};
  socket_guard guard{clock, &filter};
  const connection ours;
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  ASSERT_EQ(::getpeername(ours.server, reinterpret_cast<sockaddr*>(&peer), &size), 0);
  filter.add_flow(net_address::of(reinterpret_cast<const sockaddr*>(&peer), size));
  const std::string odd =
      "FROB sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n"
      "CSeq: 1 FROB\r\nContent-Length: 0\r\n\r\n";
  const guarded_thread mark{guard};
  EXPECT_EQ(ours.receive(odd + options_request), options_request);
  EXPECT_EQ(ours.receive(odd), "error");  // nothing is there, as after a spurious wake-up
  EXPECT_EQ(errno, EAGAIN);
  std::string heard(2'000, '\0');
  heard.resize(static_cast<std::size_t>(::read(ours.client, heard.data(), heard.size())));
  EXPECT_EQ(heard.find("SIP/2.0 501 "), 0U) << heard;
  EXPECT_EQ(filter.count(datagram_cause::method), 2U);
}

}  // namespace
}  // namespace seatgrid
