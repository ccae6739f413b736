#include "actors/counters.hpp"

namespace seatgrid::actors {

void counters::write(std::vector<metric>& out) const {
  const auto add = [&](const char* name, const char* help, bool is_counter, const std::atomic<std::uint64_t>& value) {
    out.push_back({name, help, is_counter, {}, static_cast<double>(value.load(std::memory_order_relaxed))});
  };
  add("seatgrid_inputs_total", "Messages given to entities.", true, inputs);
  add("seatgrid_steps_total", "Steps appended to the journal.", true, steps);
  add("seatgrid_steps_counted_total", "Steps that count (durable).", true, steps_counted);
  add("seatgrid_steps_failed_total", "Steps that did not count.", true, steps_failed);
  add("seatgrid_commands_refused_total", "Commands that the rules refused.", true, refused);
  add("seatgrid_entities_rebuilt_total", "Entities rebuilt from rows after a broken promise of our code.", true, rebuilt);
  add("seatgrid_entities_unreadable_total", "Entities whose rows could not be read.", true, unreadable);
  add("seatgrid_calls_taken_total", "New calls given to the rules.", true, calls_taken);
  add("seatgrid_calls_refused_total", "New calls refused with 503 because of load, disk or drain.", true, calls_refused);
  add("seatgrid_held_inputs_dropped_total", "Inputs dropped while a lane was away.", true, held_dropped);
  add("seatgrid_reinvites_answered_early_total", "Re-INVITEs answered before their step counted.", true, early_answers);
  add("seatgrid_invites_too_late_total", "INVITEs not sent: their step counted when their Expires was over.", true,
      invites_too_late);
  add("seatgrid_lanes_lost_total", "Times a lane was lost and claimed again.", true, lanes_lost);
  add("seatgrid_timers_fired_total", "Waits that ended.", true, timers_fired);
  add("seatgrid_events_total", "Public events.", true, events);
  add("seatgrid_actors", "Entities in memory.", false, actors);
  add("seatgrid_restore_found", "Live entities found at the last start.", false, found);
  add("seatgrid_restore_done", "Live entities restored since the last start.", false, restored);
  add("seatgrid_swept_total", "Entities whose rows were removed by retention.", true, swept);
}

}  // namespace seatgrid::actors
