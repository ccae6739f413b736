#include "actors/node_events.hpp"

#include <charconv>
#include <utility>

#include "actors/shell_row.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::string_view roster_element = "roster";  // offset behind the last record that is told
constexpr std::string_view owner_element = "owner";    // process and node of the last owner that is told

/// On the shard of lane 1, whatever the number of lanes.
entity_ref node_named(const std::string& name) {
  constexpr shard_id first = 0;
  const auto id = call_id::make(first, stable_hash(name));
  return {entity_kind::node, id.value};
}

std::string text_of(const cluster::lane_owner& owner) { return to_text(owner.process) + " " + owner.node; }

cluster::lane_owner owner_from(const std::string& text) {
  constexpr std::size_t half = 16, digits = 32;
  cluster::lane_owner out;
  if (text.size() <= digits || text[digits] != ' ') return out;
  std::from_chars(text.data(), text.data() + half, out.process.high, 16);
  std::from_chars(text.data() + half, text.data() + digits, out.process.low, 16);
  out.node = text.substr(digits + 1);
  return out;
}

}  // namespace

node_events::node_events(engine& owner) : engine_(owner) {}

void node_events::on_record(std::uint64_t offset, const std::optional<cluster::roster_record>& what, time_point log) {
  const std::lock_guard lock{mutex_};
  const auto changes = fold(roster_, offset, what);
  if (!what || changes.empty() || roster_.level < cluster::level_of_node_events) return;
  auto news = news_of(roster_, *what, changes, log);
  news.offset = offset;
  if (news.events.empty()) return;
  waiting_.push_back(std::move(news));
  if (waiting_.size() <= waiting_max) return;
  waiting_.pop_front();
  if (lost_++ == 0) engine_.say("events of nodes are lost: lane 1 has taken none for too long");
}

/// By the rows, which every node folds.
std::uint64_t node_events::told_before(const lane& first) const {
  const auto kept = engine_.log().get(first.id(), row_key(keeper_of(first.id()), roster_element));
  std::uint64_t offset = 0;
  if (kept) std::from_chars(kept->data(), kept->data() + kept->size(), offset);
  return offset;
}

void node_events::tell() {
  const std::lock_guard lock{mutex_};
  if (roster_.level < cluster::level_of_node_events) return;
  for (const auto& one : engine_.lanes()) {
    const auto claimed = one->ready() ? one->epoch() : std::nullopt;
    auto& notes = notes_[one->id()];
    if (const auto epoch = claimed ? claimed->epoch : 0; epoch != notes.epoch) {
      notes = {.epoch = epoch};
      if (claimed && one->id() == 1) notes.next = told_before(*one);
    }
    if (claimed) tell_of_owner(*one, notes);
    if (one->id() == 1 && !waiting_.empty()) tell_of_nodes(*one, notes);
  }
}

void node_events::tell_of_nodes(lane& first, lane_notes& notes) {
  const auto counted = told_before(first);
  while (!waiting_.empty() && waiting_.front().offset < counted) waiting_.pop_front();
  if (notes.epoch == 0) return;
  for (const auto& news : waiting_) {
    if (news.offset < notes.next) continue;  // under way
    mark how_far{row_key(keeper_of(first.id()), roster_element), std::to_string(news.offset + 1)};
    if (!append(first, notes, node_named(news.node), news.events, std::move(how_far))) return;
    notes.next = news.offset + 1;
  }
}

void node_events::tell_of_owner(lane& of, lane_notes& notes) {
  if (notes.is_owner_told) return;
  const auto me = owner_from(engine_.options().process + " " + engine_.options().name);
  const auto keeper = keeper_of(of.id());
  const auto key = row_key(keeper, owner_element);
  const auto kept = engine_.log().get(of.id(), key);
  const auto former = kept ? owner_from(*kept) : cluster::lane_owner{};
  const auto now = of.now();
  notes.is_owner_told =
      former == me || append(of, notes, keeper, {news_of_owner({of.id(), notes.epoch}, me, former, now)}, {key, text_of(me)});
}

/// False: the claim is over, and its successor tells.
bool node_events::append(lane& to, lane_notes& notes, entity_ref entity, std::vector<publish> events, mark how_far) {
  const auto shell_key = row_key(entity, shell_element);
  auto [number, is_new] = notes.numbers.try_emplace(entity, 0);
  if (is_new)
    if (const auto kept = engine_.log().get(to.id(), shell_key))
      if (const auto shell = decode_shell_row(*kept)) number->second = shell->published;
  step told;
  told.entity = entity;
  told.at = to.now();
  for (auto& event : events) told.outbox.push_back({std::move(event.type), ++number->second, std::move(event.data)});
  told.rows.push_back({shell_key, encode(shell_row{.published = number->second})});
  told.rows.push_back({std::move(how_far.key), std::move(how_far.value)});
  return to.append_own(std::move(told), lane_epoch{to.id(), notes.epoch});
}

}  // namespace seatgrid::actors
