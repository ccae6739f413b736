#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "config/document.hpp"

namespace seatgrid {
namespace {

place where(const toml::source_region& source) { return {source.begin.line, source.begin.column}; }

class converter {
 public:
  explicit converter(findings& found) : found_(found) {}

  doc_value convert(const toml::node& node, place at, std::size_t depth) {
    doc_value out{.at = at};
    if (depth > document_depth_max) {
      found_.error(at, {}, "values are nested more than " + std::to_string(document_depth_max) + " deep");
      return out;
    }
    if (const auto* table = node.as_table()) {
      doc_value::table members;
      members.reserve(table->size());
      for (const auto& [key, value] : *table)
        members.emplace_back(std::string{key.str()}, convert(value, where(key.source()), depth + 1));
      out.value = std::move(members);
    } else if (const auto* array = node.as_array()) {
      doc_value::list items;
      items.reserve(array->size());
      for (const auto& item : *array) items.push_back(convert(item, where(item.source()), depth + 1));
      out.value = std::move(items);
    } else if (const auto* text = node.as_string()) {
      out.value = text->get();
    } else if (const auto* integer = node.as_integer()) {
      out.value = integer->get();
    } else if (const auto* real = node.as_floating_point()) {
      out.value = real->get();
    } else if (const auto* flag = node.as_boolean()) {
      out.value = flag->get();
    } else {
      found_.error(at, {}, "dates and times of TOML are not used here", "a text in quotes");
    }
    return out;
  }

 private:
  findings& found_;
};

}  // namespace

doc_value read_toml(std::string_view text, findings& found) {
  const auto parsed = toml::parse(text);
  if (!parsed) {
    found.error(where(parsed.error().source()), {}, "not TOML: " + std::string{parsed.error().description()});
    return {.value = doc_value::table{}};
  }
  return converter{found}.convert(parsed.table(), {1, 1}, 0);
}

}  // namespace seatgrid
