#include "config/finding.hpp"
#include "proto/json.hpp"

namespace seatgrid {

std::string to_json(const std::vector<finding>& found) {
  std::string out;
  json::write(out, found);
  return out;
}

}  // namespace seatgrid
