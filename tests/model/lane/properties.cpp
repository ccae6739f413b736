#include "tests/model/lane/world.hpp"

/// What must hold in every state.
namespace seatgrid::model {

namespace {

using namespace seatgrid::cluster;

std::string step_text(unsigned step) { return "step " + std::to_string(step); }

}  // namespace

/// Nothing on its way and nothing to read: only orders, faults and deaths could change anything.
bool universe::is_quiet(const world& at) const {
  if (at.cut != 0 || at.late.size > 0) return false;
  for (const auto& one : at.processes) {
    if (one.net.size > 0) return false;
    if (one.alive == 0) continue;
    const auto& machine = machines_.machine(one.machine);
    if (one.reports.size > 0 || (machine.mode != lane_mode::stopped && machine.folded.next != at.log.size)) return false;
  }
  return true;
}

std::optional<std::string> universe::stuck(const world& at, const lane_fold& end) const {
  if (!is_quiet(at)) return std::nullopt;
  bool name_lives = false;
  bool owner_acts = false;
  for (const auto& one : at.processes) {
    if (one.alive == 0) continue;
    const auto& machine = machines_.machine(one.machine);
    if (machine.mode == lane_mode::claiming) return "a process waits for ever for its claim";
    if (machine.flight) return "a process waits for ever for its frame";
    if (machine.mode == lane_mode::stopped) continue;
    name_lives |= end.epoch > 0 && machine.me.node == end.owner.node;
    owner_acts |= machine.mode == lane_mode::owner && machine.epoch == end.epoch;
  }
  if (name_lives && !owner_acts) return "the lane is of a living node that does not act for it";
  return std::nullopt;
}

std::optional<std::string> universe::owners_violation(const world& at) const {
  for (std::size_t a = 0; a < process_count; ++a)
    for (auto b = a + 1; b < process_count; ++b) {
      const auto& one = machines_.machine(at.processes[a].machine);
      const auto& other = machines_.machine(at.processes[b].machine);
      if (at.processes[a].alive != 0 && at.processes[b].alive != 0 && one.mode == lane_mode::owner &&
          other.mode == lane_mode::owner && one.epoch == other.epoch)
        return "two processes act for epoch " + std::to_string(one.epoch);
    }
  return std::nullopt;
}

std::optional<std::string> universe::violation(const world& at) {
  if (auto two = owners_violation(at)) return two;
  // One reader of the whole log, by the same rules.
  std::array<lane_fold, 20> folds{};
  std::array<std::uint8_t, steps_bound> counted_at{};
  lane_fold reader;
  std::uint8_t last = 0;
  for (std::size_t n = 0; n < at.log.size; ++n) {
    const auto& known = machines_.record(at.log.items[n]);
    const auto what = judge(reader, known.what, scene_.rules);
    if (what == verdict::diverged) return "a reader stops at offset " + std::to_string(n) + " of an honest log";
    if (what == verdict::counted) {
      if (counted_at[known.step - 1U] != 0) return step_text(known.step) + " counts twice";
      if (known.after != last) return step_text(known.step) + " counts on a state that it was not decided on";
      counted_at[known.step - 1U] = static_cast<std::uint8_t>(n + 1);
      last = known.step;
    }
    fold(reader, known.what, what);
    folds[n + 1] = reader;
  }
  for (unsigned step = 1; step <= steps_bound; ++step) {
    const auto told = at.acknowledged_at[step - 1];
    if (told != 0 && counted_at[step - 1] != told) return step_text(step) + " was acknowledged but does not count";
    if ((at.lost_steps >> (step - 1) & 1U) != 0 && counted_at[step - 1] != 0)
      return step_text(step) + " was reported lost but counts";
  }
  const bool rewound = scene_.rewinds > at.rewinds;
  for (const auto& one : at.processes) {
    if (one.alive == 0) continue;
    const auto& machine = machines_.machine(one.machine);
    if (machine.mode == lane_mode::stopped) {
      if (!rewound) return "a process stops on an honest log";
      continue;
    }
    if (machine.folded.next > at.log.size) continue;
    const auto& truth = folds[machine.folded.next];
    // A reader cannot know of a loss before it meets a frame; then it must.
    const bool just_counted = machine.folded.next > 0 && counted_at[0] != 0 && machine.folded.seq == truth.seq &&
                              machine.folded.owner == truth.owner && machine.folded.epoch == truth.epoch &&
                              truth.seq > folds[machine.folded.next - 1].seq;
    if (rewound ? just_counted && machine.folded != truth : machine.folded != truth)
      return "two readers of the same records differ";
  }
  return rewound ? std::nullopt : stuck(at, reader);
}

}  // namespace seatgrid::model
