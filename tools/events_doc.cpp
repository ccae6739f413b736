#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "domain/published_schema.hpp"
#include "tools/pages.hpp"

/// events_doc DIRECTORY           writes docs/events: schemas, AsyncAPI document and their index
/// events_doc --check DIRECTORY   says which files are not current; exit status 1 if any
namespace {

using namespace seatgrid;
using nlohmann::ordered_json;

std::string pretty(const std::string& text) { return ordered_json::parse(text).dump(2) + "\n"; }

std::string index() {
  std::string text =
      "# Public events\n\nWhat a node tells other systems: by SSE at `/v1/events`, and on a cluster in the topic "
      "`<cluster>.events` as\n"
      "CloudEvents 1.0 (`asyncapi.json`). Written by `events_doc` from `domain/published.hpp`; do not edit. Types and members "
      "are only\n"
      "ever added; readers pass over what they do not know. An event of an entity carries its `sequence`: 1, 2, 3 ... without "
      "holes.\n\n"
      "| type | when | members |\n|---|---|---|\n";
  for (const auto& event : published::event_types()) {
    std::string members;
    const auto schema = ordered_json::parse(event.schema);
    for (const auto& [name, unused] : schema["properties"].items())
      members.append(members.empty() ? "`" : ", `").append(name).append("`");
    const std::string type{event.type};
    text.append("| [").append(type).append("](").append(type).append(".schema.json) | ");
    text.append(event.about).append(" | ").append(members).append(" |\n");
  }
  return text;
}

tools::page_map pages() {
  tools::page_map all{{"README.md", index()}, {"asyncapi.json", pretty(published::asyncapi())}};
  for (const auto& event : published::event_types()) all[std::string{event.type} + ".schema.json"] = pretty(event.schema);
  return all;
}

/// What a reader of `before` would miss in `after`: members that are gone or of another type.
void list_lost(const std::string& where, const ordered_json& before, const ordered_json& after, std::vector<std::string>& lost) {
  if (before.contains("type") && before["type"] != after.value("type", ordered_json{})) lost.push_back(where);
  if (before.contains("items")) list_lost(where + "[]", before["items"], after.value("items", ordered_json{}), lost);
  if (!before.contains("properties")) return;
  for (const auto& [name, member] : before["properties"].items()) {
    const auto path = std::string{where}.append(".").append(name);
    if (after.contains("properties") && after["properties"].contains(name))
      list_lost(path, member, after["properties"][name], lost);
    else
      lost.push_back(path);
  }
}

/// Others read these events: what was once published stays.
bool takes_nothing_away(const std::filesystem::path& directory, const tools::page_map& pages) {
  std::vector<std::string> lost;
  std::error_code code;
  for (const auto& file : std::filesystem::directory_iterator{directory, code}) {
    const auto name = file.path().filename().string();
    if (!name.ends_with(".schema.json")) continue;
    const auto type = name.substr(0, name.size() - std::string_view{".schema.json"}.size());
    const auto now = pages.find(name);
    if (now == pages.end())
      lost.push_back(type);
    else
      list_lost(type, ordered_json::parse(tools::content(file.path())), ordered_json::parse(now->second), lost);
  }
  for (const auto& what : lost) std::fprintf(stderr, "%s was published and may not be taken away or changed\n", what.c_str());
  return lost.empty();
}

}  // namespace

int main(int count, char** words) {
  if (count > 1 && !takes_nothing_away(words[count - 1], pages())) return 1;
  return seatgrid::tools::pages_main("events_doc", pages(), true, count, words);
}
