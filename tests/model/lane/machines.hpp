#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/lane.hpp"

/// The production lane machine, made fast enough to be run through all its states: records and machines are kept once and named
/// by numbers; what a machine does with an input is computed once by cluster::handle() and remembered.
namespace seatgrid::model {

using record_number = std::uint16_t;
using machine_number = std::uint32_t;

/// A record with what the model knows of its step: a frame carries one step, decided after another.
struct known_record {
  cluster::record what{};
  std::uint8_t step = 0;
  std::uint8_t after = 0;
};

enum class effect_kind : std::uint8_t { sent, counted, frame_lost, owned, lost, stopped };
/// One output of a machine.
struct effect {
  effect_kind kind = effect_kind::sent;
  record_number record = 0;  ///< sent
  std::uint8_t offset = 0;   ///< counted
  bool mine = false;         ///< counted
  bool known_lost = false;   ///< frame_lost: it can never count
};

struct reaction {
  machine_number next = 0;
  std::vector<effect> effects{};
};

class machines {
 public:
  machine_number add(cluster::lane machine);
  record_number add(const cluster::record& made);
  const cluster::lane& machine(machine_number n) const { return machines_[n]; }
  const known_record& record(record_number n) const { return records_[n]; }

  const reaction& order_claim(machine_number at);
  const reaction& write(machine_number at, std::uint8_t step, std::uint8_t after);
  const reaction& stored(machine_number at, record_number what, int offset);  ///< offset < 0: not told
  const reaction& failed(machine_number at, record_number what);
  const reaction& read(machine_number at, std::uint8_t offset, record_number what);
  const reaction& out_of_range(machine_number at);

  std::size_t machine_count() const { return machines_.size(); }
  std::size_t reaction_count() const { return reactions_.size(); }

 private:
  const reaction& react(machine_number at, std::uint64_t code, const cluster::lane_input& in);
  std::vector<cluster::lane> machines_{};
  std::unordered_map<std::string, machine_number> machine_numbers_{};
  std::vector<known_record> records_{};
  std::unordered_map<std::string, record_number> record_numbers_{};
  std::unordered_map<std::uint64_t, reaction> reactions_{};
};

}  // namespace seatgrid::model
