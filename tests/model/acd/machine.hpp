#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/model/acd/vocabulary.hpp"

/// One entity of the model. Its local states are numbered as they are met; what a rule makes of one state and one input is asked
/// of the production rules once and remembered, because rules are pure. The exhaustive search then runs over numbers.
namespace seatgrid::model {

using local_no = std::uint16_t;

enum class choice_kind : std::uint8_t {
  inner = 0,    ///< a deadline that runs, or what the edge must report: happens some time
  world = 1,    ///< a person does something, or never
  trouble = 2,  ///< a takeover: counted against the scope
};
struct choice {
  std::uint16_t code = 0;
  choice_kind kind = choice_kind::inner;
  std::string name{};
  bool gives_up = false;  ///< an attempt that could still succeed: not beyond the scope's attempts
};

struct moved {
  local_no to = 0;
  std::vector<word_no> sent{};
  std::string wrong{};  ///< what this step itself broke
};

/// What properties are asked of. Fields that mean nothing for a kind of entity stay as they are.
struct summary {
  bool is_live = false;        ///< call: not over
  bool waits = false;          ///< call: wants an agent of `queue`; entry: nobody is asked or offered
  attempt_no attempts = 0;     ///< queue: the highest that it holds
  bool has_reports = false;    ///< call: the edge has something to tell
  bool is_ready = false;       ///< agent: free
  bool talks = false;          ///< call, agent
  bool rings = false;          ///< call
  bool phone_is_live = false;  ///< call: the phone of the attempt rings or talks, and the edge knows it
  bool is_asked = false;       ///< call: waits for `queued`
  std::size_t other = 0;       ///< call: the agent's number; agent: the call's
  std::size_t queue = 0;       ///< call: where it waits
  attempt_no attempt = 0;      ///< call, agent: of ringing, talking, reserved; 0 = none
  struct ringing {
    std::size_t agent = 0;
    attempt_no attempt = 0;
  };
  std::vector<ringing> phones{};  ///< call: whose phones ring or talk for it
  std::size_t answers = 0;        ///< call: answers of agents that count
  struct place {
    std::size_t call = 0;
    attempt_no attempt = 0;
    bool waits = false;
    bool offers = false;
  };
  std::vector<place> places{};  ///< queue
};

class machine {
 public:
  virtual ~machine() = default;
  virtual local_no start(std::vector<word_no>& sent) = 0;
  virtual const moved& hear(local_no at, word_no word) = 0;
  virtual const moved& take(local_no at, std::uint16_t code) = 0;
  virtual const moved& take_over(local_no at) = 0;
  virtual const std::vector<choice>& choices(local_no at) const = 0;
  virtual const summary& view(local_no at) const = 0;
  virtual std::string describe(local_no at) const = 0;
  virtual std::size_t size() const = 0;
};

/// `Entity` says how one kind runs under its production rules; see call_entity.hpp, agent_entity.hpp, queue_entity.hpp.
template <class Entity>
class machine_of final : public machine {
 public:
  machine_of(std::size_t me, Entity entity, vocabulary& words) : me_(me), entity_(std::move(entity)), words_(words) {}

  local_no start(std::vector<word_no>& sent) override {
    std::vector<to_entity> said;
    auto state = entity_.start(said);
    sent = numbers(said);
    return number_of(std::move(state));
  }
  const moved& hear(local_no at, word_no word) override {
    return remembered(at, word, [&](auto& state, auto& said) { entity_.hear(state, words_.message(word), said); });
  }
  const moved& take(local_no at, std::uint16_t code) override {
    return remembered(at, choice_bit | code, [&](auto& state, auto& said) { entity_.take(state, code, said); });
  }
  const moved& take_over(local_no at) override {
    return remembered(at, takeover_bit, [&](auto& state, auto& said) { entity_.take_over(state, said); });
  }
  const std::vector<choice>& choices(local_no at) const override { return choices_[at]; }
  const summary& view(local_no at) const override { return views_[at]; }
  std::string describe(local_no at) const override { return entity_.describe(states_[at]); }
  std::size_t size() const override { return states_.size(); }

 private:
  static constexpr std::uint32_t choice_bit = 1U << 16;
  static constexpr std::uint32_t takeover_bit = 1U << 17;

  template <class Do>
  const moved& remembered(local_no at, std::uint32_t input, Do what) {
    for (const auto& [known, index] : memory_[at])
      if (known == input) return moves_[index];
    auto state = states_[at];
    std::vector<to_entity> said;
    moved made;
    what(state, said);
    made.wrong = std::exchange(state.wrong, {});
    made.sent = numbers(said);
    made.to = number_of(std::move(state));
    memory_[at].emplace_back(input, static_cast<std::uint32_t>(moves_.size()));
    moves_.push_back(std::move(made));
    return moves_.back();
  }
  std::vector<word_no> numbers(const std::vector<to_entity>& said) {
    std::vector<word_no> out;
    for (const auto& one : said) out.push_back(words_.number_of(me_, one));
    return out;
  }
  local_no number_of(typename Entity::state state) {
    entity_.make_same(state);
    const auto [it, is_new] = numbers_.try_emplace(entity_.key(state), static_cast<local_no>(states_.size()));
    if (!is_new) return it->second;
    if (states_.size() >= 0xffff) throw std::length_error("more than 65,535 states of one entity");
    choices_.push_back(entity_.choices(state));
    views_.push_back(entity_.view(state));
    memory_.emplace_back();
    states_.push_back(std::move(state));
    return it->second;
  }

  std::size_t me_;
  Entity entity_;
  vocabulary& words_;
  std::deque<typename Entity::state> states_{};
  std::deque<std::vector<choice>> choices_{};
  std::deque<summary> views_{};
  std::vector<std::vector<std::pair<std::uint32_t, std::uint32_t>>> memory_{};
  std::deque<moved> moves_{};
  std::unordered_map<std::string, local_no> numbers_{};
};

}  // namespace seatgrid::model
