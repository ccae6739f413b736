#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// How far the public events of one lane are in the topic: a pure value, so that it can be checked on its own. Ids are of fixed
/// width and grow within the lane (lane, step, index), so text comparison orders them. DESIGN section 3, public events.
namespace seatgrid::cluster {

/// Contract to consumers: in the topic each event of a lane comes at least once, and after the filter "drop what is not greater
/// than the highest id of this source and lane seen so far" exactly once, in order, without holes. It holds because a publisher
/// sends without holes from a place that is in the topic with all before it, and a connection that fails stores nothing behind
/// the failure.
struct publication {
  std::string stored{};      ///< the highest id that is in the topic with every id before it; empty = none
  std::string sent{};        ///< the highest id that was given to the topic
  std::uint32_t flying = 0;  ///< sent, not reported
  std::string journaled{};   ///< `stored` as the journal knows it
};

/// Where to go on: the higher of what the journal knows and the highest id among those at the topic's end. A publisher that is
/// dead or cut off may have stored more than it journaled; and records of it may still come behind ours, which the filter drops.
publication resume(std::string journaled, const std::vector<std::string>& at_the_end);

/// Whether `id` must be sent now: it is not sent yet.
bool is_due(const publication& at, const std::string& id);
void on_sent(publication& at, const std::string& id);
/// Reports come in the order of sending.
void on_stored(publication& at, const std::string& id);
/// The journal should learn how far we are.
bool is_ahead_of_journal(const publication& at);

}  // namespace seatgrid::cluster
