#include "apps/run_command.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

namespace seatgrid {
namespace {

constexpr milliseconds look_every{2};

/// The node blocks signals that end it; a program that it starts shall not inherit that.
void begin_with_no_signal_blocked(posix_spawnattr_t& how) {
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
}

}  // namespace

result<void> run_command(const std::string& program, const std::vector<std::string>& arguments, milliseconds patience) {
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (auto& one : words) pointers.push_back(one.data());
  pointers.push_back(nullptr);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  begin_with_no_signal_blocked(how);
  pid_t child = 0;
  const int started = posix_spawnp(&child, program.c_str(), nullptr, &how, pointers.data(), environ);
  posix_spawnattr_destroy(&how);
  if (started != 0) return fail(errc::unavailable, "cannot start " + program + ": " + std::strerror(started));
  for (const auto until = std::chrono::steady_clock::now() + patience;;) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
      return fail(errc::unavailable, program + " ended with status " + std::to_string(WEXITSTATUS(status)));
    }
    if (std::chrono::steady_clock::now() > until) break;
    std::this_thread::sleep_for(look_every);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return fail(errc::timed_out, program + " did not end within " + std::to_string(patience.count()) + " ms");
}

}  // namespace seatgrid
