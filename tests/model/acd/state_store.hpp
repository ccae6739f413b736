#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "tests/model/acd/machine.hpp"

/// The states of the whole model, packed: troubles so far, the local state of each entity, the messages on their way.
namespace seatgrid::model {

struct global_state {
  std::uint8_t troubles = 0;
  std::vector<local_no> locals{};
  std::vector<word_no> flying{};  ///< by channel (who says it to whom), in the order in which they were said
  std::vector<word_no> late{};    ///< put aside, or second copies: heard at any time; sorted
};

static_assert(sizeof(local_no) == sizeof(word_no));

/// Numbers states by their bytes. Bytes lie in chunks that never move.
class state_store {
 public:
  explicit state_store(std::size_t entities) : entities_(entities), table_(1U << 16, 0) {}

  std::size_t size() const { return at_.size(); }
  std::uint64_t bytes() const {
    return chunks_.size() * chunk_bytes + at_.capacity() * sizeof(at_[0]) + table_.capacity() * sizeof(table_[0]);
  }

  /// The number of this state, and whether it is new.
  std::pair<std::uint32_t, bool> add(const global_state& s) {
    pack(s);
    if ((at_.size() + 1) * 5 > table_.size() * 3) grow();
    auto slot = hash(packed_) & (table_.size() - 1);
    for (; table_[slot] != 0; slot = (slot + 1) & (table_.size() - 1))
      if (same(table_[slot] - 1)) return {table_[slot] - 1, false};
    if (used_ + packed_.size() > chunk_bytes) {
      chunks_.push_back(std::make_unique<std::uint8_t[]>(chunk_bytes));
      used_ = 0;
    }
    auto* to = chunks_.back().get() + used_;
    std::memcpy(to, packed_.data(), packed_.size());
    used_ += packed_.size();
    at_.push_back(to);
    table_[slot] = static_cast<std::uint32_t>(at_.size());
    return {static_cast<std::uint32_t>(at_.size() - 1), true};
  }

  void read(std::uint32_t number, global_state& out) const {
    const auto* from = at_[number];
    out.flying.resize(from[0]);
    out.late.resize(from[1]);
    out.troubles = from[2];
    out.locals.resize(entities_);
    from += head_bytes;
    for (auto* part : {&out.locals, &out.flying, &out.late}) {
      if (!part->empty()) std::memcpy(part->data(), from, part->size() * sizeof(word_no));
      from += part->size() * sizeof(word_no);
    }
  }

 private:
  static constexpr std::size_t chunk_bytes = 16U << 20;
  static constexpr std::size_t head_bytes = 3;

  void pack(const global_state& s) {
    if (s.flying.size() > 255 || s.late.size() > 255) throw std::length_error("more than 255 messages in flight");
    packed_.resize(head_bytes + (s.locals.size() + s.flying.size() + s.late.size()) * sizeof(word_no));
    packed_[0] = static_cast<std::uint8_t>(s.flying.size());
    packed_[1] = static_cast<std::uint8_t>(s.late.size());
    packed_[2] = s.troubles;
    auto* to = packed_.data() + head_bytes;
    for (const auto* part : {&s.locals, &s.flying, &s.late}) {
      if (!part->empty()) std::memcpy(to, part->data(), part->size() * sizeof(word_no));
      to += part->size() * sizeof(word_no);
    }
  }
  std::size_t length(const std::uint8_t* from) const { return head_bytes + (entities_ + from[0] + from[1]) * sizeof(word_no); }
  bool same(std::uint32_t number) const {
    const auto* other = at_[number];
    return length(other) == packed_.size() && std::memcmp(other, packed_.data(), packed_.size()) == 0;
  }
  static std::uint64_t hash(std::span<const std::uint8_t> bytes) {
    std::uint64_t h = 0x9e3779b97f4a7c15ULL;
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::uint64_t part = 0;
      std::memcpy(&part, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
      h = (h ^ part) * 0xff51afd7ed558ccdULL;
      h ^= h >> 32;
    }
    return h;
  }
  void grow() {
    std::vector<std::uint32_t> bigger(table_.size() * 2, 0);
    for (std::uint32_t number = 0; number < at_.size(); ++number) {
      auto slot = hash({at_[number], length(at_[number])}) & (bigger.size() - 1);
      while (bigger[slot] != 0) slot = (slot + 1) & (bigger.size() - 1);
      bigger[slot] = number + 1;
    }
    table_ = std::move(bigger);
  }

  std::size_t entities_;
  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_{};
  std::size_t used_ = chunk_bytes;
  std::vector<const std::uint8_t*> at_{};
  std::vector<std::uint32_t> table_;  // number + 1; 0 = free
  std::vector<std::uint8_t> packed_{};
};

}  // namespace seatgrid::model
