#include <nlohmann/json.hpp>
#include <string>

#include "actors/pages.hpp"
#include "api/call_summary.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;
using nlohmann::json;

namespace {

void check_problem(errc code, const std::string& text) {
  const auto answer = problem({code, text});
  const auto body = json::parse(answer.body, nullptr, false);
  must(body.is_object() && answer.content_type == "application/problem+json", "a problem is JSON");
  must(body["status"] == answer.status && body["code"] == to_string(code), "a problem says its status and code");
  must(answer.status == status_of(code) && body["detail"].is_string(), "a problem says what is wrong");
  must(json::accept(problem(422, code, text, text).body), "a problem of any words is JSON");
}

void check_texts(const std::string& text) {
  must(json::accept(json_string(text)) && json::accept(actors::json_text(text)), "a text is JSON");
  const auto metrics = metrics_text({{.name = "m", .help = "h", .labels = {{"l", text}}, .value = 1}});
  must(std::count(metrics.begin(), metrics.end(), '\n') == 3, "a label never ends its line");
  live_event event{.id = "1", .type = text, .tenant = text, .at = {1}};
  must(json::accept(actors::event_json(event)), "an event is JSON");
}

/// Pages and rows come from our own journal, and may be of another version or damaged.
void check_pages(const std::string& text) {
  const bool is_page = json::accept(text);
  const auto summary = summarise_calls(text, "");
  must(json::accept(summary) || !is_page, "a summary of JSON is JSON");
  const auto found = json::parse(text, nullptr, false);
  for (const std::uint32_t n : {1U, 2U})
    if (const auto file = recorded_file_of(found, "talk", n, n))
      must(file->path.front() != '/' && file->path.find("..") == std::string::npos, "a file lies below the data directory");
  for (const auto& item : actors::recordings_of_cdr(text, "talk")) must(json::accept(item), "a recording is JSON");
  actors::item_matches(text, {{"since", "2026"}, {"state", "talking"}});
  actors::item_matches(R"({"state":"talking","started_at":"2026"})", {{"since", text}, {"state", text}});
}

}  // namespace

/// What is shown of any text: problems, labels, pages.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input_reader in{data, size};
  const auto code = static_cast<errc>(in.byte() % 11);
  const auto text = in.rest();
  check_problem(code, text);
  check_texts(text);
  check_pages(text);
  return 0;
}
