#include "tests/sip/edge/isolated_network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace seatgrid::test {
namespace {

bool write_file(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return done;
}

/// As root directly, else as the root of a user namespace.
bool enter() {
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0) return true;
  const auto uid = std::to_string(::getuid()), gid = std::to_string(::getgid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
  return write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", "0 " + uid + " 1") &&
         write_file("/proc/self/gid_map", "0 " + gid + " 1");
}

bool raise_loopback() {
  const int s = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = ::ioctl(s, SIOCSIFFLAGS, &request) == 0;
  ::close(s);
  return up;
}

bool bind_resolv_conf(const std::string& text) {
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  std::array<char, 32> path{"/tmp/seatgrid-resolv-XXXXXX"};
  const int file = ::mkstemp(path.data());
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  const bool bound = written && ::mount(path.data(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0;
  ::unlink(path.data());  // the mount keeps the file
  return bound;
}

}  // namespace

std::unique_ptr<isolated_network> isolated_network::make(const std::string& resolv_conf) {
  const int network = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC),
            mounts = ::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  auto made = std::unique_ptr<isolated_network>(new isolated_network(network, mounts));
  return enter() && raise_loopback() && bind_resolv_conf(resolv_conf) ? std::move(made) : nullptr;
}

isolated_network::~isolated_network() {
  // In a user namespace the way back is closed, and the process ends with its one test. Coming back moves to the root directory.
  const auto folder = std::filesystem::current_path();
  if (::setns(network_, CLONE_NEWNET) == 0 && ::setns(mounts_, CLONE_NEWNS) == 0) std::filesystem::current_path(folder);
  ::close(network_);
  ::close(mounts_);
}

}  // namespace seatgrid::test
