#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

/// What the CLI prints: JSON for programs, tables for people.
namespace seatgrid {

/// One column: its heading and the member (dots go deeper) that it shows.
struct column {
  std::string heading{};
  std::string member{};
};

/// Rows as an aligned table; East Asian wide characters count as two cells. Empty rows print `nothing`.
std::string render_table(const nlohmann::json& rows, const std::vector<column>& columns, const std::string& nothing);

/// One object as "name  value" lines, nested objects with dotted names.
std::string render_details(const nlohmann::json& object);

/// Cells that `text` (UTF-8) takes on a terminal.
std::size_t width_of(const std::string& text);

}  // namespace seatgrid
