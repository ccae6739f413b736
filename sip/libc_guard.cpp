#include "sip/libc_guard.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace {

thread_local seatgrid::socket_guard* guard_of_thread = nullptr;
thread_local bool inside = false;  ///< the guard's own calls go straight to libc

template <class F>
F* libc(const char* name) noexcept {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

struct scope {
  scope() { inside = true; }
  ~scope() { inside = false; }
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;
};
bool is_guarded() noexcept { return guard_of_thread != nullptr && !inside; }

/// The first `size` bytes of a message's parts, without a copy when there is one part.
std::string_view flat(const msghdr& message, std::size_t size, std::string& room) {
  if (message.msg_iovlen == 0 || message.msg_iov == nullptr) return {};
  if (message.msg_iov[0].iov_len >= size) return {static_cast<const char*>(message.msg_iov[0].iov_base), size};
  room.clear();
  for (std::size_t i = 0; i < message.msg_iovlen && room.size() < size; ++i)
    room.append(static_cast<const char*>(message.msg_iov[i].iov_base), std::min(message.msg_iov[i].iov_len, size - room.size()));
  return room;
}

std::size_t size_of(const msghdr& message) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) size += message.msg_iov[i].iov_len;
  return size;
}

seatgrid::net_address peer_of(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  if (getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  return seatgrid::net_address::of(reinterpret_cast<const sockaddr*>(&peer), size);
}

/// Silence looks like a datagram that was not there, a refused connection like one that the peer reset.
ssize_t refuse(int code) {
  errno = code;
  return -1;
}

/// Puts `bytes`, no more than came, where they came.
void put(const msghdr& message, std::string_view bytes) {
  for (std::size_t i = 0; i < message.msg_iovlen && !bytes.empty(); ++i) {
    const auto part = bytes.substr(0, message.msg_iov[i].iov_len);
    std::copy(part.begin(), part.end(), static_cast<char*>(message.msg_iov[i].iov_base));
    bytes.remove_prefix(part.size());
  }
}

ssize_t received_on_stream(int socket, const msghdr& message, std::string_view bytes) {
  auto& guard = *guard_of_thread;
  const auto peer = peer_of(socket);
  const auto verdict = guard.admit_stream(socket, peer, bytes);
  if (const auto& answer = verdict.answer; !answer.empty()) {
    if (!guard.admit_send(socket, true, peer, answer)) return refuse(ECONNRESET);
    const auto sent = ::send(socket, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(answer.size())) return refuse(ECONNRESET);  // half an answer would spoil what follows
  }
  if (!verdict.goes_on) return refuse(ECONNRESET);
  if (!verdict.rest) return static_cast<ssize_t>(bytes.size());
  put(message, *verdict.rest);
  return verdict.rest->empty() ? refuse(EAGAIN) : static_cast<ssize_t>(verdict.rest->size());
}

ssize_t received(int socket, const msghdr& message, std::size_t size) {
  const scope own;
  auto& guard = *guard_of_thread;
  std::string room;
  const auto bytes = flat(message, size, room);
  if (message.msg_name == nullptr) return received_on_stream(socket, message, bytes);
  const auto from = seatgrid::net_address::of(static_cast<const sockaddr*>(message.msg_name), message.msg_namelen);
  const auto keep = guard.admit(bytes, from);
  if (const auto answer = guard.take_refusal(); !answer.empty() && guard.admit_send(socket, false, from, answer))
    ::sendto(socket, answer.data(), answer.size(), 0, static_cast<const sockaddr*>(message.msg_name), message.msg_namelen);
  return keep == 0 ? refuse(EAGAIN) : static_cast<ssize_t>(keep);
}

bool may_send(int socket, const msghdr& message) {
  const scope own;
  const bool is_stream = message.msg_name == nullptr;
  const auto to = is_stream ? peer_of(socket)
                            : seatgrid::net_address::of(static_cast<const sockaddr*>(message.msg_name), message.msg_namelen);
  std::string room;
  constexpr std::size_t head = 8;
  return guard_of_thread->admit_send(socket, is_stream, to, flat(message, std::min(head, size_of(message)), room));
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

ssize_t recvmsg(int socket, msghdr* message, int flags) {
  static auto* const real = libc<ssize_t(int, msghdr*, int)>("recvmsg");
  const auto size = real(socket, message, flags);
  if (!is_guarded() || (flags & MSG_PEEK) != 0 || size < 0 || message == nullptr) return size;
  if (size > 0) return received(socket, *message, static_cast<std::size_t>(size));
  if (message->msg_name == nullptr) guard_of_thread->stream_ended(socket);
  return size;
}

ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  static auto* const real = libc<ssize_t(int, const msghdr*, int)>("sendmsg");
  if (!is_guarded() || message == nullptr) return real(socket, message, flags);
  if (may_send(socket, *message)) {
    const auto sent = real(socket, message, flags);
    if (message->msg_name == nullptr && sent >= 0)
      guard_of_thread->stream_wrote(socket, static_cast<std::size_t>(sent) == size_of(*message));
    return sent;
  }
  return message->msg_name == nullptr ? refuse(EPIPE) : static_cast<ssize_t>(size_of(*message));
}

int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  static auto* const real = libc<int(const char*, const char*, const addrinfo*, addrinfo**)>("getaddrinfo");
  if (!is_guarded()) return real(node, service, hints, found);
  addrinfo numeric{};
  if (hints != nullptr) numeric = *hints;
  numeric.ai_flags |= AI_NUMERICHOST;  // a name from a stranger's Via must not stop this thread for a resolver's time-out
  return real(node, service, &numeric, found);
}

int epoll_wait(int epoll, epoll_event* events, int most, int timeout_ms) {
  static auto* const real = libc<int(int, epoll_event*, int, int)>("epoll_wait");
  return real(epoll, events, most, is_guarded() && timeout_ms == 0 ? 1 : timeout_ms);
}

}  // extern "C"
#pragma GCC visibility pop

namespace seatgrid {

guarded_thread::guarded_thread(socket_guard& guard) noexcept { guard_of_thread = &guard; }
guarded_thread::~guarded_thread() { guard_of_thread = nullptr; }

bool is_libc_guard_linked() noexcept {
  const auto ours = [](const char* name, auto* function) {
    return dlsym(RTLD_DEFAULT, name) == reinterpret_cast<void*>(function);
  };
  return ours("recvmsg", &::recvmsg) && ours("sendmsg", &::sendmsg) && ours("getaddrinfo", &::getaddrinfo) &&
         ours("epoll_wait", &::epoll_wait) && dlsym(RTLD_NEXT, "recvmsg") != dlsym(RTLD_DEFAULT, "recvmsg");
}

}  // namespace seatgrid
