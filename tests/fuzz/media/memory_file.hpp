#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "tests/fuzz/fuzz.hpp"

/// A file that never touches a disk, for code that wants a path.
class memory_file {
 public:
  explicit memory_file(std::string_view bytes) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    must(fd_ >= 0 && write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "the machine gives memory");
  }
  ~memory_file() { close(fd_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }
  std::string bytes() const {
    std::string all(static_cast<std::size_t>(lseek(fd_, 0, SEEK_END)), '\0');
    must(pread(fd_, all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()), "a file can be read");
    return all;
  }

 private:
  int fd_;
};
