#include "tests/model/lane/world.hpp"

#include <algorithm>

namespace seatgrid::model {

namespace {

using namespace seatgrid::cluster;
constexpr std::array<std::string_view, process_count> names{"A", "A'", "B"};
constexpr std::array<process_index, process_count> everyone{process_a, process_twin, process_b};
constexpr std::size_t records_in_log_max = 19;

}  // namespace

universe::universe(scene what) : scene_(what) {}

lane universe::fresh(const world& at, process_index who, const lane_fold& folded) const {
  const auto number = scene_.names_are_owners && who == process_twin ? std::uint64_t{process_a} : std::uint64_t{who};
  lane_options options{.lanes = 2, .claim_pause = std::chrono::milliseconds{0}, .claim_pause_max = std::chrono::milliseconds{0}};
  const auto history = std::uint64_t{1} + scene_.rewinds - at.rewinds;  // every process after a loss is another
  return make_lane(0, {who == process_b ? "b" : "a", {history, number + 1}}, folded, options, scene_.rules);
}

world universe::first() {
  world at;
  at.claim_orders = scene_.claim_orders;
  at.claims = scene_.claims;
  at.steps = scene_.steps;
  at.faults = scene_.faults;
  at.deaths = scene_.deaths;
  at.starts = scene_.starts;
  at.rewinds = scene_.rewinds;
  for (const auto who : everyone) {
    at.processes[who].machine = machines_.add(fresh(at, who, {}));
    at.processes[who].alive = who != process_twin;
  }
  return at;
}

void universe::send(world& at, process_index who, record_number what) {
  if (machines_.record(what).what.kind == record_kind::claim) {
    if (at.claims == 0) {
      at.cut = 1;
      return;
    }
    --at.claims;
  }
  at.processes[who].net.push(what);
}

/// The machine's next state and what it put out, `about` being the record that was read or reported.
void universe::absorb(world& at, process_index who, const reaction& done, record_number about) {
  auto& process = at.processes[who];
  process.machine = done.next;
  for (const auto& one : done.effects) {
    switch (one.kind) {
      case effect_kind::sent: send(at, who, one.record); break;
      case effect_kind::counted: {
        const auto step = machines_.record(about).step;
        process.last_step = step;
        if (one.mine) at.acknowledged_at[step - 1U] = static_cast<std::uint8_t>(one.offset + 1), process.flight_step = 0;
        break;
      }
      case effect_kind::frame_lost:
        if (one.known_lost) at.lost_steps |= static_cast<std::uint8_t>(1U << (process.flight_step - 1U));
        process.flight_step = 0;
        break;
      case effect_kind::owned:
      case effect_kind::lost:
      case effect_kind::stopped: break;
    }
  }
}

void universe::order(const world& at, process_index who, const happening& each) {
  const auto& machine = machines_.machine(at.processes[who].machine);
  const bool reader_only = scene_.rewinds > 0 && who == process_b;
  if (machine.mode == lane_mode::follower && at.claim_orders > 0 && !reader_only) {
    auto next = at;
    --next.claim_orders;
    absorb(next, who, machines_.order_claim(at.processes[who].machine), 0);
    each(next, [=] { return std::string{names[who]} + " is ordered to claim"; });
  }
  if (!may_write(machine) || at.steps == 0 || at.processes[who].net.size > 2) return;
  auto next = at;
  auto& process = next.processes[who];
  const auto step = static_cast<std::uint8_t>(scene_.steps - next.steps-- + 1);
  process.flight_step = step;
  const auto& done = machines_.write(at.processes[who].machine, step, process.last_step);
  const auto sent = done.effects.front().record;
  absorb(next, who, done, 0);
  if (scene_.pipelines && next.steps > 0) {
    auto behind = machines_.record(sent).what;
    behind.prev = head_after(behind.prev, behind.crc);
    ++behind.seq;
    behind.body = {static_cast<char>(step + 1), static_cast<char>(step)};
    --next.steps;
    send(next, who, machines_.add(behind));
  }
  each(next, [=] { return std::string{names[who]} + " sends step " + std::to_string(step); });
}

/// What the broker does with the record that A sent first, and what it says.
void universe::broker(const world& at, process_index who, const happening& each) {
  if (at.processes[who].net.size == 0 || at.log.size >= records_in_log_max) return;
  struct way {
    bool stored, late, told_failed, without_offset, fault;
    std::string_view text;
  };
  static constexpr std::array<way, 6> ways{{{true, false, false, false, false, " is stored"},
                                            {true, false, false, true, true, " is stored, reported without offset"},
                                            {true, false, true, false, true, " is stored, reported failed"},
                                            {false, false, true, false, true, " fails and is never stored"},
                                            {false, true, true, false, true, " is reported failed, a copy is under way"},
                                            {true, true, false, false, true, " is stored, a second copy is under way"}}};
  for (const auto& way : ways) {
    if (way.fault && at.faults == 0) continue;
    auto next = at;
    auto& process = next.processes[who];
    const auto record = process.net.pop();
    const auto offset = next.log.size;
    if (way.stored) next.log.push(record);
    if (way.late) next.late.push(record);
    if (way.fault) --next.faults;
    const auto kind = way.told_failed      ? report_kind::failed
                      : way.without_offset ? report_kind::stored_somewhere
                                           : report_kind::stored;
    // A stored claim is acted on when it is read: its report changes nothing and is left out.
    const bool matters = machines_.record(record).what.kind == record_kind::frame || way.told_failed ||
                         !scene_.rules.acts_on_own_claim_read || scene_.rewinds > 0;
    if (matters) process.reports.push({record, kind, kind == report_kind::stored ? offset : std::uint16_t{0}});
    each(next, [&, who] { return std::string{names[who]} + "'s oldest record on its way" + std::string{way.text}; });
  }
}

void universe::deliver(const world& at, process_index who, const happening& each) {
  const auto number = at.processes[who].machine;
  if (at.processes[who].reports.size > 0) {
    auto next = at;
    const auto report = next.processes[who].reports.pop();
    const auto offset = report.kind == report_kind::stored ? int{report.offset} : -1;
    absorb(next, who,
           report.kind == report_kind::failed ? machines_.failed(number, report.record)
                                              : machines_.stored(number, report.record, offset),
           report.record);
    each(next, [=] { return std::string{names[who]} + " gets a report"; });
  }
  const auto& machine = machines_.machine(number);
  if (machine.mode == lane_mode::stopped) return;
  const auto offset = static_cast<std::uint8_t>(machine.folded.next);
  if (offset < at.log.size) {
    auto next = at;
    absorb(next, who, machines_.read(number, offset, at.log.items[offset]), at.log.items[offset]);
    each(next, [=] { return std::string{names[who]} + " reads offset " + std::to_string(offset); });
  } else if (offset > at.log.size) {
    auto next = at;
    absorb(next, who, machines_.out_of_range(number), 0);
    each(next, [=] { return std::string{names[who]} + " finds the log ended below what it read"; });
  }
}

void universe::live_and_die(const world& at, const happening& each) {
  if (at.deaths > 0 && at.processes[process_a].alive != 0) {
    auto next = at;
    --next.deaths;
    auto& dead = next.processes[process_a];
    dead.alive = 0;
    dead.reports = {};
    while (dead.net.size > 0 && next.late.size < 4) next.late.push(dead.net.pop());  // what was sent may still land
    dead.net = {};
    each(next, [] { return std::string{"A dies"}; });
  }
  if (at.starts > 0) {
    auto next = at;
    --next.starts;
    auto& twin = next.processes[process_twin];
    twin.alive = 1;
    const bool successor = at.processes[process_a].alive == 0;
    // A restart finds its rows; a twin beside a living A has its own, empty ones.
    if (successor) twin.last_step = at.processes[process_a].last_step;
    const auto folded = successor ? machines_.machine(at.processes[process_a].machine).folded : lane_fold{};
    twin.machine = machines_.add(fresh(next, process_twin, folded));
    if (scene_.rules.claims_at_start) absorb(next, process_twin, machines_.order_claim(twin.machine), 0);
    each(next, [=] { return std::string{successor ? "A starts again" : "a twin of A starts"}; });
  }
  if (at.rewinds > 0 && at.log.size > 0) {
    auto next = at;
    --next.rewinds;
    next.log = {};
    next.late = {};
    next.acknowledged_at = {};
    next.lost_steps = 0;
    next.claim_orders = static_cast<std::uint8_t>(next.claim_orders + 2);
    next.starts = 1;
    next.processes[process_twin] = {};
    auto& first = next.processes[process_a];
    first = {};
    first.alive = 1;
    first.machine = machines_.add(fresh(next, process_a, {}));
    each(next, [] { return std::string{"the log loses everything; all writers die, A starts again, empty"}; });
  }
}

/// Whether `who` can do nothing any more that others would notice: a follower whom nobody orders and who will not meet its name.
bool universe::has_retired(const world& at, process_index who) const {
  const auto& process = at.processes[who];
  if (process.alive == 0) return who == process_b || at.starts == 0;
  const auto& machine = machines_.machine(process.machine);
  if (machine.mode != lane_mode::follower || machine.flight || at.claim_orders > 0 || process.net.size > 0 ||
      process.reports.size > 0 || at.rewinds > 0 || (who != process_b && at.starts > 0))
    return false;
  const auto names_it = [&](record_number n) { return machines_.record(n).what.node == machine.me.node; };
  for (const auto other : everyone) {
    const auto& one = at.processes[other];
    const auto& its = machines_.machine(one.machine);
    if (other != who && one.alive != 0 && its.me.node == machine.me.node && its.mode != lane_mode::follower) return false;
    for (std::size_t n = 0; n < one.net.size; ++n)
      if (names_it(one.net.items[n])) return false;
  }
  for (std::size_t n = 0; n < at.late.size; ++n)
    if (names_it(at.late.items[n])) return false;
  for (auto n = machine.folded.next; n < at.log.size; ++n)
    if (names_it(at.log.items[n])) return false;
  return true;
}

/// Worlds that differ only in what has no effect become one.
void universe::settle(world& at) const {
  std::sort(at.late.items.begin(), at.late.items.begin() + at.late.size);
  for (const auto who : everyone)
    if (has_retired(at, who)) {
      const auto net = at.processes[who].net;
      at.processes[who] = {};
      at.processes[who].net = net;
    }
}

void universe::next_of(const world& at, const happening& give) {
  const happening each = [&](const world& next, const std::function<std::string()>& label) {
    auto settled = next;
    settle(settled);
    give(settled, label);
  };
  for (const auto who : everyone) {
    if (at.processes[who].alive != 0) {
      order(at, who, each);
      deliver(at, who, each);
    }
    broker(at, who, each);
  }
  for (std::size_t n = 0; n < at.late.size && at.log.size < records_in_log_max; ++n) {
    auto next = at;
    next.log.push(at.late.items[n]);
    next.late.erase(n);
    each(next, [] { return std::string{"a late copy is stored"}; });
  }
  live_and_die(at, each);
}

std::string universe::log_text(const world& at) const {
  std::string text;
  for (std::size_t n = 0; n < at.log.size; ++n) {
    const auto& known = machines_.record(at.log.items[n]);
    text += std::to_string(n) +
            (known.what.kind == record_kind::claim ? ":claim(" + known.what.node : ":step" + std::to_string(known.step) + "(") +
            " process " + std::to_string(known.what.owner.high) + "." + std::to_string(known.what.owner.low) + " epoch " +
            std::to_string(known.what.epoch) + " seq " + std::to_string(known.what.seq) + ") ";
  }
  return text;
}

}  // namespace seatgrid::model
