#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "tests/model/lane/machines.hpp"

/// One lane, its log, and up to three processes: everything that may happen to them, one thing at a time.
namespace seatgrid::model {

/// A: the first process of node a. Twin: a second process of that name, started while A lives or after it died. B: another node.
enum process_index : std::uint8_t { process_a = 0, process_twin = 1, process_b = 2 };
inline constexpr std::size_t process_count = 3;

/// How much may happen, and which rule is missing.
struct scene {
  std::uint8_t claim_orders = 2;  ///< starts, suspicions (right or wrong), planned moves
  std::uint8_t claims = 5;        ///< in all, with those that a machine adds by itself; what would go beyond is not followed
  std::uint8_t steps = 3;
  std::uint8_t faults = 1;   ///< of produces: lost, late, reported failed though stored, stored without offset, stored twice
  std::uint8_t deaths = 1;   ///< of A
  std::uint8_t starts = 1;   ///< of the twin
  std::uint8_t rewinds = 0;  ///< the log loses all it holds and every writer dies; B stays: it only reads, never claims
  cluster::lane_rules rules{};
  bool names_are_owners = false;  ///< rule "owner is a process" switched off
  bool pipelines = false;         ///< rule "one frame in flight" switched off
  std::size_t states_max = 20'000'000;
};

template <class T, std::size_t N>
struct small_list {
  std::uint16_t size = 0;
  std::array<T, N> items{};
  void push(T item) { items.at(size++) = item; }
  T pop() {
    const T first = items[0];
    erase(0);
    return first;
  }
  void erase(std::size_t at) {
    for (auto n = at + 1; n < size; ++n) items[n - 1] = items[n];
    items[--size] = T{};  // equal lists have equal bytes
  }
};

enum class report_kind : std::uint16_t { stored, stored_somewhere, failed };
struct report {
  record_number record = 0;
  report_kind kind = report_kind::stored;
  std::uint16_t offset = 0;
};

struct process {
  machine_number machine = 0;
  std::uint16_t alive = 0;
  std::uint8_t last_step = 0;          ///< of the rows: the step that counted last
  std::uint8_t flight_step = 0;        ///< the step in flight
  small_list<record_number, 7> net{};  ///< sent, in order, not yet at the broker
  small_list<report, 7> reports{};
};

inline constexpr std::size_t steps_bound = 8;
/// Plain bytes without gaps: hashed and compared as such.
struct world {
  small_list<record_number, 19> log{};
  small_list<record_number, 7> late{};  ///< copies under way that may land at any time, or never
  std::array<process, process_count> processes{};
  std::uint8_t claim_orders = 0, claims = 0, steps = 0, faults = 0, deaths = 0, starts = 0, rewinds = 0;
  std::uint8_t lost_steps = 0;                              ///< bit per step: its owner was told that it never counts
  std::array<std::uint8_t, steps_bound> acknowledged_at{};  ///< by step - 1: offset + 1
  std::uint32_t cut = 0;                                    ///< a machine sent a claim beyond the bound: not followed
};

class universe {
 public:
  explicit universe(scene what);
  world first();
  /// Everything that can happen next; `label` is made only when asked for.
  using happening = std::function<void(const world&, const std::function<std::string()>& label)>;
  void next_of(const world& at, const happening& each);
  /// The property that `at` violates, in words.
  std::optional<std::string> violation(const world& at);
  std::string log_text(const world& at) const;
  const machines& known() const { return machines_; }

 private:
  cluster::lane fresh(const world& at, process_index who, const cluster::lane_fold& folded) const;
  void absorb(world& at, process_index who, const reaction& done, record_number about);
  void send(world& at, process_index who, record_number what);
  void order(const world& at, process_index who, const happening& each);
  void broker(const world& at, process_index who, const happening& each);
  void deliver(const world& at, process_index who, const happening& each);
  void live_and_die(const world& at, const happening& each);
  bool has_retired(const world& at, process_index who) const;
  void settle(world& at) const;
  bool is_quiet(const world& at) const;
  std::optional<std::string> stuck(const world& at, const cluster::lane_fold& end) const;
  std::optional<std::string> owners_violation(const world& at) const;

  scene scene_;
  machines machines_{};
};

}  // namespace seatgrid::model
