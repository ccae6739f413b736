#include <algorithm>

#include "actors/node_gateway.hpp"
#include "actors/pages.hpp"
#include "actors/shell_row.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::size_t replayed_max = 100'000;

struct verdict {
  std::uint64_t steps = 0;
  bool complete = true;  ///< the log still holds the first step
  bool same_config = true;
  std::string difference{};
};

std::string hexadecimal(const std::string& bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += digits[static_cast<unsigned char>(c) >> 4];
    text += digits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string said(const entity_core& core, const std::vector<std::string>& events, std::size_t at) {
  if (at >= events.size()) return "null";
  auto text = core.describe_event(events[at]);
  return text ? *text : json_text(hexadecimal(events[at]));
}

std::string difference_at(const entity_core& core, const recorded_step& recorded, const std::vector<std::string>& again) {
  const auto& before = recorded.step.events;
  for (std::size_t i = 0; i < std::max(before.size(), again.size()); ++i) {
    if (i < before.size() && i < again.size() && before[i] == again[i]) continue;
    return "{\"step\":" + std::to_string(recorded.position.sequence) + ",\"event\":" + std::to_string(i) +
           ",\"recorded\":" + said(core, before, i) + ",\"replayed\":" + said(core, again, i) + "}";
  }
  return {};
}

/// The tenant stands in the shell's row, which the first step writes.
std::string tenant_in(const step& first) {
  const auto key = row_key(first.entity, shell_element);
  for (const auto& one : first.rows)
    if (one.key == key && one.value)
      if (const auto kept = decode_shell_row(*one.value)) return kept->tenant;
  return {};
}

void replay_one(engine& engine, entity_core& core, const recorded_step& recorded, const std::string& tenant, verdict& v) {
  const auto& s = recorded.step;
  auto config = engine.config().version(tenant, s.config_version);
  if (!config || config->version != s.config_version) v.same_config = false;
  if (!config) config = std::make_shared<tenant_config>();
  auto again = core.take_recorded(s.command, {s.at, s.chance}, *config);
  if (!again)
    v.difference =
        "{\"step\":" + std::to_string(recorded.position.sequence) + ",\"error\":" + json_text(again.error().what) + "}";
  else if (again->refused)
    v.difference =
        "{\"step\":" + std::to_string(recorded.position.sequence) + ",\"refused\":" + json_text(again->refused->what) + "}";
  else
    v.difference = difference_at(core, recorded, again->events);
}

}  // namespace

result<std::string> replay_entity(engine& engine, entity_ref entity) {
  const auto core = engine.core(entity.kind);
  if (!core) return fail(errc::unsupported, "nothing of this kind is recorded");
  if (const auto empty = core->load(entity.id, {}); !empty) return tl::unexpected(empty.error());
  verdict v;
  std::string tenant;
  try {
    const auto read = engine.log().read_entity(entity, [&](const recorded_step& recorded) {
      if (v.steps++ == 0) {
        tenant = tenant_in(recorded.step);
        v.complete = !tenant.empty();
        if (!v.complete) return false;
      }
      if (recorded.step.command.empty()) return true;  // retention's own step: rows only
      replay_one(engine, *core, recorded, tenant, v);
      return v.difference.empty() && v.steps < replayed_max;
    });
    if (!read) return tl::unexpected(read.error());
  } catch (const std::exception& e) { v.difference = "{\"error\":" + json_text(e.what()) + "}"; }
  if (v.steps == 0) return fail(errc::not_found, "the log holds no step of it");
  std::string out{"{\"entity\":\"" + std::string{to_string(entity.kind)} + "/" + to_text(entity.id) + "\""};
  out += ",\"steps\":" + std::to_string(v.steps) + ",\"complete\":" + (v.complete ? "true" : "false");
  out += std::string{",\"same_config\":"} + (v.same_config ? "true" : "false");
  out += std::string{",\"same\":"} + (v.complete && v.difference.empty() ? "true" : "false");
  return out + ",\"first_difference\":" + (v.difference.empty() ? "null" : v.difference) + "}";
}

}  // namespace seatgrid::actors
