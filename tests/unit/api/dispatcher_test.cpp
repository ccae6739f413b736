#include "api/dispatcher.hpp"

#include <gtest/gtest.h>

#include "tests/fuzz/api/recording_gateway.hpp"

namespace seatgrid {
namespace {

class answer final : public http_exchange {
 public:
  void respond(http_response r) override { response = std::move(r); }
  void stream(std::function<void(std::shared_ptr<http_stream>)>, std::function<void()> closed) override { closed(); }
  http_response response{.status = 0};
};

constexpr const char* token = "0123456789abcdef";

struct Dispatcher : testing::Test {
  fuzz::recording_gateway node{};
  std::shared_ptr<api_state> state = std::make_shared<api_state>();
  dispatcher to{state};
  Dispatcher() {
    state->options.token = token;
    state->to = &node;
  }
  static http_request request(const std::string& method, const std::string& path, const std::string& with = token) {
    return {.method = method, .path = path, .headers = {{"authorization", "Bearer " + with}}};
  }
  static http_request with_body(const std::string& method, const std::string& path, const std::string& type) {
    auto r = request(method, path);
    r.headers["content-type"] = type;
    r.headers["content-length"] = "2";
    r.body = "{}";
    return r;
  }
  http_response ask(const http_request& r) {
    auto admitted = to.admit(r);
    if (admitted.refusal) return *admitted.refusal;
    const auto got = std::make_shared<answer>();
    admitted.handle(r, got);
    return got->response;
  }
};

TEST_F(Dispatcher, RefusesStrangersBeforeAByteOfTheirBody) {
  EXPECT_EQ(to.admit(request("PUT", "/v1/provisioning", "0123456789abcdeX")).refusal->status, 401);
  EXPECT_EQ(to.admit(request("PUT", "/v1/provisioning", "0123456789abcdeX")).refusal->headers.at("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(to.admit(request("PUT", "/v1/nothing", "")).refusal->status, 404);
  EXPECT_EQ(to.admit(request("DELETE", "/v1/calls", "")).refusal->headers.at("Allow"), "GET");
}

TEST_F(Dispatcher, TrustsOnlyRequestsWithTheToken) {
  EXPECT_TRUE(to.admit(request("GET", "/v1/calls")).trusted);
  const auto health = to.admit(request("GET", "/healthz", ""));
  EXPECT_FALSE(health.refusal) << "health asks for no token";
  EXPECT_FALSE(health.trusted);
}

TEST_F(Dispatcher, TakesOnlyProvisioningInALargeBodyAndNoBodyWithAGet) {
  const auto& most = state->options.http;
  EXPECT_EQ(to.admit(request("PUT", "/v1/provisioning")).body_bytes_max, most.body_bytes_max);
  EXPECT_EQ(to.admit(request("POST", "/v1/agents/demo/1001/pause")).body_bytes_max, most.order_bytes_max);
  EXPECT_EQ(to.admit(request("GET", "/v1/calls")).body_bytes_max, 0U);
  EXPECT_EQ(to.admit(request("GET", "/healthz")).body_bytes_max, 0U);
}

TEST_F(Dispatcher, JudgesMediaTypesBeforeTheBody) {
  EXPECT_EQ(ask(with_body("POST", "/v1/agents/demo/1001/pause", "text/csv")).status, 415);
  EXPECT_EQ(ask(with_body("POST", "/v1/agents/demo/1001/pause", "Application/JSON; charset=utf-8")).status, 200);
  auto chunked = request("POST", "/v1/agents/demo/1001/pause");
  chunked.headers["transfer-encoding"] = "chunked";
  EXPECT_EQ(to.admit(chunked).refusal->status, 415) << "a body without a type";
  auto picky = request("GET", "/v1/queues");
  picky.headers["accept"] = "image/png";
  EXPECT_EQ(to.admit(picky).refusal->status, 406);
  EXPECT_EQ(ask(request("POST", "/v1/agents/demo/1001/ready")).status, 200) << "an order without a body has no type";
}

TEST_F(Dispatcher, DoesARepeatedOrderOnce) {
  auto order = with_body("POST", "/v1/agents/demo/1001/pause", "application/json");
  order.headers["idempotency-key"] = "k";
  EXPECT_EQ(ask(order).status, 200);
  EXPECT_EQ(ask(order).status, 200);
  EXPECT_EQ(node.orders, 1);
  order.body = R"({"reason":"lunch"})";
  EXPECT_EQ(ask(order).status, 422) << "the key came with another request";
}

TEST_F(Dispatcher, RefusesLimitsThatAreNoNumberOfItems) {
  for (const auto* limit : {"", "0", "1001", "99999999999", "5x", "-1"}) {
    auto r = request("GET", "/v1/queues");
    r.query["limit"] = limit;
    EXPECT_EQ(ask(r).status, 400) << limit;
  }
  auto r = request("GET", "/v1/queues");
  r.query["limit"] = "1000";
  EXPECT_EQ(ask(r).status, 200);
}

}  // namespace
}  // namespace seatgrid
