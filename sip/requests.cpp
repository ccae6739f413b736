#include "sip/edge_core.hpp"
#include "sip/register_request.hpp"
#include "sip/registering.hpp"
#include "sip/sdp.hpp"
#include "sip/text.hpp"

/// Requests outside any dialog, and responses outside any transaction.
namespace seatgrid::sip {
namespace {

template <class... Tags>
void reply_stateless(edge_core& core, msg_t* msg, int status, const char* phrase, Tags... tags) {
  core.count.response_out(status);
  nta_msg_treply(core.agent, msg, status, phrase, SIPTAG_SERVER_STR(core.options.user_agent.c_str()), tags..., TAG_END());
}

bool is_known(edge_core& core, const source_address& from) {
  if (!core.directory) return false;
  return core.directory->trunk_at(from.ip, from.port).has_value() || !core.registry.aor_of_flow(from.flow()).empty();
}

/// Refuses an unknown method (501), one that makes no sense outside a dialog (481) or at all (405).
void refuse_method(edge_core& core, msg_t* msg, const sip_t* sip) {
  switch (sip->sip_request->rq_method) {
    case sip_method_unknown:
    case sip_method_invalid: return reply_stateless(core, msg, SIP_501_NOT_IMPLEMENTED, SIPTAG_ALLOW_STR(allowed_methods));
    case sip_method_cancel:
    case sip_method_bye:
    case sip_method_prack:
    case sip_method_update:
    case sip_method_info:
    case sip_method_notify: return reply_stateless(core, msg, SIP_481_NO_TRANSACTION);
    case sip_method_invite:
    case sip_method_ack:
    case sip_method_options:
    case sip_method_register:
    case sip_method_message:
    case sip_method_subscribe:
    case sip_method_refer:
    case sip_method_publish: break;
  }
  reply_stateless(core, msg, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(allowed_methods));
}

void take_options(edge_core& core, msg_t* msg, const sip_t* sip) {
  if (!is_known_scheme(sip->sip_request->rq_url)) return reply_stateless(core, msg, SIP_416_UNSUPPORTED_URI);
  if (const auto unsupported = unsupported_in(sip); !unsupported.empty())
    return reply_stateless(core, msg, SIP_420_BAD_EXTENSION, SIPTAG_UNSUPPORTED_STR(unsupported.c_str()));
  if (core.sink.draining())
    return reply_stateless(core, msg, SIP_503_SERVICE_UNAVAILABLE,
                           SIPTAG_RETRY_AFTER_STR(std::to_string(core.options.overload_retry_after.count()).c_str()));
  reply_stateless(core, msg, SIP_200_OK, SIPTAG_ALLOW_STR(allowed_methods), SIPTAG_ACCEPT_STR(accepted_bodies),
                  SIPTAG_SUPPORTED_STR(supported_options));
}

}  // namespace

int on_message(edge_core* core, nta_agent_t*, msg_t* msg, sip_t* sip) {
  core->let_prack_through(false);
  if (sip->sip_request == nullptr) {
    on_stray_response(*core, msg, sip);
    return 0;
  }
  const auto method = sip->sip_request->rq_method;
  core->count.request_in(sip->sip_request->rq_method_name);
  const auto from = source_of(core->agent, msg);
  if (method == sip_method_ack) {
    msg_destroy(msg);
  } else if (msg_size(msg) > core->options.message_bytes_max) {
    core->count.dropped(edge_status::drop::too_big);
    reply_stateless(*core, msg, SIP_513_MESSAGE_TOO_LARGE);
  } else if (method == sip_method_register) {
    take_register(*core, msg, sip, from);
  } else if (!is_known(*core, from)) {
    // An answer would tell scanners that somebody is here, and could be aimed at a third party.
    core->count.dropped(edge_status::drop::unknown_source);
    msg_destroy(msg);
  } else if (sip->sip_to->a_tag != nullptr && std::chrono::steady_clock::now() - core->began < core->options.quiet_start) {
    msg_destroy(msg);
  } else if (sip->sip_to->a_tag != nullptr) {
    reply_stateless(*core, msg, SIP_481_NO_TRANSACTION);
  } else if (method == sip_method_options) {
    take_options(*core, msg, sip);
  } else if (method == sip_method_invite) {
    take_invite(*core, msg, sip, from);
  } else {
    refuse_method(*core, msg, sip);
  }
  return 0;
}

body_verdict read_body(const sip_t* sip) {
  if (sip->sip_payload == nullptr || sip->sip_payload->pl_len == 0) return {};
  const auto* disposition = sip->sip_content_disposition;
  const bool optional = disposition != nullptr && disposition->cd_optional != 0;
  const auto* type = sip->sip_content_type;
  const auto name = type == nullptr ? std::string{} : text_or_empty(type->c_type);
  if (!name.empty() && !text::same(name, "application/sdp"))
    return optional ? body_verdict{} : body_verdict{.refused = 415, .why = "body"};
  for (const auto* e = sip->sip_content_encoding; e != nullptr; e = e->k_next)
    for (auto item = e->k_items; item != nullptr && *item != nullptr; ++item)
      if (!text::same(*item, "identity") && **item != '\0') return {.refused = 415, .why = "encoding"};
  auto sdp = parse_sdp({sip->sip_payload->pl_data, sip->sip_payload->pl_len});
  if (!sdp) return {.refused = sdp.error().code == errc::unsupported ? 488 : 400, .why = sdp.error().what};
  if (sdp->codecs.empty()) return {.refused = 488, .why = "no audio stream that we speak"};
  return {.sdp = std::move(*sdp)};
}

int refuse_body(edge_core& core, nta_incoming_t* irq, const body_verdict& body) {
  if (body.refused == 415)
    return finish(core, irq, SIP_415_UNSUPPORTED_MEDIA, SIPTAG_ACCEPT_STR(accepted_bodies),
                  SIPTAG_ACCEPT_ENCODING_STR("identity"));
  core.count.dropped(edge_status::drop::bad_sdp);
  const auto warning = "399 " + core.host + " " + quoted(body.why);
  return finish(core, irq, body.refused, body.refused == 400 ? "Bad SDP" : sip_488_Not_acceptable,
                SIPTAG_WARNING_STR(warning.c_str()));
}

}  // namespace seatgrid::sip
