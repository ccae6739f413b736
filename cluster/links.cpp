#include "cluster/links.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "cluster/links_internal.hpp"

namespace seatgrid::cluster {

namespace {
constexpr std::size_t beats_max = 8;          // newer ones say all that older ones said
constexpr std::size_t forgotten_max = 1'024;  // peers whose last number is kept, should set_peers name them again
}  // namespace

tcp_links::tcp_links(link_options options, link_handlers handlers, descriptor listening, std::unique_ptr<link_identity> identity,
                     descriptor poll, descriptor wake)
    : options_(std::move(options)),
      handlers_(std::move(handlers)),
      port_(port_of(listening)),
      listening_(std::move(listening)),
      identity_(std::move(identity)),
      poll_(std::move(poll)),
      wake_(std::move(wake)) {}

tcp_links::~tcp_links() { close(); }

void tcp_links::start() {
  // A write of OpenSSL to a closed socket raises SIGPIPE; the program's own signals are for its own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this] { run(); }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void tcp_links::wake_up() {
  if (std::this_thread::get_id() == loop_ || std::exchange(awake_, true)) return;  // the loop looks before it waits
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);  // can only be full, and then it is awake
}

void tcp_links::set_peers(std::vector<link_peer> peers) {
  std::lock_guard lock{guard_};
  if (closed_) return;
  std::map<lane_owner, std::shared_ptr<remote>> wanted;
  for (auto& peer : peers) {
    if (peer.who.process == options_.me.process) continue;
    auto& place = wanted[peer.who];
    const auto known = remotes_.find(peer.who);
    if (known != remotes_.end()) {
      place = known->second;
      place->at.host = std::move(peer.host);
      place->at.port = peer.port;
    } else {
      place = std::make_shared<remote>(std::move(peer), options_, random_process_id().high | 1U);
    }
  }
  remotes_ = std::move(wanted);
  peers_changed_ = true;
  wake_up();
}

result<void> tcp_links::send(const lane_owner& to, envelope what) {
  std::lock_guard lock{guard_};
  if (closed_) return fail(errc::wrong_state, "the links are closed");
  const auto found = remotes_.find(to);
  if (found == remotes_.end()) return fail(errc::not_found, "no peer " + to.node + " " + to_text(to.process));
  auto& peer = *found->second;
  const bool beat = what.kind == link_kind::heartbeat;
  const auto bytes_max = beat ? std::min(link_part_bytes_max, options_.message_bytes_max) : options_.message_bytes_max;
  if (what.bytes.size() > bytes_max) return fail(errc::full, "a message of more than " + std::to_string(bytes_max) + " bytes");
  if (beat) {
    if (!peer.connected) return fail(errc::unavailable, "the link to " + to.node + " is down");
    if (peer.beats.size() == beats_max) peer.beats.pop_front();
    peer.beats.push_back(std::move(what));
  } else if (auto taken = peer.window.push(std::move(what)); !taken) {
    peer.filled = true;
    peer.trouble = taken.error().what;
    queue(found->second);
    return taken;
  }
  ++peer.sent;
  queue(found->second);
  return {};
}

void tcp_links::queue(const std::shared_ptr<remote>& peer) {
  if (std::exchange(peer->is_queued, true)) return;
  busy_.push_back(peer);
  wake_up();
}

std::vector<link_view> tcp_links::view() const {
  std::lock_guard lock{guard_};
  std::vector<link_view> all;
  for (const auto& [who, peer] : remotes_)
    all.push_back({.who = who,
                   .address = address_text(peer->at.host, peer->at.port),
                   .up = peer->connected && !peer->window.is_full(),
                   .secure = peer->secure,
                   .sent = peer->sent,
                   .received = peer->received,
                   .repeated = peer->window.repeated(),
                   .bytes_waiting = peer->window.bytes(),
                   .trouble = peer->trouble});
  return all;
}

link_refusals tcp_links::refusals() const {
  std::lock_guard lock{guard_};
  return refusals_;
}

void tcp_links::close() {
  std::lock_guard joining{joining_};
  {
    std::lock_guard lock{guard_};
    closed_ = true;
    wake_up();
  }
  if (thread_.joinable()) thread_.join();
}

void tcp_links::remember(const remote& peer) {
  if (forgotten_.size() >= forgotten_max) forgotten_.erase(forgotten_.begin());
  if (peer.inbox.stream() != 0) forgotten_[peer.at.who.process] = {peer.inbox.stream(), peer.inbox.arrived()};
}

result<std::unique_ptr<links>> open_links(link_options options, link_handlers handlers) {
  const int given = !options.certificate.empty() + !options.key.empty() + !options.authority.empty();
  if (given != 0 && given != 3) return fail(errc::invalid, "certificate, key and authority: all or none");
  if (given == 0 && !is_loopback_host(options.host))
    return fail(errc::invalid,
                "links on " + options.host + " need certificate, key and authority: without them anybody could be a peer");
  std::unique_ptr<link_identity> identity;
  if (given == 3) {
    auto opened = link_identity::open({options.certificate, options.key, options.authority});
    if (!opened) return tl::unexpected(opened.error());
    identity = std::move(*opened);
  }
  auto listening = listen_at(options.host, options.port);
  if (!listening) return tl::unexpected(listening.error());
  descriptor poll{::epoll_create1(EPOLL_CLOEXEC)}, wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!poll || !wake) return fail(errc::unavailable, "no descriptor is left for the links");
  auto made = std::make_unique<tcp_links>(std::move(options), std::move(handlers), std::move(*listening), std::move(identity),
                                          std::move(poll), std::move(wake));
  made->start();
  return made;
}

}  // namespace seatgrid::cluster
