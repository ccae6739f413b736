#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "domain/edge_directory.hpp"
#include "domain/leg_port.hpp"
#include "sip/edge.hpp"
#include "sip/name_book.hpp"
#include "sip/sofia_internal.hpp"

/// How trunks are reached: their names by DNS, their life by OPTIONS. Belongs to the edge's thread but for `states`.
namespace seatgrid::sip {

/// A next hop as a trunk's URI writes it.
struct hop {
  std::string host{};  ///< lower case; an IPv6 literal without brackets
  std::uint16_t port = 5'060;
  bool tcp = false;
  std::string key() const;  ///< "udp:sbc.example:5060"
};
/// @error invalid  no SIP URI
result<hop> hop_of(const std::string& uri);

class trunk_paths {
 public:
  explicit trunk_paths(edge_core& edge);
  ~trunk_paths();
  trunk_paths(const trunk_paths&) = delete;
  trunk_paths& operator=(const trunk_paths&) = delete;

  /// The directory that also knows trunks by the addresses of their names.
  edge_directory_ptr use(edge_directory_ptr plain);
  /// True when `use` would now give another directory.
  bool take_answer(const std::string& name, std::vector<std::string> addresses, seconds ttl);
  /// Sets the flow of a destination whose host is a name. Otherwise why no call can go there now; empty = it can.
  std::string open(destination& to) const;
  /// Names to ask and probes to send.
  void tick();
  void close();
  std::vector<trunk_state> states() const;

 private:
  struct probe;
  static int on_probe_response(leg_state* context, nta_outgoing_t* orq, const sip_t* sip);
  void keep_probes();
  void send(probe& p);
  void judge(probe& p, bool answered);
  std::string flow_to(const hop& to) const;
  void publish();

  edge_core& edge_;
  edge_directory_ptr plain_{};
  name_book names_;
  std::map<std::string, std::unique_ptr<probe>> probes_{};  ///< by hop
  time_point next_look_{};
  mutable std::mutex mutex_{};
  std::vector<trunk_state> states_{};
};

}  // namespace seatgrid::sip
