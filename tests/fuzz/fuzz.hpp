#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// What every fuzz target uses: its input as text, as numbers, and properties that must hold.

/// Each target defines this; libFuzzer or replay.cpp calls it. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process when a property does not hold: libFuzzer then keeps the input.
inline void must(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %s\n", property);
  std::abort();
}

/// Takes an input apart: numbers from its front, the rest as text. What is missing is zero.
class input_reader {
 public:
  input_reader(const std::uint8_t* data, std::size_t size) : left_(text_of(data, size)) {}
  bool empty() const { return left_.empty(); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t word() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t dword() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t qword() { return number(8); }
  std::string_view take(std::size_t bytes) {
    const auto part = left_.substr(0, bytes);
    left_.remove_prefix(part.size());
    return part;
  }
  /// Up to the next `end`, which is taken too.
  std::string_view until(char end) {
    const auto part = take(left_.find(end));
    take(1);
    return part;
  }
  /// The rest in memory of its own, so that a sanitizer sees a read beyond it.
  std::string rest() { return std::string{take(left_.size())}; }

 private:
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view left_;
};
