#include <utility>

#include "storage/rocks/rocks_database_internal.hpp"

namespace seatgrid {

namespace {

constexpr std::size_t index_lane_at = 1 + 8;  // in its key, behind kind and id
constexpr std::size_t number_bytes = 2 + 8;

lane_id lane_at(std::string_view bytes, std::size_t where) {
  return static_cast<lane_id>(static_cast<unsigned char>(bytes[where]) << 8 | static_cast<unsigned char>(bytes[where + 1]));
}

class rocks_image final : public lane_image {
 public:
  rocks_image(const rocks_database& base, lane_id lane) : base_(base), lane_(lane), moment_(base.db.get()) {
    how_.snapshot = moment_.snapshot();
    how_.fill_cache = false;  // what calls use stays in memory
    const auto bytes = value_of(base_.meta.get(), lane_key(lane_));
    if (auto state = bytes ? decode_lane(*bytes) : tl::unexpected(bytes.error()); state) end_ = *state;
  }

  lane_state end() const override { return end_; }
  result<std::string> fold() const override { return value_of(base_.meta.get(), fold_key(lane_)); }
  result<std::string> get(std::string_view key) const override { return value_of(base_.rows.get(), stored_row_key(lane_, key)); }

  result<void> rows(const std::function<result<void>(std::string_view, std::string_view)>& each) const override {
    return walk(base_.rows.get(), lane_prefix(lane_),
                [&](std::string_view key, std::string_view value) { return each(key.substr(2), value); });
  }
  result<void> numbers(const std::function<result<void>(entity_ref, std::uint64_t)>& each) const override {
    return walk(base_.outbox.get(), {}, [&](std::string_view key, std::string_view value) -> result<void> {
      const auto named = lane_of_number(value);
      const auto mine = named ? result<bool>{*named == lane_} : lives_in(base_, lane_, key);
      if (!mine) return tl::unexpected(mine.error());
      return *mine ? each({static_cast<entity_kind>(key.front()), number_at_end(key)}, number_at_end(value)) : result<void>{};
    });
  }
  result<void> steps(std::uint64_t from, const std::function<result<void>(std::uint64_t, stored_step&&)>& each) const override {
    auto expected = from;
    return walk(
        base_.log.get(), lane_prefix(lane_),
        [&](std::string_view key, std::string_view value) -> result<void> {
          const auto sequence = number_at_end(key);
          if (sequence != expected) return fail(errc::not_found, "step " + std::to_string(expected) + " was removed");
          ++expected;
          auto record = decode_record(value);
          if (!record) return tl::unexpected(record.error());
          return each(sequence, std::move(*record));
        },
        log_key(lane_, from));
  }

 private:
  result<std::string> value_of(rocksdb::ColumnFamilyHandle* in, const std::string& key) const {
    std::string value;
    const auto status = base_.db->Get(how_, in, key, &value);
    if (!status.ok()) return tl::unexpected(error_of(status, "reading an image of lane " + std::to_string(lane_)));
    return value;
  }
  template <class Each>
  result<void> walk(rocksdb::ColumnFamilyHandle* in, const std::string& prefix, const Each& each, std::string from = {}) const {
    const auto give = [&](std::string_view key, std::string_view value) { return each(key, value).map([] { return true; }); };
    return base_.walk(in, from.empty() ? prefix : from, prefix, give, how_);
  }

  const rocks_database& base_;
  const lane_id lane_;
  rocksdb::ManagedSnapshot moment_;
  rocksdb::ReadOptions how_{};
  lane_state end_{};
};

}  // namespace

lane_id lane_of_index_key(std::string_view key) { return lane_at(key, index_lane_at); }

std::optional<lane_id> lane_of_number(std::string_view value) {
  return value.size() == number_bytes ? std::optional{lane_at(value, 0)} : std::nullopt;
}

result<bool> lives_in(const rocks_database& base, lane_id lane, std::string_view outbox_key) {
  bool found = false;
  const std::string steps{outbox_key};
  const auto look = [&](std::string_view key, std::string_view) -> result<bool> {
    found = found || lane_of_index_key(key) == lane;
    return !found;
  };
  if (auto walked = base.walk(base.index.get(), steps, steps, look); !walked) return tl::unexpected(walked.error());
  if (found) return true;
  const auto rows = stored_row_key(lane, row_key({static_cast<entity_kind>(outbox_key.front()), number_at_end(outbox_key)}));
  const auto any = [&](std::string_view, std::string_view) -> result<bool> {
    found = true;
    return false;
  };
  if (auto walked = base.walk(base.rows.get(), rows, rows, any); !walked) return tl::unexpected(walked.error());
  return found;
}

std::unique_ptr<lane_image> make_image(const rocks_database& base, lane_id lane) {
  return std::make_unique<rocks_image>(base, lane);
}

}  // namespace seatgrid
