#include "config/reader.hpp"

#include <algorithm>
#include <charconv>

namespace seatgrid {
namespace {

constexpr std::size_t name_bytes_max = 64;
struct unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr std::array<unit, 4> units{{{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};

std::string joined(const std::vector<std::string_view>& names) {
  std::string out;
  for (const auto name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

std::string shown(std::string_view text) {
  constexpr std::size_t shown_max = 60;
  return "'" + std::string{text.substr(0, shown_max)} + (text.size() > shown_max ? "...'" : "'");
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::optional<milliseconds> read_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc{} || count < 0) return std::nullopt;
  const auto unit_text = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, ms] : units)
    if (unit_text == name) {
      if (count > std::numeric_limits<std::int64_t>::max() / ms) return std::nullopt;
      return milliseconds{count * ms};
    }
  return std::nullopt;
}

std::string duration_text(milliseconds time) {
  if (time.count() == 0) return "0s";
  for (auto i = units.size(); i-- > 0;)
    if (time.count() % units[i].ms == 0) return std::to_string(time.count() / units[i].ms) + std::string{units[i].name};
  return std::to_string(time.count()) + "ms";
}

bool is_name(std::string_view text) {
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  return !text.empty() && text.size() <= name_bytes_max && std::all_of(text.begin(), text.end(), is_good);
}

table_reader::table_reader(const doc_value& value, const doc_path& path, findings& found)
    : value_(value), path_(path), found_(found) {
  if (value.members() == nullptr) found.error(value.at, path.text(), "is " + std::string{value.kind()}, "a table");
}

table_reader::~table_reader() {
  const auto* members = value_.members();
  if (members == nullptr) return;
  for (const auto& [key, held] : *members)
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end())
      found_.error(held.at, doc_path{path_, key}.text(), "no such key", joined(asked_), nearest(key, asked_));
}

const doc_value* table_reader::find(std::string_view key) {
  if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) asked_.push_back(key);
  return value_.member(key);
}

const doc_value* table_reader::need(std::string_view key, std::string_view allowed) {
  const auto* held = find(key);
  if (held == nullptr && value_.members() != nullptr)
    found_.error(value_.at, path_.text(), "'" + std::string{key} + "' is missing", std::string{allowed});
  return held;
}

void table_reader::text(std::string_view key, std::string& into, std::size_t bytes_max) {
  if (const auto* held = find(key))
    if (auto read = text_in(*held, doc_path{path_, key}, found_, bytes_max)) into = std::move(*read);
}

void table_reader::flag(std::string_view key, bool& into) {
  const auto* held = find(key);
  if (held == nullptr) return;
  if (const auto* read = held->flag())
    into = *read;
  else
    error(*held, key, "is " + std::string{held->kind()}, "true or false");
}

void table_reader::duration(std::string_view key, milliseconds& into, milliseconds min, milliseconds max) {
  const auto* held = find(key);
  if (held == nullptr) return;
  const auto allowed = "a time from " + duration_text(min) + " to " + duration_text(max);
  if (const auto* number = held->integer()) {
    if (*number == 0 && min.count() == 0)
      into = milliseconds{0};
    else
      error(*held, key, "a time needs its unit", allowed, std::to_string(*number) + "s");
    return;
  }
  const auto read = held->text() == nullptr ? std::nullopt : read_duration(*held->text());
  if (!read)
    error(*held, key, held->text() == nullptr ? "is " + std::string{held->kind()} : shown(*held->text()) + " is no time",
          allowed);
  else if (*read < min || *read > max)
    error(*held, key, shown(*held->text()) + " is out of its bounds", allowed);
  else
    into = *read;
}

std::optional<std::int64_t> table_reader::whole(std::string_view key, std::int64_t min, std::int64_t max) {
  const auto* held = find(key);
  if (held == nullptr) return std::nullopt;
  const auto allowed = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  const auto* read = held->integer();
  if (read == nullptr) {
    error(*held, key, "is " + std::string{held->kind()}, allowed);
    return std::nullopt;
  }
  if (*read < min || *read > max) {
    error(*held, key, std::to_string(*read) + " is out of its bounds", allowed);
    return std::nullopt;
  }
  return *read;
}

void table_reader::refuse_choice(const doc_value& value, std::string_view key, const std::vector<std::string_view>& names) {
  if (const auto* typed = value.text())
    error(value, key, shown(*typed) + " is not known", joined(names), nearest(*typed, names));
  else
    error(value, key, "is " + std::string{value.kind()}, joined(names));
}

void table_reader::error(const doc_value& value, std::string_view key, std::string what, std::string allowed, std::string near) {
  found_.error(value.at, doc_path{path_, key}.text(), std::move(what), std::move(allowed), std::move(near));
}

void table_reader::warning(const doc_value& value, std::string_view key, std::string what, std::string allowed) {
  found_.warning(value.at, doc_path{path_, key}.text(), std::move(what), std::move(allowed));
}

std::optional<std::string> text_in(const doc_value& value, const doc_path& path, findings& found, std::size_t bytes_max) {
  const auto* read = value.text();
  if (read == nullptr) {
    const bool is_number = value.integer() != nullptr;
    found.error(value.at, path.text(), "is " + std::string{value.kind()}, is_number ? "a text in quotes" : "a text",
                is_number ? "\"" + std::to_string(*value.integer()) + "\"" : std::string{});
    return std::nullopt;
  }
  if (read->size() > bytes_max) {
    found.error(value.at, path.text(), "is longer than " + std::to_string(bytes_max) + " bytes");
    return std::nullopt;
  }
  if (has_control_characters(*read)) {
    found.error(value.at, path.text(), "holds control characters", "printable text");
    return std::nullopt;
  }
  return *read;
}

}  // namespace seatgrid
