#include "apps/edge_metrics.hpp"

#include <string>
#include <utility>

namespace seatgrid {
namespace {

using labels = std::map<std::string, std::string>;

class list {
 public:
  void counter(const char* name, const char* help, labels by, std::uint64_t value) {
    add(name, help, true, std::move(by), value);
  }
  void gauge(const char* name, const char* help, labels by, std::uint64_t value) { add(name, help, false, std::move(by), value); }
  std::vector<metric> take() { return std::move(all_); }

 private:
  void add(const char* name, const char* help, bool counts, labels by, std::uint64_t value) {
    all_.push_back({name, help, counts, std::move(by), static_cast<double>(value)});
  }
  std::vector<metric> all_{};
};

void add_messages(list& out, const edge_status& s) {
  for (std::size_t i = 0; i < edge_status::methods.size(); ++i) {
    const std::string method{edge_status::methods[i]};
    out.counter("seatgrid_sip_requests_total", "SIP requests.", {{"direction", "in"}, {"method", method}}, s.requests_in[i]);
    out.counter("seatgrid_sip_requests_total", "SIP requests.", {{"direction", "out"}, {"method", method}}, s.requests_out[i]);
  }
  for (std::size_t i = 1; i < s.responses_in.size(); ++i) {
    const auto kind = std::to_string(i) + "xx";
    out.counter("seatgrid_sip_responses_total", "SIP responses.", {{"direction", "in"}, {"class", kind}}, s.responses_in[i]);
    out.counter("seatgrid_sip_responses_total", "SIP responses.", {{"direction", "out"}, {"class", kind}}, s.responses_out[i]);
  }
}

void add_refusals(list& out, const edge_status& s) {
  for (std::size_t i = 0; i < s.drops.size(); ++i)
    out.counter("seatgrid_sip_refusals_total", "What the edge refused or left unanswered, by cause.",
                {{"cause", std::string{edge_status::drop_names[i]}}}, s.drops[i]);
  for (std::size_t i = 0; i < s.datagrams.size(); ++i)
    out.counter("seatgrid_sip_datagrams_total", "Verdicts of the filter before Sofia.",
                {{"verdict", std::string{to_string(static_cast<datagram_cause>(i))}}}, s.datagrams[i]);
}

}  // namespace

std::vector<metric> edge_metrics(const edge_status& s, std::optional<slot_number> slot) {
  list out;
  add_messages(out, s);
  add_refusals(out, s);
  out.gauge("seatgrid_sip_legs", "Dialogs and attempts that the edge holds.", {}, s.legs);
  out.gauge("seatgrid_sip_registrations", "Addresses of record with a device.", {}, s.registrations);
  out.counter("seatgrid_sip_refreshes_total", "REGISTERs answered from memory.", {}, s.refreshes);
  out.counter("seatgrid_sip_restored_legs_total", "Dialogs rebuilt after a restart.", {}, s.restored);
  out.counter("seatgrid_sip_unsent_total", "Messages that no lease let out.", {}, s.unsent);
  out.counter("seatgrid_sip_unheard_total", "What came while the node had no lease, and was left to its repetition.", {},
              s.unheard);
  for (const auto& t : s.trunks) {
    if (!t.probed) continue;
    const labels by{{"tenant", t.tenant}, {"trunk", t.trunk}};
    out.gauge("seatgrid_trunk_reachable", "1 = the trunk answers OPTIONS; 0 = calls out are refused.", by, t.reachable ? 1 : 0);
    out.gauge("seatgrid_trunk_probe_misses", "OPTIONS in a row without an answer.", by, t.misses);
  }
  auto all = out.take();
  if (slot)
    for (auto& one : all) one.labels["slot"] = std::to_string(*slot);
  return all;
}

}  // namespace seatgrid
