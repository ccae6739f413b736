#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/number.hpp"

/// Prefixes, operators and area codes as data (N3): `config/data/number_plan.tsv` is compiled in; a file may replace it while
/// the node runs. Immutable; share it by pointer.
namespace seatgrid {

/// Which numbers a prefix belongs to.
enum class plan_table : std::uint8_t {
  shared_400 = 0,
  toll_free_800 = 1,
  shared_1010 = 2,
  access_95 = 3,
  access_96 = 4,
  carrier_service = 5,
  public_service = 6,
  sms_106 = 7,
  mobile = 8,
  area = 9
};
inline constexpr std::size_t plan_table_count = 10;

/// One line of the file. Days are inclusive.
struct plan_row {
  plan_table table = plan_table::area;
  std::string prefix{};
  number_operator owner = number_operator::unknown;
  std::string detail{};
  std::uint8_t digits_min = 0, digits_max = 0;  ///< areas: length of the subscriber number; 0 = not told
  std::chrono::sys_days from{std::chrono::sys_days::min()};
  std::chrono::sys_days till{std::chrono::sys_days::max()};
  std::string name{};
  std::string region{};
  bool in_force(std::chrono::sys_days day) const { return from <= day && day <= till; }
};

class number_plan {
 public:
  static constexpr std::size_t rows_max = 100'000;  ///< beyond: refused
  static constexpr std::size_t prefix_max = 8;      ///< digits

  /// Reads the whole table or refuses it. @error invalid  with line number and what is allowed; @error full  too many rows.
  static result<number_plan> parse(std::string_view tsv);
  /// The table compiled in.
  static const number_plan& embedded();
  static std::string_view embedded_text();

  /// The row with the longest prefix of `digits` in force on `day`; null = none. Valid as long as this plan.
  const plan_row* find(plan_table table, std::string_view digits, std::chrono::sys_days day) const;
  const std::string& version() const { return version_; }
  const std::vector<plan_row>& rows() const { return rows_; }

 private:
  static constexpr std::uint32_t none = 0xffff'ffffU;
  struct node {
    std::array<std::uint32_t, 10> next{none, none, none, none, none, none, none, none, none, none};
    std::uint32_t first_row = none;  ///< into chain_; rows of one prefix differ in their days
  };
  struct link {
    std::uint32_t row = none;
    std::uint32_t more = none;
  };
  /// False if another row of the same prefix is in force on one of its days.
  bool add(const plan_row& row);

  std::string version_{};
  std::vector<plan_row> rows_{};
  std::vector<node> nodes_ = std::vector<node>(plan_table_count);  ///< the first nodes are the roots, one per table
  std::vector<link> chain_{};
};
using number_plan_ptr = std::shared_ptr<const number_plan>;

}  // namespace seatgrid
