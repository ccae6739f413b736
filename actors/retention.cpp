#include "actors/retention.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "actors/shell_row.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::int64_t days_looked_back = 400;  // a node that was off longer leaves the rest to `recording|cdr` commands

std::vector<shard_id> shards_of(engine& engine, const lane& of) {
  std::vector<shard_id> all;
  for (unsigned s = 0; s < shard_count; ++s)
    if (&engine.lane_of({entity_kind::tenant, std::uint64_t{s} << (64 - shard_bits)}) == &of)
      all.push_back(static_cast<shard_id>(s));
  return all;
}

}  // namespace

bool retention::sweep() {
  bool more = false;
  for (const auto& one : engine_.lanes()) {
    if (!one->ready()) continue;
    more = trim_log(*one) || more;
    more = remove_cdrs(*one) || more;
    if (!woken_) wake_tombstones(*one);
  }
  if (engine_.ready()) woken_ = true;
  return more;
}

/// The first step that is young enough, found by halving: steps are in the order of their times.
bool retention::trim_log(lane& of) {
  const auto keep = engine_.options().retention.steps;
  if (keep.count() == 0) return false;
  const auto before = engine_.time().now() - keep;
  const auto time_at = [&](std::uint64_t sequence) {
    std::pair<std::uint64_t, time_point> found{0, {}};
    static_cast<void>(engine_.log().read(of.id(), sequence, [&](const recorded_step& s) {
      found = {s.position.sequence, s.step.at};
      return false;
    }));
    return found;
  };
  const auto end = engine_.log().end(of.id()).first.sequence;
  auto [low, first_at] = time_at(1);
  if (low == 0 || first_at >= before) return false;
  auto high = end;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (time_at(middle).second < before)
      low = middle + 1;
    else
      high = middle;
  }
  if (keep_from_) low = std::min(low, keep_from_(of.id()));
  const auto removed = engine_.log().trim(of.id(), low);
  return removed && *removed != 0;
}

/// CDR rows of days that are over, each with its index row and all that is left of the call, one step per call.
bool retention::remove_cdrs(lane& of) {
  const auto keep = engine_.options().retention.cdrs;
  if (keep.count() == 0) return false;
  const auto last_day = day_of(engine_.time().now() - keep) - 1;
  std::uint32_t left = engine_.options().retention.entities_per_sweep;
  std::vector<std::pair<std::string, entity_ref>> old;
  for (const auto shard : shards_of(engine_, of))
    for (auto day = last_day; day > last_day - days_looked_back && left > 0; --day)
      static_cast<void>(engine_.log().scan(of.id(), cdr_day_prefix(shard, day), [&](std::string_view key, std::string_view) {
        if (const auto place = place_of_cdr_key(key)) old.emplace_back(std::string{key}, place->call);
        return --left > 0;
      }));
  for (auto& [key, call] : old) {
    step gone;
    gone.entity = call;
    gone.at = of.now();
    gone.rows.push_back({std::move(key), std::nullopt});
    static_cast<void>(engine_.log().scan(of.id(), row_key(call), [&](std::string_view row, std::string_view) {
      gone.rows.push_back({std::string{row}, std::nullopt});
      return true;
    }));
    of.append_own(std::move(gone));
  }
  engine_.count().swept.fetch_add(old.size(), std::memory_order_relaxed);
  return left == 0;
}

/// Tombstones of a life before this one run no wait: their rows are read, and what is over goes by the call's own rules.
void retention::wake_tombstones(lane& of) {
  for (const auto shard : shards_of(engine_, of)) {
    entity_ref last{};
    static_cast<void>(
        engine_.log().scan(of.id(), kind_prefix(shard, entity_kind::call), [&](std::string_view key, std::string_view) {
          const auto call = entity_of(key);
          if (!call || *call == last || !element_of(key).empty()) return true;
          last = *call;
          auto in = std::make_shared<entity_input>();
          in->to = *call;
          in->what = resume_entity{};
          of.deliver(std::move(in));
          return true;
        }));
  }
}

}  // namespace seatgrid::actors
