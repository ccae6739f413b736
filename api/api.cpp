#include "api/api.hpp"

#include <sodium.h>

#include "api/dispatcher.hpp"

namespace seatgrid {
namespace {

constexpr std::size_t token_bytes = 32;

class rest_api final : public api {
 public:
  explicit rest_api(std::shared_ptr<api_state> state) : state_(std::move(state)) {}

  result<void> listen() {
    auto server =
        http_server::start(state_->options.http, [to = dispatcher{state_}](const http_request& head) { return to.admit(head); });
    if (!server) return tl::unexpected{server.error()};
    server_ = std::move(*server);
    return {};
  }
  std::uint16_t port() const override { return server_->port(); }

 private:
  std::shared_ptr<api_state> state_;
  std::unique_ptr<http_server> server_{};
};

}  // namespace

result<std::unique_ptr<api>> api::start(const api_options& options, gateway& to, api_hooks hooks) {
  if (options.token.size() < 16) return fail(errc::invalid, "the API token must have at least 16 characters");
  auto state = std::make_shared<api_state>();
  state->options = options;
  state->hooks = std::move(hooks);
  state->to = &to;
  auto made = std::make_unique<rest_api>(std::move(state));
  if (auto listening = made->listen(); !listening) return tl::unexpected{listening.error()};
  return made;
}

std::string make_token() {
  static constexpr std::string_view hex = "0123456789abcdef";
  unsigned char bytes[token_bytes];
  randombytes_buf(bytes, sizeof bytes);
  std::string text;
  for (const auto b : bytes) {
    text.push_back(hex[b >> 4]);
    text.push_back(hex[b & 15U]);
  }
  return text;
}

}  // namespace seatgrid
