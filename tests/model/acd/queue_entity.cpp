#include "tests/model/acd/queue_entity.hpp"

#include <algorithm>

#include "proto/wire.hpp"

namespace seatgrid::model {
namespace {

constexpr std::uint16_t roll_call = 0;  // then two codes for each call: its entry is due, and its entry is due late
constexpr time_point alarm{noon.us + 60'000'000};

std::vector<const queue_entry*> in_order(const queue_state& s) {
  std::vector<const queue_entry*> out;
  for (auto walk = s.order.begin(); !walk.at_end(); walk.next()) out.push_back(&s.entries.at((*walk).call));
  return out;
}

/// What a takeover must find again, in the order of the queue. Sequence numbers count by their order alone.
std::string stored_part(const queue_state& s) {
  std::string out;
  for (const auto* entry : in_order(s)) {
    auto same = *entry;
    same.sequence = 0;
    out += wire::encode(same) + ';';
  }
  return out;
}

void set_dues(queue_state& s) {
  s.dues.clear();
  for (const auto& [call, entry] : s.entries)
    if (entry.due.us != 0) s.dues.insert({entry.due, call});
}

}  // namespace

queue_entity::state queue_entity::start(std::vector<to_entity>& said) {
  state s{.rules = read_rows<queue_rules>(id_.value, {})};
  run(s, config_changed{1}, noon, said);
  return s;
}

void queue_entity::run(state& s, queue_command input, time_point at, std::vector<to_entity>& said) const {
  auto out = step(s, std::move(input), at, cast_->config(), bends_);
  follow(s, out, said, [](const effect&) {});
  if (s.wrong.empty() && !bends_.after && stored_part(read_rows<queue_rules>(id_.value, s.rows)) != stored_part(s.rules))
    s.wrong = "the queue's rows are not its entries";
}

void queue_entity::hear(state& s, const acd_message& message, std::vector<to_entity>& said) const {
  run(s, command_of<queue_command>(message), noon, said);
}

/// The alarm rings: one entry is due, nobody else is yet.
void queue_entity::take(state& s, std::uint16_t code, std::vector<to_entity>& said) const {
  if (code == roll_call) {
    const auto generation = s.waits.at(static_cast<std::uint32_t>(queue_timer::members));
    s.waits.erase(static_cast<std::uint32_t>(queue_timer::members));
    return run(s, timer_fired{static_cast<std::uint32_t>(queue_timer::members), generation}, alarm, said);
  }
  auto& entry = s.rules.entries.at(cast_->call((code - 1) / 2));
  entry.due = alarm;
  if ((code - 1) % 2 == 1) entry.give_up_at = alarm;
  s.rules.timer_due = alarm;
  set_dues(s.rules);
  const auto generation = s.waits.at(static_cast<std::uint32_t>(queue_timer::due));
  s.waits.erase(static_cast<std::uint32_t>(queue_timer::due));
  run(s, timer_fired{static_cast<std::uint32_t>(queue_timer::due), generation}, alarm, said);
}

void queue_entity::take_over(state& s, std::vector<to_entity>& said) const {
  auto out = resume(s, id_.value, bends_);
  follow(s, out, said, [](const effect&) {});
}

std::vector<choice> queue_entity::choices(const state& s) const {
  std::vector<choice> out;
  if (s.waits.contains(static_cast<std::uint32_t>(queue_timer::members)))
    out.push_back({roll_call, choice_kind::inner, "asks its members"});
  if (!s.waits.contains(static_cast<std::uint32_t>(queue_timer::due))) return out;
  for (std::size_t i = 0; i < cast_->sizes().calls; ++i) {
    const auto at = s.rules.entries.find(cast_->call(i));
    if (at == s.rules.entries.end() || at->second.due.us == 0) continue;
    const auto code = static_cast<std::uint16_t>(1 + 2 * i);
    const auto name = cast_->name_of(i);
    out.push_back({code, choice_kind::inner, "repeats itself about " + name});
    if (at->second.state == entry_state::reserving && at->second.give_up_at.us != 0)
      out.push_back(
          {static_cast<std::uint16_t>(code + 1), choice_kind::inner, "gives the reservation for " + name + " up", true});
  }
  return out;
}

/// Moments become "runs" or "does not", counts of repeats and totals nothing.
void queue_entity::make_same(state& s) const {
  for (auto& [unused, entry] : s.rules.entries) {
    if (entry.due.us != 0) entry.due = far_off;
    if (entry.give_up_at.us != 0) entry.give_up_at = far_off;
    entry.repeats = 0;
  }
  set_dues(s.rules);
  if (s.rules.timer_due.us != 0) s.rules.timer_due = far_off;
  if (s.rules.view_settles_at.us != 0) s.rules.view_settles_at = far_off;
  s.rules.totals = {};
}

std::string queue_entity::key(const state& s) const {
  auto key = stored_part(s.rules);
  for (const auto* entry : in_order(s.rules)) {
    key += entry->due.us != 0 ? 'd' : '-';
    key += entry->give_up_at.us != 0 ? 'g' : '-';
  }
  for (std::size_t i = 0; i < cast_->sizes().agents; ++i) {
    const auto view = s.rules.agents.find(cast_->agent(i));
    if (view == s.rules.agents.end()) {
      key += '?';
      continue;
    }
    key += std::to_string(view->second.spent) + '/' + std::to_string(view->second.listed) + (view->second.logged_in ? "l" : "-");
    key += s.rules.index.is_free(cast_->agent(i)) ? 'f' : '-';
  }
  key += s.rules.rollcall_begun ? 'r' : '-';
  key += s.rules.rollcall_next;
  key += s.rules.timer_due.us != 0 ? 't' : '-';
  for (const auto& [timer, generation] : s.waits) {
    key += static_cast<char>('0' + timer);
    key += generation == s.rules.timer_generation || timer != static_cast<std::uint32_t>(queue_timer::due) ? '=' : '!';
  }
  return key;
}

summary queue_entity::view(const state& s) const {
  summary v;
  for (const auto* entry : in_order(s.rules)) {
    v.places.push_back({.call = cast_->number_of(ref(entry->call)),
                        .attempt = entry->attempt,
                        .waits = entry->state == entry_state::waiting,
                        .offers = entry->state == entry_state::offering});
    v.attempts = std::max(v.attempts, entry->attempt);
  }
  return v;
}

std::string queue_entity::describe(const state& s) const {
  std::string out;
  for (const auto* entry : in_order(s.rules)) {
    out += (out.empty() ? "" : ", ") + cast_->name_of(ref(entry->call)) + " " + std::string{to_string(entry->state)};
    if (entry->state != entry_state::waiting)
      out += " attempt " + std::to_string(entry->attempt) + " at " + cast_->name_of(ref(entry->agent));
  }
  out += out.empty() ? "nobody waits" : "";
  out += "; believes free:";
  for (std::size_t i = 0; i < cast_->sizes().agents; ++i)
    if (s.rules.index.is_free(cast_->agent(i))) out += " " + cast_->name_of(ref(cast_->agent(i)));
  return out;
}

}  // namespace seatgrid::model
