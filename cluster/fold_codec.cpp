#include "cluster/fold.hpp"
#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

/// applied_fold as it is kept. Numbers are never used again.
struct kept_fold {
  std::uint64_t next = 0;
  std::string node{};
  std::uint64_t process_high = 0;
  std::uint64_t process_low = 0;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  std::uint32_t head = 0;
  std::uint32_t lanes = 0;
  std::optional<std::int64_t> log_ahead_us{};
  bool operator==(const kept_fold&) const = default;
  static constexpr auto fields() {
    return members{field{1, "next", &kept_fold::next},
                   field{2, "node", &kept_fold::node},
                   field{3, "process_high", &kept_fold::process_high},
                   field{4, "process_low", &kept_fold::process_low},
                   field{5, "epoch", &kept_fold::epoch},
                   field{6, "seq", &kept_fold::seq},
                   field{7, "head", &kept_fold::head},
                   field{8, "lanes", &kept_fold::lanes},
                   field{9, "log_ahead_us", &kept_fold::log_ahead_us}};
  }
};

}  // namespace

std::string encode_fold(const applied_fold& applied) {
  const auto& at = applied.fold;
  return wire::encode(kept_fold{at.next, at.owner.node, at.owner.process.high, at.owner.process.low, at.epoch, at.seq, at.head,
                                at.lanes, applied.log_ahead_us});
}

result<applied_fold> decode_fold(std::string_view bytes) {
  auto kept = wire::decode<kept_fold>(bytes);
  if (!kept) return tl::unexpected(kept.error());
  if (kept->lanes > UINT16_MAX) return fail(errc::corrupt, "a fold with " + std::to_string(kept->lanes) + " lanes");
  return applied_fold{.fold = {.next = kept->next,
                               .owner = {std::move(kept->node), {kept->process_high, kept->process_low}},
                               .epoch = kept->epoch,
                               .seq = kept->seq,
                               .head = kept->head,
                               .lanes = static_cast<std::uint16_t>(kept->lanes)},
                      .log_ahead_us = kept->log_ahead_us};
}

}  // namespace seatgrid::cluster
