#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/gateway.hpp"

namespace seatgrid::actors {

/// Items of one page as they are asked for one by one and answered in any order; `done` runs once, when the last one came.
class page_gatherer : public std::enable_shared_from_this<page_gatherer> {
 public:
  page_gatherer(std::size_t asked, std::string next_cursor, gateway::answer done);
  /// The answer for place `at`. An item that is not there any more is left out; one that could not be asked (its lane has no
  /// owner here just now) fails the page: a list that lacks what lives would be taken for the truth.
  void put(std::size_t at, result<std::string> item);

 private:
  std::mutex mutex_;
  std::vector<std::optional<std::string>> items_;
  std::size_t left_ = 0;
  std::optional<error> failed_{};
  const std::string next_cursor_;
  gateway::answer done_;
};

/// {"items":[...],"next_cursor":"..."}.
std::string page_json(const std::vector<std::string>& items, const std::string& next_cursor);
/// True when the JSON object `item` has each filter's member with that text (numbers and booleans by their JSON text).
/// `since` and `until` compare RFC 3339 texts with the member started_at, or at.
bool item_matches(const std::string& item, const std::map<std::string, std::string>& filters);
/// @error invalid a limit or filter that is not allowed.
result<void> check_query(const list_query& query);
/// The recordings inside a CDR's JSON that retention has left, each with call, tenant, number, agent and started_at of it; `kind`
/// is "talk" or "voicemail".
std::vector<std::string> recordings_of_cdr(const std::string& cdr, const std::string& kind);
/// A JSON object of a public event.
std::string event_json(const live_event& event);
/// One line of a timeline: {"at":..,"entity":..,"events":[...]}.
std::string timeline_json(time_point at, std::uint64_t sequence, const std::vector<std::string>& events);
std::string json_text(std::string_view text);

}  // namespace seatgrid::actors
