#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "sip/digest.hpp"
#include "sip/user_agent.hpp"

/// The user agent's REGISTER against a registrar of fifty lines that checks digests as the edge does.
namespace seatgrid {
namespace {

using namespace std::chrono_literals;
constexpr std::uint16_t port = 22'040;

std::string header(const std::string& message, const std::string& name) {
  const auto begin = message.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return {};
  const auto value = begin + name.size() + 4;
  return message.substr(value, message.find("\r\n", value) - value);
}

class registrar {
 public:
  registrar() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET, at.sin_port = htons(port), at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{0, 50'000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~registrar() { stop_ = true, thread_.join(), ::close(socket_); }
  registrar(const registrar&) = delete;
  registrar& operator=(const registrar&) = delete;

  std::atomic<int> challenged{0}, accepted{0}, removed{0};
  std::atomic<int> expires{60};
  std::atomic<bool> next_nonce{false};

 private:
  void serve() {
    std::string room(65'536, '\0');
    while (!stop_) {
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const auto got = ::recvfrom(socket_, room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
      if (got <= 0) continue;
      const auto reply = answer(room.substr(0, static_cast<std::size_t>(got)));
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
  }
  std::string answer(const std::string& message) {
    const challenge_options options{.realm = "demo.example", .key = "0123456789abcdef0123456789abcdef"};
    const auto now = system_clock{}.now();
    const auto password = [](std::string_view user) -> std::optional<std::string> {
      return user == "1001" ? std::optional<std::string>{"s3cret"} : std::nullopt;
    };
    const auto verdict = check_digest(options, header(message, "Authorization"), "REGISTER", "robot", now, password, &used_);
    std::string text = "Via: " + header(message, "Via") + "\r\nFrom: " + header(message, "From") +
                       "\r\nTo: " + header(message, "To") + ";tag=r\r\nCall-ID: " + header(message, "Call-ID") +
                       "\r\nCSeq: " + header(message, "CSeq") + "\r\n";
    if (verdict == digest_verdict::ok) {
      const bool removes = header(message, "Expires") == "0";
      ++(removes ? removed : accepted);
      if (!removes) text += "Contact: " + header(message, "Contact") + ";expires=" + std::to_string(expires) + "\r\n";
      if (next_nonce) text += "Authentication-Info: " + authentication_info(options, "robot", now) + "\r\n";
      return "SIP/2.0 200 OK\r\n" + text + "Content-Length: 0\r\n\r\n";
    }
    ++challenged;
    if (verdict == digest_verdict::wrong) return "SIP/2.0 403 Forbidden\r\n" + text + "Content-Length: 0\r\n\r\n";
    for (const auto& c : challenges(options, "robot", now, verdict == digest_verdict::stale))
      text += "WWW-Authenticate: " + c + "\r\n";
    return "SIP/2.0 401 Unauthorized\r\n" + text + "Content-Length: 0\r\n\r\n";
  }
  nonce_window used_{};
  int socket_ = -1;
  std::atomic<bool> stop_{false};
  std::thread thread_{};
};

class hearing final : public user_agent_sink {
 public:
  void on_registered(ua_account_id, std::uint16_t status, seconds expires) override {
    const std::lock_guard hold{mutex_};
    lines_.push_back(std::to_string(status) + " " + std::to_string(expires.count()));
    changed_.notify_all();
  }
  std::string line(std::size_t number, milliseconds within = 5s) {
    std::unique_lock hold{mutex_};
    return changed_.wait_for(hold, within, [&] { return lines_.size() >= number; }) ? lines_[number - 1] : "nothing";
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::vector<std::string> lines_{};
};

struct registering : testing::Test {
  registrar server{};
  hearing hears{};
  std::unique_ptr<user_agent> agent = *user_agent::start({.listen = {"sip:127.0.0.1:*;transport=udp"}, .t1x64 = 1s}, hears);
  ua_account account{.aor = "sip:1001@demo.example", .user = {}, .password = "s3cret", .server = "sip:127.0.0.1:22040"};
};
using UserAgentRegister = registering;

TEST_F(UserAgentRegister, AnswersTheChallengeAndGoesAway) {
  const auto id = *agent->add_account(account);
  ASSERT_TRUE(agent->register_account(id));
  EXPECT_EQ(hears.line(1), "200 60");
  EXPECT_EQ(server.challenged, 1);
  ASSERT_TRUE(agent->unregister(id));
  EXPECT_EQ(hears.line(2), "200 0");
  EXPECT_EQ(server.challenged, 1);  // the nonce counts on
  EXPECT_EQ(server.removed, 1);
}

TEST_F(UserAgentRegister, RefreshesBeforeItExpiresWithoutANewChallenge) {
  server.expires = 1, server.next_nonce = true;
  ASSERT_TRUE(agent->register_account(*agent->add_account(account)));
  EXPECT_EQ(hears.line(3), "200 1");
  EXPECT_EQ(server.accepted, 3);
  EXPECT_EQ(server.challenged, 1);
}

TEST_F(UserAgentRegister, GivesUpOnAWrongPassword) {
  account.password = "wrong";
  ASSERT_TRUE(agent->register_account(*agent->add_account(account)));
  EXPECT_EQ(hears.line(1), "403 0");
  EXPECT_EQ(server.accepted, 0);
}

TEST_F(UserAgentRegister, ReportsARegistrarThatIsAway) {
  account.server = "sip:127.0.0.1:22041";
  ASSERT_TRUE(agent->register_account(*agent->add_account(account)));
  EXPECT_EQ(hears.line(1), "503 0");
}

}  // namespace
}  // namespace seatgrid
