#pragma once

#include <pthread.h>

namespace seatgrid {

/// Names the calling thread for `top -H`, `perf` and gdb. At most 15 characters; a longer name is ignored.
inline void name_this_thread(const char* name) noexcept { pthread_setname_np(pthread_self(), name); }

}  // namespace seatgrid
