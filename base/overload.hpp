#pragma once

namespace seatgrid {

/// Lambdas as one visitor for std::visit; a missing alternative is a compile error.
template <class... Fs>
struct overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overload(Fs...) -> overload<Fs...>;

}  // namespace seatgrid
