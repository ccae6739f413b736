#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

#include "sip/user_agent.hpp"

// Sofia's callbacks carry one type of ours, named before its headers are read.
namespace seatgrid {
struct ua_core;
struct ua_party;
}  // namespace seatgrid
#define SU_ROOT_MAGIC_T seatgrid::ua_core
#define SU_WAKEUP_ARG_T seatgrid::ua_core
#define NTA_LEG_MAGIC_T seatgrid::ua_party
#define NTA_INCOMING_MAGIC_T seatgrid::ua_party
#define NTA_OUTGOING_MAGIC_T seatgrid::ua_party

#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport_tag.h>

/// State of one user agent; all of it lives on the agent's thread.
namespace seatgrid {

using ua_time = std::chrono::steady_clock::time_point;

struct ua_party {
  explicit ua_party(ua_core& owner) : core(owner) {}
  ua_core& core;
};

/// The last challenge, so that the next request need not be asked (RFC 7616 3.3: nc counts on).
struct ua_digest {
  std::vector<std::string> challenges{};
  std::uint32_t nc = 0;
  bool by_proxy = false;  ///< 407: answered in Proxy-Authorization
};

struct ua_account_state : ua_party {
  using ua_party::ua_party;
  ua_account_id id{};
  ua_account given{};
  std::string contact{};  ///< our URI for this account
  std::string sip_call_id{}, tag{};
  std::uint32_t cseq = 0;
  ua_digest digest{};
  nta_outgoing_t* request = nullptr;
  bool wanted = false;     ///< between register_account and unregister
  unsigned tries = 0;      ///< challenges answered for this REGISTER
  seconds retry{0};        ///< the last back-off
  seconds expires{0};      ///< what we ask for
  std::uint64_t turn = 0;  ///< a timer of an earlier turn means nothing
};

enum class ua_phase : std::uint8_t { calling = 0, ringing = 1, answered = 2, talking = 3 };

struct ua_call_state : ua_party {
  using ua_party::ua_party;
  ~ua_call_state();
  ua_call_id id{};
  ua_account_state* account = nullptr;
  ua_phase phase = ua_phase::calling;
  bool cancelled = false;          ///< our CANCEL left
  bool hang_up_after_ack = false;  ///< BYE must wait for their ACK (RFC 3261 15)
  bool ack_waits = false;          ///< their 200 offered: ACK needs our answer
  bool offer_is_ours = false;      ///< the INVITE had none: our 200 offers
  unsigned tries = 0;
  ua_outgoing order{};
  std::string remote_uri{};
  nta_leg_t* leg = nullptr;
  nta_incoming_t* invite_in = nullptr;
  nta_outgoing_t* invite_out = nullptr;
  std::uint32_t invite_cseq = 0;
  nta_incoming_t* offer_in = nullptr;
  bool offer_in_answered = false, offer_in_is_update = false;
  nta_outgoing_t* offer_out = nullptr;
  nta_outgoing_t* refer_out = nullptr;
  std::uint64_t sdp_session = 0, sdp_version = 0;
  std::optional<session_description> local{}, remote{};
};

/// What other threads read and count too.
struct ua_shared {
  std::atomic<std::uint64_t> next_id{1}, accounts{0}, calls{0};
};

struct ua_core {
  ua_core(const user_agent_options& given, user_agent_sink& to, ua_shared& with);
  ~ua_core();
  ua_core(const ua_core&) = delete;
  ua_core& operator=(const ua_core&) = delete;

  struct timer {
    ua_time due{};
    std::uint64_t account = 0, turn = 0;
    bool operator<(const timer& other) const { return due > other.due; }
  };

  const user_agent_options& options;
  user_agent_sink& sink;
  su_root_t* root = nullptr;
  nta_agent_t* agent = nullptr;
  nta_leg_t* outside = nullptr;  ///< takes what belongs to no dialog
  ua_party outsider{*this};
  std::string host{}, port{}, tcp_port{};
  std::mt19937_64 chance{std::random_device{}()};
  std::unordered_map<std::uint64_t, std::unique_ptr<ua_account_state>> accounts{};
  std::unordered_map<std::uint64_t, std::unique_ptr<ua_call_state>> calls{};
  std::vector<std::unique_ptr<ua_call_state>> retired{};  ///< freed after the step: a callback may still stand in one
  std::priority_queue<timer> timers{};
  ua_time next_register{};
  ua_shared& shared;
  std::function<void()> catch_up{};  ///< carries out the orders that wait

  result<void> open();
  /// Runs what is due; the milliseconds until the next timer, at most `longest`.
  milliseconds run_timers(milliseconds longest);
  void add_account(ua_account_id id, ua_account given);
  ua_account_state* account(ua_account_id id);
  ua_call_state* call(ua_call_id id);
  ua_call_state& add_call(ua_call_id id, ua_account_state& of);
  void end(ua_call_state& call, int status, const std::string& reason, bool by_peer);
  std::string random_text();
};

using ua_order = std::function<void(ua_core&)>;

std::string ua_url_text(const url_t* url);
/// Their SDP; none when there is no body of that type. Malformed gives 400, another type 415 in `refused`.
std::optional<session_description> ua_body(const sip_t* sip, int& refused);
/// Our SDP for this call; the version grows when the content changes.
std::string ua_sdp(ua_call_state& call, session_description media);
/// All challenges of a 401 or 407.
ua_digest ua_challenged(const sip_t* sip);
/// Our Authorization value; empty without a challenge that we can answer.
std::string ua_authorization(ua_account_state& account, const char* method, const std::string& uri);

// user_agent_register.cpp
void ua_register(ua_account_state& account, ua_time at);
void ua_unregister(ua_account_state& account);
void ua_send_register(ua_account_state& account);

// user_agent_calls.cpp
void ua_call(ua_core& core, ua_call_id id, ua_outgoing order);
void ua_acknowledge(ua_call_state& call, const std::string& body);
int ua_take_invite(ua_core& core, nta_incoming_t* irq, const sip_t* sip);
void ua_ring(ua_call_state& call, const std::optional<session_description>& early);
void ua_answer(ua_call_state& call, const session_description& media);
void ua_reject(ua_call_state& call, int status);
void ua_hang_up(ua_call_state& call);

// user_agent_dialog.cpp
int ua_in_dialog(ua_party* party, nta_leg_t* leg, nta_incoming_t* irq, const sip_t* sip);
void ua_bye(ua_call_state& call, int status, const std::string& reason, bool by_peer);
void ua_offer(ua_call_state& call, const session_description& media);
void ua_answer_offer(ua_call_state& call, const session_description& media);
void ua_reject_offer(ua_call_state& call, int status);
void ua_refer(ua_call_state& call, const std::string& target);

/// A request of ours within the dialog, through the account's server; tags without TAG_END.
template <class... Tags>
nta_outgoing_t* ua_send(ua_call_state& call, nta_response_f* on_response, sip_method_t method, const char* name, Tags... tags) {
  return nta_outgoing_tcreate(call.leg, on_response, on_response == nullptr ? nullptr : &call, nullptr, method, name, nullptr,
                              SIPTAG_USER_AGENT_STR(call.core.options.name.c_str()), tags..., TAG_END());
}

}  // namespace seatgrid
