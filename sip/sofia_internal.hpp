#pragma once

// The only door to Sofia: the types of its callbacks' contexts must be named before its headers are read.
namespace seatgrid::sip {
struct edge_core;
struct leg_state;
}  // namespace seatgrid::sip
#define SU_ROOT_MAGIC_T seatgrid::sip::edge_core
#define SU_TIMER_ARG_T seatgrid::sip::edge_core
#define SU_WAKEUP_ARG_T seatgrid::sip::edge_core
#define NTA_AGENT_MAGIC_T seatgrid::sip::edge_core
#define NTA_LEG_MAGIC_T seatgrid::sip::leg_state
#define NTA_INCOMING_MAGIC_T seatgrid::sip::leg_state
#define NTA_OUTGOING_MAGIC_T seatgrid::sip::leg_state
#define NTA_RELIABLE_MAGIC_T seatgrid::sip::leg_state

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seatgrid::sip {

/// What Sofia gives for a transaction that is over before it can be named.
inline nta_outgoing_t* const no_transaction = reinterpret_cast<nta_outgoing_t*>(-1);

/// A Sofia memory pool for the length of a scope.
class scratch {
 public:
  scratch() { su_home_init(home_); }
  ~scratch() { su_home_deinit(home_); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  operator su_home_t*() { return home_; }

 private:
  su_home_t home_[1] = {SU_HOME_INIT(home_)};
};

inline std::string text_or_empty(const char* text) { return text == nullptr ? std::string{} : std::string{text}; }
std::string url_text(const url_t* url);
/// sip, sips or tel; anything else gets 416.
inline bool is_known_scheme(const url_t* url) {
  return url->url_type == url_sip || url->url_type == url_sips || url->url_type == url_tel;
}
/// `"display" <uri>` without tag or other parameters.
std::string address_text(const char* display, const url_t* url);
/// The first header `name` that this Sofia has no class for; empty = none.
std::string unknown_header(const sip_t* sip, std::string_view name);
bool has_option(const msg_list_t* list, std::string_view option);
std::string body_of(const sip_t* sip);
/// Where a message came from.
struct source_address {
  std::string ip{};
  std::uint16_t port = 0;
  bool tcp = false;
  std::string host_port() const;
  std::string flow() const;  ///< "udp:1.2.3.4:5060"
};
source_address source_of(nta_agent_t* agent, msg_t* msg);
/// Removes what would end a header line or a quoted string; keeps at most 128 bytes.
std::string one_line(std::string_view text);
/// The name part of `"name" <uri>`: escaped and in quotes; empty stays empty.
std::string quoted(std::string_view display);
/// "sip:host:port;transport=udp" of a flow "udp:host:port"; empty when it is none.
std::string flow_url(const std::string& flow);
std::string random_hex(std::size_t bytes);
std::uint64_t random_bits();

}  // namespace seatgrid::sip
