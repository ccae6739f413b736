#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.hpp"
#include "media/bytes.hpp"

/// Keys as named telephone events (RFC 4733) and the pace at which keys are sent.
namespace seatgrid::media {

inline constexpr std::size_t telephone_event_bytes = 4;

struct telephone_event {
  std::uint8_t code = 0;  ///< 0-9, 10 = *, 11 = #, 12-15 = A-D; others are no keys
  bool end = false;
  std::uint8_t volume = 10;    ///< -dBm0
  std::uint16_t duration = 0;  ///< timestamp units
};
/// Nothing for less than 4 bytes (RFC 4733 2.3); further events in the payload are not read.
std::optional<telephone_event> parse_telephone_event(byte_view payload);
void write_telephone_event(std::uint8_t* at, const telephone_event& event);

/// Nothing when `code` is no key; nothing when `key` is none of 0-9 * # A-D a-d.
std::optional<char> key_of(std::uint8_t code);
std::optional<std::uint8_t> code_of(char key);

struct heard_key {
  char key = '0';
  std::uint16_t duration_ms = 0;
  bool operator==(const heard_key&) const = default;
};
/// A packet can end at most two keys: the one whose end was lost, and its own.
struct heard_keys {
  std::array<heard_key, 2> keys{};
  std::size_t count = 0;
  void add(heard_key k) { keys[count++] = k; }
};

/// Reports each event of one source once, whatever is repeated, lost or late.
class event_receiver {
 public:
  heard_keys accept(std::uint32_t timestamp, const telephone_event& event);
  /// The open key when its end never came; call it when `open` and nothing was heard of it for a while.
  std::optional<heard_key> expire();
  bool open() const { return open_; }
  /// A new SSRC: timestamps begin anew.
  void reset() { *this = {}; }

 private:
  heard_key close();

  std::uint32_t timestamp_ = 0;
  std::uint32_t duration_ = 0;
  std::uint32_t before_ = 0;  ///< length of earlier segments of a long event (RFC 4733 2.5.1.3)
  std::uint8_t code_ = 0;
  bool open_ = false;
  bool any_ = false;
};

/// Paces keys in steps of 20 ms: the key, as an event its end three times (RFC 4733 2.5.1.4), then a pause of 60 ms.
class key_sender {
 public:
  enum class kind : std::uint8_t { idle = 0, event = 1, tone = 2, pause = 3 };
  struct step {
    kind what = kind::idle;
    telephone_event event{};
    char key = '0';
    bool first = false;
    std::uint32_t sample = 0;  ///< of the tone, since its start
  };
  static constexpr std::size_t waiting_max = 32;

  /// False when `key` is none or `waiting_max` keys wait. `length` is brought between 60 ms and 8 s.
  bool push(char key, milliseconds length, bool as_event);
  bool idle() const { return waiting_.empty(); }
  step next();

 private:
  struct key_order {
    char key = '0';
    std::uint32_t ticks = 0;
    bool as_event = true;
  };
  std::deque<key_order> waiting_{};
  std::uint32_t tick_ = 0;
};

}  // namespace seatgrid::media
