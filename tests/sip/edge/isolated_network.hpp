#pragma once

#include <memory>
#include <string>

namespace seatgrid::test {

/// A network and a mount table of this process's own: loopback is up, nothing leads out, and names are asked where the test says.
/// Threads started later live in it, too; the destructor goes back when they have ended.
class isolated_network {
 public:
  /// Null where this machine permits no namespaces. `resolv_conf` becomes /etc/resolv.conf.
  static std::unique_ptr<isolated_network> make(const std::string& resolv_conf);
  ~isolated_network();
  isolated_network(const isolated_network&) = delete;
  isolated_network& operator=(const isolated_network&) = delete;

 private:
  isolated_network(int network, int mounts) : network_(network), mounts_(mounts) {}
  int network_ = -1, mounts_ = -1;  ///< where we came from
};

}  // namespace seatgrid::test
