#include "tests/model/lane/machines.hpp"

#include <cstdlib>

#include "base/overload.hpp"

namespace seatgrid::model {

namespace {

using namespace seatgrid::cluster;

void put(std::string& out, std::uint64_t value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); }

/// Everything that differs between machines of one check; process ids are small numbers there.
std::string key_of(const lane& at) {
  std::string key;
  for (const auto value : {at.me.process.high, at.me.process.low, std::uint64_t(at.mode), at.epoch, std::uint64_t{at.claim_sent},
                           at.folded.next, at.folded.owner.process.low, at.folded.epoch, at.folded.seq,
                           std::uint64_t{at.folded.head}, std::uint64_t{at.folded.lanes}})
    put(key, value);
  key += at.me.node + '/' + at.folded.owner.node;
  if (!at.flight) return key;
  for (const auto value : {at.flight->what.epoch, at.flight->what.seq, std::uint64_t{at.flight->prev},
                           std::uint64_t{at.flight->crc}, std::uint64_t{at.flight->stored}, std::uint64_t{at.flight->failed}})
    put(key, value);
  return key;
}

append_ref ref_of(const known_record& known) { return {known.what.epoch, known.what.seq}; }

enum input_code : std::uint64_t { code_order = 1, code_write, code_stored, code_failed, code_read, code_range };
std::uint64_t code_of(input_code kind, std::uint64_t a = 0, std::uint64_t b = 0) { return kind | a << 3 | b << 19; }

}  // namespace

machine_number machines::add(lane machine) {
  machine.claims_in_a_row = 0;  // pauses are off: it changes nothing
  const auto [it, added] = machine_numbers_.emplace(key_of(machine), static_cast<machine_number>(machines_.size()));
  if (added) machines_.push_back(std::move(machine));
  return it->second;
}

record_number machines::add(const cluster::record& made) {
  auto copy = made;
  const auto [it, added] = record_numbers_.emplace(write_record(copy), static_cast<record_number>(records_.size()));
  if (!added) return it->second;
  if (records_.size() > UINT16_MAX) std::abort();
  known_record known;
  known.what = *read_record(it->first);
  if (known.what.kind == record_kind::frame)
    known.step = static_cast<std::uint8_t>(known.what.body[0]), known.after = static_cast<std::uint8_t>(known.what.body[1]);
  records_.push_back(std::move(known));
  return it->second;
}

const reaction& machines::react(machine_number at, std::uint64_t code, const lane_input& in) {
  const auto key = std::uint64_t{at} << 32 | code;
  if (const auto it = reactions_.find(key); it != reactions_.end()) return it->second;
  auto next = machines_[at];
  reaction made;
  for (const auto& output : handle(next, in)) {
    made.effects.push_back(std::visit(
        overload{[&](const send_record& o) { return effect{.kind = effect_kind::sent, .record = add(*read_record(o.bytes))}; },
                 [](const frame_counted& o) {
                   return effect{.kind = effect_kind::counted, .offset = static_cast<std::uint8_t>(o.offset), .mine = o.mine};
                 },
                 [](const frame_lost& o) {
                   return effect{.kind = effect_kind::frame_lost, .known_lost = o.why.code != errc::corrupt};
                 },
                 [](const lane_owned&) { return effect{.kind = effect_kind::owned}; },
                 [](const lane_lost&) { return effect{.kind = effect_kind::lost}; },
                 [](const lane_stopped&) { return effect{.kind = effect_kind::stopped}; }},
        output));
  }
  made.next = add(std::move(next));
  return reactions_.emplace(key, std::move(made)).first->second;
}

const reaction& machines::order_claim(machine_number at) { return react(at, code_of(code_order), claim_order{}); }
const reaction& machines::write(machine_number at, std::uint8_t step, std::uint8_t after) {
  return react(at, code_of(code_write, step, after), write_order{{static_cast<char>(step), static_cast<char>(after)}});
}
const reaction& machines::stored(machine_number at, record_number what, int offset) {
  append_stored report{.what = ref_of(records_[what])};
  if (offset >= 0) report.offset = static_cast<std::uint64_t>(offset);
  return react(at, code_of(code_stored, what, static_cast<std::uint64_t>(std::int64_t{offset} + 1)), report);
}
const reaction& machines::failed(machine_number at, record_number what) {
  return react(at, code_of(code_failed, what), append_failed{ref_of(records_[what]), {errc::unavailable, "no report"}});
}
const reaction& machines::read(machine_number at, std::uint8_t offset, record_number what) {
  return react(at, code_of(code_read, what, offset), record_read{offset, records_[what].what});
}
const reaction& machines::out_of_range(machine_number at) {
  return react(at, code_of(code_range), tail_failed{{errc::corrupt, "the log ends before what was read"}});
}

}  // namespace seatgrid::model
