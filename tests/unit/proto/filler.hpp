#pragma once

#include <random>

#include "proto/shape.hpp"

/// Values of any declared struct, from a seed: about every third member stays zero, the others are odd on purpose.
namespace seatgrid::testing {

class filler {
 public:
  explicit filler(std::uint64_t seed) : random_(seed) {}

  template <class T>
  void fill(T& value) {
    using namespace shape;
    if constexpr (is_vector<T>) {
      value.resize(random_() % 4);
      for (auto& item : value) fill(item);
    } else if constexpr (is_optional<T>) {
      value.reset();
      if (random_() % 2 == 0) fill(value.emplace());
    } else if constexpr (is_map<T>) {
      value.clear();
      for (auto n = random_() % 4; n > 0; --n) {
        typename T::key_type key{};
        fill(key);
        fill(value[key]);
      }
    } else if constexpr (is_pair<T>) {
      fill(value.first), fill(value.second);
    } else if constexpr (is_variant<T>) {
      choose(value, std::make_index_sequence<std::variant_size_v<T>>{});
    } else if constexpr (has_fields<T>) {
      with_fields<T>([&](const auto&... f) { (fill(value.*(f.member)), ...); });
    } else if constexpr (std::same_as<T, leg_id>) {
      fill(value.call), fill(value.index);
    } else if constexpr (std::same_as<T, entity_ref>) {
      fill(value.kind), fill(value.id);
    } else {
      fill_scalar(value);
    }
  }

 private:
  template <class V, std::size_t... I>
  void choose(V& value, std::index_sequence<I...>) {
    const auto chosen = random_() % sizeof...(I);
    ((chosen == I ? fill(value.template emplace<I>()) : void()), ...);
  }
  std::uint64_t number() { return random_() % 3 == 0 ? 0 : random_() >> (random_() % 64); }

  template <class T>
  void fill_scalar(T& value) {
    if constexpr (std::same_as<T, std::string>) {
      value.assign(random_() % 3 == 0 ? 0 : random_() % 200, '\0');
      for (auto& c : value) c = static_cast<char>(' ' + random_() % 90);
    } else if constexpr (std::same_as<T, bool>) {
      value = random_() % 2 == 0;
    } else if constexpr (shape::is_id<T>) {
      value.value = number();
    } else if constexpr (std::same_as<T, time_point>) {
      value.us = static_cast<std::int64_t>(number());
    } else if constexpr (shape::is_duration<T>) {
      value = T{static_cast<typename T::rep>(number())};
    } else {
      value = static_cast<T>(number());
    }
  }

  std::mt19937_64 random_;
};

}  // namespace seatgrid::testing
