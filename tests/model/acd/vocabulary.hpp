#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "domain/acd_messages.hpp"
#include "domain/effect.hpp"
#include "domain/tenant_config.hpp"

/// The model's world: who there is, and every message that was ever said, by number.
namespace seatgrid::model {

/// What bounds a check. Deadlines, reports of the edge, people and the order of messages between different pairs cost nothing;
/// each loss, doubling, overtaking on one channel and takeover is one of `troubles`. What is late may come at any time.
struct scope {
  std::size_t calls = 2;
  std::size_t agents = 2;
  std::size_t queues = 1;
  std::size_t contacts = 1;  ///< of each agent's device: all are rung at once
  std::uint32_t troubles = 1;
  attempt_no attempts_max = 1;  ///< of one call; later ones meet no people, deadlines of ringing or troubles
  bool callers_hang_up = true;
  bool waits_end = false;      ///< wait_max may pass: the caller goes to the next queue, then to a prompt
  std::size_t flying_max = 1;  ///< with so many messages in flight, late ones apart, nothing begins: one is heard or lost first
  std::size_t states_max = 30'000'000;
};

/// Entities are numbered: calls, then agents, then queues.
class cast_list {
 public:
  explicit cast_list(const scope& of);
  const tenant_config& config() const { return config_; }
  std::size_t size() const { return all_.size(); }
  entity_ref who(std::size_t number) const { return all_[number]; }
  std::size_t number_of(entity_ref e) const;
  std::string name_of(entity_ref e) const;
  std::string name_of(std::size_t number) const { return name_of(all_[number]); }
  call_id call(std::size_t i) const { return {all_[i].id}; }
  agent_id agent(std::size_t i) const { return {all_[sizes_.calls + i].id}; }
  queue_id queue(std::size_t i) const { return {all_[sizes_.calls + sizes_.agents + i].id}; }
  const scope& sizes() const { return sizes_; }

 private:
  scope sizes_;
  tenant_config config_{};
  std::vector<entity_ref> all_{};
};

using word_no = std::uint16_t;

/// Messages with their receivers. What no rule decides by (times, names, counts for the strategies) is made the same, so that
/// one message is one number.
class vocabulary {
 public:
  explicit vocabulary(const cast_list& cast) : cast_(cast) {}
  /// @throws std::length_error beyond 65,535 messages.
  word_no number_of(std::size_t sender, const to_entity& said);
  const acd_message& message(word_no word) const { return words_[word].message; }
  std::size_t receiver(word_no word) const { return receivers_[word]; }
  /// Who says it to whom.
  std::size_t channel(word_no word) const { return channels_[word]; }
  std::string text(word_no word) const;
  std::size_t size() const { return words_.size(); }

 private:
  const cast_list& cast_;
  std::vector<to_entity> words_{};
  std::vector<std::size_t> receivers_{};
  std::vector<std::size_t> channels_{};
  std::unordered_map<std::string, word_no> numbers_{};
};

}  // namespace seatgrid::model
