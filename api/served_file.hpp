#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"

namespace seatgrid {

/// An open file that is sent in parts: it stays whole for its reader when retention removes it meanwhile.
class served_file {
 public:
  /// A regular file. @error not_found
  static result<std::shared_ptr<const served_file>> open(const std::string& path);
  explicit served_file(int fd, std::uint64_t bytes) : fd_(fd), bytes_(bytes) {}
  served_file(const served_file&) = delete;
  served_file& operator=(const served_file&) = delete;
  ~served_file();

  std::uint64_t bytes() const { return bytes_; }
  /// How many bytes were read at `at`; 0 = none are there, or the disk fails. What follows is asked of the disk meanwhile.
  std::size_t read(std::uint64_t at, std::span<char> into) const;

 private:
  const int fd_;
  const std::uint64_t bytes_;
};

}  // namespace seatgrid
