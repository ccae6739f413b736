#include "domain/number.hpp"

#include <optional>

#include "domain/number_plan.hpp"
#include "domain/number_shape.hpp"

namespace seatgrid {
namespace {

/// Which table tells about a number of this kind; none for what has no operator of ours.
std::optional<plan_table> table_for(number_kind kind) {
  switch (kind) {
    case number_kind::shared_400: return plan_table::shared_400;
    case number_kind::toll_free_800: return plan_table::toll_free_800;
    case number_kind::shared_1010: return plan_table::shared_1010;
    case number_kind::access_95:
    case number_kind::access_95_sub: return plan_table::access_95;
    case number_kind::access_96: return plan_table::access_96;
    case number_kind::carrier_service: return plan_table::carrier_service;
    case number_kind::public_service: return plan_table::public_service;
    case number_kind::sms_106: return plan_table::sms_106;
    case number_kind::mobile: return plan_table::mobile;
    case number_kind::invalid:
    case number_kind::emergency:
    case number_kind::fixed:
    case number_kind::iot_13:
    case number_kind::foreign:
    case number_kind::ambiguous:
    case number_kind::sip_uri: return std::nullopt;
  }
  return std::nullopt;
}

void add_prefix(number_info& info, const number_shape& shape, const number_plan& plan, const number_context& context) {
  const auto table = table_for(info.kind);
  if (!table) return;
  const auto* row = plan.find(*table, shape.local(), context.day);
  if (row == nullptr || row->detail == "unlisted-prefix")
    info.warnings.emplace_back("this prefix is not known to be allotted to an operator");
  if (row == nullptr) return;
  info.owner = row->owner;
  info.resale = row->detail == "resale";
  info.detail = row->detail;
}

void add_area(number_info& info, std::string_view area, std::size_t local_digits, const number_plan& plan,
              const number_context& context) {
  info.area = area;
  const auto* row = plan.find(plan_table::area, area, context.day);
  if (row == nullptr || row->prefix != area) {
    info.warnings.emplace_back("area code 0" + info.area + " is not in the number plan");
    return;
  }
  info.area_name = row->name;
  info.province = row->region;
  if (row->detail == "withdrawn") info.warnings.emplace_back("area code 0" + info.area + " was merged into another one");
  const bool is_length_wrong = row->digits_min != 0 && (local_digits < row->digits_min || local_digits > row->digits_max);
  if (info.kind == number_kind::fixed && is_length_wrong)
    info.warnings.emplace_back("numbers of 0" + info.area + " have " + std::to_string(row->digits_max) + " digits");
}

void add_oddities(number_info& info, const number_shape& shape) {
  if (shape.has(number_oddity::trunk_zero)) info.warnings.emplace_back("this number is dialled without a 0 in front");
  if (shape.has(number_oddity::trunk_zero_after_country)) info.warnings.emplace_back("no trunk 0 belongs behind +86");
  if (shape.has(number_oddity::needless_area)) info.warnings.emplace_back("a nation-wide number takes no area code");
  if (shape.has(number_oddity::from_abroad)) info.warnings.emplace_back("reachability from abroad is not guaranteed");
  if (info.kind == number_kind::access_96 && info.area.empty())
    info.warnings.emplace_back("a number of one province: elsewhere its area code is needed");
  if (info.kind == number_kind::ambiguous) info.warnings.emplace_back("local number without area");
}

}  // namespace

std::string_view to_string(number_kind kind) noexcept {
  switch (kind) {
    case number_kind::invalid: return "invalid";
    case number_kind::shared_400: return "shared_400";
    case number_kind::toll_free_800: return "toll_free_800";
    case number_kind::shared_1010: return "shared_1010";
    case number_kind::access_95: return "access_95";
    case number_kind::access_95_sub: return "access_95_sub";
    case number_kind::access_96: return "access_96";
    case number_kind::carrier_service: return "carrier_service";
    case number_kind::public_service: return "public_service";
    case number_kind::emergency: return "emergency";
    case number_kind::sms_106: return "sms_106";
    case number_kind::fixed: return "fixed";
    case number_kind::mobile: return "mobile";
    case number_kind::iot_13: return "iot_13";
    case number_kind::foreign: return "foreign";
    case number_kind::ambiguous: return "ambiguous";
    case number_kind::sip_uri: return "sip_uri";
  }
  return "unknown";
}

std::string_view to_string(number_form form) noexcept {
  switch (form) {
    case number_form::dialled: return "dialled";
    case number_form::trunk: return "trunk";
    case number_form::international: return "international";
    case number_form::uri: return "uri";
  }
  return "unknown";
}

std::string_view to_string(number_operator who) noexcept {
  switch (who) {
    case number_operator::unknown: return "unknown";
    case number_operator::telecom: return "telecom";
    case number_operator::mobile: return "mobile";
    case number_operator::unicom: return "unicom";
    case number_operator::broadnet: return "broadnet";
    case number_operator::satellite: return "satellite";
  }
  return "unknown";
}

number_info classify(std::string_view text, const number_plan& plan, const number_context& context) {
  const auto shape = shape_of(text);
  number_info info{.kind = shape.kind, .form = shape.form};
  info.why = shape.why;
  if (shape.form == number_form::uri) {
    info.dialled = shape.uri;
  } else {
    if (shape.plus) info.dialled = '+';
    info.dialled += shape.all();
  }
  const bool completes = info.kind == number_kind::ambiguous && is_area_code(context.home_area) && !context.home_area.empty();
  const auto area = completes ? context.home_area : shape.area();
  info.canonical = canonical_of(shape, completes ? context.home_area : std::string_view{});
  if (completes) info.kind = number_kind::fixed;
  if (info.kind == number_kind::iot_13) info.detail = "no voice";
  add_prefix(info, shape, plan, context);
  if (!area.empty()) add_area(info, area, shape.local().size(), plan, context);
  add_oddities(info, shape);
  return info;
}

number_info classify(std::string_view text) { return classify(text, number_plan::embedded()); }

std::string canonical_number(std::string_view text) {
  const auto shape = shape_of(text);
  return shape.kind == number_kind::invalid ? std::string{without_blanks(text)} : canonical_of(shape, {});
}

bool may_be_access_number(number_kind kind) noexcept {
  switch (kind) {
    case number_kind::shared_400:
    case number_kind::toll_free_800:
    case number_kind::shared_1010:
    case number_kind::access_95:
    case number_kind::access_95_sub:
    case number_kind::access_96:
    case number_kind::carrier_service:
    case number_kind::public_service:
    case number_kind::fixed:
    case number_kind::mobile:
    case number_kind::foreign:
    case number_kind::sip_uri: return true;
    case number_kind::invalid:
    case number_kind::emergency:
    case number_kind::sms_106:
    case number_kind::iot_13:
    case number_kind::ambiguous: return false;
  }
  return false;
}

bool may_be_presented(number_kind kind) noexcept {
  switch (kind) {
    case number_kind::shared_1010:
    case number_kind::access_95:
    case number_kind::access_95_sub:
    case number_kind::access_96:
    case number_kind::fixed:
    case number_kind::mobile:
    case number_kind::foreign:
    case number_kind::sip_uri: return true;
    case number_kind::invalid:
    case number_kind::shared_400:
    case number_kind::toll_free_800:
    case number_kind::carrier_service:
    case number_kind::public_service:
    case number_kind::emergency:
    case number_kind::sms_106:
    case number_kind::iot_13:
    case number_kind::ambiguous: return false;
  }
  return false;
}

}  // namespace seatgrid
