#include "sip/name_resolver.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "sip/inbox.hpp"

namespace seatgrid {
namespace {

constexpr int tries = 2;        // c-ares waits t for the first and 2t for the second
constexpr int time_shares = 3;  // so that t is a third

std::string text_of(const sockaddr* at) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (at->sa_family == AF_INET)
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(at)->sin_addr, text.data(), text.size());
  else if (at->sa_family == AF_INET6)
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(at)->sin6_addr, text.data(), text.size());
  return text.data();
}

}  // namespace

class name_resolver::impl {
 public:
  impl(milliseconds timeout, answered tell) : timeout_(timeout), tell_(std::move(tell)), questions_(questions_max) {}
  ~impl() {
    quit_.store(true);
    questions_.close();
    questions_.ring();
    if (thread_.joinable()) thread_.join();
  }
  void ask(const std::vector<std::string>& names) {
    if (names.empty()) return;
    if (!thread_.joinable()) thread_ = std::thread{[this] { run(); }};
    for (const auto& name : names)
      if (!questions_.push(name)) tell_(name, {}, seconds{0});
  }

 private:
  struct question {
    impl* self = nullptr;
    std::string name{};
  };

  static void on_answer(void* context, int status, int, ares_addrinfo* found) {
    const std::unique_ptr<question> asked{static_cast<question*>(context)};
    std::vector<std::string> addresses;
    int ttl = 0;
    if (status == ARES_SUCCESS && found != nullptr)
      for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
        ttl = addresses.empty() ? node->ai_ttl : std::min(ttl, node->ai_ttl);
        addresses.push_back(text_of(node->ai_addr));
      }
    if (found != nullptr) ares_freeaddrinfo(found);
    if (status != ARES_EDESTRUCTION) asked->self->tell_(asked->name, std::move(addresses), seconds{ttl});
  }

  void run() {
    ares_channel channel = nullptr;
    ares_options options{};
    options.timeout = static_cast<int>(timeout_.count()) / time_shares;
    options.tries = tries;
    if (ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) channel = nullptr;
    while (!quit_.load()) {
      for (auto& name : questions_.take()) start(channel, std::move(name));
      turn(channel);
    }
    if (channel != nullptr) ares_destroy(channel);
  }

  void start(ares_channel channel, std::string name) {
    if (channel == nullptr) return tell_(std::move(name), {}, seconds{0});
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = ARES_AI_NOSORT;
    auto* context = new question{this, std::move(name)};
    ares_getaddrinfo(channel, context->name.c_str(), nullptr, &hints, on_answer, context);
  }

  /// Waits for a question, an answer or a time-out, and lets c-ares act.
  void turn(ares_channel channel) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> waits{};
    waits[0] = {.fd = questions_.descriptor(), .events = POLLIN, .revents = 0};
    nfds_t count = 1;
    const int used = channel == nullptr ? 0 : ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const auto in = ARES_GETSOCK_READABLE(used, i) ? POLLIN : 0, out = ARES_GETSOCK_WRITABLE(used, i) ? POLLOUT : 0;
      if ((in | out) != 0) waits[count++] = {.fd = sockets[i], .events = static_cast<short>(in | out), .revents = 0};
    }
    timeval left{};
    const auto* time = channel == nullptr ? nullptr : ares_timeout(channel, nullptr, &left);
    const int ms = time == nullptr ? -1 : static_cast<int>(time->tv_sec * 1'000 + time->tv_usec / 1'000 + 1);
    ::poll(waits.data(), count, ms);
    if (channel == nullptr) return;
    for (nfds_t i = 1; i < count; ++i)
      ares_process_fd(channel, (waits[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0 ? waits[i].fd : ARES_SOCKET_BAD,
                      (waits[i].revents & POLLOUT) != 0 ? waits[i].fd : ARES_SOCKET_BAD);
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what is overdue
  }

  milliseconds timeout_;
  answered tell_;
  sip::inbox<std::string> questions_;
  std::atomic<bool> quit_{false};
  std::thread thread_{};
};

name_resolver::name_resolver(milliseconds timeout, answered tell) : impl_(std::make_unique<impl>(timeout, std::move(tell))) {}
name_resolver::~name_resolver() = default;
void name_resolver::ask(const std::vector<std::string>& names) { impl_->ask(names); }

}  // namespace seatgrid
