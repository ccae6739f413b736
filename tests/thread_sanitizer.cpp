// ThreadSanitizer knows POSIX threads but not C11's, with which librdkafka is built: a callback of ours on such a thread ends the
// process. In builds with -fsanitize=thread these stand before the C library's, whose types are the same as POSIX's.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));

namespace {

struct beginning {
  thrd_start_t run = nullptr;
  void* with = nullptr;
};

void* begin(void* raw) {
  const std::unique_ptr<beginning> own{static_cast<beginning*>(raw)};
  const auto todo = *own;
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(todo.run(todo.with)));
}

int outcome(int code) {
  if (code == 0) return thrd_success;
  return code == ETIMEDOUT ? thrd_timedout : code == EBUSY ? thrd_busy : thrd_error;
}

pthread_mutex_t* posix(mtx_t* it) { return reinterpret_cast<pthread_mutex_t*>(it); }
pthread_cond_t* posix(cnd_t* it) { return reinterpret_cast<pthread_cond_t*>(it); }

}  // namespace

extern "C" {
// librdkafka counts references by atomics that are not instrumented: what it frees looks like a race of ours.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() { return "race:librdkafka.so\n"; }

int thrd_create(thrd_t* made, thrd_start_t run, void* with) {
  auto todo = std::make_unique<beginning>(beginning{run, with});
  const int code = pthread_create(made, nullptr, begin, todo.get());
  if (code == 0) static_cast<void>(todo.release());  // now the thread's
  return outcome(code);
}
int thrd_join(thrd_t which, int* said) {
  void* raw = nullptr;
  const int code = pthread_join(which, &raw);
  if (said != nullptr) *said = static_cast<int>(reinterpret_cast<std::intptr_t>(raw));
  return outcome(code);
}
int mtx_init(mtx_t* it, int kind) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  pthread_mutexattr_settype(&how, (kind & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  return outcome(pthread_mutex_init(posix(it), &how));
}
void mtx_destroy(mtx_t* it) { pthread_mutex_destroy(posix(it)); }
int mtx_lock(mtx_t* it) { return outcome(pthread_mutex_lock(posix(it))); }
int mtx_trylock(mtx_t* it) { return outcome(pthread_mutex_trylock(posix(it))); }
int mtx_unlock(mtx_t* it) { return outcome(pthread_mutex_unlock(posix(it))); }
int cnd_init(cnd_t* it) { return outcome(pthread_cond_init(posix(it), nullptr)); }
void cnd_destroy(cnd_t* it) { pthread_cond_destroy(posix(it)); }
int cnd_signal(cnd_t* it) { return outcome(pthread_cond_signal(posix(it))); }
int cnd_broadcast(cnd_t* it) { return outcome(pthread_cond_broadcast(posix(it))); }
int cnd_wait(cnd_t* it, mtx_t* with) { return outcome(pthread_cond_wait(posix(it), posix(with))); }
int cnd_timedwait(cnd_t* it, mtx_t* with, const timespec* until) {
  return outcome(pthread_cond_timedwait(posix(it), posix(with), until));
}
}
