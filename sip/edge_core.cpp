#include "sip/edge_core.hpp"

#include <utility>

#include "base/overload.hpp"
#include "sip/registering.hpp"
#include "sip/sdp.hpp"

namespace seatgrid::sip {
namespace {

constexpr su_duration_t tick_ms = 50;
constexpr std::size_t nta_message_bytes_max = 65'535;

void on_tick(edge_core* core, su_timer_t*, edge_core*) { core->tick(); }

std::string bound_url(const std::string& listen, const std::string& advertised) {
  if (advertised.empty()) return listen;
  scratch pool;
  auto* url = url_make(pool, listen.c_str());
  if (url == nullptr || url->url_host == nullptr) return listen;
  // Sofia writes the URL's host into Via and binds to maddr.
  const std::string bound = url->url_host;
  url->url_host = advertised.c_str();
  return url_text(url) + ";maddr=" + bound;
}

}  // namespace

edge_core::edge_core(edge_options given, edge_sink& to)
    : options(std::move(given)),
      sink(to),
      filter(options.filter, random_bits()),
      guard(clock, &filter),
      names(options.slot, clock),
      paths(*this),
      registry(options.digest_backoff, filter) {
  guard.may_speak = options.may_speak;
  if (options.nonce_key.empty()) options.nonce_key = random_hex(32);
}

void edge_core::close() {
  // Not `retire`: that would answer what is open, and a stopped edge must leave its dialogs to whoever adopts them.
  drop_waiting(*this);
  paths.close();
  if (ticker != nullptr) su_timer_destroy(std::exchange(ticker, nullptr));
  if (agent != nullptr) nta_agent_destroy(std::exchange(agent, nullptr));
  legs.clear();
  retired.clear();
}

result<void> edge_core::open() {
  const auto& o = options;
  agent = nta_agent_create(root, reinterpret_cast<url_string_t*>(-1), on_message, this, NTATAG_UA(1), NTATAG_MERGE_482(1),
                           NTATAG_CANCEL_487(1), NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_MAXSIZE(nta_message_bytes_max),
                           NTATAG_UDP_MTU(65'535), NTATAG_SIP_T1(static_cast<unsigned>(o.t1.count())),
                           NTATAG_SIP_T2(static_cast<unsigned>(o.t2.count())), NTATAG_SIP_T4(static_cast<unsigned>(o.t4.count())),
                           NTATAG_SIP_T1X64(static_cast<unsigned>(o.t1x64.count())), NTATAG_TIMEOUT_408(1), NTATAG_REL100(0),
                           TAG_END());
  if (agent == nullptr) return fail(errc::unavailable, "sip: cannot create the agent");
  guard.on_arrival = [this](bool is_prack) { let_prack_through(is_prack); };
  for (const auto& listen : o.listen) {
    scratch url_pool;
    const auto* url = url_make(url_pool, listen.c_str());
    if (url == nullptr || url->url_host == nullptr) return fail(errc::invalid, "sip.listen: not a SIP URI: " + listen);
    const bool tcp = url_has_param(url, "transport") != 0 && listen.find("transport=tcp") != std::string::npos;
    const auto bind = bound_url(listen, o.advertised_host);
    if (nta_agent_add_tport(agent, URL_STRING_MAKE(bind.c_str()), TPTAG_UDP_RMEM(o.udp_receive_bytes), TAG_END()) < 0)
      return fail(errc::unavailable, "sip.listen: cannot bind " + listen);
    host = o.advertised_host.empty() ? text_or_empty(url->url_host) : o.advertised_host;
    (tcp ? tcp_port : udp_port) = text_or_empty(url->url_port).empty() ? "5060" : text_or_empty(url->url_port);
  }
  if (udp_port.empty()) udp_port = tcp_port;
  if (tcp_port.empty()) tcp_port = udp_port;
  supported = sip_supported_make(pool, supported_options);
  ticker = su_timer_create(su_root_task(root), tick_ms);
  if (ticker == nullptr || su_timer_set_for_ever(ticker, on_tick, this) < 0)
    return fail(errc::unavailable, "sip: cannot start the timer");
  return {};
}

void edge_core::let_prack_through(bool now) {
  if (now == prack_passes) return;
  prack_passes = now;
  nta_agent_set_params(agent, NTATAG_UA(now ? 0 : 1), TAG_END());
}

void edge_core::tick() {
  let_prack_through(false);
  retired.clear();
  while (const auto* due = timers.due()) {
    const auto entry = *due;
    auto* leg = find(entry.leg);
    if (leg == nullptr) break;  // cannot be: retire stops a leg's waits
    stop_wait(*leg, entry.kind);
    expire(*leg, entry.kind);
  }
  time_out_registers(*this);
  paths.tick();
  count.set_legs(legs.size());
  count.set_registrations(registry.size());
}

void edge_core::expire(leg_state& leg, wait_kind kind) {
  switch (kind) {
    case wait_kind::repeat_ended:
      tell_last(leg);
      start_wait(leg, wait_kind::repeat_ended, options.ended_repeat);
      return;
    case wait_kind::offer_answer:
      if (leg.ack_waits) {
        const bool theirs = leg.ack_waits_for_answer;
        acknowledge(leg, {});
        return theirs ? hang_up(leg, 488, "no answer to their offer") : hang_up(leg, 503, "nobody took their answer");
      }
      return reject_offer(leg, leg.offer_id, 500);
    case wait_kind::offer_retry: return offer_again(leg);
    case wait_kind::session_refresh: return refresh_session(leg);
    case wait_kind::session_expiry: return hang_up(leg, 408, "session timer expired");
    case wait_kind::ring_expiry: return cancel_call(leg, {.q850 = 19, .sip = 408, .text = "no answer"});
    case wait_kind::final_after_cancel: {
      // RFC 3261 9.1: 64*T1 after CANCEL the transaction counts as cancelled, whatever the far end thinks.
      const bool by_successor = leg.phase == leg_phase::cancelling;
      return fail_leg(leg, {.q850 = 16, .sip = by_successor ? leg.cancel_status : std::uint16_t{487}});
    }
    case wait_kind::refer_answer:
      return refer_status(leg, {.leg = leg.id, .refer_id = leg.refer_id, .notify = false, .status = 503, .final = true});
    case wait_kind::prack: return provide_again(leg);
    case wait_kind::flow_return: return give_flow_up(leg);
    case wait_kind::count: return;
  }
}

leg_state* edge_core::find(leg_id id) {
  const auto it = legs.find(id);
  return it == legs.end() ? nullptr : it->second.get();
}

leg_state& edge_core::add(leg_id id) {
  auto& slot = legs[id];
  slot = std::make_unique<leg_state>(*this, id);
  return *slot;
}

void edge_core::retire(leg_state& leg) {
  stop_waits(leg);
  for (auto** irq : {&leg.invite_in, &leg.offer_in, &leg.refer_in})
    if (*irq != nullptr) {
      nta_incoming_bind(*irq, nullptr, nullptr);
      nta_incoming_destroy(std::exchange(*irq, nullptr));
    }
  for (auto** orq : {&leg.invite_out, &leg.offer_out, &leg.refresh_out, &leg.probe_out})
    if (*orq != nullptr) nta_outgoing_destroy(std::exchange(*orq, nullptr));
  if (leg.dialog_leg != nullptr) nta_leg_destroy(std::exchange(leg.dialog_leg, nullptr));
  admit_peer(leg, {});
  forget_phone(leg);
  load.end(leg.trunk_key);
  load.end(leg.number_key);
  if (const auto branch = old_branches.find(leg.invite_text.substr(0, leg.invite_text.find(' ')));
      branch != old_branches.end() && branch->second == leg.id)
    old_branches.erase(branch);
  const auto it = legs.find(leg.id);
  if (it == legs.end()) return;
  retired.push_back(std::move(it->second));
  legs.erase(it);
}

void edge_core::start_wait(leg_state& leg, wait_kind kind, milliseconds after) {
  stop_wait(leg, kind);
  leg.waits[static_cast<std::size_t>(kind)] = timers.start(after, {leg.id, kind});
}

void edge_core::stop_wait(leg_state& leg, wait_kind kind) {
  auto& wait = leg.waits[static_cast<std::size_t>(kind)];
  if (wait) timers.stop(*wait);
  wait.reset();
}

void edge_core::stop_waits(leg_state& leg) {
  for (std::size_t i = 0; i < leg.waits.size(); ++i) stop_wait(leg, static_cast<wait_kind>(i));
}

void edge_core::tell_until_kept(leg_state& leg, leg_outcome what) {
  leg.phase = leg_phase::ended;
  leg.told = std::move(what);
  tell_last(leg);
  start_wait(leg, wait_kind::repeat_ended, options.ended_repeat);
}

std::string edge_core::contact(const leg_state& leg) const {
  const bool tcp = leg.via != transport::udp;
  return "<sip:" + to_text(leg.id.call) + "." + std::to_string(leg.id.index) + "@" + host + ":" + (tcp ? tcp_port : udp_port) +
         (tcp ? ";transport=tcp>" : ">");
}

bool edge_core::is_own_via(const sip_via_t* via) const {
  if (via == nullptr || via->v_host == nullptr || host != via->v_host) return false;
  const auto port = via->v_port == nullptr ? std::string{"5060"} : std::string{via->v_port};
  return port == udp_port || port == tcp_port;
}

void edge_core::set_directory(edge_directory_ptr to) {
  plain_directory = std::move(to);
  directory = paths.use(plain_directory);
  filter.set_directory(directory);
}

void edge_core::take_name(const std::string& name, std::vector<std::string> addresses, seconds ttl) {
  if (paths.take_answer(name, std::move(addresses), ttl)) set_directory(plain_directory);
}

void edge_core::admit_peer(leg_state& leg, const std::string& host_port) {
  if (host_port == leg.admitted_peer) return;
  if (const auto old = net_address::parse(leg.admitted_peer)) filter.remove_flow(*old);
  leg.admitted_peer.clear();
  const auto now = net_address::parse(host_port);
  if (now && filter.add_flow(*now)) leg.admitted_peer = host_port;
}

dialog record_of(const leg_state& leg) {
  dialog d{.sip_call_id = leg.sip_call_id,
           .local_uri = leg.local_uri,
           .remote_uri = leg.remote_uri,
           .local_tag = leg.local_tag,
           .remote_tag = leg.remote_tag};
  const sip_route_t* route = nullptr;
  const sip_contact_t* target = nullptr;
  if (leg.dialog_leg != nullptr) {
    nta_leg_get_route(leg.dialog_leg, &route, &target);
    d.local_cseq = nta_leg_get_seq(leg.dialog_leg);
    d.remote_cseq = nta_leg_get_rseq(leg.dialog_leg);
  }
  if (target != nullptr) d.remote_target = url_text(target->m_url);
  for (; route != nullptr; route = route->r_next) d.route_set.push_back("<" + url_text(route->r_url) + ">");
  const auto& core = leg.edge;
  d.via = leg.via;
  d.local_address = core.host + ":" + (leg.via == transport::udp ? core.udp_port : core.tcp_port);
  d.peer_address = leg.peer_address;
  d.incoming = leg.incoming;
  d.session_expires_s = leg.session_s;
  d.we_refresh = leg.we_refresh;
  d.sdp_session_id = leg.sdp_session;
  d.sdp_version = leg.sdp_version;
  d.invite = leg.invite_text;
  d.flow = leg.flow;
  d.rseq = leg.rseq;
  d.edge = core.options.slot;
  // A CANCEL repeats the CSeq of the INVITE, whatever PRACKs were sent since.
  if (leg.phase == leg_phase::calling && leg.invite_cseq != 0) d.local_cseq = leg.invite_cseq;
  return d;
}

std::string sdp_for(leg_state& leg, session_description media) {
  // The same in every life of this leg: a 200 after a restart must not contradict the 183 before it.
  if (leg.sdp_session == 0) leg.sdp_session = stable_hash(to_text(leg.id.call) + "." + std::to_string(leg.id.index)) >> 4;
  media.session_id = leg.sdp_session;
  const auto origin = media.audio.host.empty() ? leg.edge.host : media.audio.host;
  media.version = leg.sdp_version;
  auto text = print_sdp(media, origin);
  if (text != leg.sdp_sent) {
    media.version = ++leg.sdp_version;
    text = print_sdp(media, origin);
  }
  leg.sdp_sent = text;
  return text;
}

void edge_core::carry_out(leg_command& order) {
  let_prack_through(false);
  if (auto* invite = std::get_if<leg_invite>(&order)) return call(*this, std::move(*invite));
  if (const auto* saved = std::get_if<leg_restore>(&order)) return restore(*this, *saved);
  auto* leg = find(leg_of(order));
  if (leg == nullptr) {
    if (!std::holds_alternative<leg_forget>(order)) count.dropped(edge_status::drop::stale_command);
    return;
  }
  std::visit(overload{[&](leg_ring& c) { ring(*leg, c); }, [&](leg_answer& c) { answer(*leg, c); },
                      [&](leg_reject& c) { reject(*leg, c.cause, c.retry_after_s); }, [&](leg_invite&) {},
                      [&](leg_release& c) { release(*leg, c.cause); }, [&](leg_answer_offer& c) { answer_offer(*leg, c); },
                      [&](leg_reject_offer& c) { reject_offer(*leg, c.offer_id, c.status); },
                      [&](leg_offer& c) { offer(*leg, std::move(c.media)); }, [&](leg_refer_status& c) { refer_status(*leg, c); },
                      [&](leg_restore&) {}, [&](leg_probe&) { probe(*leg); }, [&](leg_ack&) { acknowledge_answer(*leg); },
                      [&](leg_forget&) {
                        if (leg->phase == leg_phase::ended) retire(*leg);
                      }},
             order);
}

}  // namespace seatgrid::sip
