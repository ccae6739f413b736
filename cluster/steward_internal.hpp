#pragma once

#include <string>
#include <vector>

#include "cluster/steward.hpp"

/// The parts of the steward. Inside cluster/ only.
namespace seatgrid::cluster::stewarding {

using outputs = std::vector<steward_output>;

/// Writes a record unless it was written within `write_again`. `key` names what it is for.
void write_once(steward& at, const std::string& key, roster_record what, outputs& out);
/// It is a member, and neither lost nor unheard; this process itself too.
bool is_live(const steward& at, const member& one);
/// Members that `fits`, are live and do not drain; when there are none, those that drain as well. Names in order.
template <class Fits>
std::vector<std::string> fit_nodes(const steward& at, const Fits& fits) {
  for (const bool draining_too : {false, true}) {
    std::vector<std::string> names;
    for (const auto& [process, one] : at.members.members)
      if (is_live(at, one) && fits(one) && (draining_too || !one.drains)) names.push_back(one.card.who.node);
    if (!names.empty()) return names;
  }
  return {};
}
/// This process may own lanes.
bool may_own(const steward& at);

/// steward_slots.cpp: what the roster says of slots becomes true here.
void look_at_slots(steward& at, outputs& out);
/// When `teller` heard the gone last, told after it had read that it is out; 0 = never; nothing: it has not told yet.
std::optional<node_time> last_word_of(const steward& at, process_id gone, const departure& left, process_id teller);
/// `teller` goes too: what it told of those who went before is kept, and what it did not tell is assumed.
void keep_words_of(steward& at, process_id teller);
/// steward_lanes.cpp
void look_at_lanes(steward& at, outputs& out);
void on_claim_ended(steward& at, const claim_ended& in, outputs& out);
void on_rest_answered(steward& at, const rest_answered& in, outputs& out);
void on_move_ordered(steward& at, const move_ordered& in, outputs& out);

}  // namespace seatgrid::cluster::stewarding
