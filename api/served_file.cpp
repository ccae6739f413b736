#include "api/served_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace seatgrid {
namespace {

constexpr off_t read_ahead_bytes = 256 * 1'024;

}  // namespace

result<std::shared_ptr<const served_file>> served_file::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return fail(errc::not_found, "its file is gone: retention or a disk repair removed it");
  struct stat about {};
  if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    close(fd);
    return fail(errc::not_found, "its file is none");
  }
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::make_shared<const served_file>(fd, static_cast<std::uint64_t>(about.st_size));
}

served_file::~served_file() { close(fd_); }

std::size_t served_file::read(std::uint64_t at, std::span<char> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto got = pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  posix_fadvise(fd_, static_cast<off_t>(at + done), read_ahead_bytes, POSIX_FADV_WILLNEED);
  return done;
}

}  // namespace seatgrid
