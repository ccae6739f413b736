#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/agent_events.hpp"
#include "domain/leg_port.hpp"
#include "domain/queue_events.hpp"

/// What `show` and lists say of an agent and a queue, where it is not their state as it stands.
namespace seatgrid {

struct agent_shown {
  agent_id agent{};
  std::string name{};
  std::string display{};
  agent_status state = agent_status::logged_out;
  time_point since{};
  std::string reason{};
  state_owner by = state_owner::system;
  time_point until{};
  agent_status next = agent_status::ready;
  call_id call{};
  queue_id queue{};
  std::uint32_t calls = 0;
  bool is_reachable = false;
  std::vector<destination> contacts{};
  static constexpr auto fields() {
    return members{field{1, "agent", &agent_shown::agent},
                   field{2, "name", &agent_shown::name},
                   field{3, "display", &agent_shown::display},
                   field{4, "state", &agent_shown::state},
                   field{5, "since", &agent_shown::since},
                   field{6, "reason", &agent_shown::reason},
                   field{7, "by", &agent_shown::by},
                   field{8, "until", &agent_shown::until},
                   field{9, "next", &agent_shown::next},
                   field{10, "call", &agent_shown::call},
                   field{11, "queue", &agent_shown::queue},
                   field{12, "calls", &agent_shown::calls},
                   field{13, "is_reachable", &agent_shown::is_reachable},
                   field{14, "contacts", &agent_shown::contacts}};
  }
};

/// A queue is these members and `calls`: its entries in their order, each with its waiting_place.
struct queue_counts {
  std::uint64_t waiting = 0;
  std::uint64_t agents_logged_in = 0;
  std::uint64_t agents_free = 0;
  queue_totals totals{};
  static constexpr auto fields() {
    return members{field{1, "waiting", &queue_counts::waiting}, field{2, "agents_logged_in", &queue_counts::agents_logged_in},
                   field{3, "agents_free", &queue_counts::agents_free}, field{4, "totals", &queue_counts::totals}};
  }
};
struct waiting_place {
  std::uint64_t place = 0;
  milliseconds expected_wait{0};
  static constexpr auto fields() {
    return members{field{1, "place", &waiting_place::place}, field{2, "expected_wait", &waiting_place::expected_wait}};
  }
};

}  // namespace seatgrid
