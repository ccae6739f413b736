#include "domain/number_shape.hpp"

#include <algorithm>
#include <optional>

namespace seatgrid {
namespace {

constexpr std::string_view country = "86";
constexpr std::size_t abroad_digits_min = 7, abroad_digits_max = 15;  // E.164 6.1
constexpr std::size_t with_bare_country_min = 10;  // 86 and less is a local number of 7 or 8 digits, or nothing
constexpr std::size_t sub_address_max = 20;        // digits of a 95 or 106 number with what its owner added

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool begins_without_case(std::string_view text, std::string_view with) {
  return text.size() >= with.size() &&
         std::equal(with.begin(), with.end(), text.begin(), [](char a, char b) { return a == lower(b); });
}

/// One character of a written number: a digit, '+', ' ' for any separator, 0 for what does not belong there.
struct read_char {
  char value = 0;
  std::size_t bytes = 1;
};

// UTF-8 of what Chinese keyboards and web pages put into numbers.
read_char read_wide(std::string_view at) {
  const auto byte = [&](std::size_t i) { return i < at.size() ? static_cast<unsigned char>(at[i]) : 0U; };
  if (byte(0) == 0xC2 && byte(1) == 0xA0) return {' ', 2};                                        // no-break space
  if (byte(0) == 0xE3 && byte(1) == 0x80 && byte(2) == 0x80) return {' ', 3};                     // ideographic space
  if (byte(0) == 0xE2 && byte(1) == 0x80 && byte(2) >= 0x80 && byte(2) <= 0x95) return {' ', 3};  // thin spaces, hyphens, dashes
  if (byte(0) == 0xE2 && byte(1) == 0x88 && byte(2) == 0x92) return {' ', 3};                     // minus
  if (byte(0) != 0xEF || byte(1) != 0xBC) return {0, 1};
  const auto last = byte(2);  // U+FF00: full-width forms of ASCII
  if (last >= 0x90 && last <= 0x99) return {static_cast<char>('0' + (last - 0x90)), 3};
  if (last == 0x8B) return {'+', 3};
  if (last == 0x88 || last == 0x89 || last == 0x8D || last == 0x8E) return {' ', 3};  // （ ） － ．
  return {0, 3};
}

read_char read_one(std::string_view at) {
  const char c = at.front();
  if (is_digit(c) || c == '+') return {c, 1};
  if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || c == '\t') return {' ', 1};
  return read_wide(at);
}

/// Empty = good; else why the text is no number.
std::string_view read_digits(std::string_view text, number_shape& shape) {
  while (!text.empty()) {
    const auto [c, bytes] = read_one(text);
    text.remove_prefix(std::min(bytes, text.size()));
    if (c == 0) return "holds characters that no number has";
    if (c == ' ') continue;
    if (c == '+') {
      if (shape.plus || shape.size != 0) return "has a + that is not in front";
      shape.plus = true;
    } else if (shape.size == number_shape::digits_max) {
      return "has more than 32 digits";
    } else {
      shape.digits[shape.size++] = c;
    }
  }
  return shape.size == 0 ? "holds no digit" : "";
}

bool is_mobile(std::string_view d) { return d.size() == 11 && d[0] == '1' && d[1] >= '3' && !(d[1] == '4' && d[2] <= '4'); }
bool is_thing(std::string_view d) { return d.size() == 13 && d.starts_with("14") && d[2] <= '4'; }
bool is_subscriber(std::string_view d) { return (d.size() == 7 || d.size() == 8) && d[0] >= '2' && d[0] <= '8'; }

struct verdict {
  number_kind kind = number_kind::invalid;
  std::string_view why{};
};

/// Numbers of ten digits with a wrong length have a reason of their own: they are the usual typing errors.
std::optional<verdict> shared_or_free(std::string_view d) {
  if (d.size() == 12 && d.starts_with("10800")) return verdict{number_kind::toll_free_800};
  const bool shared = d.starts_with("400");
  if (!shared && !d.starts_with("800")) return std::nullopt;
  if (d.size() == 10) return verdict{shared ? number_kind::shared_400 : number_kind::toll_free_800};
  if (d.size() == 7 || d.size() == 8) return std::nullopt;  // a local number may begin so
  return verdict{number_kind::invalid, shared ? "400 length: 10 digits needed" : "800 length: 10 digits needed"};
}

std::optional<verdict> short_number(std::string_view d) {
  if (d == "110" || d == "119" || d == "120" || d == "122") return verdict{number_kind::emergency};
  if (d == "114") return verdict{number_kind::carrier_service};
  if (d.size() == 5 && d.starts_with("100")) return verdict{number_kind::carrier_service};
  if ((d.size() == 5 || d.size() == 6) && (d.starts_with("116") || d.starts_with("118")))
    return verdict{number_kind::carrier_service};
  if (d.size() == 5 && d.starts_with("12")) return verdict{number_kind::public_service};
  if (d.starts_with("1010")) {
    if (d.size() == 8) return verdict{number_kind::shared_1010};
    if (d.size() < 11) return verdict{number_kind::invalid, "1010 length: 8 digits needed"};
  }
  if (d.starts_with("95") && d.size() >= 5 && d.size() <= sub_address_max)
    return verdict{d.size() <= 6 ? number_kind::access_95 : number_kind::access_95_sub};
  if (d.starts_with("96") && (d.size() == 5 || d.size() == 6)) return verdict{number_kind::access_96};
  return std::nullopt;
}

/// What is dialled as it is, without country code, trunk 0 or area.
verdict bare(std::string_view d) {
  if (const auto found = shared_or_free(d)) return *found;
  if (const auto found = short_number(d)) return *found;
  if (d.starts_with("106") && d.size() >= 5 && d.size() <= sub_address_max) return {number_kind::sms_106};
  if (is_mobile(d)) return {number_kind::mobile};
  if (is_thing(d)) return {number_kind::iot_13};
  if (d.size() == 11 && d.starts_with("14")) return {number_kind::invalid, "140 to 144 have 13 digits"};
  if (is_subscriber(d)) return {number_kind::ambiguous};
  return {number_kind::invalid, "no rule for a number of this form"};
}

std::size_t area_size(std::string_view d) {
  if (d.size() >= 2 && (d.starts_with("10") || (d[0] == '2' && d[1] != '6'))) return 2;
  if (d.size() >= 3 && d[0] >= '3' && d[0] <= '9' && !d.starts_with("400") && !d.starts_with("800")) return 3;
  return 0;
}

/// Area and a number in it: subscribers, and short numbers that a caller elsewhere reaches through the area code.
number_kind kind_in_area(std::string_view local, std::size_t area_digits) {
  if (is_subscriber(local) && (area_digits == 3 || local.size() == 8)) return number_kind::fixed;
  if (local.size() > 10) return number_kind::invalid;
  if (const auto found = short_number(local); found && found->kind != number_kind::access_95_sub) return found->kind;
  if (const auto found = shared_or_free(local)) return found->kind;
  return number_kind::invalid;
}

bool is_nationwide(number_kind kind) {
  return kind == number_kind::shared_400 || kind == number_kind::toll_free_800 || kind == number_kind::shared_1010;
}

bool read_area(number_shape& shape, std::size_t from) {
  const auto rest = shape.all().substr(from);
  const auto area_digits = area_size(rest);
  if (area_digits == 0) return false;
  const auto kind = kind_in_area(rest.substr(area_digits), area_digits);
  if (kind == number_kind::invalid) return false;
  shape.kind = kind;
  shape.area_from = static_cast<std::uint8_t>(from);
  shape.area_size = static_cast<std::uint8_t>(area_digits);
  shape.local_from = static_cast<std::uint8_t>(from + area_digits);
  if (is_nationwide(kind)) shape.note(number_oddity::needless_area);
  return true;
}

void read_bare(number_shape& shape, std::size_t from) {
  const auto found = bare(shape.all().substr(from));
  shape.kind = found.kind;
  shape.why = found.why;
  shape.local_from = static_cast<std::uint8_t>(from);
}

/// `from` is where the digits behind the trunk 0 begin.
void read_trunk(number_shape& shape, std::size_t from) {
  const auto rest = shape.all().substr(from);
  if (is_mobile(rest) || is_thing(rest)) return read_bare(shape, from);
  if (rest.starts_with("400") || rest.starts_with("800")) {
    // 0400... has the form of an area with a subscriber: without this rule one 0 in front would hide a 400 number.
    read_bare(shape, from);
    if (is_nationwide(shape.kind)) return shape.note(number_oddity::trunk_zero);
    shape.kind = number_kind::invalid;
    shape.why = "400 and 800 take 10 digits and no trunk 0";
    return;
  }
  if (!read_area(shape, from)) shape.why = "no rule for an area and number of this form";
}

void read_national(number_shape& shape, std::size_t from) {
  const auto rest = shape.all().substr(from);
  if (rest.starts_with('0')) {
    shape.note(number_oddity::trunk_zero_after_country);
    return read_trunk(shape, from + 1);
  }
  const bool is_ten_digit_service = (rest.starts_with("400") || rest.starts_with("800")) && rest.size() == 10;
  const bool is_short = rest.size() <= 6 || (rest.size() == 8 && rest.starts_with("1010"));
  if (is_ten_digit_service || is_short || is_mobile(rest) || is_thing(rest) || !read_area(shape, from)) read_bare(shape, from);
  if (shape.kind != number_kind::fixed && shape.kind != number_kind::mobile && shape.kind != number_kind::iot_13)
    shape.note(number_oddity::from_abroad);
}

void read_abroad(number_shape& shape, std::size_t from) {
  shape.local_from = static_cast<std::uint8_t>(from);
  const auto rest = shape.local();
  if (rest.size() < abroad_digits_min || rest.size() > abroad_digits_max || rest[0] == '0')
    shape.why = "a number abroad has a country code and 7 to 15 digits in all";
  else
    shape.kind = number_kind::foreign;
}

void read_form(number_shape& shape) {
  const auto all = shape.all();
  const auto is_home = [&](std::size_t from) { return all.substr(from).starts_with(country); };
  const std::size_t exit_code = shape.plus ? 0 : 2;
  if (shape.plus || all.starts_with("00")) {
    shape.form = number_form::international;
    return is_home(exit_code) ? read_national(shape, exit_code + country.size()) : read_abroad(shape, exit_code);
  }
  if (all.starts_with('0')) {
    shape.form = number_form::trunk;
    return read_trunk(shape, 1);
  }
  if (all.size() >= with_bare_country_min && is_home(0)) {
    auto tried = shape;
    tried.form = number_form::international;
    read_national(tried, country.size());
    if (tried.kind != number_kind::invalid && tried.kind != number_kind::ambiguous) {
      shape = tried;
      return;
    }
  }
  read_bare(shape, 0);
}

void read_uri(number_shape& shape, std::string_view text) {
  shape.form = number_form::uri;
  shape.uri = text;
  const auto scheme = begins_without_case(text, "sips:") ? 5U : begins_without_case(text, "sip:") ? 4U : 0U;
  auto rest = text.substr(scheme);
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    if (at == 0) {
      shape.why = "a SIP URI needs a user before @";
      return;
    }
    rest.remove_prefix(at + 1);
  }
  const bool is_plain =
      std::none_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c == '<' || c == '>' || c == '"'; });
  if (rest.empty() || rest[0] == ';' || rest[0] == '?' || rest[0] == ':' || rest.find('@') != std::string_view::npos || !is_plain)
    shape.why = "a SIP URI is sip:user@host";
  else
    shape.kind = number_kind::sip_uri;
}

std::string canonical_uri(std::string_view text) {
  std::string out;
  if (begins_without_case(text, "sips:"))
    out = "sips:", text.remove_prefix(5);
  else
    out = "sip:", text.remove_prefix(begins_without_case(text, "sip:") ? 4 : 0);
  if (const auto at = text.find('@'); at != std::string_view::npos) out += text.substr(0, at + 1), text.remove_prefix(at + 1);
  for (const char c : text.substr(0, text.find_first_of(";?"))) out += lower(c);  // RFC 3261 19.1.4: host without case
  return out;
}

}  // namespace

std::string_view without_blanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_area_code(std::string_view digits) {
  return std::all_of(digits.begin(), digits.end(), is_digit) && digits.size() == area_size(digits);
}

number_shape shape_of(std::string_view text) {
  number_shape shape;
  text = without_blanks(text);
  if (text.size() > number_text_max) {
    shape.why = "is longer than 256 bytes";
    return shape;
  }
  if (begins_without_case(text, "tel:")) {
    text.remove_prefix(4);
    text = text.substr(0, text.find(';'));  // RFC 3966: parameters do not belong to the number
  } else if (begins_without_case(text, "sip:") || begins_without_case(text, "sips:") ||
             text.find('@') != std::string_view::npos) {
    read_uri(shape, text);
    return shape;
  }
  shape.why = read_digits(text, shape);
  if (shape.why.empty()) read_form(shape);
  return shape;
}

std::string canonical_of(const number_shape& shape, std::string_view home_area) {
  const auto joined = [](std::string_view a, std::string_view b, std::string_view c = {}) {
    std::string out;
    out.reserve(a.size() + b.size() + c.size());
    return out.append(a).append(b).append(c);
  };
  switch (shape.kind) {
    case number_kind::invalid: return {};
    case number_kind::sip_uri: return canonical_uri(shape.uri);
    case number_kind::foreign: return joined("+", shape.local());
    case number_kind::mobile:
    case number_kind::iot_13: return joined("+86", shape.local());
    case number_kind::fixed: return joined("+86", shape.area(), shape.local());
    case number_kind::ambiguous: return home_area.empty() ? std::string{shape.local()} : joined("+86", home_area, shape.local());
    case number_kind::access_96:
    case number_kind::carrier_service:
    case number_kind::public_service:
    case number_kind::emergency:
      return shape.area_size == 0 ? std::string{shape.local()} : joined("0", shape.area(), shape.local());
    case number_kind::shared_400:
    case number_kind::toll_free_800:
    case number_kind::shared_1010:
    case number_kind::access_95:
    case number_kind::access_95_sub:
    case number_kind::sms_106: return std::string{shape.local()};
  }
  return {};
}

}  // namespace seatgrid
