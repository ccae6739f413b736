#include "storage/rocks/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace seatgrid {

namespace {

constexpr std::string_view format_word = "seatgrid-journal ";

tl::unexpected<error> io_error(const std::string& doing, const std::string& path, int number) {
  return fail(errc::unavailable, doing + " " + path + ": " + std::strerror(number));
}

/// Writes `text` so that after a power cut the file is whole or absent.
result<void> write_durably(const std::string& directory, const std::string& name, std::string_view text) {
  const auto path = directory + "/" + name;
  const auto fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return io_error("creating", fresh, errno);
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  const int write_error = errno;
  ::close(file);
  if (!written) return io_error("writing", fresh, write_error);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return io_error("renaming", fresh, errno);
  const int parent = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return io_error("opening", directory, errno);
  const bool synced = ::fsync(parent) == 0;
  const int sync_error = errno;
  ::close(parent);
  if (!synced) return io_error("syncing", directory, sync_error);
  return {};
}

}  // namespace

result<directory_lock> directory_lock::take(const std::string& directory) {
  std::error_code code;
  std::filesystem::create_directories(directory, code);
  if (code) return fail(errc::unavailable, "creating " + directory + ": " + code.message());
  const auto path = directory + "/LOCK";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return io_error("opening", path, errno);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    const int number = errno;
    char text[32]{};
    const auto size = ::pread(file, text, sizeof text - 1, 0);
    ::close(file);
    if (number != EWOULDBLOCK) return io_error("locking", path, number);
    const std::string holder = size > 1 ? std::string{text, static_cast<std::size_t>(size - 1)} : "unknown";
    return fail(errc::conflict, "the data directory " + directory + " is in use by process " + holder +
                                    "; stop that process or choose another directory");
  }
  const auto me = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, me.data(), me.size(), 0) < 0) {
    // The number only helps people; the lock itself holds.
  }
  return directory_lock{file};
}

directory_lock::~directory_lock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

result<void> write_format(const std::string& directory, std::uint32_t format) {
  return write_durably(directory, "FORMAT", std::string{format_word} + std::to_string(format) + "\n");
}

result<void> check_format(const std::string& directory, std::uint32_t format) {
  const auto path = directory + "/FORMAT";
  std::ifstream file{path};
  std::error_code code;
  if (!file) {
    if (std::filesystem::exists(directory + "/db", code))
      return fail(errc::corrupt, directory + " holds a database without its FORMAT file; restore FORMAT from the backup");
    return write_format(directory, format);
  }
  std::string line;
  std::getline(file, line);
  std::uint32_t found = 0;
  const auto* begin = line.data() + std::min(format_word.size(), line.size());
  const auto parsed = std::from_chars(begin, line.data() + line.size(), found);
  if (!line.starts_with(format_word) || parsed.ec != std::errc{} || found == 0)
    return fail(errc::corrupt, path + " is not the FORMAT file of a journal: \"" + line + "\"");
  if (found > format)
    return fail(errc::unsupported, "the data in " + directory + " has format " + std::to_string(found) +
                                       ", this program reads up to " + std::to_string(format) +
                                       "; start the newer program that wrote it, or restore a backup made by this one");
  return {};
}

disk_reserve::disk_reserve(std::string directory, limits bounds)
    : directory_(std::move(directory)), file_(directory_ + "/reserve"), limits_(bounds) {
  struct stat found {};
  held_ = ::stat(file_.c_str(), &found) == 0 && static_cast<std::uint64_t>(found.st_size) == limits_.reserve_bytes;
}

bool disk_reserve::make_file() const {
  const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const bool made = ::posix_fallocate(file, 0, static_cast<off_t>(limits_.reserve_bytes)) == 0;
  ::close(file);
  if (!made) ::unlink(file_.c_str());
  return made;
}

room disk_reserve::look() {
  struct statvfs disk {};
  const auto measure = [&] {
    if (::statvfs(directory_.c_str(), &disk) != 0) return false;
    free_bytes_ = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
    return true;
  };
  if (!measure()) return room::enough;
  if (limits_.reserve_bytes > 0 && !held_ && free_bytes_ >= limits_.low_bytes + 2 * limits_.reserve_bytes) {
    held_ = make_file();
    if (!measure()) return room::enough;
  }
  if (held_ && free_bytes_ < limits_.low_bytes) {
    ::unlink(file_.c_str());
    held_ = false;
    if (!measure()) return room::low;
  }
  if (free_bytes_ < limits_.stop_bytes) return room::none;
  const bool without_reserve = limits_.reserve_bytes > 0 && !held_;
  return without_reserve || free_bytes_ < limits_.low_bytes ? room::low : room::enough;
}

}  // namespace seatgrid
