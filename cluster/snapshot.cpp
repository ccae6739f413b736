#include "cluster/snapshot.hpp"

#include <algorithm>

namespace seatgrid::cluster {

namespace {

constexpr std::size_t part_overhead = 16;  // tags and lengths of a part, roughly
constexpr std::size_t load_batch_bytes = 4 << 20;

/// Fills one chunk after the other.
class chunk_writer {
 public:
  chunk_writer(snapshot_chunk first, std::size_t bytes_max, const std::function<result<void>(std::string&&)>& give)
      : chunk_(std::move(first)), bytes_max_(bytes_max), give_(give) {}

  result<void> make_room(std::size_t bytes) {
    const bool fits = bytes_ == 0 || bytes_ + bytes + part_overhead <= bytes_max_;
    auto gone = fits ? result<void>{} : flush();
    bytes_ += bytes + part_overhead;
    return gone;
  }
  snapshot_chunk& now() { return chunk_; }
  result<void> finish() {
    chunk_.is_last = true;
    return flush();
  }

 private:
  result<void> flush() {
    auto [record, crc] = write_chunk(chunk_);
    snapshot_chunk next{
        .lane = chunk_.lane, .offset = chunk_.offset, .head = chunk_.head, .number = chunk_.number + 1, .before = crc};
    chunk_ = std::move(next);
    bytes_ = 0;
    return give_(std::move(record));
  }

  snapshot_chunk chunk_;
  const std::size_t bytes_max_;
  const std::function<result<void>(std::string&&)>& give_;
  std::size_t bytes_ = 0;
};

}  // namespace

result<snapshot_id> write_snapshot(lane_id lane, const lane_image& image, std::uint64_t steps_from,
                                   const std::function<result<void>(std::string&& record)>& give, std::size_t chunk_bytes) {
  auto fold = image.fold();
  if (!fold) return tl::unexpected(fold.error());
  const auto applied = decode_fold(*fold);
  if (!applied) return tl::unexpected(applied.error());
  snapshot_chunk first{.lane = lane, .offset = applied->fold.next, .head = applied->fold.head};
  first.end = image.end();
  first.end.over = false;
  first.fold = std::move(*fold);
  const auto id = first.id();
  const auto last = first.end.sequence;
  chunk_writer out{std::move(first), chunk_bytes, give};
  auto done = image.rows([&](std::string_view key, std::string_view value) {
    auto room = out.make_room(key.size() + value.size());
    if (room) out.now().rows.push_back({std::string{key}, std::string{value}});
    return room;
  });
  if (done)
    done = image.numbers([&](entity_ref entity, std::uint64_t number) {
      auto room = out.make_room(sizeof number + sizeof entity);
      if (room) out.now().numbers.push_back({entity, number});
      return room;
    });
  if (done && last > 0)
    done = image.steps(std::clamp<std::uint64_t>(steps_from, 1, last), [&](std::uint64_t sequence, stored_step&& record) {
      auto room = out.make_room(bytes_of(record.step));
      if (room) out.now().steps.push_back({sequence, std::move(record)});
      return room;
    });
  if (done) done = out.finish();
  return done ? result<snapshot_id>{id} : tl::unexpected(done.error());
}

void snapshot_catalog::on_record(log_offset offset, time_point at, std::string_view bytes) {
  auto read = read_chunk(bytes);
  if (!read) return;
  const auto& [chunk, crc] = *read;
  auto found = begun_.find(chunk.id());
  const bool begins_anew = chunk.number == 0 && (found == begun_.end() || found->second.first_crc != crc);
  if (begins_anew) {
    const auto applied = decode_fold(chunk.fold);
    if (!applied || applied->fold.next != chunk.offset || applied->fold.head != chunk.head) return;
    if (begun_.size() >= begun_max) begun_.erase(begun_.begin());
    progress fresh{.first_crc = crc};
    fresh.made = {.id = chunk.id(), .first = offset, .fold = applied->fold, .steps = chunk.end.sequence};
    found = begun_.insert_or_assign(chunk.id(), std::move(fresh)).first;
  }
  if (found == begun_.end() || chunk.number != found->second.next || chunk.before != found->second.crc) return;
  auto& at_work = found->second;
  ++at_work.next;
  at_work.crc = crc;
  at_work.made.last = offset;
  at_work.made.at = at;
  at_work.made.bytes += bytes.size();
  if (!chunk.is_last) return;
  std::erase_if(whole_, [id = chunk.id()](const auto& one) { return one.id == id; });
  whole_.push_back(std::move(at_work.made));
  begun_.erase(found);
  if (whole_.size() > kept_max) whole_.erase(whole_.begin());
}

snapshot_loader::snapshot_loader(lane_store& store, snapshot_id wanted) : wanted_(wanted), batch_(store.make_batch()) {}

result<void> snapshot_loader::on_record(std::string_view bytes) {
  if (done_) return {};
  auto read = read_chunk(bytes);
  if (!read && read.error().code != errc::corrupt) return {};
  if (!read) return tl::unexpected(read.error());
  auto& [chunk, crc] = *read;
  if (chunk.id() != wanted_ || chunk.number < next_) return {};
  if (chunk.number != next_ || chunk.before != crc_)
    return fail(errc::corrupt,
                "chunk " + std::to_string(next_) + " of a snapshot of lane " + std::to_string(wanted_.lane) + " is missing");
  ++next_;
  crc_ = crc;
  return take(std::move(chunk));
}

/// The lane's end and fold come last: a lane that was filled in part has neither.
result<void> snapshot_loader::take(snapshot_chunk&& chunk) {
  if (chunk.number == 0) {
    end_ = chunk.end;
    fold_ = chunk.fold;
    auto applied = decode_fold(fold_);
    if (!applied) return tl::unexpected(applied.error());
    applied_ = std::move(*applied);
  }
  for (const auto& one : chunk.rows) batch_->put_row(wanted_.lane, one.key, one.value.value_or(std::string{}));
  for (const auto& one : chunk.numbers) batch_->put_number(wanted_.lane, one.entity, one.last);
  for (auto& one : chunk.steps) batch_->put_past({wanted_.lane, one.sequence}, std::move(one.record));
  if (chunk.is_last) {
    batch_->put_end(wanted_.lane, end_);
    batch_->put_fold(wanted_.lane, fold_);
    done_ = true;
  }
  return done_ || batch_->bytes() > load_batch_bytes ? batch_->commit(false) : result<void>{};
}

}  // namespace seatgrid::cluster
