#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"
#include "sip/libc_guard.hpp"

struct call_pair;
#define NTA_AGENT_MAGIC_T call_pair
#define NTA_LEG_MAGIC_T call_pair
#define NTA_INCOMING_MAGIC_T call_pair
#define NTA_OUTGOING_MAGIC_T call_pair

#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport_tag.h>

/// The floor of an ACD call: a back-to-back user agent on Sofia's nta that passes each INVITE on to one agent and knows nothing
/// else: no queue, rules, journal, media, own SDP or events. It waits in epoll_wait as the node does (sip/libc_guard.hpp).
/// nta_floor HOST:PORT AGENT_HOST:PORT; prints "ready", serves until SIGTERM.

/// Two dialogs: the caller's and the agent's.
struct call_pair {
  std::string call_id{};
  nta_leg_t *caller = nullptr, *agent = nullptr;
  nta_incoming_t* invite_in = nullptr;
  nta_outgoing_t* invite_out = nullptr;

  call_pair() = default;
  call_pair(const call_pair&) = delete;
  call_pair& operator=(const call_pair&) = delete;
  ~call_pair() {
    if (invite_in != nullptr) nta_incoming_destroy(invite_in);
    if (invite_out != nullptr) nta_outgoing_destroy(invite_out);
    if (caller != nullptr) nta_leg_destroy(caller);
    if (agent != nullptr) nta_leg_destroy(agent);
  }
};

namespace {

volatile std::sig_atomic_t asked_to_end = 0;

struct floor_state {
  nta_agent_t* agent = nullptr;
  std::string contact{}, target{};
  std::unordered_map<std::string, std::unique_ptr<call_pair>> calls{};
  std::unordered_map<std::string, std::unique_ptr<call_pair>> ended{};  ///< until their own callback has returned
};
floor_state& state() {
  static floor_state one;
  return one;
}

std::string_view body_of(const sip_t* sip) {
  const auto* body = sip->sip_payload;
  return body == nullptr || body->pl_data == nullptr ? std::string_view{} : std::string_view{body->pl_data, body->pl_len};
}

void end(call_pair& call) {
  const auto at = state().calls.find(call.call_id);
  if (at != state().calls.end()) state().ended.insert(state().calls.extract(at));
}

int on_in_dialog(call_pair* call, nta_leg_t* leg, nta_incoming_t* irq, const sip_t* sip) {
  if (sip->sip_request->rq_method == sip_method_ack) return 0;
  if (sip->sip_request->rq_method != sip_method_bye) return 501;
  nta_incoming_treply(irq, SIP_200_OK, TAG_END());
  nta_incoming_destroy(irq);
  auto* other = leg == call->caller ? call->agent : call->caller;
  auto* bye = nta_outgoing_tcreate(other, nullptr, nullptr, nullptr, SIP_METHOD_BYE, nullptr, TAG_END());
  if (bye != nullptr) nta_outgoing_destroy(bye);
  end(*call);
  return 0;
}

int on_invite_event(call_pair* call, nta_incoming_t*, const sip_t* sip) {
  const bool confirmed = sip != nullptr && sip->sip_request->rq_method == sip_method_ack;
  if (!confirmed) return end(*call), 0;
  nta_incoming_bind(call->invite_in, nullptr, nullptr);
  nta_incoming_destroy(std::exchange(call->invite_in, nullptr));
  return 0;
}

void answer(call_pair& call, const sip_t* sip) {
  nta_leg_rtag(call.agent, sip->sip_to->a_tag);
  nta_leg_client_reroute(call.agent, sip->sip_record_route, sip->sip_contact, 1);
  const auto cseq = std::to_string(nta_outgoing_cseq(call.invite_out)) + " ACK";
  nta_outgoing_destroy(std::exchange(call.invite_out, nullptr));
  auto* ack = nta_outgoing_tcreate(call.agent, nullptr, nullptr, nullptr, SIP_METHOD_ACK, nullptr, SIPTAG_CSEQ_STR(cseq.c_str()),
                                   TAG_END());
  if (ack != nullptr) nta_outgoing_destroy(ack);
  const std::string body{body_of(sip)};
  nta_incoming_treply(call.invite_in, SIP_200_OK, SIPTAG_CONTACT_STR(state().contact.c_str()),
                      SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
}

int on_response(call_pair* call, nta_outgoing_t* orq, const sip_t* sip) {
  const int status = nta_outgoing_status(orq);
  if (call->invite_in == nullptr || status == 100) return 0;
  if (status < 200)
    nta_incoming_treply(call->invite_in, status, sip_status_phrase(status), SIPTAG_CONTACT_STR(state().contact.c_str()),
                        TAG_END());
  else if (status < 300 && sip != nullptr)
    answer(*call, sip);
  else
    nta_incoming_treply(call->invite_in, status, sip_status_phrase(status), TAG_END()), end(*call);
  return 0;
}

bool call_agent(call_pair& call, const sip_t* sip) {
  auto& with = state();
  const auto id = "b-" + call.call_id;
  const auto user = std::string{sip->sip_from->a_url[0].url_user == nullptr ? "anonymous" : sip->sip_from->a_url[0].url_user};
  const auto from = "<sip:" + user + "@floor.example>;tag=f" + std::to_string(with.calls.size());
  call.agent = nta_leg_tcreate(with.agent, on_in_dialog, &call, SIPTAG_CALL_ID_STR(id.c_str()), SIPTAG_FROM_STR(from.c_str()),
                               SIPTAG_TO_STR(with.target.c_str()), TAG_END());
  const std::string body{body_of(sip)};
  call.invite_out = nta_outgoing_tcreate(call.agent, on_response, &call, nullptr, SIP_METHOD_INVITE,
                                         URL_STRING_MAKE(with.target.c_str()), SIPTAG_CONTACT_STR(with.contact.c_str()),
                                         SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
  return call.agent != nullptr && call.invite_out != nullptr;
}

int on_outside(call_pair*, nta_leg_t*, nta_incoming_t* irq, const sip_t* sip) {
  const auto method = sip->sip_request->rq_method;
  if (method == sip_method_ack) return 0;
  if (method != sip_method_invite) return method == sip_method_options ? 200 : 481;
  auto& with = state();
  auto& call = *(with.calls[sip->sip_call_id->i_id] = std::make_unique<call_pair>());
  call.call_id = sip->sip_call_id->i_id;
  call.invite_in = irq;
  const auto* tag = nta_incoming_tag(irq, nullptr);
  call.caller = nta_leg_tcreate(with.agent, on_in_dialog, &call, SIPTAG_CALL_ID(sip->sip_call_id),
                                SIPTAG_FROM(reinterpret_cast<const sip_from_t*>(sip->sip_to)),
                                SIPTAG_TO(reinterpret_cast<const sip_to_t*>(sip->sip_from)),
                                NTATAG_REMOTE_CSEQ(sip->sip_cseq->cs_seq), TAG_END());
  nta_leg_tag(call.caller, tag);
  nta_leg_server_route(call.caller, sip->sip_record_route, sip->sip_contact);
  nta_incoming_bind(irq, on_invite_event, &call);
  nta_incoming_treply(irq, SIP_100_TRYING, TAG_END());
  if (!call_agent(call, sip)) nta_incoming_treply(irq, SIP_503_SERVICE_UNAVAILABLE, TAG_END()), end(call);
  return 0;
}

int serve(const std::string& listen, const std::string& agent) {
  su_init();
  const seatgrid::system_clock clock;
  seatgrid::socket_guard guard{clock};
  const seatgrid::guarded_thread mark{guard};
  auto& with = state();
  auto* root = su_root_create(nullptr);
  with.contact = "<sip:" + listen + ">", with.target = "sip:agent@" + agent;
  constexpr unsigned receive_bytes = 4U << 20, message_bytes_max = 65'535;
  const auto url = "sip:" + listen + ";transport=udp";
  with.agent = nta_agent_create(root, URL_STRING_MAKE(url.c_str()), nullptr, nullptr, NTATAG_UA(1), NTATAG_USE_NAPTR(0),
                                NTATAG_USE_SRV(0), NTATAG_MAXSIZE(message_bytes_max), NTATAG_UDP_MTU(message_bytes_max),
                                TPTAG_UDP_RMEM(receive_bytes), TAG_END());
  if (with.agent == nullptr) return std::fprintf(stderr, "nta_floor: cannot bind %s\n", listen.c_str()), 1;
  auto* outside = nta_leg_tcreate(with.agent, on_outside, nullptr, NTATAG_NO_DIALOG(1), TAG_END());
  std::puts("ready");
  std::fflush(stdout);
  constexpr su_duration_t step_ms = 200;
  while (asked_to_end == 0) {
    su_root_step(root, step_ms);
    with.ended.clear();
  }
  with.calls.clear();
  nta_leg_destroy(outside);
  nta_agent_destroy(with.agent);
  su_root_destroy(root);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return std::fprintf(stderr, "usage: nta_floor HOST:PORT AGENT_HOST:PORT\n"), 2;
  std::signal(SIGTERM, [](int) { asked_to_end = 1; });
  return serve(words[1], words[2]);
}
