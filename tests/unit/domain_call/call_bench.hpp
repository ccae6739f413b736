#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "domain/call_rules.hpp"

/// A call under its rules on a bench: commands go in, events fold, effects are kept for the test to look at.
namespace seatgrid::test {

template <class Variant, class T>
inline constexpr bool holds = false;
template <class... Ts, class T>
inline constexpr bool holds<std::variant<Ts...>, T> = (std::same_as<Ts, T> || ...);

tenant_config demo_config();

struct told {
  call_command order;
  turn at{};
  std::vector<std::string> events{};
};

class call_bench {
 public:
  explicit call_bench(tenant_config setup = demo_config()) : config(std::move(setup)) { config.index(); }

  tenant_config config;
  calls::call_state call{};
  effects out{};                            ///< of the last command
  effects all{};                            ///< of every command
  std::vector<calls::call_event> events{};  ///< of the last command
  std::vector<told> log{};
  entity_rows rows{};  ///< as stored
  time_point now{1'767'225'600'000'000};

  call_id id() const { return call_id::make(7, 4711); }
  leg_id leg(std::uint32_t index) const { return {id(), index}; }
  void pass(milliseconds time) { now = now + time; }

  /// Decides, folds, derives and stores. False when the rules refused.
  bool tell(const call_command& order);
  void fire(calls::call_timer timer);

  // What the world says in a usual call.
  leg_incoming invite() const;
  static session_description their_sdp(std::uint16_t port = 40'000);
  static dialog dialog_of(const std::string& name, bool incoming = false);
  void arrive();    ///< INVITE, port, 183
  void to_queue();  ///< arrive, press 1, queued
  offer offer_of(attempt_no n = 1, std::vector<destination> contacts = {{.target = "sip:1001@127.0.0.1:5070"}}) const;
  void offered(attempt_no n = 1);  ///< the offer and the port: the agent's INVITE leaves
  void answered_by(std::uint32_t leg);
  void talk();  ///< all of it: caller and agent talk
  void open(std::uint32_t leg) {
    tell(media_opened{.leg = this->leg(leg), .local = {"10.0.0.1", static_cast<std::uint16_t>(20'000 + leg * 2)}});
  }
  void played() { tell(media_played{.leg = leg(1), .play_id = call.last_play}); }
  void press(char key) { tell(media_digit{.leg = leg(1), .digit = key}); }
  void hang_up(std::uint32_t index) { tell(leg_ended{.leg = leg(index), .at = now, .cause = {.q850 = 16}}); }
  void close_all();  ///< media answers every close, files are finished

  template <class T>
  static const T* find_in(const effects& list, std::size_t skip = 0) {
    for (const auto& one : list) {
      const T* found = nullptr;
      if (const auto* to = std::get_if<to_leg>(&one.what)) {
        if constexpr (holds<std::decay_t<decltype(to->command)>, T>) found = std::get_if<T>(&to->command);
      } else if (const auto* media = std::get_if<to_media>(&one.what)) {
        if constexpr (holds<std::decay_t<decltype(media->command)>, T>) found = std::get_if<T>(&media->command);
      } else if (const auto* entity = std::get_if<to_entity>(&one.what)) {
        if constexpr (holds<std::decay_t<decltype(entity->message)>, T>) found = std::get_if<T>(&entity->message);
      } else if constexpr (holds<std::decay_t<decltype(one.what)>, T>) {
        found = std::get_if<T>(&one.what);
      }
      if (found != nullptr && skip-- == 0) return found;
    }
    return nullptr;
  }
  /// The effect of that type of the last command, null = none.
  template <class T>
  const T* sent(std::size_t skip = 0) const {
    return find_in<T>(out, skip);
  }
  template <class T>
  std::size_t count(const effects& list) const {
    std::size_t n = 0;
    while (find_in<T>(list, n) != nullptr) ++n;
    return n;
  }
  std::vector<std::string> published() const;
  bool has_published(const std::string& type) const;
  template <class T>
  const T* event() const {
    for (const auto& e : events)
      if (const auto* found = std::get_if<T>(&e)) return found;
    return nullptr;
  }
  session_cdr cdr() const;
};

}  // namespace seatgrid::test
