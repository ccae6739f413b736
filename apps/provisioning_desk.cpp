#include "apps/provisioning_desk.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "api/answers.hpp"
#include "api/call_summary.hpp"
#include "apps/checks.hpp"
#include "apps/saved_bindings.hpp"

namespace seatgrid {
namespace {

constexpr const char* apply_word = "apply";
constexpr const char* remove_word = "remove";
constexpr std::uint32_t calls_a_page = 1'000;

bool is_elsewhere(const error& why) { return why.code == errc::wrong_state && why.what.starts_with("lane 0"); }

}  // namespace

result<std::string> provisioning_desk::apply(const std::string& text, const std::string& file, provisioning_order how) {
  auto done = apply_here(text, file, how);
  if (done || !ask_ || !is_elsewhere(done.error())) return done;
  return ask_(apply_word, nlohmann::json{{"text", text}, {"file", file}, {"prune", how.prune}}.dump());
}

result<std::string> provisioning_desk::remove(const std::string& name) {
  auto done = remove_here(name);
  if (done || !ask_ || !is_elsewhere(done.error())) return done;
  return ask_(remove_word, name);
}

result<std::string> provisioning_desk::answer(const std::string& what, const std::string& payload) {
  if (what == remove_word) return remove_here(payload);
  const auto asked = nlohmann::json::parse(payload, nullptr, false);
  if (what != apply_word || !asked.is_object()) return fail(errc::invalid, "a question about provisioning that cannot be read");
  return apply_here(asked.value("text", ""), asked.value("file", ""), {.prune = asked.value("prune", false)});
}

result<std::string> provisioning_desk::apply_here(const std::string& text, const std::string& file, provisioning_order how) {
  // What goes must not be referred to by what comes: it is not there when the text is checked.
  auto made = parse_provisioning(text, file, how.prune ? std::vector<config_ptr>{} : store_.tenants());
  if (!made) return tl::unexpected{made.error()};
  const auto removed = how.prune ? absent_from(made->tenants) : std::vector<std::string>{};
  for (const auto& name : removed)
    if (auto idle = has_no_calls(name); !idle) return tl::unexpected{idle.error()};
  std::uint64_t changed = 0;
  if (!how.check_only) {
    const auto stay = how.prune ? std::vector<config_ptr>{} : store_.tenants();
    const auto applied = store_.apply(with_trunks_above(std::move(made->tenants), stay), removed);
    if (!applied) return tl::unexpected{applied.error()};
    changed = applied->size() - removed.size();
  }
  return answers::text(answers::provisioned{
      .changed = changed, .removed = removed, .warnings = nlohmann::json::parse(made->warnings).get<std::vector<std::string>>()});
}

std::vector<std::string> provisioning_desk::absent_from(const std::vector<config_ptr>& given) const {
  std::vector<std::string> out;
  for (const auto& kept : store_.tenants())
    if (std::none_of(given.begin(), given.end(), [&](const auto& one) { return one->tenant == kept->tenant; }))
      out.push_back(kept->tenant);
  return out;
}

/// A call that begins between this look and the removal keeps the version that it pinned.
result<void> provisioning_desk::has_no_calls(const std::string& tenant) const {
  std::string cursor;
  do {
    const auto calls = page_of(calls_(), collection::calls, tenant, calls_a_page, cursor);
    if (!calls) return tl::unexpected{calls.error()};
    const auto active = nlohmann::json::parse(summarise_calls(calls->dump(), "active"));
    if (!active.at("items").empty())
      return fail(errc::wrong_state, "tenant '" + tenant + "' has calls: it can be removed when they have ended");
    cursor = calls->value("next_cursor", "");
  } while (!cursor.empty());
  return {};
}

result<std::string> provisioning_desk::remove_here(const std::string& name) {
  if (!store_.current(name)) return fail(errc::not_found, "no tenant '" + name + "'");
  for (const auto& other : store_.tenants())
    if (other->parent == name)
      return fail(errc::conflict, "tenant '" + name + "' stands above tenant '" + other->tenant + "': remove that one first");
  if (auto idle = has_no_calls(name); !idle) return tl::unexpected{idle.error()};
  if (const auto removed = store_.apply({}, {name}); !removed) return tl::unexpected{removed.error()};
  return answers::text(answers::removed{.removed = {name}});
}

result<void> provisioning_desk::apply_file(const std::string& file) {
  if (file.empty()) return {};
  std::ifstream in{file, std::ios::binary};
  if (!in) return fail(errc::not_found, "cannot read the provisioning file " + file);
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto applied = apply(text, file, {});
  if (!applied) return tl::unexpected{applied.error()};
  const auto changed = nlohmann::json::parse(*applied, nullptr, false).value("changed", 0);
  if (changed != 0) spdlog::info("{} tenants provisioned from {}", changed, file);
  return {};
}

}  // namespace seatgrid
