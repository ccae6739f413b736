#pragma once

#include "domain/call_events.hpp"

/// Inside of call_rules::apply: one fold per event, total and silent. Grouped by file: legs here, the rest in call_apply.cpp.
namespace seatgrid::calls {

struct leg_folding {
  call_state& call;
  void operator()(const leg_added& e) const;
  void operator()(const leg_endpoint_asked& e) const;
  void operator()(const leg_endpoint_ready& e) const;
  void operator()(const leg_endpoint_closed& e) const;
  void operator()(const caller_rang& e) const;
  void operator()(const caller_answered& e) const;
  void operator()(const leg_acknowledged& e) const;
  void operator()(const leg_invited& e) const;
  void operator()(const leg_alerted& e) const;
  void operator()(const leg_accepted& e) const;
  void operator()(const leg_lost& e) const;
  void operator()(const leg_dropped& e) const;
  void operator()(const leg_cleared& e) const;
  void operator()(const leg_quieted& e) const;
  void operator()(const leg_path_set& e) const;
  void operator()(const dialog_kept& e) const;
  void operator()(const play_began& e) const;
  void operator()(const play_ended& e) const;
  void operator()(const digit_relayed& e) const;
  void operator()(const legs_bridged& e) const;
  void operator()(const legs_unbridged& e) const;
  void operator()(const offer_answered& e) const;
  void operator()(const offer_refused& e) const;
  void operator()(const offer_made& e) const;
  void operator()(const hold_changed& e) const;
  void operator()(const probe_sent& e) const;
  void operator()(const probe_answered& e) const;
  void operator()(const refer_answered& e) const;
};

struct call_folding {
  call_state& call;
  void operator()(const call_started& e) const;
  void operator()(const call_running& e) const;
  void operator()(const ringback_began& e) const;
  void operator()(const node_entered& e) const;
  void operator()(const input_failed& e) const;
  void operator()(const digit_heard& e) const;
  void operator()(const variable_set& e) const;
  void operator()(const queue_asked& e) const;
  void operator()(const enqueue_repeated& e) const;
  void operator()(const queue_joined& e) const;
  void operator()(const queue_left& e) const;
  void operator()(const place_asked& e) const;
  void operator()(const place_heard& e) const;
  void operator()(const wait_overdue& e) const;
  void operator()(const attempt_changed& e) const;
  void operator()(const talk_began& e) const;
  void operator()(const dial_began& e) const;
  void operator()(const dial_ended& e) const;
  void operator()(const transfer_began& e) const;
  void operator()(const transfer_ended& e) const;
  void operator()(const voicemail_began& e) const;
  void operator()(const farewell_began& e) const;
  void operator()(const recording_began& e) const;
  void operator()(const recording_stopping& e) const;
  void operator()(const recording_ended& e) const;
  void operator()(const recording_segment_ended& e) const;
  void operator()(const voicemail_left& e) const;
  void operator()(const release_began& e) const;
  void operator()(const call_closed& e) const;
  void operator()(const call_recovered& e) const;
  void operator()(const call_forgotten& e) const;
  void operator()(const timer_set& e) const;
  void operator()(const timer_cleared& e) const;
  void operator()(const request_done& e) const;
  void operator()(const call_unknown& e) const;
};

}  // namespace seatgrid::calls
