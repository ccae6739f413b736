#include <string>

#include "storage/step_codec.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

void check_key(const std::string& key) {
  const auto entity = entity_of(key);
  if (!entity) return;
  must(row_key(*entity, element_of(key)) == key, "a key names its entity and element");
}

void check_record(const std::string& bytes) {
  const auto read = decode_record(bytes);
  if (!read) return must(read.error().code == errc::corrupt, "bytes are a step or corrupt");
  std::string written;
  encode_record(written, *read);
  const auto again = decode_record(written);
  must(again.has_value() && *again == *read, "what was written says the same");
  for (const auto& row : read->step.rows) check_key(row.key);
  auto step = read->step;
  const auto size = bytes_of(step);
  must(size + 64 * (step.events.size() + step.rows.size() + step.outbox.size() + 1) >= step.command.size(),
       "a step has its size");
  const lane_state lane{.epoch = 1};
  const auto taken = admit(lane, {0, 1}, step, {});
  must(!taken || size <= journal_options{}.step_bytes_max, "steps are bounded");
  const auto numbered = number_outbox(step, 5);
  must(!numbered || *numbered == 5 + step.outbox.size(), "events are numbered without holes");
}

void check_lane(const std::string& bytes) {
  const auto read = decode_lane(bytes);
  if (!read) return must(read.error().code == errc::corrupt, "bytes are a lane or corrupt");
  const auto again = decode_lane(encode_lane(*read));
  must(again.has_value() && *again == *read, "what was written says the same");
}

}  // namespace

/// Records of the log and keys of rows as they come from a damaged disk.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes{text_of(data, size)};
  check_record(bytes);
  check_lane(bytes);
  check_key(bytes);
  return 0;
}
