#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

/// A client that sends exactly the bytes it is told, also such as no HTTP library would.
namespace seatgrid::test {

struct answer {
  int status = 0;                                ///< 0 = the connection ended without one
  std::map<std::string, std::string> headers{};  ///< names in lower case
  std::string body{};
};

class raw_client {
 public:
  /// `receive_bytes` = size of the kernel's receive buffer, 0 = its own choice.
  explicit raw_client(std::uint16_t port, int receive_bytes = 0);
  ~raw_client();
  raw_client(raw_client&& other) noexcept;
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// False when the server has closed.
  bool send(std::string_view bytes);
  /// The next answer. `to_head`: it has no body, whatever its length says.
  answer read(bool to_head = false);
  answer ask(std::string_view request) {
    send(request);
    return read();
  }
  /// Everything until `end` is in it or the connection ends.
  std::string read_until(std::string_view end);
  /// True when the server closes, or has closed, within 10 s; what it says before is passed over.
  bool sees_end();
  /// True when the connection is cut off within 10 s while what came before stays unread.
  bool is_cut_off() const;

 private:
  bool receive(std::chrono::milliseconds longest = std::chrono::seconds{10});
  int fd_ = -1;
  std::string waiting_{};
};

}  // namespace seatgrid::test
