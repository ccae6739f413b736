#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/acd_messages.hpp"
#include "domain/tenant_config.hpp"

/// The index of one queue: free agents by skill and level, waiting calls by need, so that neither an arriving call nor an agent
/// that becomes free looks at more than those it may take (FEATURES Q1, Q2, Q16; invariants I3 and I12).
namespace seatgrid {

/// The order of waiting calls: those back at the head, then higher priority, then earlier, then the arrival sequence.
struct call_order {
  std::uint64_t rank = 0;  ///< see `order_of`
  std::int64_t since_us = 0;
  std::uint64_t sequence = 0;
  call_id call{};
  auto operator<=>(const call_order&) const = default;
};
call_order order_of(call_id call, bool at_head, std::int32_t priority, time_point enqueued_at, std::uint64_t sequence);

/// What decides about an agent's turn.
struct free_agent {
  agent_id agent{};
  std::uint8_t level = 1;  ///< in this queue; a better level goes first under every strategy
  time_point idle_since{};
  std::uint32_t calls = 0;
  time_point last_offered_at{};
  std::uint64_t name_high = 0;  ///< first 7 characters of the name, for linear
  std::uint64_t name_low = 0;   ///< the next 8
  std::uint64_t chance = 0;     ///< for random
  std::vector<skill_level> skills{};
};

/// A yes/no question about an id, without owning the asker; it must outlive the call that takes it.
template <class Id>
class allows {
 public:
  template <class F>
  allows(const F& f) : context_(&f), ask_([](const void* c, Id id) { return (*static_cast<const F*>(c))(id); }) {}
  bool operator()(Id id) const { return ask_(context_, id); }

 private:
  const void* context_;
  bool (*ask_)(const void*, Id);
};

class matcher {
 public:
  explicit matcher(queue_strategy strategy = queue_strategy::longest_idle);
  matcher(const matcher& other);
  matcher(matcher&&) noexcept;
  matcher& operator=(const matcher& other);
  matcher& operator=(matcher&&) noexcept;
  ~matcher();

  queue_strategy strategy() const;
  /// Orders the free agents anew.
  void set_strategy(queue_strategy strategy);

  /// Adds a free agent, or replaces what is known of it.
  void add_agent(const free_agent& agent);
  void remove_agent(agent_id agent);
  bool is_free(agent_id agent) const;
  std::size_t free_agents() const;
  /// What the agent said when it was added; null = not free.
  const free_agent* find_agent(agent_id agent) const;

  void add_call(const call_order& order, const std::vector<skill_level>& needs);
  void remove_call(call_id call);
  std::size_t waiting_calls() const;

  /// The agent whose turn it is among the free ones with all `needs` that `allowed` admits; none = nobody. `chance` matters to
  /// the random strategy alone.
  agent_id best_agent(const std::vector<skill_level>& needs, std::uint64_t chance, allows<agent_id> allowed) const;
  /// The first waiting call that an agent with these skills may take and `allowed` admits; none = no call.
  call_id best_call(const std::vector<skill_level>& skills, allows<call_id> allowed) const;
  /// Whether these skills meet these needs: each needed skill at its level or better (a lower number).
  static bool meets(const std::vector<skill_level>& skills, const std::vector<skill_level>& needs);

 private:
  struct index;
  std::unique_ptr<index> index_;
};

}  // namespace seatgrid
