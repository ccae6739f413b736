#include "storage/journal.hpp"

#include <future>

#include "storage/step_codec.hpp"

namespace seatgrid {

namespace {

constexpr std::size_t entity_prefix_bytes = 2 + 1 + 8;

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace

std::string row_key(entity_ref entity, std::string_view element) {
  std::string key;
  key.reserve(entity_prefix_bytes + element.size());
  put_big_endian(key, entity.shard(), 2);
  key.push_back(static_cast<char>(entity.kind));
  put_big_endian(key, entity.id, 8);
  key.append(element);
  return key;
}

std::string_view element_of(std::string_view key) {
  return key.size() <= entity_prefix_bytes ? std::string_view{} : key.substr(entity_prefix_bytes);
}

std::optional<entity_ref> entity_of(std::string_view key) {
  if (key.size() < entity_prefix_bytes || key[2] == 0) return std::nullopt;
  entity_ref entity{static_cast<entity_kind>(key[2]), 0};
  for (std::size_t i = 3; i < entity_prefix_bytes; ++i) entity.id = entity.id << 8 | static_cast<unsigned char>(key[i]);
  const auto shard = static_cast<unsigned>(static_cast<unsigned char>(key[0]) << 8 | static_cast<unsigned char>(key[1]));
  if (shard != entity.shard()) return std::nullopt;
  return entity;
}

std::size_t bytes_of(const step& step) {
  std::size_t bytes = sizeof(entity_ref) + 3 * sizeof(std::uint64_t) + step.command.size();
  for (const auto& event : step.events) bytes += event.size();
  for (const auto& row : step.rows) bytes += row.key.size() + (row.value ? row.value->size() : 0);
  for (const auto& event : step.outbox) bytes += event.type.size() + event.data.size() + sizeof(event.sequence);
  return bytes;
}

result<void> admit(const lane_state& lane, lane_epoch at, const step& step, const journal_options& options) {
  if (at.epoch == 0 || at.epoch != lane.epoch)
    return fail(errc::wrong_state, "lane " + std::to_string(at.lane) + " is in epoch " + std::to_string(lane.epoch) +
                                       ", the step is of " + std::to_string(at.epoch));
  if (lane.over) return fail(errc::wrong_state, "an earlier step of this epoch failed; claim lane " + std::to_string(at.lane));
  if (step.entity.kind == entity_kind::none || step.entity.id == 0) return fail(errc::invalid, "a step needs an entity");
  if (const auto bytes = bytes_of(step); bytes > options.step_bytes_max)
    return fail(errc::full, "the step has " + std::to_string(bytes) + " bytes, journal.step_bytes_max is " +
                                std::to_string(options.step_bytes_max));
  for (const auto& row : step.rows)
    if (!entity_of(row.key)) return fail(errc::invalid, "a row key of the step names no entity");
  return {};
}

result<std::uint64_t> number_outbox(step& step, std::uint64_t last) {
  for (auto& event : step.outbox) {
    ++last;
    if (event.sequence != 0 && event.sequence != last)
      return fail(errc::invalid, "the entity's next public event is number " + std::to_string(last));
    event.sequence = last;
  }
  return last;
}

bool forgets_outbox(const step& step, const row& row) {
  return !row.value && step.entity.kind == entity_kind::call && row.key == row_key(step.entity);
}

result<lane_epoch> claim_and_wait(journal& log, lane_id lane, milliseconds patience) {
  // Shared with the callback: it may come after we gave up waiting.
  const auto answer = std::make_shared<std::promise<result<lane_claim>>>();
  auto claimed = answer->get_future();
  log.claim(lane, [answer](result<lane_claim> came) { answer->set_value(std::move(came)); }, {});
  if (claimed.wait_for(patience) != std::future_status::ready)
    return fail(errc::timed_out,
                "lane " + std::to_string(lane) + " was not claimed within " + std::to_string(patience.count()) + " ms");
  return claimed.get().map([](const lane_claim& made) { return made.at; });
}

}  // namespace seatgrid
