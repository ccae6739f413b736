#include <map>

#include "sip/digest.hpp"

namespace seatgrid {

struct nonce_window::impl {
  struct use {
    std::uint32_t highest = 0;
    std::uint64_t seen = 0;  ///< bit n: highest - n was used
  };
  std::size_t nonces_max = 0;
  std::map<std::pair<time_point, std::string>, use> uses{};  ///< oldest first
  time_point horizon{INT64_MIN};                             ///< a nonce not younger than this was forgotten for want of room
};

nonce_window::nonce_window(std::size_t nonces_max) : impl_(std::make_unique<impl>()) {
  impl_->nonces_max = nonces_max < 1 ? 1 : nonces_max;
}
nonce_window::~nonce_window() = default;
std::size_t nonce_window::size() const noexcept { return impl_->uses.size(); }

void nonce_window::forget_before(time_point issued) {
  auto& uses = impl_->uses;
  while (!uses.empty() && uses.begin()->first.first < issued) uses.erase(uses.begin());
}

bool nonce_window::take(std::string_view nonce, time_point issued, std::uint32_t nc) {
  auto& uses = impl_->uses;
  auto at = uses.find({issued, std::string{nonce}});
  if (at == uses.end()) {
    if (issued <= impl_->horizon) return false;
    if (uses.size() == impl_->nonces_max) {
      impl_->horizon = uses.begin()->first.first;
      uses.erase(uses.begin());
      if (issued <= impl_->horizon) return false;
    }
    uses.emplace(std::pair{issued, std::string{nonce}}, impl::use{nc, 1});
    return true;
  }
  auto& use = at->second;
  if (nc > use.highest) {
    const auto step = nc - use.highest;
    use.seen = step < 64 ? (use.seen << step) | 1 : 1;
    use.highest = nc;
    return true;
  }
  const auto back = use.highest - nc;
  if (back >= 64 || ((use.seen >> back) & 1) != 0) return false;
  use.seen |= std::uint64_t{1} << back;
  return true;
}

}  // namespace seatgrid
