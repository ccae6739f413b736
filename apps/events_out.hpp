#pragma once

#include "apps/node_app.hpp"

namespace seatgrid {

/// The publisher that `options` ask for: its topic on Kafka and its source. Makes `<data>/incarnation` when there is none: a data
/// directory that was restored from a backup publishes under another source, because its ids begin again.
publisher_options publisher_of(const node_app_options& options);

}  // namespace seatgrid
