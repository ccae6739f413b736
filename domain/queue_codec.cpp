#include <algorithm>

#include "domain/queue_internal.hpp"
#include "domain/shown.hpp"
#include "proto/json.hpp"
#include "proto/wire.hpp"

namespace seatgrid {
namespace {

constexpr char entry_row_mark = 'w';

/// "w" and the call's id, big endian: rows of one queue, one per waiting call.
std::string entry_key(call_id call) {
  std::string key{entry_row_mark};
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>((call.value >> shift) & 0xffU);
  return key;
}

void entry_row_of(const queue_state& s, call_id call, entity_rows& out) {
  const auto it = s.entries.find(call);
  if (it == s.entries.end())
    out.push_back({entry_key(call), std::nullopt});
  else
    out.push_back({entry_key(call), wire::encode(it->second)});
}

}  // namespace

std::string_view to_string(entry_state state) noexcept {
  switch (state) {
    case entry_state::waiting: return "waiting";
    case entry_state::reserving: return "reserving";
    case entry_state::offering: return "offering";
  }
  return "unknown";
}

std::string_view to_string(exit_cause cause) noexcept {
  switch (cause) {
    case exit_cause::none: return "none";
    case exit_cause::connected: return "connected";
    case exit_cause::abandoned: return "abandoned";
    case exit_cause::timeout: return "timeout";
    case exit_cause::overflow: return "overflow";
    case exit_cause::transferred: return "transferred";
    case exit_cause::callback: return "callback";
    case exit_cause::system: return "system";
    case exit_cause::key: return "key";
  }
  return "unknown";
}

exit_cause exit_cause_of(std::string_view why) noexcept {
  for (const auto cause : {exit_cause::connected, exit_cause::abandoned, exit_cause::timeout, exit_cause::overflow,
                           exit_cause::transferred, exit_cause::callback, exit_cause::key})
    if (to_string(cause) == why) return cause;
  return exit_cause::system;
}

void queue_rules::rows(const queue_state& s, const std::vector<queue_event>& events, entity_rows& out) {
  std::vector<call_id> entries;
  bool head = false;
  const auto note = [&](const auto& e) {
    using E = std::decay_t<decltype(e)>;
    if constexpr (std::same_as<E, call_queued> || std::same_as<E, reservation_made> || std::same_as<E, reservation_failed> ||
                  std::same_as<E, call_offered> || std::same_as<E, attempt_failed> || std::same_as<E, call_moved> ||
                  std::same_as<E, call_left>)
      entries.push_back(e.call);
    if constexpr (std::same_as<E, call_left> || std::same_as<E, queue_configured> || std::same_as<E, enqueue_refused>)
      head = true;
  };
  for (const auto& event : events) std::visit(note, event);
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  if (head) out.push_back({"", wire::encode(s.totals)});
  for (const auto call : entries) entry_row_of(s, call, out);
}

result<queue_state> queue_rules::load(std::uint64_t id, const entity_rows& stored) {
  queue_totals totals;
  std::vector<queue_entry> entries;
  for (const auto& row : stored) {
    if (!row.value) continue;
    if (row.key.empty()) {
      auto read = wire::decode<queue_totals>(*row.value);
      if (!read) return tl::unexpected(read.error());
      totals = *read;
    } else if (row.key.front() == entry_row_mark) {
      auto read = wire::decode<queue_entry>(*row.value);
      if (!read) return tl::unexpected(read.error());
      entries.push_back(std::move(*read));
    }
  }
  return restored_queue(queue_id{id}, totals, std::move(entries));
}

std::string queue_rules::encode(const queue_command& c) { return wire::encode(c); }
result<queue_command> queue_rules::decode_command(std::string_view bytes) { return wire::decode<queue_command>(bytes); }
std::string queue_rules::encode(const queue_event& e) { return wire::encode(e); }
result<queue_event> queue_rules::decode_event(std::string_view bytes) { return wire::decode<queue_event>(bytes); }
std::string queue_rules::describe(const queue_event& e) { return json::text(e); }

std::string queue_rules::show(const queue_state& s, std::size_t most) {
  std::string out{"{"};
  const queue_counts counts{
      .waiting = s.entries.size(), .agents_logged_in = s.logged_in, .agents_free = s.index.free_agents(), .totals = s.totals};
  json::detail::write_members(out, counts, true);
  out += ",\"calls\":[";
  std::size_t place = 0;
  for (auto walk = s.order.begin(); !walk.at_end() && place < most; walk.next()) {
    if (place++ > 0) out += ',';
    out += '{';
    json::detail::write_members(out, waiting_place{place, s.totals.wait_per_place * static_cast<std::int64_t>(place)}, true);
    out += ',';
    json::detail::write_members(out, s.entries.at((*walk).call), true);
    out += '}';
  }
  return out += "]}";
}

}  // namespace seatgrid
