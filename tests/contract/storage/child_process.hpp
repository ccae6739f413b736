#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace seatgrid::testing {

/// A program of a test and the pipe on which it tells what counted.
class child_process {
 public:
  child_process(const char* program, std::vector<std::string> words) {
    int ends[2]{};
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    words.insert(words.begin(), program);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    id_ = ::fork();
    if (id_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      ::execv(program, arguments.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  ~child_process() {
    if (id_ > 0) wait_after_kill();
    ::close(pipe_);
  }
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;

  bool read_one_byte() const {
    char byte = 0;
    return ::read(pipe_, &byte, 1) == 1;
  }
  /// What the child tells next, at most `limit` sequences; fewer when it is gone.
  std::vector<std::uint64_t> told(std::size_t limit = SIZE_MAX) const {
    std::vector<std::uint64_t> all;
    std::uint64_t one = 0;
    while (all.size() < limit && ::read(pipe_, &one, sizeof one) == sizeof one) all.push_back(one);
    return all;
  }
  void kill_after(std::chrono::milliseconds time) const {
    std::this_thread::sleep_for(time);
    ::kill(id_, SIGKILL);
  }
  void send(int signal) const { ::kill(id_, signal); }
  int wait_after_kill() {
    ::kill(id_, SIGKILL);
    return wait();
  }
  int wait() {
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = -1;
    return status;
  }

 private:
  pid_t id_ = -1;
  int pipe_ = -1;
};

}  // namespace seatgrid::testing
