/// How jemalloc keeps memory, read by it before main: few arenas for few cores, and what was freed goes back to the system after
/// a second, because nta's transactions of a burst would else count as ours for minutes. No thread of its own: at the end of a
/// short command it may be caught half made and complain. MALLOC_CONF in the environment goes first.
extern "C" {
extern const char* malloc_conf;  // jemalloc's name
const char* malloc_conf = "narenas:4,dirty_decay_ms:1000,muzzy_decay_ms:0";
}
