#include "actors/recording_audit.hpp"

#include <algorithm>
#include <vector>

#include "actors/shell_row.hpp"
#include "domain/call_rules.hpp"
#include "domain/cdr.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::size_t looked_at_once = 200;  // CDRs a chore: 4,000 a second
constexpr std::size_t id_text_length = 13;

entity_ref call_of_file(const std::string& path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return {entity_kind::call, from_text(std::string_view{name}.substr(0, id_text_length)).value_or(0)};
}

bool names(const session_cdr& cdr, const std::string& path) {
  return std::any_of(cdr.recordings.begin(), cdr.recordings.end(), [&](const recording_cdr& r) {
    const auto paths = paths_of(r);
    return std::find(paths.begin(), paths.end(), path) != paths.end();
  });
}

/// Also a later segment than the row knows: its step may be on its way.
bool may_name(const calls::call_state& call, const std::string& path) {
  const auto stem = [](const std::string& full) { return full.substr(0, full.find('.', full.rfind('/') + 1)); };
  return std::any_of(call.recordings.begin(), call.recordings.end(),
                     [&](const calls::call_recording& r) { return stem(r.path) == stem(path); });
}

/// Whether `exists` misses a file that the CDR says there is; the CDR then says so.
bool explain(session_cdr& cdr, const std::function<bool(const std::string&)>& exists) {
  bool changed = false;
  for (auto& r : cdr.recordings) {
    for (auto& file : r.files) {
      if (!file.missing.empty() || exists(file.path)) continue;
      file.missing = lost_file;
      changed = true;
    }
    const bool any = r.files.empty()
                         ? exists(r.path)
                         : std::any_of(r.files.begin(), r.files.end(), [](const auto& f) { return f.missing.empty(); });
    if (any || !r.missing.empty()) continue;
    r.missing = lost_file;
    changed = true;
  }
  return changed;
}

}  // namespace

recording_owner recording_audit::owner_of(const std::string& path) const {
  const auto call = call_of_file(path);
  if (call.id == 0) return recording_owner::none;
  auto& lane = engine_.lane_of(call);
  if (!lane.ready()) return recording_owner::unknown;
  entity_rows rows;
  std::optional<session_cdr> cdr;
  const auto prefix = row_key(call);
  const auto read = engine_.log().scan(lane.id(), prefix, [&](std::string_view key, std::string_view value) {
    const std::string element{element_of(key)};
    if (element == cdr_element) {
      if (auto decoded = decode_cdr(value)) cdr = std::move(*decoded);
    } else if (element != shell_element) {
      rows.push_back({element, std::string{value}});
    }
    return true;
  });
  if (!read || !lane.ready()) return recording_owner::unknown;
  if (cdr) return names(*cdr, path) ? recording_owner::over : recording_owner::none;
  if (rows.empty()) return recording_owner::none;
  const auto state = call_rules::load(call.id, rows);
  if (!state) return recording_owner::unknown;
  return may_name(*state, path) ? recording_owner::living : recording_owner::none;
}

void recording_audit::explain_missing() {
  if (!engine_.ports().recording_exists || shard_ >= shard_count || !engine_.ready()) return;
  for (unsigned empty = 0; shard_ < shard_count && empty < looked_at_once; ++empty) {
    auto& of = engine_.lane_of({entity_kind::tenant, std::uint64_t{shard_} << (64 - shard_bits)});
    if (look_at_some(of, static_cast<shard_id>(shard_))) return;
    ++shard_;
    last_key_.clear();
  }
  if (shard_ >= shard_count && lost_ != 0)
    engine_.say(std::to_string(lost_) + " calls name recordings that are not on the disk: their CDRs say so now");
}

bool recording_audit::look_at_some(lane& of, shard_id shard) {
  const auto from = last_key_.empty() ? cdr_key_at(shard, since_) : last_key_;
  std::vector<entity_ref> found;
  std::size_t seen = 0;
  static_cast<void>(engine_.log().scan_from(of.id(), cdr_prefix(shard), from, [&](std::string_view key, std::string_view) {
    if (key == last_key_) return true;
    last_key_ = key;
    if (const auto place = place_of_cdr_key(key)) found.push_back(place->call);
    return ++seen < looked_at_once;
  }));
  for (const auto& call : found) look_at(of, call);
  return seen == looked_at_once;
}

void recording_audit::look_at(lane& of, entity_ref call) {
  const auto bytes = engine_.log().get(of.id(), row_key(call, cdr_element));
  auto cdr = bytes ? decode_cdr(*bytes) : tl::unexpected{bytes.error()};
  if (!cdr || !explain(*cdr, engine_.ports().recording_exists)) return;
  ++lost_;
  step changed;
  changed.entity = call;
  changed.at = of.now();
  changed.rows.push_back({row_key(call, cdr_element), encode(*cdr)});
  of.append_own(std::move(changed));
}

}  // namespace seatgrid::actors
