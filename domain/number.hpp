#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/fields.hpp"

/// Numbers as people in mainland China dial them: which kind a number is, its one canonical form, who operates it. Form decides
/// first (length, country code, trunk 0), the prefix tables of `number_plan` second: tables may change while calls run, so they
/// name operator and area, and never change what a number is.
namespace seatgrid {

class number_plan;

/// What a number is for. Numbers are in rows and events: add, never change.
enum class number_kind : std::uint8_t {
  invalid = 0,
  shared_400 = 1,       ///< 400 and 7 digits; caller and owner share the cost
  toll_free_800 = 2,    ///< 800 and 7 digits; the owner pays all
  shared_1010 = 3,      ///< 1010 and 4 digits
  access_95 = 4,        ///< 95 and 3 or 4 digits, nation-wide
  access_95_sub = 5,    ///< 95xxx(x) and sub-address digits of its owner
  access_96 = 6,        ///< 96 and 3 or 4 digits, of one province
  carrier_service = 7,  ///< 100xx, 114, 116114
  public_service = 8,   ///< 12xxx
  emergency = 9,        ///< 110, 119, 120, 122
  sms_106 = 10,         ///< 106...: messages only
  fixed = 11,
  mobile = 12,
  iot_13 = 13,     ///< 13 digits, 140-144: no voice
  foreign = 14,    ///< E.164 outside country code 86
  ambiguous = 15,  ///< a local number whose area is not known
  sip_uri = 16,
};
std::string_view to_string(number_kind kind) noexcept;

/// How it was written. `trunk` keeps its 0: 010-6555-1234 is a line in Beijing, 1065551234 sends messages.
enum class number_form : std::uint8_t { dialled = 0, trunk = 1, international = 2, uri = 3 };
std::string_view to_string(number_form form) noexcept;

enum class number_operator : std::uint8_t { unknown = 0, telecom = 1, mobile = 2, unicom = 3, broadnet = 4, satellite = 5 };
std::string_view to_string(number_operator who) noexcept;

/// What `classify` found. `why` is empty unless the kind is invalid.
struct number_info {
  number_kind kind = number_kind::invalid;
  number_form form = number_form::dialled;
  std::string
      canonical{};        ///< +86... for fixed and mobile, +CC... abroad, dialled form of access numbers, lower-case host of URIs
  std::string dialled{};  ///< digits (and +) as they came, separators removed
  number_operator owner = number_operator::unknown;
  bool resale = false;      ///< sold by a virtual operator on `owner`'s network
  std::string detail{};     ///< "enterprise-service", "resale", "unlisted-prefix" ...
  std::string area{};       ///< area code without trunk 0: "10", "755"; empty = none
  std::string area_name{};  ///< "北京", "沈阳/铁岭/抚顺/本溪"; one code may hold several cities
  std::string province{};
  std::vector<std::string> warnings{};
  std::string why{};
  bool operator==(const number_info&) const = default;
  static constexpr auto fields() {
    return members{field{1, "kind", &number_info::kind},           field{2, "form", &number_info::form},
                   field{3, "canonical", &number_info::canonical}, field{4, "dialled", &number_info::dialled},
                   field{5, "operator", &number_info::owner},      field{6, "resale", &number_info::resale},
                   field{7, "detail", &number_info::detail},       field{8, "area", &number_info::area},
                   field{9, "area_name", &number_info::area_name}, field{10, "province", &number_info::province},
                   field{11, "warnings", &number_info::warnings},  field{12, "why", &number_info::why}};
  }
};

/// Where and when a number was dialled.
struct number_context {
  std::string_view home_area{};  ///< area code without 0 that local numbers belong to; empty = unknown
  /// The day whose tables are asked (Beijing time). The default lies ahead of every row's end: what is in force for good.
  std::chrono::sys_days day{std::chrono::year{9999} / 1 / 1};
};

/// Longest text that is looked at, in bytes; longer ones are invalid.
inline constexpr std::size_t number_text_max = 256;

/// Classifies `text`: a number in any spelling (spaces, hyphens, brackets, full-width characters, +86, 0086, 86, trunk 0), tel:
/// or SIP URI. Never fails: what is no number has kind `invalid` and says why. About 0.2 µs; no locks, safe from every thread.
/// Rules: FEATURES 4.2; E.164 for numbers abroad (7 to 15 digits).
number_info classify(std::string_view text, const number_plan& plan, const number_context& context = {});
/// With the tables compiled in.
number_info classify(std::string_view text);

/// The canonical form alone, from form without tables: the key of access numbers, for the edge. A text that is no number comes
/// back as it was received, without blanks around it.
std::string canonical_number(std::string_view text);

/// Whether `kind` may stand for an access number that a tenant answers calls on (N1).
bool may_be_access_number(number_kind kind) noexcept;
/// 400 and 800 are numbers to be called, never a caller (N16); 106, short public numbers and emergency numbers neither.
bool may_be_presented(number_kind kind) noexcept;

}  // namespace seatgrid
