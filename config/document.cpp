#include "config/document.hpp"

namespace seatgrid {

const doc_value* doc_value::member(std::string_view key) const {
  if (const auto* held = members())
    for (const auto& [name, member_value] : *held)
      if (name == key) return &member_value;
  return nullptr;
}

std::string_view doc_value::kind() const {
  if (flag() != nullptr) return "true or false";
  if (integer() != nullptr) return "a whole number";
  if (real() != nullptr) return "a number with a fraction";
  if (text() != nullptr) return "a text";
  if (items() != nullptr) return "a list";
  if (members() != nullptr) return "a table";
  return "nothing";
}

doc_value read_document(document_format format, std::string_view text, findings& found) {
  if (text.size() > document_bytes_max) {
    found.error({}, {}, "the text has more than " + std::to_string(document_bytes_max) + " bytes");
    return {.value = doc_value::table{}};
  }
  switch (format) {
    case document_format::toml: return read_toml(text, found);
    case document_format::json: return read_json(text, found);
  }
  return {.value = doc_value::table{}};
}

std::string doc_path::text() const {
  std::string out = parent_ == nullptr ? std::string{} : parent_->text();
  if (is_index_) return out + "[" + std::to_string(index_) + "]";
  if (name_.empty()) return out;
  if (!out.empty()) out += '.';
  const bool is_bare = name_.find_first_of(". \t[]\"") == std::string_view::npos;
  out += is_bare ? std::string{name_} : "\"" + std::string{name_} + "\"";
  if (!element_.empty()) out.append("[").append(element_).append("]");
  return out;
}

}  // namespace seatgrid
