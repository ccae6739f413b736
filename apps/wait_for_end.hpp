#pragma once

namespace seatgrid {

/// Blocks SIGINT and SIGTERM for this thread and all that it starts later; call first in main.
void hold_end_signals();
/// Returns when SIGINT or SIGTERM comes.
void wait_for_end();
/// True once either has come; never blocks.
bool end_requested();

}  // namespace seatgrid
