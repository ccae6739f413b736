#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "domain/effect.hpp"
#include "domain/registrar_port.hpp"
#include "sip/backoff.hpp"
#include "sip/datagram_filter.hpp"
#include "sip/digest.hpp"

namespace seatgrid::sip {

/// The edge's copy of every binding, and who may speak over which flow. No SIP, no waiting: registering.cpp has those.
class registrar {
 public:
  registrar(backoff_options slow, datagram_filter& filter) : slow_down(slow), filter_(filter) {}

  struct held {
    binding what{};
    time_point expires{};  ///< by the last refresh, which may be younger than the row
  };
  /// Live bindings of `aor`; expired ones are dropped on the way.
  const std::vector<held>& bindings(const std::string& aor, time_point now);
  void replace(const std::string& aor, std::vector<held> all);
  /// The address of record whose phone speaks over this flow; empty = none.
  const std::string& aor_of_flow(const std::string& flow) const;
  struct phone_of_flow {
    std::string aor{};
    binding what{};
  };
  /// The phone that speaks over this flow, or did until it registered over another; nothing: not known (any more).
  std::optional<phone_of_flow> phone_behind(const std::string& flow) const;
  std::size_t size() const { return by_aor_.size(); }

  /// A REGISTER whose owner was asked.
  struct pending {
    void* message = nullptr;  ///< msg_t, ours until answered
    void* path = nullptr;     ///< tport_t it came by
    register_request asked{};
    time_point deadline{};
    std::string info{};  ///< Authentication-Info for the answer
  };
  std::unordered_map<std::uint64_t, pending> waiting{};
  std::unordered_set<std::string> waiting_keys{};  ///< "Call-ID CSeq" of those, to know retransmissions
  std::uint64_t next_request = 1;
  backoff_table slow_down;
  nonce_window used{};

 private:
  datagram_filter& filter_;
  void remember_flows(const std::vector<held>& before, const std::vector<held>& after, const std::string& aor);
  void unlink(const std::vector<held>& gone, const std::string& aor);
  std::unordered_map<std::string, std::vector<held>> by_aor_{};
  std::unordered_map<std::string, std::string> by_flow_{};
  static constexpr std::size_t former_max = 10'000;  ///< beyond, all are forgotten: it matters in the seconds after a takeover
  std::unordered_map<std::string, phone_of_flow> former_{};  ///< by flow
  std::vector<held> none_{};
};

}  // namespace seatgrid::sip
