#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "config/document.hpp"

/// Reads one table of a document into fields, strictly: a wrong type, a value out of its bounds and a key that nobody asked for
/// are findings, and the field keeps its default.
namespace seatgrid {

template <class E>
using word_list = std::vector<std::pair<std::string_view, E>>;

/// "500ms", "20s", "5m", "2h"; or 0.
std::optional<milliseconds> read_duration(std::string_view text);
/// "1.5" becomes nothing, 90000 "90s": the shortest of the above.
std::string duration_text(milliseconds time);
/// Letters, digits, '_', '-', '.', and everything beyond ASCII (客服); 1 to 64 bytes.
bool is_name(std::string_view text);

class table_reader {
 public:
  /// `value` may be anything; other than a table is a finding.
  table_reader(const doc_value& value, const doc_path& path, findings& found);
  table_reader(const table_reader&) = delete;
  table_reader& operator=(const table_reader&) = delete;
  /// Reports every key that was not asked for.
  ~table_reader();

  /// The member, marked as known; null = absent.
  const doc_value* find(std::string_view key);
  /// As find; absent is a finding.
  const doc_value* need(std::string_view key, std::string_view allowed);

  void text(std::string_view key, std::string& into, std::size_t bytes_max = 256);
  void flag(std::string_view key, bool& into);
  void duration(std::string_view key, milliseconds& into, milliseconds min, milliseconds max);
  template <std::integral T>
  void number(std::string_view key, T& into, std::int64_t min, std::int64_t max) {
    if (const auto read = whole(key, min, max)) into = static_cast<T>(*read);
  }
  template <class E>
  void choice(std::string_view key, E& into, const word_list<E>& words) {
    const auto* value = find(key);
    if (value == nullptr) return;
    std::vector<std::string_view> names;
    for (const auto& [word, meaning] : words) {
      if (value->text() != nullptr && *value->text() == word) {
        into = meaning;
        return;
      }
      names.push_back(word);
    }
    refuse_choice(*value, key, names);
  }

  void error(const doc_value& value, std::string_view key, std::string what, std::string allowed = {}, std::string near = {});
  void warning(const doc_value& value, std::string_view key, std::string what, std::string allowed = {});
  const doc_path& path() const { return path_; }
  const doc_value& value() const { return value_; }
  findings& found() { return found_; }

 private:
  std::optional<std::int64_t> whole(std::string_view key, std::int64_t min, std::int64_t max);
  void refuse_choice(const doc_value& value, std::string_view key, const std::vector<std::string_view>& names);
  const doc_value& value_;
  const doc_path& path_;
  findings& found_;
  std::vector<std::string_view> asked_{};
};

/// `value` as text of at most `bytes_max` bytes; anything else is a finding. A number gets the hint to put it in quotes.
std::optional<std::string> text_in(const doc_value& value, const doc_path& path, findings& found, std::size_t bytes_max = 256);

}  // namespace seatgrid
