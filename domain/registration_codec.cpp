#include "domain/registration.hpp"

#include <algorithm>

#include "domain/published_acd.hpp"
#include "domain/published_codec.hpp"
#include "proto/json.hpp"
#include "proto/wire.hpp"

namespace seatgrid {

void registration_rules::rows(const registration_state& s, const std::vector<registration_event>& events, entity_rows& out) {
  const auto is_stored = [](const registration_event& e) { return std::holds_alternative<bindings_changed>(e); };
  if (std::any_of(events.begin(), events.end(), is_stored)) out.push_back({"", wire::encode(s)});
}

result<registration_state> registration_rules::load(std::uint64_t id, const entity_rows& stored) {
  registration_state s;
  for (const auto& row : stored) {
    if (!row.key.empty() || !row.value) continue;
    auto read = wire::decode<registration_state>(*row.value);
    if (!read) return tl::unexpected(read.error());
    s = std::move(*read);
  }
  s.id = registration_id{id};
  s.timer_generation = 1;
  return s;
}

std::string registration_rules::encode(const registration_command& c) { return wire::encode(c); }
result<registration_command> registration_rules::decode_command(std::string_view bytes) {
  return wire::decode<registration_command>(bytes);
}
std::string registration_rules::encode(const registration_event& e) { return wire::encode(e); }
result<registration_event> registration_rules::decode_event(std::string_view bytes) {
  return wire::decode<registration_event>(bytes);
}
std::string registration_rules::describe(const registration_event& e) { return json::text(e); }
std::string registration_rules::show(const registration_state& s) { return json::text(s); }

namespace {

published::registered_contact shown(const binding& b) {
  return {.contact = b.contact.target, .flow = b.contact.flow, .instance = b.instance, .expires_s = b.expires_s, .at = b.at};
}

template <class Told>
void tell_each(const bindings_changed& e, const std::vector<binding>& which, std::vector<publish>& out) {
  for (const auto& one : which) {
    Told made;
    made.tenant = e.tenant, made.aor = e.aor, made.binding = shown(one), made.at = e.at;
    out.push_back(published::told(made));
  }
}

}  // namespace

std::vector<publish> told_bindings(const bindings_changed& e) {
  std::vector<publish> out;
  tell_each<published::binding_removed>(e, e.removed, out);
  tell_each<published::binding_lapsed>(e, e.lapsed, out);
  tell_each<published::binding_made>(e, e.made, out);
  return out;
}

publish told_changed(const registration_state& s, time_point at) {
  published::registration_changed made{.tenant = s.tenant, .aor = s.aor, .version = s.version, .at = at};
  for (const auto& b : s.bindings) made.bindings.push_back(shown(b));
  return published::told(made);
}

}  // namespace seatgrid
