#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.hpp"

/// What is wrong with a text that somebody wrote, said so that the next try succeeds.
namespace seatgrid {

enum class severity : std::uint8_t { error = 0, warning = 1 };
std::string_view to_string(severity level) noexcept;

/// Line and column in the text, from 1; 0 = the whole text or another source (environment).
struct place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool operator==(const place&) const = default;
};

struct finding {
  severity level = severity::error;
  std::string file{};
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string path{};        ///< key path: "tenant[demo].queues.support.strategy"
  std::string what{};        ///< what is wrong
  std::string allowed{};     ///< what may stand there; empty = said by `what`
  std::string suggestion{};  ///< what was probably meant; empty = nothing is near
  bool operator==(const finding&) const = default;
  static constexpr auto fields() {
    return members{field{1, "severity", &finding::level},  field{2, "file", &finding::file},
                   field{3, "line", &finding::line},       field{4, "column", &finding::column},
                   field{5, "path", &finding::path},       field{6, "what", &finding::what},
                   field{7, "allowed", &finding::allowed}, field{8, "suggestion", &finding::suggestion}};
  }
};
/// "demo.toml:12:3: error: tenant[demo].queues.support.strategy: no such strategy 'random2' (allowed: ...); did you mean
/// 'random'?"
std::string to_text(const finding& found);
/// A JSON array of all members, for REST bodies and `-o json`.
std::string to_json(const std::vector<finding>& found);

/// Collects findings of one text: at most `errors_max` errors and as many warnings; what is beyond is counted.
class findings {
 public:
  static constexpr std::size_t errors_max = 100;
  explicit findings(std::string file) : file_(std::move(file)) {}
  void error(place at, std::string path, std::string what, std::string allowed = {}, std::string suggestion = {});
  void warning(place at, std::string path, std::string what, std::string allowed = {}, std::string suggestion = {});
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return warnings_; }
  /// How many were found beyond the bound.
  std::size_t dropped() const { return dropped_; }
  bool has_errors() const { return errors_ != 0; }
  /// In the order of the text.
  std::vector<finding> take();

 private:
  void add(finding found, std::size_t& count);
  std::string file_{};
  std::vector<finding> list_{};
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::size_t dropped_ = 0;
};

/// Picks, name by name, the one that a typing error most probably meant: at most a third of its characters differ.
class nearest_name {
 public:
  explicit nearest_name(std::string_view typed) : typed_(typed) {}
  void offer(std::string_view candidate);
  const std::string& best() const { return best_; }

 private:
  std::string typed_{};
  std::string best_{};
  std::size_t distance_ = ~std::size_t{0};
};
template <class Names>
std::string nearest(std::string_view typed, const Names& names) {
  nearest_name search{typed};
  for (const auto& name : names) search.offer(name);
  return search.best();
}

}  // namespace seatgrid
