#include "media/telephone_event.hpp"

#include <algorithm>
#include <string_view>

namespace seatgrid::media {
namespace {
constexpr std::string_view key_names = "0123456789*#ABCD";
constexpr std::uint32_t tick_units = 160;
constexpr std::uint32_t end_repeats = 2;
constexpr std::uint32_t pause_ticks = 3;
constexpr std::uint32_t segment_units_min = 0xFF00;  // a segment that ran full
}  // namespace

std::optional<telephone_event> parse_telephone_event(byte_view payload) {
  if (payload.size() < telephone_event_bytes) return std::nullopt;
  return telephone_event{.code = payload[0],
                         .end = (payload[1] & 0x80) != 0,
                         .volume = static_cast<std::uint8_t>(payload[1] & 0x3F),
                         .duration = load_be16(&payload[2])};
}

void write_telephone_event(std::uint8_t* at, const telephone_event& event) {
  at[0] = event.code;
  at[1] = static_cast<std::uint8_t>((event.end ? 0x80 : 0) | (event.volume & 0x3F));
  store_be16(at + 2, event.duration);
}

std::optional<char> key_of(std::uint8_t code) {
  if (code >= key_names.size()) return std::nullopt;
  return key_names[code];
}

std::optional<std::uint8_t> code_of(char key) {
  const char upper = key >= 'a' && key <= 'd' ? static_cast<char>(key - 'a' + 'A') : key;
  const auto at = key_names.find(upper);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

heard_key event_receiver::close() {
  open_ = false;
  const auto ms = std::min<std::uint32_t>((before_ + duration_) / 8, 0xFFFF);
  return {.key = key_names[code_], .duration_ms = static_cast<std::uint16_t>(ms)};
}

heard_keys event_receiver::accept(std::uint32_t timestamp, const telephone_event& event) {
  heard_keys heard;
  if (!key_of(event.code)) return heard;
  const auto ahead = static_cast<std::int32_t>(timestamp - timestamp_);
  if (any_ && ahead < 0) return heard;  // a straggler of an event that is already told
  if (!any_ || ahead != 0) {
    const bool continues = open_ && code_ == event.code && duration_ >= segment_units_min &&
                           static_cast<std::uint32_t>(ahead) <= duration_ + tick_units;
    if (open_ && !continues) heard.add(close());
    before_ = continues ? before_ + duration_ : 0;
    timestamp_ = timestamp;
    code_ = event.code;
    duration_ = 0;
    open_ = any_ = true;
  }
  if (!open_ || code_ != event.code) return heard;
  duration_ = std::max<std::uint32_t>(duration_, event.duration);
  if (event.end) heard.add(close());
  return heard;
}

std::optional<heard_key> event_receiver::expire() {
  if (!open_) return std::nullopt;
  return close();
}

bool key_sender::push(char key, milliseconds length, bool as_event) {
  if (!code_of(key) || waiting_.size() >= waiting_max) return false;
  const auto bounded = std::clamp(length, milliseconds{60}, milliseconds{8'000});
  waiting_.push_back({.key = key, .ticks = static_cast<std::uint32_t>((bounded.count() + 19) / 20), .as_event = as_event});
  return true;
}

key_sender::step key_sender::next() {
  if (waiting_.empty()) return {};
  const auto& order = waiting_.front();
  const auto tick = tick_++;
  const std::uint32_t busy = order.ticks + (order.as_event ? end_repeats : 0);
  step s{.what = kind::pause, .key = order.key, .first = tick == 0};
  if (tick < busy) {
    s.what = order.as_event ? kind::event : kind::tone;
    s.sample = tick * tick_units;
    s.event = {.code = *code_of(order.key),
               .end = tick + 1 >= order.ticks,
               .duration = static_cast<std::uint16_t>(std::min(tick + 1, order.ticks) * tick_units)};
  }
  if (tick_ >= busy + pause_ticks) {
    waiting_.pop_front();
    tick_ = 0;
  }
  return s;
}

}  // namespace seatgrid::media
