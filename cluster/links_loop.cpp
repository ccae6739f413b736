#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/thread_name.hpp"
#include "cluster/links_internal.hpp"

/// The thread of the links: what is ready, what is due, whom to dial, who may come.
namespace seatgrid::cluster {

namespace {

constexpr std::uint64_t wake_word = 0, listen_word = 1, first_id = 2;
constexpr std::size_t events_max = 128;
constexpr milliseconds accept_pause{50};  // after descriptors ran out
constexpr milliseconds idle_max{500};
constexpr milliseconds identity_every{500};  // between looks at the certificates' files
constexpr std::size_t accepts_at_once = 64;

node_time clock_now() { return std::chrono::duration_cast<node_time>(std::chrono::steady_clock::now().time_since_epoch()); }

}  // namespace

void tcp_links::run() {
  name_this_thread("links");
  {
    std::lock_guard lock{guard_};
    loop_ = std::this_thread::get_id();
  }
  last_id_ = first_id;
  room_.resize(256 * 1'024);
  for (const auto& [fd, word] : {std::pair{wake_.get(), wake_word}, std::pair{listening_.get(), listen_word}}) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = word}};
    ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event);
  }
  now_ = clock_now();
  for (bool goes_on = true; goes_on;) {
    wait_and_handle();
    take_orders();
    if (now_ >= next_tick_) tick();
    for (const auto id : std::exchange(gone_, {})) connections_.erase(id);
    std::lock_guard lock{guard_};
    goes_on = !closed_;
    if (!busy_.empty() || peers_changed_) next_tick_ = now_;  // handlers said something in tick(), without waking this thread
  }
  for (auto& [id, at] : connections_)  // what was sent last is worth one try
    if (at->serves) write_to(*at);
  connections_.clear();
  listening_ = descriptor{};
}

void tcp_links::wait_and_handle() {
  std::array<epoll_event, events_max> events{};
  const auto left = std::chrono::ceil<milliseconds>(std::max(next_tick_ - now_, node_time{}));
  const int count = ::epoll_wait(poll_.get(), events.data(), events_max, static_cast<int>(left.count()));
  now_ = clock_now();
  for (int i = 0; i < count; ++i) {
    const auto word = events[static_cast<std::size_t>(i)].data.u64;
    if (word == wake_word) {
      std::uint64_t ignored = 0;
      std::lock_guard lock{guard_};
      [[maybe_unused]] const auto read = ::read(wake_.get(), &ignored, sizeof ignored);
      awake_ = false;
    } else if (word == listen_word) {
      accept_all();
    } else if (const auto found = connections_.find(word); found != connections_.end() && !found->second->over) {
      handle(*found->second, events[static_cast<std::size_t>(i)].events);
    }
  }
}

void tcp_links::take_orders() {
  std::vector<std::shared_ptr<remote>> busy, before;
  bool changed = false;
  {
    std::lock_guard lock{guard_};
    busy.swap(busy_);
    for (const auto& peer : busy) peer->is_queued = false;
    changed = std::exchange(peers_changed_, false);
    if (changed) {
      before.swap(mine_);
      for (const auto& [who, peer] : remotes_) mine_.push_back(peer);
      next_tick_ = now_;
    }
  }
  for (const auto& old : before) {
    if (std::find(mine_.begin(), mine_.end(), old) != mine_.end()) continue;
    remember(*old);
    old->is_forgotten = true;
    for (auto* at : {old->serving, old->dialing})
      if (at != nullptr) end(*at, link_end::wrong, "it is no peer any more");
  }
  if (changed)
    for (const auto& peer : mine_)
      if (const auto known = forgotten_.find(peer->at.who.process); known != forgotten_.end()) {
        peer->inbox.begin(known->second.first, known->second.second + 1);
        forgotten_.erase(known);
      }
  for (const auto& peer : busy) {
    if (peer->is_forgotten) continue;
    bool filled = false;
    {
      std::lock_guard lock{guard_};
      filled = std::exchange(peer->filled, false) && peer->window.is_full();
    }
    if (filled) tell(*peer, cluster::filled(peer->course));
    if (peer->serving != nullptr && peer->serving->writable) write_to(*peer->serving);
  }
  for (const auto id : std::exchange(write_soon_, {}))
    if (const auto found = connections_.find(id); found != connections_.end())
      if (auto& at = *found->second; !at.over && at.writable) write_to(at);
}

void tcp_links::tick() {
  next_tick_ = now_ + idle_max;
  if (!accepts_ && now_ >= accepts_again_) {
    accepts_ = true;
    epoll_event event{.events = EPOLLIN, .data = {.u64 = listen_word}};
    ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, listening_.get(), &event);
  }
  for (auto& [id, at] : connections_) {
    if (at->over) continue;
    if (!at->serves || at->ending) {
      if (now_ >= at->deadline)
        end(*at, link_end::silent, at->opened ? "no hello came in time" : "no connection came about in time");
      else if (due_by(at->deadline); at->opened && at->dialed && !at->ending)
        say_hello_when_due(*at);
      continue;
    }
    if (now_ - at->last_heard >= options_.silence) {
      end(*at, link_end::silent, "it said nothing for " + std::to_string(options_.silence.count()) + " ms");
      continue;
    }
    if (at->owes != 0 && now_ < at->acknowledge_at)
      due_by(at->acknowledge_at);
    else if (at->owes != 0 && at->writable)
      write_to(*at);
    if (at->over) continue;
    if (at->out.empty() && now_ - at->last_said >= at->ping_every) {
      write_ping(at->out);
      write_to(*at);
    }
    if (!at->over) due_by(std::min(at->last_heard + options_.silence, now_ + at->ping_every));
  }
  for (const auto& peer : mine_) {
    tell(*peer, passed(peer->course, options_, now_));
    if (peer->course.last_told == link_course::told::up && peer->serving == nullptr)
      due_by(peer->course.broke_at + options_.heal);
    if (peer->serving != nullptr || peer->dialing != nullptr) continue;
    if (now_ >= peer->course.next_dial) dial_to(peer);
    if (peer->dialing == nullptr) due_by(peer->course.next_dial);
  }
}

void tcp_links::accept_all() {
  for (std::size_t i = 0; i < accepts_at_once; ++i) {
    auto socket = accept_from(listening_);
    if (!socket && socket.error().code == errc::not_found) return;
    if (!socket && socket.error().code == errc::full) {
      count_stranger(socket.error().what, true);
      accepts_ = false;
      accepts_again_ = now_ + accept_pause;
      due_by(accepts_again_);
      epoll_event event{.events = 0, .data = {.u64 = listen_word}};
      ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, listening_.get(), &event);
      return;
    }
    if (!socket) continue;
    make_room();
    auto& at = add(link_stream{std::move(*socket), false, identity()}, false);
    if (!at.stream.is_secure() && !at.stream.is_loopback())
      end(at, link_end::wrong, "without certificates links are for loopback alone");
    else
      handle(at, EPOLLIN);
  }
}

void tcp_links::make_room() {
  connection* oldest = nullptr;
  std::size_t strangers = 0;
  for (auto& [id, at] : connections_) {
    if (at->over || at->dialed || at->serves) continue;
    ++strangers;
    if (oldest == nullptr || at->id < oldest->id) oldest = at.get();
  }
  if (strangers < options_.strangers_max || oldest == nullptr) return;
  count_stranger(oldest->stream.peer_address() + ": made room for a newer connection", true);
  oldest->peer = nullptr;
  oldest->ending = true;
  end(*oldest, link_end::silent, "");
}

const link_identity* tcp_links::identity() {
  if (!identity_ || now_ - identity_looked_at_ < identity_every) return identity_.get();
  identity_looked_at_ = now_;
  if (const auto why = identity_->refresh(); !why.empty()) {
    std::lock_guard lock{guard_};
    refusals_.last = "new certificates are not used: " + why;
  }
  return identity_.get();
}

connection& tcp_links::add(link_stream stream, bool dialed) {
  const auto id = ++last_id_;
  auto& at = *(connections_[id] = std::make_unique<connection>(id, std::move(stream), dialed));
  at.deadline = now_ + options_.hello_patience;
  at.last_heard = at.last_said = now_;
  at.interest = dialed ? EPOLLIN | EPOLLOUT : EPOLLIN;
  epoll_event event{.events = at.interest, .data = {.u64 = id}};
  ::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, at.stream.get(), &event);
  due_by(at.deadline);
  return at;
}

void tcp_links::dial_to(const std::shared_ptr<remote>& peer) {
  link_peer where;
  {
    std::lock_guard lock{guard_};
    where = peer->at;
  }
  const auto failed = [&](link_end how, const std::string& why) {
    set_trouble(*peer, why);
    tell(*peer, dial_failed(peer->course, how, options_, now_));
  };
  if (!identity_ && !is_loopback_host(where.host))
    return failed(link_end::wrong, "without certificates links are for loopback alone");
  auto socket = dial(where.host, where.port);
  if (!socket) return failed(socket.error().code == errc::denied ? link_end::refused : link_end::silent, socket.error().what);
  auto& at = add(link_stream{std::move(*socket), true, identity()}, true);
  at.peer = peer;
  peer->dialing = &at;
}

void tcp_links::watch(connection& at) {
  if (at.over) return;
  const std::uint32_t wanted = EPOLLIN | (at.stream.wants_to_write() || !at.writable ? EPOLLOUT : 0U);
  if (std::exchange(at.interest, wanted) == wanted) return;
  epoll_event event{.events = wanted, .data = {.u64 = at.id}};
  ::epoll_ctl(poll_.get(), EPOLL_CTL_MOD, at.stream.get(), &event);
}

void tcp_links::handle(connection& at, std::uint32_t events) {
  if (!at.opened) go_on_opening(at);
  if (!at.over && at.opened && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_from(at);
  if (!at.over && at.opened && (events & EPOLLOUT) != 0) {
    at.writable = true;
    write_to(at);
  }
  watch(at);
}

}  // namespace seatgrid::cluster
