#pragma once

#include <cstddef>
#include <string_view>

namespace seatgrid {

inline constexpr std::size_t uri_bytes_max = 2'048;

/// False when Sofia's url_param would read past the end of this URI: its last parameter begins with a name that Sofia looks for
/// and goes on without "=", as in ";lrx" (DESIGN section 5, hole 4). Also false for control characters, angle brackets and more
/// than `uri_bytes_max` bytes. Says nothing about the URI's grammar otherwise.
bool is_safe_uri(std::string_view uri);

/// The same for every <...> of a Route, Record-Route, Path or Contact value; a value without them is one URI with header
/// parameters behind it. False when a "<" is not closed.
bool is_safe_route(std::string_view value);

}  // namespace seatgrid
