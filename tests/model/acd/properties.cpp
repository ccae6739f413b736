#include "tests/model/acd/properties.hpp"

#include <algorithm>
#include <utility>

namespace seatgrid::model {
namespace {

struct looker {
  const cast_list& cast;
  const std::vector<std::unique_ptr<machine>>& who;
  const global_state& s;
  const summary& view(std::size_t entity) const { return who[entity]->view(s.locals[entity]); }
  std::size_t calls() const { return cast.sizes().calls; }
  std::size_t agents_end() const { return calls() + cast.sizes().agents; }

  /// The place of the call in each queue but `in`; nothing = none.
  const summary::place* place(std::size_t call, std::size_t queue) const {
    for (const auto& p : view(queue).places)
      if (p.call == call) return &p;
    return nullptr;
  }
  std::string left_behind(std::size_t call, std::size_t but) const {
    for (auto q = agents_end(); q < cast.size(); ++q)
      if (q != but && place(call, q) != nullptr) return cast.name_of(q) + " still holds a place for " + cast.name_of(call);
    return {};
  }

  std::string unsettled_call(std::size_t call) const {
    const auto& c = view(call);
    if (c.has_reports) return "the edge of " + cast.name_of(call) + " has something to tell";
    for (const auto& phone : c.phones)
      if (phone.attempt != c.attempt) return "a phone that " + cast.name_of(call) + " gave up rings";
    if (c.talks && c.phones.size() > 1) return "a phone that lost " + cast.name_of(call) + " to another rings";
    if (c.talks) return left_behind(call, cast.size());
    if (c.rings) {
      if (!c.phone_is_live) return cast.name_of(call) + " rings on no phone";
      return left_behind(call, c.queue);
    }
    if (!c.waits) return left_behind(call, cast.size());
    const auto* held = place(call, c.queue);
    if (held == nullptr) return cast.name_of(call) + " waits and has no place in its queue";
    if (c.is_asked || !held->waits) return cast.name_of(call) + " waits for a word of its queue";
    for (auto a = calls(); a < agents_end(); ++a)
      if (view(a).is_ready) return cast.name_of(call) + " waits beside the free " + cast.name_of(a);
    return left_behind(call, c.queue);
  }
  std::string unsettled_agent(std::size_t agent) const {
    const auto& a = view(agent);
    if (a.is_ready) return {};
    const auto& c = view(a.other);
    const bool has_me = a.attempt != 0 && c.attempt == a.attempt && c.other == agent && (c.talks == a.talks);
    return has_me ? std::string{} : cast.name_of(agent) + " is held by an attempt that is over";
  }
};

}  // namespace

std::string broken_in(const cast_list& cast, const std::vector<std::unique_ptr<machine>>& who, const global_state& s) {
  const looker look{cast, who, s};
  std::vector<std::size_t> has(cast.size(), 0);
  std::vector<std::pair<std::size_t, attempt_no>> rings(cast.size(), {cast.size(), 0});  // agent -> call, attempt
  for (std::size_t call = 0; call < look.calls(); ++call) {
    const auto& c = look.view(call);
    for (const auto& phone : c.phones) {
      const std::pair mine{call, phone.attempt};
      if (const auto other = std::exchange(rings[phone.agent], mine); other.first != cast.size() && other != mine)
        return "I1: the phone of " + cast.name_of(phone.agent) + " has two calls";
    }
    if (c.answers > (c.talks ? 1U : 0U)) return "I2: " + cast.name_of(call) + " has another winner than the one it talks to";
    if (c.attempt == 0) continue;
    if (++has[c.other] > 1) return "I1: " + cast.name_of(c.other) + " is offered or connected to two calls";
    const auto& a = look.view(c.other);
    if (a.other != call || a.attempt != c.attempt)
      return "I1: " + cast.name_of(call) + " rings or talks on " + cast.name_of(c.other) + " that is not reserved for it";
    const auto* held = c.rings ? look.place(call, c.queue) : nullptr;
    if (c.rings && (held == nullptr || !held->offers || held->attempt != c.attempt))
      return "I5: " + cast.name_of(c.queue) + " moves the place of " + cast.name_of(call) + " while it rings";
  }
  return {};
}

std::string unsettled(const cast_list& cast, const std::vector<std::unique_ptr<machine>>& who, const global_state& s) {
  const looker look{cast, who, s};
  if (!s.flying.empty() || !s.late.empty()) return "messages are in flight";
  for (auto agent = look.calls(); agent < look.agents_end(); ++agent)
    if (auto why = look.unsettled_agent(agent); !why.empty()) return why;
  for (std::size_t call = 0; call < look.calls(); ++call)
    if (auto why = look.unsettled_call(call); !why.empty()) return why;
  return {};
}

}  // namespace seatgrid::model
