#include "actors/retention.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "actors/shell_row.hpp"
#include "domain/call_parts.hpp"
#include "domain/call_rules.hpp"

namespace seatgrid::actors {
namespace {

std::vector<shard_id> shards_of(engine& engine, const lane& of) {
  std::vector<shard_id> all;
  for (unsigned s = 0; s < shard_count; ++s)
    if (&engine.lane_of({entity_kind::tenant, std::uint64_t{s} << (64 - shard_bits)}) == &of)
      all.push_back(static_cast<shard_id>(s));
  return all;
}

void remove_files(entity_ref call, const recording_cdr& of, const node_ports& ports) {
  if (!ports.remove_recording) return;
  for (const auto& path : paths_of(of)) ports.remove_recording(call_id{call.id}, path);
}

/// The CDR when the files of that kind are gone, which it then says; nothing when it names none.
std::optional<session_cdr> without_audio(entity_ref call, session_cdr cdr, std::string_view kind, const node_ports& ports) {
  bool any = false;
  for (auto& one : cdr.recordings) {
    if (one.kind != kind || one.missing == removed_by_retention) continue;
    remove_files(call, one, ports);
    one.missing = removed_by_retention;
    for (auto& file : one.files) file.missing = removed_by_retention;
    any = true;
  }
  return any ? std::optional{std::move(cdr)} : std::nullopt;
}

}  // namespace

bool retention::sweep() {
  const auto& keep = engine_.options().retention;
  left_ = keep.entities_per_sweep;
  bool more = false;
  for (const auto& one : engine_.lanes()) {
    if (!one->ready()) continue;
    more = trim_log(*one) || more;
    for (const auto shard : shards_of(engine_, *one)) {
      remove_audio(*one, shard, "talk", keep.recordings);
      remove_audio(*one, shard, "voicemail", keep.voicemails);
      remove_cdrs(*one, shard);
    }
    if (!woken_) wake_tombstones(*one);
  }
  if (engine_.ready()) woken_ = true;
  return more || left_ == 0;
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

std::vector<retention::old_cdr> retention::cdrs_between(lane& of, shard_id shard, time_point after, time_point until,
                                                        std::size_t most) {
  std::vector<old_cdr> found;
  if (most == 0) return found;
  static_cast<void>(
      engine_.log().scan_from(of.id(), cdr_prefix(shard), cdr_key_at(shard, until), [&](std::string_view key, std::string_view) {
        const auto place = place_of_cdr_key(key);
        if (!place) return true;
        if (place->at <= after) return false;
        found.push_back({std::string{key}, place->call, place->at});
        return found.size() < most;
      }));
  return found;
}

time_point& retention::mark(lane& of, shard_id shard, std::string_view kind) {
  const auto [it, fresh] = marks_.try_emplace({shard, std::string{kind}});
  if (fresh)
    if (const auto row = engine_.log().get(of.id(), audio_mark_key(shard, kind))) it->second = decode_mark(*row);
  return it->second;
}

/// The index is newest first and the mark may only move over what is done: the span behind it is halved until it fits the sweep.
void retention::remove_audio(lane& of, shard_id shard, std::string_view kind, std::chrono::seconds keep) {
  if (keep.count() == 0 || left_ == 0) return;
  auto& done = mark(of, shard, kind);
  auto until = engine_.time().now() - keep;
  if (until <= done) return;
  auto old = cdrs_between(of, shard, done, until, std::size_t{left_} + 1);
  while (old.size() > left_ && until - done > std::chrono::microseconds{1}) {
    until = done + (until - done) / 2;
    old = cdrs_between(of, shard, done, until, std::size_t{left_} + 1);
  }
  for (const auto& one : old) {
    const auto bytes = engine_.log().get(of.id(), row_key(one.call, cdr_element));
    const auto cdr = bytes ? decode_cdr(*bytes) : tl::unexpected{bytes.error()};
    if (!cdr) continue;
    auto changed = without_audio(one.call, *cdr, kind, engine_.ports());
    if (!changed) continue;
    step gone;
    gone.entity = one.call;
    gone.at = of.now();
    gone.rows.push_back({row_key(one.call, cdr_element), encode(*changed)});
    of.append_own(std::move(gone));
  }
  left_ -= static_cast<std::uint32_t>(std::min<std::size_t>(old.size(), left_));
  done = until;
  if (old.empty()) return;
  step moved;
  moved.entity = {entity_kind::tenant, std::uint64_t{shard} << (64 - shard_bits)};
  moved.at = of.now();
  moved.rows.push_back({audio_mark_key(shard, kind), encode_mark(done)});
  of.append_own(std::move(moved));
}

/// CDRs with their index rows and their files, one step per call. What else is left of a call goes with them once its tombstone's
/// hour is over; until then it answers agents and queues that ask late.
void retention::remove_cdrs(lane& of, shard_id shard) {
  const auto keep = engine_.options().retention.cdrs;
  if (keep.count() == 0) return;
  const auto now = engine_.time().now();
  for (auto& one : cdrs_between(of, shard, {}, now - keep, left_)) {
    step gone;
    gone.entity = one.call;
    gone.at = of.now();
    gone.rows.push_back({std::move(one.key), std::nullopt});
    const bool forgotten = now - one.at > calls::call_limits::tombstone;
    static_cast<void>(engine_.log().scan(of.id(), row_key(one.call), [&](std::string_view row, std::string_view value) {
      const bool is_cdr = element_of(row) == cdr_element;
      if (is_cdr)
        if (const auto cdr = decode_cdr(value))
          for (const auto& r : cdr->recordings) remove_files(one.call, r, engine_.ports());
      if (is_cdr || forgotten) gone.rows.push_back({std::string{row}, std::nullopt});
      return true;
    }));
    of.append_own(std::move(gone));
    engine_.count().swept.fetch_add(1, std::memory_order_relaxed);
    --left_;
  }
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
