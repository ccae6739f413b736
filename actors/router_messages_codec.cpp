#include "actors/router_messages.hpp"
#include "base/overload.hpp"
#include "proto/wire.hpp"

namespace seatgrid::actors {

std::string encode(const handed_input& what) { return wire::encode(what); }
result<handed_input> decode_handed_input(std::string_view bytes) { return wire::decode<handed_input>(bytes); }
std::string encode(const slot_order& what) { return wire::encode(what); }
result<slot_order> decode_slot_order(std::string_view bytes) { return wire::decode<slot_order>(bytes); }
std::string encode(const question& what) { return wire::encode(what); }
result<question> decode_question(std::string_view bytes) { return wire::decode<question>(bytes); }
std::string encode(const question_answer& what) { return wire::encode(what); }
result<question_answer> decode_question_answer(std::string_view bytes) { return wire::decode<question_answer>(bytes); }
std::string encode(const order_question& what) { return wire::encode(what); }
result<order_question> decode_order_question(std::string_view bytes) { return wire::decode<order_question>(bytes); }
std::string encode(const look_question& what) { return wire::encode(what); }
result<look_question> decode_look_question(std::string_view bytes) { return wire::decode<look_question>(bytes); }

std::optional<handed_input> handed(const entity_input& in) {
  handed_input out{.to = in.to, .tenant = in.tenant, .request = in.request, .hops = in.hops, .slot = in.slot};
  const bool goes = std::visit(
      overload{[&](const leg_event& e) { return out.leg = e, true; }, [&](const media_event& e) { return out.media = e, true; },
               [&](const register_request& e) { return out.registering = e, true; },
               [&](const acd_message& e) { return out.message = e, true; }, [](const timer_fired&) { return false; },
               [](const config_changed&) { return false; }, [](const control::command&) { return false; },
               [](const resume_entity&) { return false; }, [](const resume_again&) { return false; },
               [](const show_entity&) { return false; }},
      in.what);
  if (!goes) return std::nullopt;
  return out;
}

result<input_ptr> input_of(handed_input&& what) {
  auto in = std::make_shared<entity_input>();
  in->to = what.to;
  in->tenant = std::move(what.tenant);
  in->request = what.request;
  in->hops = static_cast<std::uint8_t>(what.hops);
  in->slot = static_cast<slot_number>(what.slot);
  if (what.leg)
    in->what = std::move(*what.leg);
  else if (what.media)
    in->what = std::move(*what.media);
  else if (what.registering)
    in->what = std::move(*what.registering);
  else if (what.message)
    in->what = std::move(*what.message);
  else
    return fail(errc::corrupt, "an input that says nothing");
  return in;
}

}  // namespace seatgrid::actors
