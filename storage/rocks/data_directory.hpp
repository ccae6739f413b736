#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

/// What stands beside the database in a data directory: LOCK, FORMAT, reserve. Inside storage/rocks only.
namespace seatgrid {

/// Holds LOCK while it lives, so that one process at a time uses the directory.
class directory_lock {
 public:
  /// Makes the directory when it is missing. @error conflict  held; `what` names the process. @error unavailable  I/O
  static result<directory_lock> take(const std::string& directory);
  directory_lock(directory_lock&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  directory_lock& operator=(directory_lock&&) = delete;
  ~directory_lock();

 private:
  explicit directory_lock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

/// Writes FORMAT into a new directory; checks it in an old one. @error unsupported  newer than `format`
result<void> check_format(const std::string& directory, std::uint32_t format);

/// Writes FORMAT so that after a power cut it is whole or absent. @error unavailable  I/O
result<void> write_format(const std::string& directory, std::uint32_t format);

/// How much of a disk is left to the journal.
enum class room : std::uint8_t { enough = 0, low = 1, none = 2 };

/// Keeps `directory`/reserve while there is room, and gives it back when the disk runs full.
class disk_reserve {
 public:
  struct limits {
    std::uint64_t reserve_bytes = 0;  ///< 0 = no reserve file
    std::uint64_t low_bytes = 0;      ///< less free than this: the reserve is given back
    std::uint64_t stop_bytes = 0;     ///< less free than this and no reserve: no step may be written
  };
  disk_reserve(std::string directory, limits bounds);
  /// Looks at the disk (some microseconds) and gives or takes the reserve. An unreadable disk is `enough`: the write will tell.
  room look();
  std::uint64_t free_bytes() const noexcept { return free_bytes_; }

 private:
  bool make_file() const;
  const std::string directory_;
  const std::string file_;
  const limits limits_;
  std::uint64_t free_bytes_ = 0;
  bool held_ = false;
};

}  // namespace seatgrid
