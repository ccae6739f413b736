#include "config/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "config/reader.hpp"

namespace seatgrid {
namespace {

constexpr std::string_view environment_prefix = "SEATGRID_";

template <class T>
std::optional<T> number_in(std::string_view text) {
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The environment has only texts: what a setting of this type would have been in a file.
doc_value value_from(const std::string& text, setting_type type) {
  doc_value value{.value = text};
  switch (type) {
    case setting_type::flag:
      if (text == "true" || text == "false") value.value = text == "true";
      break;
    case setting_type::number:
      if (const auto read = number_in<std::int64_t>(text)) value.value = *read;
      break;
    case setting_type::fraction:
      if (const auto read = number_in<double>(text)) value.value = *read;
      break;
    case setting_type::time:
      if (text == "0") value.value = std::int64_t{0};
      break;
    case setting_type::list: {
      doc_value::list items;
      for (std::size_t from = 0; !text.empty();) {
        const auto comma = text.find(',', from);
        items.push_back({.value = text.substr(from, comma == std::string::npos ? comma : comma - from)});
        if (comma == std::string::npos) break;
        from = comma + 1;
      }
      value.value = std::move(items);
      break;
    }
    case setting_type::text:
    case setting_type::word: break;
  }
  return value;
}

std::string table_of(std::string_view name) { return std::string{name.substr(0, name.rfind('.'))}; }
std::string key_of(std::string_view name) { return std::string{name.substr(name.rfind('.') + 1)}; }

/// '|' would end a cell of the page.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\|" : std::string(1, c));
  return out;
}

}  // namespace

namespace detail {

std::string shown_flag(bool value) { return value ? "true" : "false"; }
std::string shown_text(std::string_view value) {
  std::string out{"\""};
  for (const char c : value) out.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
  return out + "\"";
}
std::string shown_list(const std::vector<std::string>& value) {
  std::string out;
  for (const auto& one : value) out.append(out.empty() ? "" : ", ").append(shown_text(one));
  return "[" + out + "]";
}
std::string shown_fraction(double value) {
  std::array<char, 32> text{};
  const auto [end, failure] = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string out(text.data(), end);
  return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
}
std::string shown_time(milliseconds value) { return shown_text(duration_text(value)); }

std::string allowed_whole(std::int64_t min, std::int64_t max) {
  return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}
std::string allowed_fraction(double min, double max) {
  return "a number from " + shown_fraction(min) + " to " + shown_fraction(max);
}
std::string allowed_time(milliseconds min, milliseconds max) {
  return "a time from " + duration_text(min) + " to " + duration_text(max);
}

bool read_flag(const doc_value& value, const doc_path& path, findings& found, bool& into) {
  if (const auto* read = value.flag()) {
    into = *read;
    return true;
  }
  found.error(value.at, path.text(), "is " + std::string{value.kind()}, "true or false");
  return false;
}

bool read_whole(const doc_value& value, const doc_path& path, findings& found, std::int64_t min, std::int64_t max,
                std::int64_t& into) {
  const auto* read = value.integer();
  if (read == nullptr)
    found.error(value.at, path.text(), "is " + std::string{value.kind()}, allowed_whole(min, max));
  else if (*read < min || *read > max)
    found.error(value.at, path.text(), std::to_string(*read) + " is out of its bounds", allowed_whole(min, max));
  else
    into = *read;
  return read != nullptr && *read >= min && *read <= max;
}

bool read_fraction(const doc_value& value, const doc_path& path, findings& found, double min, double max, double& into) {
  const auto* real = value.real();
  const auto* integer = value.integer();
  if (real == nullptr && integer == nullptr) {
    found.error(value.at, path.text(), "is " + std::string{value.kind()}, allowed_fraction(min, max));
    return false;
  }
  const double read = real != nullptr ? *real : static_cast<double>(*integer);
  if (!(read >= min && read <= max)) {
    found.error(value.at, path.text(), shown_fraction(read) + " is out of its bounds", allowed_fraction(min, max));
    return false;
  }
  into = read;
  return true;
}

bool read_time(const doc_value& value, const doc_path& path, findings& found, milliseconds min, milliseconds max,
               milliseconds unit, milliseconds& into) {
  if (const auto* number = value.integer(); number != nullptr && *number != 0) {
    found.error(value.at, path.text(), "a time needs its unit", allowed_time(min, max), std::to_string(*number) + "s");
    return false;
  }
  std::optional<milliseconds> read;
  if (value.integer() != nullptr) read = milliseconds{0};
  if (value.text() != nullptr) read = read_duration(*value.text());
  if (!read) {
    found.error(value.at, path.text(),
                value.text() == nullptr ? "is " + std::string{value.kind()} : "'" + *value.text() + "' is no time",
                allowed_time(min, max));
    return false;
  }
  if (*read < min || *read > max) {
    found.error(value.at, path.text(), duration_text(*read) + " is out of its bounds", allowed_time(min, max));
    return false;
  }
  if (unit.count() > 1 && read->count() % unit.count() != 0) {
    found.error(value.at, path.text(), duration_text(*read) + " is finer than this setting",
                "a multiple of " + duration_text(unit));
    return false;
  }
  into = *read;
  return true;
}

bool read_text(const doc_value& value, const doc_path& path, findings& found, std::string& into) {
  auto read = text_in(value, path, found, 4'096);
  if (!read) return false;
  into = std::move(*read);
  return true;
}

bool read_list(const doc_value& value, const doc_path& path, findings& found, std::vector<std::string>& into) {
  if (value.items() == nullptr) {
    found.error(value.at, path.text(), "is " + std::string{value.kind()}, "a list of texts");
    return false;
  }
  std::vector<std::string> read;
  for (std::size_t i = 0; i < value.items()->size(); ++i) {
    auto one = text_in((*value.items())[i], doc_path{path, i}, found, 4'096);
    if (!one) return false;
    read.push_back(std::move(*one));
  }
  into = std::move(read);
  return true;
}

}  // namespace detail

std::string_view to_string(setting_type type) noexcept {
  switch (type) {
    case setting_type::flag: return "true or false";
    case setting_type::number: return "whole number";
    case setting_type::fraction: return "number";
    case setting_type::time: return "time";
    case setting_type::text: return "text";
    case setting_type::list: return "list of texts";
    case setting_type::word: return "word";
  }
  return "unknown";
}

const bound_setting* settings_catalog::named(std::string_view name) const {
  const auto at = std::find_if(settings_.begin(), settings_.end(), [&](const auto& one) { return one.name == name; });
  return at == settings_.end() ? nullptr : &*at;
}

void settings_catalog::refuse(const doc_value& value, const std::string& name, const doc_path& path, findings& found) const {
  std::vector<std::string_view> names;
  std::string allowed;
  const auto table = name.find('.') == std::string::npos ? std::string{} : table_of(name);
  for (const auto& one : settings_) {
    names.push_back(one.name);
    if (!table.empty() && table_of(one.name) == table) allowed.append(allowed.empty() ? "" : ", ").append(key_of(one.name));
  }
  found.error(value.at, path.text(), "no such setting", allowed.empty() ? "the names in docs/settings.md" : allowed,
              nearest(name, names));
}

void settings_catalog::read_table(const doc_value& table, const std::string& prefix, const doc_path& path,
                                  findings& found) const {
  for (const auto& [key, value] : *table.members()) {
    const auto name = prefix.empty() ? key : std::string{prefix}.append(".").append(key);
    const doc_path at{path, key};
    if (const auto* one = named(name)) {
      one->read(value, at, found);
      continue;
    }
    const bool is_table =
        std::any_of(settings_.begin(), settings_.end(), [&](const auto& s) { return s.name.starts_with(name + "."); });
    if (!is_table)
      refuse(value, name, at, found);
    else if (value.members() == nullptr)
      found.error(value.at, at.text(), "is " + std::string{value.kind()}, "a table of settings");
    else
      read_table(value, name, at, found);
  }
}

void settings_catalog::read(const doc_value& document, findings& found) const {
  if (document.members() != nullptr) read_table(document, {}, doc_path{}, found);
}

std::string settings_catalog::environment_name(std::string_view name) {
  std::string out{environment_prefix};
  for (const char c : name) out += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

void settings_catalog::read_environment(const std::vector<std::pair<std::string, std::string>>& environment,
                                        findings& found) const {
  std::map<std::string, const bound_setting*, std::less<>> by_name;
  for (const auto& one : settings_) by_name.emplace(environment_name(one.name), &one);
  for (const auto& [name, text] : environment) {
    const auto known = by_name.find(name);
    const doc_path top, path{top, name};
    if (known != by_name.end()) {
      known->second->read(value_from(text, known->second->type), path, found);
      continue;
    }
    std::vector<std::string_view> names;
    names.reserve(by_name.size());
    for (const auto& [one, unused] : by_name) names.push_back(one);
    found.warning({}, name, "no setting has this name in the environment", {}, nearest(name, names));
  }
}

std::string settings_catalog::page() const {
  std::string out =
      "# Settings of a server\n\n"
      "Written by `settings_doc` from the tables in `config/`; `./dev docs` writes it anew, `./dev check` compares.\n\n"
      "`seatgrid server --config FILE` reads a TOML file; a name like `media.port_first` is the key `port_first` in the table\n"
      "`[media]`. An environment variable overrides the file. Times are texts with a unit: \"500ms\", \"20s\", \"5m\", \"2h\".\n"
      "An unknown name, a wrong type or a value out of its bounds refuses the start and says line, bounds and the nearest name.\n"
      "Every value takes effect at the next start, but those marked *live*.\n";
  std::string table;
  for (const auto& one : settings_) {
    if (table_of(one.name) != table) {
      table = table_of(one.name);
      out += "\n## " + table + "\n\n| name | default | allowed | meaning | environment |\n|---|---|---|---|---|\n";
    }
    out += "| `" + one.name + "` | `" + cell(one.fallback) + "` | " + cell(one.allowed) +
           (one.unit.empty() ? "" : ", " + one.unit) + " | " + cell(one.help) + (one.when == reload::live ? " *(live)*" : "") +
           " | `" + environment_name(one.name) + "` |\n";
  }
  return out;
}

std::string settings_catalog::in_force() const {
  std::string out, table;
  for (const auto& one : settings_) {
    if (table_of(one.name) != table) {
      table = table_of(one.name);
      out.append(out.empty() ? "" : "\n").append("[").append(table).append("]\n");
    }
    out += (one.secret ? "# " : "") + key_of(one.name) + " = " + one.shown() + "\n";
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> seatgrid_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry{*at};
    const auto equals = entry.find('=');
    if (entry.starts_with(environment_prefix) && equals != std::string_view::npos)
      out.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace seatgrid
