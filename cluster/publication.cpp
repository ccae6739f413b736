#include "cluster/publication.hpp"

#include <algorithm>

namespace seatgrid::cluster {

publication resume(std::string journaled, const std::vector<std::string>& at_the_end) {
  publication made;
  made.journaled = std::move(journaled);
  made.stored = made.journaled;
  for (const auto& id : at_the_end) made.stored = std::max(made.stored, id);
  made.sent = made.stored;
  return made;
}

bool is_due(const publication& at, const std::string& id) { return id > at.sent; }

void on_sent(publication& at, const std::string& id) {
  at.sent = id;
  ++at.flying;
}

void on_stored(publication& at, const std::string& id) {
  at.stored = std::max(at.stored, id);
  if (at.flying > 0) --at.flying;
}

bool is_ahead_of_journal(const publication& at) { return at.stored > at.journaled; }

}  // namespace seatgrid::cluster
