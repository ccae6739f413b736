#pragma once

#include <string>
#include <string_view>

#include "proto/json.hpp"
#include "proto/schema.hpp"

/// JSON Schema (draft 2020-12) of what `json::text` writes for a type, from the same declaration of fields. Members are all
/// required; others may come in later versions, so readers must pass over what they do not know. Included by `*_codec.cpp` alone.
namespace seatgrid::json {

template <class T>
void write_schema(std::string& out);

namespace detail {

inline constexpr std::string_view time_schema =
    R"({"type":"string","pattern":"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z)?$",)"
    R"("description":"RFC 3339 in UTC with microseconds; empty = none"})";

/// The words of an enumeration, for readers; a schema with `enum` would make every new word an incompatible change.
template <class T>
std::string words() {
  std::string out;
  for (unsigned value = 0; value < 64; ++value) {
    const std::string_view word = to_string(static_cast<T>(value));
    if (word == to_string(static_cast<T>(255))) continue;  // what the function says of no enumerator
    out += out.empty() ? "" : ", ";
    out += word;
  }
  return out;
}

template <class T>
void write_scalar_schema(std::string& out) {
  if constexpr (std::same_as<T, bool>) {
    out += R"({"type":"boolean"})";
  } else if constexpr (std::is_enum_v<T> && requires(T value) { to_string(value); }) {
    out += R"({"type":"string","description":)";
    write_text(out, "one of: " + words<T>() + "; others may come");
    out += '}';
  } else if constexpr (std::is_floating_point_v<T>) {
    out += R"({"type":"number"})";
  } else if constexpr (std::same_as<T, char>) {
    out += R"({"type":"string","minLength":1,"maxLength":1})";
  } else {
    out += std::is_signed_v<T> ? R"({"type":"integer"})" : R"({"type":"integer","minimum":0})";
  }
}

template <has_fields T>
void write_object_schema(std::string& out) {
  std::string required;
  out += R"({"type":"object","properties":{)";
  with_fields<T>([&]<class... Ms>(const field<T, Ms>&... f) {
    const auto one = [&]<class M>(const field<T, M>& g) {
      if (!required.empty()) out += ',', required += ',';
      write_text(out, g.name);
      write_text(required, g.name);
      out += ':';
      write_schema<M>(out);
    };
    (one(f), ...);
  });
  out += "},\"required\":[" + required + "]}";
}

template <class... Ts>
void write_variant_schema(std::string& out, std::type_identity<std::variant<Ts...>>) {
  out += R"({"oneOf":[)";
  bool first = true;
  const auto one = [&]<class A>(std::type_identity<A>) {
    if (!first) out += ',';
    first = false;
    out += R"({"allOf":[{"type":"object","properties":{"type":{"const":)";
    write_text(out, A::type);
    out += R"(}},"required":["type"]},)";
    write_schema<A>(out);
    out += "]}";
  };
  (one(std::type_identity<Ts>{}), ...);
  out += "]}";
}

}  // namespace detail

/// Appends the schema of T.
template <class T>
void write_schema(std::string& out) {
  using namespace detail;
  if constexpr (std::same_as<T, std::string>) {
    out += R"({"type":"string"})";
  } else if constexpr (is_vector<T>) {
    out += R"({"type":"array","items":)";
    write_schema<typename T::value_type>(out);
    out += '}';
  } else if constexpr (is_map<T>) {
    out += R"({"type":"object","additionalProperties":)";
    write_schema<typename T::mapped_type>(out);
    out += '}';
  } else if constexpr (is_optional<T>) {
    out += R"({"anyOf":[{"type":"null"},)";
    write_schema<typename T::value_type>(out);
    out += "]}";
  } else if constexpr (is_id<T> || std::same_as<T, leg_id> || std::same_as<T, entity_ref>) {
    out += R"({"type":"string","description":"id; empty = none"})";
  } else if constexpr (std::same_as<T, time_point>) {
    out += time_schema;
  } else if constexpr (is_duration<T>) {
    out += R"({"type":"integer","description":"duration in )" + schema::detail::duration_unit<T>() + "\"}";
  } else if constexpr (is_pair<T>) {
    out += R"({"type":"array","prefixItems":[)";
    write_schema<typename T::first_type>(out);
    out += ',';
    write_schema<typename T::second_type>(out);
    out += R"(],"minItems":2,"maxItems":2})";
  } else if constexpr (is_variant<T>) {
    write_variant_schema(out, std::type_identity<T>{});
  } else if constexpr (has_fields<T>) {
    write_object_schema<T>(out);
  } else {
    write_scalar_schema<T>(out);
  }
}

template <class T>
std::string schema_text() {
  std::string out;
  write_schema<T>(out);
  return out;
}

}  // namespace seatgrid::json
