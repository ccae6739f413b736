#include "apps/wait_for_end.hpp"

#include <csignal>
#include <ctime>

namespace seatgrid {
namespace {

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

void hold_end_signals() {
  const auto set = end_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void wait_for_end() {
  const auto set = end_signals();
  int which = 0;
  sigwait(&set, &which);
}

bool end_requested() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

}  // namespace seatgrid
