#include "domain/number_plan.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace seatgrid {
namespace {

using std::chrono::sys_days;

constexpr std::size_t columns = 9;
constexpr std::array<std::pair<std::string_view, plan_table>, plan_table_count> table_names{{
    {"400", plan_table::shared_400},
    {"800", plan_table::toll_free_800},
    {"1010", plan_table::shared_1010},
    {"95", plan_table::access_95},
    {"96", plan_table::access_96},
    {"100", plan_table::carrier_service},
    {"12", plan_table::public_service},
    {"106", plan_table::sms_106},
    {"mobile", plan_table::mobile},
    {"area", plan_table::area},
}};
constexpr std::array<std::pair<std::string_view, number_operator>, 6> operator_names{{
    {"-", number_operator::unknown},
    {"telecom", number_operator::telecom},
    {"mobile", number_operator::mobile},
    {"unicom", number_operator::unicom},
    {"broadnet", number_operator::broadnet},
    {"satellite", number_operator::satellite},
}};

template <class T, std::size_t N>
std::optional<T> named(const std::array<std::pair<std::string_view, T>, N>& names, std::string_view text) {
  for (const auto& [name, value] : names)
    if (name == text) return value;
  return std::nullopt;
}

std::optional<int> number_in(std::string_view text) {
  int value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<sys_days> day_in(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = number_in(text.substr(0, 4));
  const auto m = number_in(text.substr(5, 2));
  const auto d = number_in(text.substr(8, 2));
  if (!y || !m || !d || *m < 1 || *d < 1) return std::nullopt;
  const auto date = std::chrono::year{*y} / static_cast<int>(*m) / static_cast<int>(*d);
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const auto tab = line.find('\t', from);
    parts.push_back(line.substr(from, tab == std::string_view::npos ? tab : tab - from));
    if (tab == std::string_view::npos) return parts;
    from = tab + 1;
  }
}

std::string text_or_none(std::string_view text) { return text == "-" ? std::string{} : std::string{text}; }

/// Empty = good; else what is wrong with the line.
std::string read_row(const std::vector<std::string_view>& part, plan_row& row) {
  if (part.size() != columns)
    return "has " + std::to_string(part.size()) + " columns, not " + std::to_string(columns) + " separated by tabs";
  const auto table = named(table_names, part[0]);
  if (!table) return "table '" + std::string{part[0]} + "' is none of 400 800 1010 95 96 100 12 106 mobile area";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (part[1].empty() || part[1].size() > number_plan::prefix_max || !std::all_of(part[1].begin(), part[1].end(), is_digit))
    return "prefix '" + std::string{part[1]} + "' is not 1 to " + std::to_string(number_plan::prefix_max) + " digits";
  const auto owner = named(operator_names, part[2]);
  if (!owner) return "operator '" + std::string{part[2]} + "' is none of telecom mobile unicom broadnet satellite -";
  row = {.table = *table, .prefix = std::string{part[1]}, .owner = *owner, .detail = text_or_none(part[3])};
  if (part[4] == "7-8")
    row.digits_min = 7, row.digits_max = 8;
  else if (part[4] == "7" || part[4] == "8")
    row.digits_min = row.digits_max = static_cast<std::uint8_t>(part[4][0] - '0');
  else if (part[4] != "-")
    return "digits '" + std::string{part[4]} + "' is none of 7 8 7-8 -";
  for (const auto& [text, day] : {std::pair{part[5], &row.from}, std::pair{part[6], &row.till}}) {
    if (text == "-") continue;
    const auto read = day_in(text);
    if (!read) return "day '" + std::string{text} + "' is not YYYY-MM-DD";
    *day = *read;
  }
  if (row.till < row.from) return "valid_till lies before valid_from";
  row.name = text_or_none(part[7]);
  row.region = text_or_none(part[8]);
  return {};
}

}  // namespace

bool number_plan::add(const plan_row& row) {
  auto at = static_cast<std::uint32_t>(row.table);
  for (const char c : row.prefix) {
    const auto digit = static_cast<std::size_t>(c - '0');
    if (nodes_[at].next[digit] == none) {
      nodes_[at].next[digit] = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    }
    at = nodes_[at].next[digit];
  }
  for (auto l = nodes_[at].first_row; l != none; l = chain_[l].more) {
    const auto& other = rows_[chain_[l].row];
    if (row.from <= other.till && other.from <= row.till) return false;
  }
  chain_.push_back({static_cast<std::uint32_t>(rows_.size()), nodes_[at].first_row});
  nodes_[at].first_row = static_cast<std::uint32_t>(chain_.size() - 1);
  rows_.push_back(row);
  return true;
}

const plan_row* number_plan::find(plan_table table, std::string_view digits, sys_days day) const {
  const plan_row* best = nullptr;
  auto at = static_cast<std::uint32_t>(table);
  for (const char c : digits.substr(0, prefix_max)) {
    if (c < '0' || c > '9') break;
    at = nodes_[at].next[static_cast<std::size_t>(c - '0')];
    if (at == none) break;
    for (auto l = nodes_[at].first_row; l != none; l = chain_[l].more) {
      const auto& row = rows_[chain_[l].row];
      if (row.in_force(day)) best = &row;
    }
  }
  return best;
}

result<number_plan> number_plan::parse(std::string_view tsv) {
  number_plan plan;
  std::size_t line_number = 0;
  const auto refuse = [&](const std::string& what) {
    return fail(errc::invalid, "number plan, line " + std::to_string(line_number) + ": " + what);
  };
  while (!tsv.empty()) {
    ++line_number;
    const auto end = tsv.find('\n');
    auto line = tsv.substr(0, end);
    tsv.remove_prefix(end == std::string_view::npos ? tsv.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const auto parts = split(line);
    if (parts.size() == 2 && parts[0] == "version") {
      plan.version_ = parts[1];
      continue;
    }
    plan_row row;
    if (const auto wrong = read_row(parts, row); !wrong.empty()) return refuse(wrong);
    if (plan.rows_.size() == rows_max)
      return fail(errc::full, "number plan holds more than " + std::to_string(rows_max) + " rows");
    if (!plan.add(row)) return refuse("prefix " + row.prefix + " is already in force on these days");
  }
  if (plan.version_.empty()) return fail(errc::invalid, "number plan has no line 'version<tab>...'");
  if (plan.rows_.empty()) return fail(errc::invalid, "number plan has no rows");
  return plan;
}

const number_plan& number_plan::embedded() {
  // The test NumberPlan.EmbeddedTableIsWhole keeps the empty plan from ever standing here.
  static const number_plan plan = parse(embedded_text()).value_or(number_plan{});
  return plan;
}

}  // namespace seatgrid
