#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/finding.hpp"

/// A TOML or JSON text as one tree of values that know where they stood.
namespace seatgrid {

enum class document_format : std::uint8_t { toml = 0, json = 1 };

struct doc_value {
  using list = std::vector<doc_value>;
  using table = std::vector<std::pair<std::string, doc_value>>;  ///< a key stands once
  std::variant<std::monostate, bool, std::int64_t, double, std::string, list, table> value{};
  place at{};

  const bool* flag() const { return std::get_if<bool>(&value); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value); }
  const double* real() const { return std::get_if<double>(&value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  const list* items() const { return std::get_if<list>(&value); }
  const table* members() const { return std::get_if<table>(&value); }
  const doc_value* member(std::string_view key) const;
  /// "a text", "a number" ... for messages.
  std::string_view kind() const;
};

/// Deeper texts are refused.
inline constexpr std::size_t document_depth_max = 32;
/// Larger texts are refused: 1,000,000 agents of 200 bytes each fit.
inline constexpr std::size_t document_bytes_max = std::size_t{256} * 1'024 * 1'024;

/// The top table. What is malformed becomes one finding, and the value is an empty table.
doc_value read_document(document_format format, std::string_view text, findings& found);
doc_value read_toml(std::string_view text, findings& found);
doc_value read_json(std::string_view text, findings& found);

/// Where a value stands, from the top; built on the stack and written out only for a finding.
class doc_path {
 public:
  doc_path() = default;
  doc_path(const doc_path& parent, std::string_view name) : parent_(&parent), name_(name) {}
  doc_path(const doc_path& parent, std::size_t index) : parent_(&parent), index_(index), is_index_(true) {}
  /// "tenant[demo]": an element of a list known by its name.
  doc_path(const doc_path& parent, std::string_view name, std::string_view element)
      : parent_(&parent), name_(name), element_(element) {}
  std::string text() const;

 private:
  const doc_path* parent_ = nullptr;
  std::string_view name_{};
  std::string_view element_{};
  std::size_t index_ = 0;
  bool is_index_ = false;
};

}  // namespace seatgrid
