#include <optional>

#include "base/overload.hpp"
#include "cluster/roster.hpp"
#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

/// A record as it is kept: exactly one of them. The numbers are the records' tags.
struct kept_record {
  std::optional<node_joined> joined{};
  std::optional<node_left> left{};
  std::optional<node_fenced> fenced{};
  std::optional<slot_taken> taken{};
  std::optional<node_drained> drained{};
  std::optional<level_raised> raised{};
  std::optional<node_checked> checked{};
  std::optional<node_knocked> knocked{};
  bool operator==(const kept_record&) const = default;
  static constexpr auto fields() {
    return members{
        field{node_joined::tag, "joined", &kept_record::joined},    field{node_left::tag, "left", &kept_record::left},
        field{node_fenced::tag, "fenced", &kept_record::fenced},    field{slot_taken::tag, "taken", &kept_record::taken},
        field{node_drained::tag, "drained", &kept_record::drained}, field{level_raised::tag, "raised", &kept_record::raised},
        field{node_checked::tag, "checked", &kept_record::checked}, field{node_knocked::tag, "knocked", &kept_record::knocked}};
  }
};

}  // namespace

std::string encode_roster_record(const roster_record& what) {
  kept_record kept;
  std::visit(overload{[&](const node_joined& one) { kept.joined = one; }, [&](const node_left& one) { kept.left = one; },
                      [&](const node_fenced& one) { kept.fenced = one; }, [&](const slot_taken& one) { kept.taken = one; },
                      [&](const node_drained& one) { kept.drained = one; }, [&](const level_raised& one) { kept.raised = one; },
                      [&](const node_checked& one) { kept.checked = one; }, [&](const node_knocked& one) { kept.knocked = one; }},
             what);
  return wire::encode(kept);
}

result<roster_record> decode_roster_record(std::string_view bytes) {
  auto kept = wire::decode<kept_record>(bytes);
  if (!kept) return tl::unexpected(kept.error());
  std::optional<roster_record> found;
  std::size_t count = 0;
  const auto look = [&](auto& one) {
    if (!one) return;
    ++count;
    found = std::move(*one);
  };
  look(kept->joined), look(kept->left), look(kept->fenced), look(kept->taken), look(kept->drained), look(kept->raised),
      look(kept->checked), look(kept->knocked);
  if (count > 1) return fail(errc::corrupt, "a record of the roster that is " + std::to_string(count) + " records");
  if (!found && bytes.empty()) return fail(errc::corrupt, "an empty record of the roster");
  if (!found) return fail(errc::unsupported, "a record of the roster that a later program wrote");
  return std::move(*found);
}

}  // namespace seatgrid::cluster
