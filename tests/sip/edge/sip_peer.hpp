#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A scripted far end on a real socket: writes what the test says, shows what came.
namespace seatgrid::test {

using std::chrono::milliseconds;

/// A message as text, with its start line, headers and body at hand.
struct sip_message {
  std::string text{};
  std::string start() const;
  int status() const;                               ///< 0 for a request
  std::string method() const;                       ///< of the request, or of CSeq in a response
  std::string header(std::string_view name) const;  ///< first value; empty = none
  std::vector<std::string> headers(std::string_view name) const;
  std::string body() const;
  std::string request_uri() const;
  std::string tag_of(std::string_view header_name) const;
  std::string uri_of(std::string_view header_name) const;  ///< what stands between < and >
  std::uint32_t cseq() const;
};

class sip_peer {
 public:
  enum class kind : std::uint8_t { udp, tcp_client };
  sip_peer(std::string ip, std::uint16_t port, std::uint16_t edge_port, kind how = kind::udp);
  ~sip_peer();
  sip_peer(const sip_peer&) = delete;
  sip_peer& operator=(const sip_peer&) = delete;

  void send(const std::string& text);
  std::optional<sip_message> receive(milliseconds wait = milliseconds{3'000});
  /// The next message that fits; others are kept in `seen`. Fails the test after `wait`.
  sip_message expect(const std::function<bool(const sip_message&)>& fits, std::string what,
                     milliseconds wait = milliseconds{3'000});
  sip_message expect_status(int status, std::string method = {}, milliseconds wait = milliseconds{3'000});
  sip_message expect_request(std::string method, milliseconds wait = milliseconds{3'000});
  bool is_silent(milliseconds wait);

  std::string host_port() const { return ip_ + ":" + std::to_string(port_); }
  std::string via(const std::string& branch) const;
  /// From here on UDP goes to another port of the edge's host.
  void turn_to(std::uint16_t edge_port) { edge_port_ = edge_port; }
  const std::string& ip() const { return ip_; }
  std::uint16_t port() const { return port_; }

 private:
  int socket_ = -1;
  kind how_;
  std::string ip_;
  std::uint16_t port_ = 0;
  std::uint16_t edge_port_ = 0;
  std::string stream_{};
};

std::string unique();
inline constexpr std::string_view offer_pcma =
    "v=0\r\no=- 7 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n";

/// One dialog as the far end sees it, caller or callee.
struct peer_dialog {
  sip_peer* peer = nullptr;
  std::string call_id = unique();
  std::string local = "<sip:13800138000@carrier.example>";
  std::string remote = "<sip:4008001234@127.0.0.1>";
  std::string local_tag = unique();
  std::string remote_tag{};
  std::string target{};
  std::string route{};  ///< whole header line, with CRLF
  std::uint32_t cseq = 1;

  /// A request with our headers; `extra` are whole header lines with CRLF.
  std::string request(const std::string& method, const std::string& body = {}, const std::string& extra = {},
                      std::string branch = {}, std::optional<std::uint32_t> cseq_used = {});
  void learn(const sip_message& response);  ///< tag and Contact of a response to our INVITE
  std::string last_branch{};
};
/// A response to what the edge sent.
std::string response_to(const sip_message& request, const std::string& status, const std::string& to_tag,
                        const std::string& extra = {}, const std::string& body = {});

}  // namespace seatgrid::test
