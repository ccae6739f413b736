#include "apps/saved_bindings.hpp"

#include <cstdio>
#include <ctime>
#include <future>
#include <nlohmann/json.hpp>

namespace seatgrid {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds page_max{
    3};  // longer than the gateway tries (2 s); a slot is opened, or a process ends, so much later
constexpr std::uint32_t page_items = 1'000;

/// "2026-11-23T09:41:32.995093Z"; zero for anything else.
time_point from_rfc3339(const std::string& text) {
  std::tm tm{};
  int micros = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
                  &tm.tm_sec, &micros) != 7)
    return {};
  tm.tm_year -= 1'900;
  tm.tm_mon -= 1;
  return {static_cast<std::int64_t>(timegm(&tm)) * 1'000'000 + micros};
}

binding binding_of(const json& from) {
  binding b;
  const auto contact = from.value("contact", json::object());
  b.contact.target = contact.value("target", "");
  b.contact.route = contact.value("route", std::vector<std::string>{});
  b.contact.trunk = contact.value("trunk", "");
  b.contact.flow = contact.value("flow", "");
  b.contact.edge = contact.value("edge", slot_number{0});
  b.instance = from.value("instance", "");
  b.sip_call_id = from.value("sip_call_id", "");
  b.cseq = from.value("cseq", 0U);
  b.expires_s = from.value("expires_s", 0U);
  b.q_thousandths = from.value("q_thousandths", std::uint16_t{1'000});
  b.at = from_rfc3339(from.value("at", ""));
  return b;
}

}  // namespace

result<json> page_of(const gateway& from, collection what, const std::string& tenant, std::uint32_t limit,
                     const std::string& cursor) {
  const auto whose = std::string{to_string(what)} + " of " + tenant;
  auto answered = std::make_shared<std::promise<result<std::string>>>();
  auto future = answered->get_future();
  from.list(what, {.tenant = tenant, .limit = limit, .cursor = cursor},
            [answered](result<std::string> r) { answered->set_value(std::move(r)); });
  if (future.wait_for(page_max) != std::future_status::ready) return fail(errc::timed_out, whose + ": no answer");
  const auto text = future.get();
  if (!text) return tl::unexpected{text.error()};
  auto page = json::parse(*text, nullptr, false);
  if (!page.is_object()) return fail(errc::corrupt, whose + ": not JSON");
  return page;
}

result<std::map<std::string, std::vector<binding>>> saved_bindings(const gateway& from, const std::string& tenant) {
  std::map<std::string, std::vector<binding>> found;
  std::string cursor;
  do {
    const auto page = page_of(from, collection::registrations, tenant, page_items, cursor);
    if (!page) return tl::unexpected{page.error()};
    try {
      for (const auto& one : page->value("items", json::array()))
        for (const auto& held : one.value("bindings", json::array())) found[one.value("aor", "")].push_back(binding_of(held));
      cursor = page->value("next_cursor", "");
    } catch (const json::exception& bad) { return fail(errc::corrupt, "registrations of " + tenant + ": " + bad.what()); }
  } while (!cursor.empty());
  return found;
}

}  // namespace seatgrid
