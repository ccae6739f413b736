#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace seatgrid {

/// Why an operation failed. Numbers are in journals and on the wire: add, never change.
enum class errc : std::uint8_t {
  ok = 0,
  wrong_state = 1,   ///< the order does not fit the state; repeating it changes nothing
  full = 2,          ///< a named bound is reached; the caller may try later
  unavailable = 3,   ///< outcome unknown or the part is away; ask before repeating
  invalid = 4,       ///< the input is malformed; `what` says where and what is allowed
  not_found = 5,     ///< no such entity, file or key
  conflict = 6,      ///< another version, owner or holder of the name came first
  denied = 7,        ///< a policy or a missing right forbids it
  timed_out = 8,     ///< a deadline passed
  corrupt = 9,       ///< stored bytes do not match their checksum or format
  unsupported = 10,  ///< well formed, but this build does not do it
};

/// The word for `code` that logs, problem+json and the CLI show.
std::string_view to_string(errc code) noexcept;

/// `what` is for people, never parsed.
struct error {
  errc code = errc::ok;
  std::string what{};
  bool operator==(const error&) const = default;
};

/// std::expected needs C++23; Debian 12's g++ has it not as C++20.
template <class T>
using result = tl::expected<T, error>;

inline tl::unexpected<error> fail(errc code, std::string what) { return tl::unexpected<error>(error{code, std::move(what)}); }

}  // namespace seatgrid
