#pragma once

#include "sip/edge_core.hpp"

/// REGISTER (RFC 3261 section 10): authenticates, answers what changes nothing from memory, asks the owner about the rest.
namespace seatgrid::sip {

void take_register(edge_core& core, msg_t* msg, sip_t* sip, const source_address& from);
void finish_register(edge_core& core, const register_reply& answer);
void load_bindings(edge_core& core, const std::string& aor, std::vector<binding> all);
/// 503 for REGISTERs whose owner did not answer within `register_wait`.
void time_out_registers(edge_core& core);
/// Forgets what waits, without an answer.
void drop_waiting(edge_core& core);

}  // namespace seatgrid::sip
