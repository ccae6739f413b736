#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "config/document.hpp"
#include "config/finding.hpp"

/// Settings are data: a table entry names a field of an options struct, its bounds and what it means; its default is the field's
/// own initialiser. One catalogue reads the server file and the environment, prints what is in force and writes docs/settings.md.
namespace seatgrid {

/// When a changed value takes effect.
enum class reload : std::uint8_t { restart = 0, live = 1 };

namespace detail {
template <class T>
inline constexpr bool is_duration = false;
template <class R, class P>
inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;

/// What bounds of a field of type T are written as.
template <class T>
struct bound {
  using type = std::int64_t;
};
template <class R, class P>
struct bound<std::chrono::duration<R, P>> {
  using type = milliseconds;
};
template <std::floating_point T>
struct bound<T> {
  using type = double;
};
}  // namespace detail

/// One setting of `Options`. Bounds are inclusive and needed for numbers and times; texts and lists have none.
template <class Options, class Field>
struct setting {
  using bound = typename detail::bound<Field>::type;
  std::string_view name{};  ///< with its table: "media.port_first"
  Field Options::*field = nullptr;
  std::string_view help{};
  bound min{};
  bound max{};
  std::string_view unit{};  ///< of numbers: "bytes", "calls"
  reload when = reload::restart;
  bool secret = false;  ///< never shown
};
template <class Options, class Field>
setting(std::string_view, Field Options::*, std::string_view, std::type_identity_t<typename detail::bound<Field>::type>,
        std::type_identity_t<typename detail::bound<Field>::type>, std::string_view = {}, reload = reload::restart, bool = false)
    -> setting<Options, Field>;
template <class Options, class Field>
setting(std::string_view, Field Options::*, std::string_view) -> setting<Options, Field>;

/// A setting whose field is an enum: its words, in their order.
template <class Options, class Enum>
struct word_setting {
  std::string_view name{};
  Enum Options::*field = nullptr;
  std::string_view help{};
  std::span<const std::pair<std::string_view, Enum>> words{};
  reload when = reload::restart;
};

enum class setting_type : std::uint8_t { flag = 0, number = 1, fraction = 2, time = 3, text = 4, list = 5, word = 6 };
std::string_view to_string(setting_type type) noexcept;

/// A setting tied to one live options struct, its type forgotten.
struct bound_setting {
  std::string name{};
  std::string help{};
  std::string unit{};
  std::string allowed{};   ///< "a whole number from 1 to 10"
  std::string fallback{};  ///< the default, as it would be written
  setting_type type = setting_type::text;
  reload when = reload::restart;
  bool secret = false;
  std::function<void(const doc_value&, const doc_path&, findings&)> read{};
  std::function<std::string()> shown{};  ///< the value in force, as it would be written; secrets as "***"
};

class settings_catalog {
 public:
  /// Every entry of `table` reads into `into`, which must outlive the catalogue; what `into` holds now is shown as the default.
  template <class Options, class... Settings>
  void add(Options& into, const std::tuple<Settings...>& table) {
    std::apply([&](const auto&... one) { (add_one(into, one), ...); }, table);
  }

  /// Reads what the document holds; a key that is no setting is an error with the nearest name.
  void read(const doc_value& document, findings& found) const;
  /// SEATGRID_MEDIA_PORT_FIRST=20000 overrides media.port_first; unknown names that begin with SEATGRID_ are warnings.
  void read_environment(const std::vector<std::pair<std::string, std::string>>& environment, findings& found) const;
  const std::vector<bound_setting>& settings() const { return settings_; }
  /// "SEATGRID_MEDIA_PORT_FIRST".
  static std::string environment_name(std::string_view name);
  /// The reference page.
  std::string page() const;
  /// A TOML file of everything in force, without secrets.
  std::string in_force() const;

 private:
  template <class Options, class Field>
  void add_one(Options& into, const setting<Options, Field>& one);
  template <class Options, class Enum>
  void add_one(Options& into, const word_setting<Options, Enum>& one);
  const bound_setting* named(std::string_view name) const;
  void read_table(const doc_value& table, const std::string& prefix, const doc_path& path, findings& found) const;
  void refuse(const doc_value& value, const std::string& name, const doc_path& path, findings& found) const;
  std::vector<bound_setting> settings_{};
};

/// This process's environment, as read_environment takes it; only names that begin with SEATGRID_.
std::vector<std::pair<std::string, std::string>> seatgrid_environment();

// --- how values of each type are read and shown ----------------------------------------------------------------------

namespace detail {

std::string shown_flag(bool value);
std::string shown_text(std::string_view value);
std::string shown_list(const std::vector<std::string>& value);
std::string shown_fraction(double value);
bool read_flag(const doc_value& value, const doc_path& path, findings& found, bool& into);
bool read_whole(const doc_value& value, const doc_path& path, findings& found, std::int64_t min, std::int64_t max,
                std::int64_t& into);
bool read_fraction(const doc_value& value, const doc_path& path, findings& found, double min, double max, double& into);
bool read_time(const doc_value& value, const doc_path& path, findings& found, milliseconds min, milliseconds max,
               milliseconds unit, milliseconds& into);
bool read_list(const doc_value& value, const doc_path& path, findings& found, std::vector<std::string>& into);
bool read_text(const doc_value& value, const doc_path& path, findings& found, std::string& into);
std::string allowed_whole(std::int64_t min, std::int64_t max);
std::string allowed_fraction(double min, double max);
std::string allowed_time(milliseconds min, milliseconds max);
std::string shown_time(milliseconds value);

template <class Field>
constexpr setting_type type_of() {
  if constexpr (std::same_as<Field, bool>)
    return setting_type::flag;
  else if constexpr (std::integral<Field>)
    return setting_type::number;
  else if constexpr (std::floating_point<Field>)
    return setting_type::fraction;
  else if constexpr (is_duration<Field>)
    return setting_type::time;
  else if constexpr (std::same_as<Field, std::string>)
    return setting_type::text;
  else {
    static_assert(std::same_as<Field, std::vector<std::string>>, "a field of this type cannot be a setting");
    return setting_type::list;
  }
}

template <class Field>
std::string shown(const Field& value) {
  if constexpr (std::same_as<Field, bool>)
    return shown_flag(value);
  else if constexpr (std::integral<Field>)
    return std::to_string(value);
  else if constexpr (std::floating_point<Field>)
    return shown_fraction(value);
  else if constexpr (is_duration<Field>)
    return shown_time(std::chrono::duration_cast<milliseconds>(value));
  else if constexpr (std::same_as<Field, std::string>)
    return shown_text(value);
  else
    return shown_list(value);
}

}  // namespace detail

template <class Options, class Field>
void settings_catalog::add_one(Options& into, const setting<Options, Field>& one) {
  bound_setting made{.name = std::string{one.name}, .help = std::string{one.help}, .unit = std::string{one.unit}};
  made.type = detail::type_of<Field>();
  made.when = one.when;
  made.secret = one.secret;
  made.fallback = detail::shown(into.*one.field);
  auto* target = &(into.*one.field);
  made.shown = [target, secret = one.secret] { return secret ? detail::shown_text("***") : detail::shown(*target); };
  const auto min = one.min, max = one.max;
  if constexpr (std::same_as<Field, bool>) {
    made.allowed = "true or false";
    made.read = [target](const auto& value, const auto& path, auto& found) { detail::read_flag(value, path, found, *target); };
  } else if constexpr (std::integral<Field>) {
    made.allowed = detail::allowed_whole(min, max);
    made.read = [=](const auto& value, const auto& path, auto& found) {
      std::int64_t read = 0;
      if (detail::read_whole(value, path, found, min, max, read)) *target = static_cast<Field>(read);
    };
  } else if constexpr (std::floating_point<Field>) {
    made.allowed = detail::allowed_fraction(min, max);
    made.read = [=](const auto& value, const auto& path, auto& found) {
      double read = 0;
      if (detail::read_fraction(value, path, found, min, max, read)) *target = static_cast<Field>(read);
    };
  } else if constexpr (detail::is_duration<Field>) {
    made.allowed = detail::allowed_time(min, max);
    made.read = [=](const auto& value, const auto& path, auto& found) {
      milliseconds read{};
      if (detail::read_time(value, path, found, min, max, std::chrono::duration_cast<milliseconds>(Field{1}), read))
        *target = std::chrono::duration_cast<Field>(read);
    };
  } else if constexpr (std::same_as<Field, std::string>) {
    made.allowed = "a text";
    made.read = [target](const auto& value, const auto& path, auto& found) { detail::read_text(value, path, found, *target); };
  } else {
    made.allowed = "a list of texts";
    made.read = [target](const auto& value, const auto& path, auto& found) { detail::read_list(value, path, found, *target); };
  }
  settings_.push_back(std::move(made));
}

template <class Options, class Enum>
void settings_catalog::add_one(Options& into, const word_setting<Options, Enum>& one) {
  bound_setting made{.name = std::string{one.name}, .help = std::string{one.help}};
  made.type = setting_type::word;
  made.when = one.when;
  const auto words = one.words;
  const auto word_of = [words](Enum value) {
    for (const auto& [word, meaning] : words)
      if (meaning == value) return detail::shown_text(word);
    return std::string{"\"?\""};
  };
  std::vector<std::string> names;
  for (const auto& [word, meaning] : words) {
    made.allowed.append(made.allowed.empty() ? "" : ", ").append(word);
    names.emplace_back(word);
  }
  auto* target = &(into.*one.field);
  made.fallback = word_of(into.*one.field);
  made.shown = [target, word_of] { return word_of(*target); };
  made.read = [target, words, names, allowed = made.allowed](const auto& value, const auto& path, auto& found) {
    std::string typed;
    if (!detail::read_text(value, path, found, typed)) return;
    for (const auto& [word, meaning] : words)
      if (word == typed) {
        *target = meaning;
        return;
      }
    found.error(value.at, path.text(), "'" + typed + "' is not known", allowed, nearest(typed, names));
  };
  settings_.push_back(std::move(made));
}

}  // namespace seatgrid
