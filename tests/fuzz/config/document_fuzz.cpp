#include <nlohmann/json.hpp>
#include <string>

#include "config/document.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

std::size_t depth_of(const doc_value& value) {
  std::size_t deepest = 0;
  if (const auto* items = value.items())
    for (const auto& item : *items) deepest = std::max(deepest, depth_of(item));
  if (const auto* members = value.members())
    for (const auto& member : *members) deepest = std::max(deepest, depth_of(member.second));
  return deepest + 1;
}

void check_document(document_format format, const std::string& text) {
  findings found{"input"};
  const auto read = read_document(format, text, found);
  must(read.members() != nullptr, "the top is a table");
  must(!found.has_errors() || found.errors() <= findings::errors_max, "findings are bounded");
  must(depth_of(read) <= document_depth_max + 2, "depth is bounded");
  const bool failed = found.has_errors();
  const auto list = found.take();
  must(!failed || !list.empty(), "an error is told");
  for (const auto& one : list) must(!one.what.empty() && !to_text(one).empty(), "a finding says what is wrong");
  const auto json = nlohmann::json::parse(to_json(list), nullptr, false);
  must(json.is_array() && json.size() == list.size(), "findings are JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of(data, size)};
  check_document(document_format::toml, text);
  check_document(document_format::json, text);
  return 0;
}
