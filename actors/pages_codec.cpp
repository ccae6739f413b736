#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "actors/pages.hpp"
#include "domain/cdr.hpp"
#include "proto/json.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::uint32_t limit_max = 1'000;
constexpr std::size_t filters_max = 16;

std::string text_of(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string time_member(const nlohmann::json& item) {
  for (const char* name : {"started_at", "at", "since"})
    if (item.contains(name)) return text_of(item[name]);
  return {};
}

}  // namespace

page_gatherer::page_gatherer(std::size_t asked, std::string next_cursor, gateway::answer done)
    : items_(asked), left_(asked), next_cursor_(std::move(next_cursor)), done_(std::move(done)) {}

void page_gatherer::put(std::size_t at, result<std::string> item) {
  std::vector<std::string> all;
  {
    const std::lock_guard lock{mutex_};
    const auto nobody_could_say = [&] { return item.error().code == errc::unavailable || item.error().code == errc::timed_out; };
    if (item)
      items_[at] = std::move(*item);
    else if (nobody_could_say())
      failed_ = std::move(item.error());
    if (--left_ != 0) return;
    if (failed_) return done_(tl::unexpected{*failed_});
    for (auto& one : items_)
      if (one) all.push_back(std::move(*one));
  }
  done_(page_json(all, next_cursor_));
}

std::string page_json(const std::vector<std::string>& items, const std::string& next_cursor) {
  std::string out{"{\"items\":["};
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i != 0) out += ',';
    out += items[i];
  }
  out += ']';
  if (!next_cursor.empty()) out += ",\"next_cursor\":" + json_text(next_cursor);
  return out + "}";
}

bool item_matches(const std::string& item, const std::map<std::string, std::string>& filters) {
  if (filters.empty()) return true;
  const auto parsed = nlohmann::json::parse(item, nullptr, false);
  if (!parsed.is_object()) return false;
  return std::all_of(filters.begin(), filters.end(), [&](const auto& filter) {
    if (filter.first == "since") return time_member(parsed) >= filter.second;
    if (filter.first == "until") return time_member(parsed) < filter.second;
    return parsed.contains(filter.first) && text_of(parsed[filter.first]) == filter.second;
  });
}

result<void> check_query(const list_query& query) {
  if (query.limit == 0 || query.limit > limit_max) return fail(errc::invalid, "limit: 1 to 1,000");
  if (query.filters.size() > filters_max) return fail(errc::invalid, "at most 16 filters");
  return {};
}

std::vector<std::string> recordings_of_cdr(const std::string& cdr, const std::string& kind) {
  std::vector<std::string> out;
  const auto parsed = nlohmann::json::parse(cdr, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("recordings")) return out;
  for (auto item : parsed["recordings"]) {
    if (!item.is_object() || !item.contains("kind") || item["kind"] != kind) continue;
    if (item.value("missing", "") == removed_by_retention) continue;
    for (const char* name : {"call", "tenant", "number", "caller", "agent", "started_at"})
      if (parsed.contains(name)) item[name] = parsed[name];
    out.push_back(item.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return out;
}

std::string json_text(std::string_view text) {
  std::string out;
  json::write_text(out, text);
  return out;
}

std::string event_json(const live_event& event) {
  std::string out{"{\"id\":\"" + event.id + "\",\"type\":" + json_text(event.type)};
  out += ",\"entity\":\"" + std::string{to_string(event.entity.kind)} + "/" + to_text(event.entity.id) + "\"";
  out += ",\"tenant\":" + json_text(event.tenant) + ",\"at\":\"" + json::rfc3339(event.at) + "\"";
  return out + ",\"sequence\":" + std::to_string(event.sequence) + ",\"data\":" + (event.data.empty() ? "null" : event.data) +
         "}";
}

std::string timeline_json(time_point at, std::uint64_t sequence, const std::vector<std::string>& events) {
  std::string out{"{\"at\":\"" + json::rfc3339(at) + "\",\"step\":" + std::to_string(sequence) + ",\"events\":["};
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i != 0) out += ',';
    out += events[i];
  }
  return out + "]}";
}

}  // namespace seatgrid::actors
