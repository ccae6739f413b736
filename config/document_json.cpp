#include <algorithm>
#include <cstddef>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "config/document.hpp"

namespace seatgrid {
namespace {

/// Where the parser has got to. It reads one character past a number to see its end, so the place is that of the last
/// character but one; nlohmann's own SAX events carry none.
struct progress {
  std::uint32_t line = 1, column = 0;
  std::uint32_t next_line = 1, next_column = 1;
  void step(char c) {
    line = next_line;
    column = next_column;
    if (c == '\n')
      ++next_line, next_column = 1;
    else
      ++next_column;
  }
};

class counting_iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  counting_iterator(const char* at, progress* seen) : at_(at), seen_(seen) {}
  reference operator*() const { return *at_; }
  counting_iterator& operator++() {
    seen_->step(*at_);
    ++at_;
    return *this;
  }
  counting_iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const counting_iterator& other) const { return at_ == other.at_; }
  bool operator!=(const counting_iterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  progress* seen_;
};

class builder {
 public:
  using json = nlohmann::json;
  builder(findings& found, const progress& seen) : found_(found), seen_(seen) {}

  bool null() { return put({}); }
  bool boolean(bool v) { return put(v); }
  bool number_integer(json::number_integer_t v) { return put(std::int64_t{v}); }
  bool number_unsigned(json::number_unsigned_t v) {
    if (v > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return put(static_cast<double>(v));
    return put(static_cast<std::int64_t>(v));
  }
  bool number_float(json::number_float_t v, const std::string&) { return put(double{v}); }
  bool string(std::string& v) { return put(std::move(v)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(doc_value::table{}); }
  bool start_array(std::size_t) { return open(doc_value::list{}); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    auto& table = std::get<doc_value::table>(open_.back().value);

    table.emplace_back(std::move(name), doc_value{.at = here()});
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) {
    const std::string what = e.what();
    const auto colon = what.find(": ");
    found_.error(here(), {}, "not JSON: " + (colon == std::string::npos ? what : what.substr(colon + 2)));
    return false;
  }
  doc_value top{};

 private:
  place here() const { return {seen_.line, seen_.column}; }
  bool put(decltype(doc_value::value) value) { return place_value({.value = std::move(value), .at = here()}); }

  bool place_value(doc_value value) {
    if (open_.empty()) {
      top = std::move(value);
      return true;
    }
    auto& parent = open_.back();
    if (auto* list = std::get_if<doc_value::list>(&parent.value)) {
      list->push_back(std::move(value));
      return true;
    }
    auto& last = std::get<doc_value::table>(parent.value).back().second;
    last.value = std::move(value.value);  // its place stays that of the key
    return true;
  }

  bool open(decltype(doc_value::value) value) {
    if (open_.size() >= document_depth_max) {
      found_.error(here(), {}, "values are nested more than " + std::to_string(document_depth_max) + " deep");
      return false;
    }
    open_.push_back({.value = std::move(value), .at = here()});
    return true;
  }

  bool close() {
    auto done = std::move(open_.back());
    open_.pop_back();
    if (const auto* table = done.members()) refuse_repetition(*table);
    return place_value(std::move(done));
  }

  void refuse_repetition(const doc_value::table& table) {
    std::vector<const std::pair<std::string, doc_value>*> sorted;
    sorted.reserve(table.size());
    for (const auto& member : table) sorted.push_back(&member);
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    for (std::size_t i = 1; i < sorted.size(); ++i)
      if (sorted[i]->first == sorted[i - 1]->first)
        found_.error(sorted[i]->second.at, sorted[i]->first, "this key stands twice in one object");
  }

  findings& found_;
  const progress& seen_;
  std::vector<doc_value> open_{};
};

}  // namespace

doc_value read_json(std::string_view text, findings& found) {
  progress seen;
  builder built{found, seen};
  const counting_iterator begin{text.data(), &seen};
  const counting_iterator end{text.data() + text.size(), &seen};
  nlohmann::json::sax_parse(begin, end, &built);
  if (built.top.members() == nullptr) {
    if (!found.has_errors()) found.error({1, 1}, {}, "the top of the text is " + std::string{built.top.kind()}, "an object");
    return {.value = doc_value::table{}};
  }
  return std::move(built.top);
}

}  // namespace seatgrid
