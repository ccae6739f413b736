#pragma once

#include <string>
#include <vector>

#include "tests/model/lane/world.hpp"

namespace seatgrid::model {

struct outcome {
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::size_t reactions = 0;     ///< distinct inputs that production machines handled
  std::size_t acknowledged = 0;  ///< most steps acknowledged in one state
  double seconds = 0;
  bool complete = false;  ///< every state within the bounds was seen
  std::string violation{};
  std::vector<std::string> trace{};  ///< shortest way to it
};
/// Breadth first through every state of `what`, until a property is violated, all is seen, or `states_max` is reached.
outcome search(const scene& what);
std::string to_text(const outcome& found);

}  // namespace seatgrid::model
