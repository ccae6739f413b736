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

publish told_changed(const registration_state& s, time_point at) {
  published::registration_changed made{.tenant = s.tenant, .aor = s.aor, .version = s.version, .at = at};
  for (const auto& b : s.bindings)
    made.bindings.push_back(
        {.contact = b.contact.target, .flow = b.contact.flow, .instance = b.instance, .expires_s = b.expires_s, .at = b.at});
  return published::told(made);
}

}  // namespace seatgrid
