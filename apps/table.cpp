#include "apps/table.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace seatgrid {
namespace {

std::string cell(const nlohmann::json& row, const std::string& member) {
  const nlohmann::json* at = &row;
  std::size_t begin = 0;
  while (begin <= member.size()) {
    const auto dot = std::min(member.find('.', begin), member.size());
    const auto name = member.substr(begin, dot - begin);
    if (!at->is_object() || !at->contains(name)) return "";
    at = &(*at)[name];
    begin = dot + 1;
  }
  if (at->is_null()) return "";
  if (at->is_string()) return at->get<std::string>();
  if (at->is_array()) {
    std::string joined;
    for (const auto& item : *at)
      joined += (joined.empty() ? "" : ",") + (item.is_string() ? item.get<std::string>() : item.dump());
    return joined;
  }
  return at->dump();
}

bool is_wide(std::uint32_t point) {
  return (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) || (point >= 0xac00 && point <= 0xd7a3) ||
         (point >= 0xf900 && point <= 0xfaff) || (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
         (point >= 0x1f300 && point <= 0x1faff) || (point >= 0x20000 && point <= 0x3fffd);
}

void flatten(const nlohmann::json& value, const std::string& name, std::vector<std::pair<std::string, std::string>>& out) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, inner] : value.items())
      flatten(inner, name.empty() ? key : std::string{name}.append(1, '.').append(key), out);
  } else if (value.is_array() && !value.empty() && value.front().is_structured()) {
    std::size_t index = 0;
    for (const auto& inner : value) flatten(inner, name + "[" + std::to_string(index++) + "]", out);
  } else {
    nlohmann::json holder;
    holder["x"] = value;
    out.emplace_back(name, cell(holder, "x"));
  }
}

}  // namespace

std::size_t width_of(const std::string& text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    std::uint32_t point = length == 1 ? first : first & (0xffU >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      point = (point << 6) | (static_cast<std::uint8_t>(text[i + k]) & 0x3fU);
    width += is_wide(point) ? 2 : 1;
    i += length;
  }
  return width;
}

std::string render_table(const nlohmann::json& rows, const std::vector<column>& columns, const std::string& nothing) {
  if (!rows.is_array() || rows.empty()) return nothing + "\n";
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& c : columns) lines.front().push_back(c.heading);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& c : columns) line.push_back(cell(row, c.member));
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths[i] - width_of(line[i]) + 2, ' ');
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    out += text + "\n";
  }
  return out;
}

std::string render_details(const nlohmann::json& object) {
  std::vector<std::pair<std::string, std::string>> lines;
  flatten(object, "", lines);
  std::size_t widest = 0;
  for (const auto& [name, value] : lines) widest = std::max(widest, name.size());
  std::string out;
  for (const auto& [name, value] : lines) out.append(name).append(widest - name.size() + 2, ' ').append(value).append(1, '\n');
  return out;
}

}  // namespace seatgrid
