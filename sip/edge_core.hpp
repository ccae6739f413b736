#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "sip/call_names.hpp"
#include "sip/counters.hpp"
#include "sip/deadlines.hpp"
#include "sip/edge.hpp"
#include "sip/libc_guard.hpp"
#include "sip/methods.hpp"
#include "sip/registrar.hpp"
#include "sip/sofia_internal.hpp"
#include "sip/trunk_load.hpp"
#include "sip/trunk_paths.hpp"

/// State of one edge. Everything here lives on the edge's thread; Sofia calls back into it with plain pointers.
namespace seatgrid::sip {

inline constexpr const char* supported_options = "100rel, timer";
inline constexpr const char* accepted_bodies = "application/sdp, application/dtmf-relay, application/dtmf, message/sipfrag";
inline constexpr std::uint32_t cseq_step_of_adoption = 1'000;

enum class leg_phase : std::uint8_t {
  ringing = 0,     ///< their INVITE, no final answer yet
  answered = 1,    ///< our 200 left, no ACK yet
  calling = 2,     ///< our INVITE, no final answer yet
  cancelling = 3,  ///< our INVITE of an earlier life: CANCEL left
  talking = 4,     ///< ACK seen or sent
  ending = 5,      ///< our BYE is under way
  ended = 6,       ///< the far end's doing; told until forgotten
};

inline constexpr std::size_t forks_max = 16;  ///< early dialogs of one INVITE; further ones are heard, but not acknowledged

/// A registered phone that a leg reaches over its flow.
struct leg_phone {
  std::string aor{};
  binding what{};
  bool is_away = false;  ///< its connection died with our predecessor; requests of ours are held
  struct {
    bool bye = false, probe = false;
  } held{};
};

/// An early dialog of an INVITE of ours.
struct fork_state {
  std::string tag{};
  std::uint32_t rseq = 0;  ///< of its last reliable provisional
  std::optional<session_description> media{};
};
/// A reliable 18x of ours without PRACK yet; its RSeq is the leg's.
struct unacknowledged_progress {
  int status = 0;
  std::string body{};
  milliseconds interval{};
};

/// How a leg came to its end.
using leg_outcome = std::variant<leg_ended, leg_failed>;

/// One dialog or attempt. Owns its Sofia objects; `edge_core::retire` gives them back.
struct leg_state {
  leg_state(edge_core& core, leg_id named) : edge(core), id(named) {}
  edge_core& edge;
  leg_id id{};
  leg_phase phase = leg_phase::ringing;
  bool incoming = false;
  nta_leg_t* dialog_leg = nullptr;
  nta_incoming_t* invite_in = nullptr;
  nta_outgoing_t* invite_out = nullptr;

  // identity of the dialog, as in its record
  std::string sip_call_id{}, local_uri{}, remote_uri{}, local_tag{}, remote_tag{}, peer_address{}, flow{};
  std::string invite_text{};          ///< dialog::invite
  std::string old_routes{};           ///< Route of an INVITE of an earlier life
  std::string old_address{};          ///< host:port whence it left, when its phone's first answer was kept
  std::uint16_t cancel_status = 408;  ///< the answer to the CANCEL of it
  transport via = transport::udp;
  std::string admitted_peer{};            ///< host:port that the filter lets in for this leg
  std::string trunk_key{}, number_key{};  ///< what it counts against; empty = nothing

  // offer and answer
  std::uint64_t sdp_session = 0;
  std::uint32_t sdp_version = 0;
  std::string sdp_sent{};  ///< ours, as it left
  std::optional<session_description> sdp_received{};
  bool offer_is_ours = false;  ///< the INVITE had none: our 200 offers and their ACK answers
  bool peer_wants_reliable = false, peer_takes_reliable = false, peer_takes_update = false, peer_takes_timer = false;
  bool release_after_ack = false, cancelled = false, ack_waits = false, ack_waits_for_answer = false;
  std::unique_ptr<leg_invite> invite{};  ///< ours, until its final response
  std::uint32_t min_se_s = 0;            ///< from a 422
  release_cause ending_cause{};
  std::uint32_t invite_cseq = 0;

  // reliable provisionals, theirs and ours (RFC 3262)
  std::vector<fork_state> forks{};
  std::uint32_t rseq = 0;          ///< our last; 0 = none
  bool rseq_is_inherited = false;  ///< from an earlier life: whether it was acknowledged is not known
  std::optional<unacknowledged_progress> unacknowledged{};
  std::optional<leg_ring> ring_waiting{};      ///< for the PRACK before it
  std::optional<leg_answer> answer_waiting{};  ///< likewise

  // inside the dialog
  nta_incoming_t* offer_in = nullptr;
  std::uint32_t offer_id = 0;
  bool offer_in_is_update = false, offer_in_answered = false, offer_in_is_ours = false, offer_out_is_refresh = false;
  nta_outgoing_t* offer_out = nullptr;
  nta_outgoing_t* refresh_out = nullptr;
  nta_outgoing_t* probe_out = nullptr;
  std::optional<session_description> offer_waiting{};
  nta_incoming_t* refer_in = nullptr;
  std::uint32_t refer_id = 0;

  std::unique_ptr<leg_phone> phone{};  ///< whose flow the leg uses; null = none is known

  std::uint32_t session_s = 0;  ///< RFC 4028 interval in force; 0 = none
  bool we_refresh = false;
  leg_outcome told{};  ///< what is repeated until its call has kept it

  std::array<std::optional<deadlines::line::iterator>, static_cast<std::size_t>(wait_kind::count)> waits{};
};

struct edge_core {
  edge_core(edge_options given, edge_sink& to);
  edge_core(const edge_core&) = delete;
  edge_core& operator=(const edge_core&) = delete;

  edge_options options;
  edge_sink& sink;
  system_clock clock{};
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  edge_directory_ptr plain_directory{};
  edge_directory_ptr directory{};  ///< with the addresses of trunks' names
  datagram_filter filter;
  socket_guard guard;
  su_root_t* root = nullptr;
  nta_agent_t* agent = nullptr;
  su_timer_t* ticker = nullptr;
  scratch pool{};
  sip_supported_t* supported = nullptr;
  bool prack_passes = false;
  std::string host{}, udp_port{}, tcp_port{};
  counters count{};
  deadlines timers{};
  call_names names;
  trunk_load load{};
  trunk_paths paths;
  std::function<void(const std::vector<std::string>&)> ask_names{};
  registrar registry;
  std::unordered_map<leg_id, std::unique_ptr<leg_state>> legs{};
  std::vector<std::unique_ptr<leg_state>> retired{};              ///< freed on the next tick: a callback may still stand in one
  std::unordered_multimap<std::string, leg_id> legs_of_phones{};  ///< by address of record
  std::unordered_map<std::string, leg_id> old_branches{};         ///< INVITEs of an earlier life that we cancelled

  result<void> open();
  void set_directory(edge_directory_ptr to);
  void take_name(const std::string& name, std::vector<std::string> addresses, seconds ttl);
  /// Gives everything back to Sofia; on the edge's thread, before the root goes.
  void close();
  /// Sofia answers a PRACK that it knows no 18x for with 481, unless it is no user agent while the PRACK passes (ADR 0002).
  void let_prack_through(bool now);
  void tick();
  void expire(leg_state& leg, wait_kind kind);
  void carry_out(leg_command& order);

  leg_state* find(leg_id id);
  leg_state& add(leg_id id);
  void retire(leg_state& leg);
  void tell(leg_event event) { sink.on_leg(std::move(event)); }
  void tell_last(const leg_state& leg) {
    std::visit([this](const auto& what) { tell(what); }, leg.told);
  }
  void start_wait(leg_state& leg, wait_kind kind, milliseconds after);
  void stop_wait(leg_state& leg, wait_kind kind);
  void stop_waits(leg_state& leg);
  /// The leg is over: says so now and again until leg_forget, because who hears it first may have lost the lane.
  void tell_until_kept(leg_state& leg, leg_outcome what);
  /// Our Contact for this leg, transport included.
  std::string contact(const leg_state& leg) const;
  bool is_own_via(const sip_via_t* via) const;
  /// Lets the leg's peer speak for as long as the leg lives, trunk or not.
  void admit_peer(leg_state& leg, const std::string& host_port);
};

/// The record that rebuilds this leg elsewhere (DESIGN section 5).
dialog record_of(const leg_state& leg);
/// Our SDP for this leg; the o= version grows when and only when the content changes (RFC 3264 section 8).
std::string sdp_for(leg_state& leg, session_description media);

/// Replies with our Server header. Tags as for nta_incoming_treply, without TAG_END.
template <class... Tags>
void reply(edge_core& core, nta_incoming_t* irq, int status, const char* phrase, Tags... tags) {
  core.count.response_out(status);
  nta_incoming_treply(irq, status, phrase, SIPTAG_SERVER_STR(core.options.user_agent.c_str()), tags..., TAG_END());
}
/// Replies finally and gives the transaction back; the value is for an nta request callback to return.
template <class... Tags>
int finish(edge_core& core, nta_incoming_t* irq, int status, const char* phrase, Tags... tags) {
  reply(core, irq, status, phrase, tags...);
  nta_incoming_destroy(irq);
  return 0;
}
/// A request of ours within the dialog, along its flow if it has one. Tags as for nta_outgoing_tcreate, without TAG_END.
template <class... Tags>
nta_outgoing_t* send_in_dialog(leg_state& leg, nta_response_f* on_response, sip_method_t method, const char* name, Tags... tags) {
  leg.edge.count.request_out(name);
  const auto route = flow_url(leg.flow);
  return nta_outgoing_tcreate(leg.dialog_leg, on_response, on_response == nullptr ? nullptr : &leg,
                              route.empty() ? nullptr : URL_STRING_MAKE(route.c_str()), method, name, nullptr,
                              SIPTAG_USER_AGENT_STR(leg.edge.options.user_agent.c_str()), tags..., TAG_END());
}

/// A body as it came: absent, an SDP, or the status that refuses it.
struct body_verdict {
  int refused = 0;
  std::string why{};
  std::optional<session_description> sdp{};
};
body_verdict read_body(const sip_t* sip);
/// Replies 415 or 488 or 400 to what read_body refused.
int refuse_body(edge_core& core, nta_incoming_t* irq, const body_verdict& body);

// requests.cpp: everything outside a dialog
int on_message(edge_core* core, nta_agent_t* agent, msg_t* msg, sip_t* sip);
// incoming_call.cpp
void take_invite(edge_core& core, msg_t* msg, sip_t* sip, const source_address& from);
// answering.cpp: our side of their INVITE
int on_invite_event(leg_state* leg, nta_incoming_t* irq, const sip_t* sip);
void ring(leg_state& leg, leg_ring& order);
void answer(leg_state& leg, leg_answer& order);
void reject(leg_state& leg, const release_cause& cause, std::uint32_t retry_after_s);
// reliable.cpp: RFC 3262
/// 18x, reliable if they ask for it; then the next waits for its PRACK.
void provide(leg_state& leg, int status, std::string body, const leg_ring& order);
void provide_again(leg_state& leg);
/// A 200 must not overtake the PRACK of an answer (RFC 3262 section 3).
bool waits_for_prack(const leg_state& leg);
int take_prack(leg_state& leg, nta_incoming_t* irq, const sip_t* sip);
/// Acknowledges their 18x if it is reliable; false = a repetition or out of order, to be ignored.
bool take_reliable(leg_state& leg, const sip_t* sip);
void remember_media(leg_state& leg, const char* tag, const session_description& media);
std::optional<session_description> media_of_fork(leg_state& leg, const char* tag);
// calling.cpp: our INVITE
void call(edge_core& core, leg_invite order);
void cancel_call(leg_state& leg, const release_cause& cause);
/// Our INVITE failed, or what may have rung is quiet.
void fail_leg(leg_state& leg, release_cause cause, std::uint32_t retry_after_s = 0);
// What our INVITE says of itself follows from its order alone, so that another process can CANCEL it (RFC 3261 9.1).
std::string from_of_invite(const edge_core& core, const caller_identity& presented);
std::string to_of_invite(const std::string& called, const std::string& target);
/// A Contact may carry "?header=value": never let a registered phone write headers into our INVITE.
std::string request_uri_of(const std::string& target);
/// The branch of the second try that a 422 asks for; its CSeq is the next.
std::string retry_branch(const std::string& first);
inline constexpr std::string_view retry_suffix = "r";
void acknowledge(leg_state& leg, const std::string& body);
/// The call's word to their 2xx.
void acknowledge_answer(leg_state& leg);
// in_dialog.cpp
int on_in_dialog(leg_state* leg, nta_leg_t* dialog, nta_incoming_t* irq, const sip_t* sip);
void release(leg_state& leg, const release_cause& cause);
void say_bye(leg_state& leg, const release_cause& cause);
/// The far end is gone or hung up: tell it, repeat it, free what Sofia holds.
void end(leg_state& leg, bool cancelled, release_cause cause);
/// Likewise with a BYE, for the case that it still lives.
void hang_up(leg_state& leg, int sip_status, const char* why);
void probe(leg_state& leg);
release_cause cause_in(const sip_t* sip, int status);
// offers.cpp
int take_offer(leg_state& leg, nta_incoming_t* irq, const sip_t* sip, bool is_update);
void answer_offer(leg_state& leg, leg_answer_offer& order);
void reject_offer(leg_state& leg, std::uint32_t offer_id, int status);
void offer(leg_state& leg, session_description media);
void offer_again(leg_state& leg);
// phone_flows.cpp
/// Remembers the registration whose flow the leg uses.
void know_phone(leg_state& leg);
void forget_phone(leg_state& leg);
/// The leg is restored: a connection of its phone is not ours, and what we would send waits.
void miss_connection(leg_state& leg);
inline bool is_phone_away(const leg_state& leg) { return leg.phone != nullptr && leg.phone->is_away; }
/// `edge.flow_return` is over: the phone's Contact must do.
void give_flow_up(leg_state& leg);
/// Legs of the phone follow it to its new flow.
void phone_registered(edge_core& core, const register_request& asked);
// session_timer.cpp (RFC 4028)
/// 0, or 422 (already replied).
int check_session_expires(edge_core& core, nta_incoming_t* irq, const sip_t* sip);
/// Agrees on interval and refresher from their request; returns our header block for the 2xx, empty = none.
std::string agree_as_server(leg_state& leg, const sip_t* request);
void agree_as_client(leg_state& leg, const sip_t* response);
void start_session_timer(leg_state& leg);
void refresh_session(leg_state& leg);
std::string session_headers(const leg_state& leg);
// transfer.cpp
int take_refer(leg_state& leg, nta_incoming_t* irq, const sip_t* sip);
void refer_status(leg_state& leg, const leg_refer_status& order);
int take_info(leg_state& leg, nta_incoming_t* irq, const sip_t* sip);
// restore.cpp
/// CANCEL of an INVITE of an earlier life, over the flow that its phone has now.
void cancel_old_again(leg_state& leg);
void restore(edge_core& core, const leg_restore& order);
/// A response without transaction: finals of INVITEs that an earlier life sent, and late forks.
void on_stray_response(edge_core& core, msg_t* msg, sip_t* sip);

}  // namespace seatgrid::sip
