#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace seatgrid::test {

/// DNS on 127.0.0.1:53 of an isolated_network (RFC 1035): A records of the test, NXDOMAIN for other names, or no word at all.
class name_server {
 public:
  enum class manner : std::uint8_t { answers, swallows };
  explicit name_server(manner how);
  ~name_server();
  name_server(const name_server&) = delete;
  name_server& operator=(const name_server&) = delete;

  /// Replaces the addresses of `name`; none = NXDOMAIN.
  void set(const std::string& name, std::vector<std::string> ipv4, std::uint32_t ttl_s = 60);
  void behave(manner how) { how_.store(how); }
  /// Queries so far; each look-up makes one for A and one for AAAA.
  unsigned queries() const { return queries_.load(); }
  unsigned queries(const std::string& name) const;

 private:
  struct entry {
    std::vector<std::string> ipv4{};
    std::uint32_t ttl_s = 0;
  };
  void run();
  std::string answer(const std::string& query);

  int socket_ = -1;
  std::atomic<manner> how_;
  std::atomic<bool> quit_{false};
  std::atomic<unsigned> queries_{0};
  mutable std::mutex mutex_{};
  std::map<std::string, entry> names_{};
  std::map<std::string, unsigned> asked_{};
  std::thread thread_{};
};

}  // namespace seatgrid::test
