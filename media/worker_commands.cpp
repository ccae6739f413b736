#include <algorithm>

#include "media/epoll_tag.hpp"
#include "media/quality.hpp"
#include "media/worker.hpp"

namespace seatgrid::media {
namespace {

constexpr std::int64_t leave_behind_ns = 1'000'000'000;  // packets of the old source still on their way
constexpr std::int64_t heard_lately_ns = 2'000'000'000;
constexpr unsigned binds_max = 256;  // ports that other programs hold

law law_of(std::string_view name) {
  if (name == "PCMA") return law::alaw;
  if (name == "PCMU") return law::ulaw;
  return law::other;
}

}  // namespace

void worker::obey(const media_open& c) {
  const auto refuse = [&](std::string why) { parts_.sink(media_open_failed{.leg = c.leg, .why = std::move(why)}); };
  const auto& host = parts_.options.advertised_host.empty() ? parts_.options.bind_host : parts_.options.advertised_host;
  if (auto* there = find(c.leg)) {
    if (c.port != 0 && c.port != there->port) return refuse("the leg is open on port " + std::to_string(there->port));
    return parts_.sink(media_opened{.leg = c.leg, .local = {.host = host, .port = there->port}});
  }
  if (parts_.endpoints.load() >= parts_.options.endpoints_max)
    return refuse("media.endpoints_max " + std::to_string(parts_.options.endpoints_max) + " legs are open");
  const outgoing_stream::seed seed{.ssrc = static_cast<std::uint32_t>(chance_()),
                                   .timestamp = static_cast<std::uint32_t>(chance_()),
                                   .sequence = static_cast<std::uint16_t>(chance_())};
  auto made = std::make_unique<endpoint>(c.leg, c.tenant, seed);
  if (auto bound = bind(*made, c.port); !bound) return refuse(bound.error().what);
  const auto port = made->port;
  adopt(std::move(made));
  parts_.sink(media_opened{.leg = c.leg, .local = {.host = host, .port = port}});
}

result<void> worker::bind(endpoint& e, std::uint16_t wanted) {
  if (wanted == 0) return bind_pooled(e);
  if (parts_.ports.contains(wanted) && !parts_.ports.take(wanted))
    return fail(errc::conflict, "port " + std::to_string(wanted) + " belongs to another leg");
  auto socket = udp_socket::bound(parts_.bind_address.with_port(wanted), parts_.options.dscp);
  if (!socket) {
    parts_.ports.give(wanted);
    return tl::unexpected(socket.error());
  }
  e.rtp = std::move(*socket);
  e.port = wanted;
  return {};
}

result<void> worker::bind_pooled(endpoint& e) {
  for (unsigned tried = 0; tried < binds_max; ++tried) {
    const auto port = parts_.ports.take();
    if (!port) return fail(errc::full, "every RTP port is in use");
    auto socket = udp_socket::bound(parts_.bind_address.with_port(*port), parts_.options.dscp);
    if (socket) {
      e.rtp = std::move(*socket);
      e.port = *port;
      return {};
    }
    parts_.ports.give(*port);
    if (socket.error().code != errc::conflict) return tl::unexpected(socket.error());
  }
  return fail(errc::full, "other programs hold " + std::to_string(binds_max) + " RTP ports in a row");
}

void worker::adopt(std::unique_ptr<endpoint> e) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
    generations_.push_back(0);
  }
  e->slot = free_slots_.back();
  free_slots_.pop_back();
  e->generation = ++generations_[e->slot];
  watch(e->rtp.fd(), make_tag(tag_kind::rtp, e->slot, e->generation));
  legs_.emplace(e->leg, e.get());
  parts_.endpoints.fetch_add(1);
  slots_[e->slot] = std::move(e);
}

void worker::obey(const media_connect& c) {
  auto* e = find(c.leg);
  if (e == nullptr) return counters_.commands_refused.add();
  e->codec = law_of(c.codec_name);
  e->codec_hash = stable_hash(c.codec_name);
  e->payload_type = c.payload_type;
  e->dtmf_payload_type = c.dtmf_payload_type;
  e->way = c.way;
  e->listening_since_ns = now_ns_;
  e->silence_told = false;
  const bool in_band = c.dtmf_payload_type == 0 && e->codec != law::other;
  if (in_band && !e->tones) e->tones = std::make_unique<tone_detector>();
  if (!in_band) e->tones.reset();
  aim(*e, c);
  aim_rtcp(*e, c);
  if (e->is_connected() && e->is_busy()) set_clocked(*e);
}

void worker::aim(endpoint& e, const media_connect& c) {
  const auto address = socket_address::parse(c.remote.host, c.remote.port);
  e.held_by_address = !address || address->is_wildcard() || address->port() == 0;
  if (e.held_by_address) return;  // RFC 2543 hold: they may still send from where they were
  if (address->family() != parts_.bind_address.family()) return counters_.commands_refused.add();
  const bool heard_lately = e.last_packet_ns != 0 && now_ns_ - e.last_packet_ns < heard_lately_ns;
  if (e.latched && *address == e.described && heard_lately) return;
  if (e.latched) {
    e.rtp.disconnect();
    e.latched = false;
    if (!(*address == e.described)) {
      e.left_behind = e.remote;
      e.left_behind_until_ns = now_ns_ + leave_behind_ns;
    }
  }
  e.described = e.remote = *address;
}

void worker::aim_rtcp(endpoint& e, const media_connect& c) {
  const bool wanted = c.rtcp_mux || c.rtcp_port != 0 || parts_.options.rtcp_always;
  if (!wanted || !e.is_connected()) return e.rtcp.reset();
  if (!e.rtcp) {
    e.rtcp = std::make_unique<rtcp_state>();
    e.rtcp->next_ns = now_ns_ + static_cast<std::int64_t>(chance_() % 2'500) * 1'000'000;
  }
  const auto port = c.rtcp_mux ? e.described.port() : c.rtcp_port != 0 ? c.rtcp_port : e.described.port() + 1;
  e.rtcp->remote = e.described.with_port(static_cast<std::uint16_t>(port));
  if (c.rtcp_mux) {
    e.rtcp->socket = {};
  } else if (!e.rtcp->socket) {
    const auto local = parts_.bind_address.with_port(static_cast<std::uint16_t>(e.port + 1));
    auto socket = udp_socket::bound(local, parts_.options.dscp);
    if (!socket) return e.rtcp.reset();  // the call works without reports
    e.rtcp->socket = std::move(*socket);
    watch(e.rtcp->socket.fd(), make_tag(tag_kind::rtcp, e.slot, e.generation));
  }
}

void worker::obey(const media_bridge& c) {
  auto* a = find(c.a);
  auto* b = find(c.b);
  if (a == nullptr || b == nullptr || a == b) return counters_.commands_refused.add();
  if (a->peer == b) return;
  for (auto* e : {a, b}) {
    unlink(*e);
    drop_play(*e);
    e->out.unmap();
  }
  a->peer = b;
  b->peer = a;
  counters_.bridged_pairs.add();
}

void worker::obey(const media_unbridge& c) {
  auto* a = find(c.a);
  if (a != nullptr && a->peer != nullptr && a->peer->leg == c.b) unlink(*a);
}

void worker::unlink(endpoint& e) {
  if (e.peer == nullptr) return;
  e.peer->peer = nullptr;
  e.peer = nullptr;
  counters_.bridged_pairs.set(counters_.bridged_pairs.get() - 1);
}

void worker::obey(const media_send_digit& c) {
  auto* e = find(c.leg);
  if (e == nullptr || !e->is_connected() || (e->dtmf_payload_type == 0 && e->codec == law::other))
    return counters_.commands_refused.add();
  if (!e->keys) e->keys = std::make_unique<key_sender>();
  if (!e->keys->push(c.digit, c.length, e->dtmf_payload_type != 0)) return counters_.commands_refused.add();
  set_clocked(*e);
}

media_statistics worker::statistics_of(const endpoint& e) const {
  media_statistics s{.packets_sent = e.out.packets(),
                     .packets_received = e.in.received(),
                     .packets_lost = e.in.lost(),
                     .jitter_us = e.in.jitter_us()};
  if (e.rtcp) {
    s.round_trip_us = e.rtcp->round_trip_us;
    s.remote_lost = e.rtcp->remote_lost;
    s.remote_jitter_us = e.rtcp->remote_jitter_us;
  }
  s.mos_hundredths = mos_hundredths(
      {.received = s.packets_received, .lost = s.packets_lost, .jitter_us = s.jitter_us, .round_trip_us = s.round_trip_us});
  if (e.last_packet_ns != 0) s.last_packet_at = {utc_us(e.last_packet_ns)};
  return s;
}

void worker::obey(const media_close& c) {
  if (auto* e = find(c.leg)) return close(*e);
  parts_.sink(media_closed{.leg = c.leg});
}

void worker::close(endpoint& e) {
  if (e.rtcp && e.is_connected()) report_rtcp(e, true);
  unlink(e);
  drop_play(e);
  if (e.clocked)
    for (auto& phase : clocked_) std::erase(phase, &e);
  std::erase(open_keys_, &e);
  const media_closed closed{.leg = e.leg, .statistics = statistics_of(e)};
  legs_.erase(e.leg);
  const auto slot = e.slot;
  const auto port = e.port;
  slots_[slot].reset();
  free_slots_.push_back(slot);
  parts_.ports.give(port);
  parts_.endpoints.fetch_sub(1);
  parts_.sink(closed);
}

}  // namespace seatgrid::media
