#include <thread>

#include "tests/sip/http/fixture.hpp"

/// HTTP/1.1 to the letter (RFC 9110, RFC 9112): order, HEAD, expectations, and what is no HTTP.
namespace seatgrid::test {
namespace {

TEST_F(HttpApi, AnswersPipelinedRequestsInTheirOrder) {
  start();
  auto client = connect();
  std::string all;
  for (int i = 0; i < 40; ++i) {
    all += order("{}") + "\r\n";  // old clients end a body so
    all += head("GET", "/nothing/" + std::to_string(i));
    all += head("GET", "/healthz");
  }
  client.send(all);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(client.read().status, 200);
    EXPECT_EQ(client.read().status, 404) << "a refusal without a body to skip leaves the connection open";
    EXPECT_EQ(client.read().body, R"({"status":"ok"})");
  }
  EXPECT_EQ(node.orders, 40);
}

TEST_F(HttpApi, APipelinedRequestDoesNotOvertakeOneThatWaits) {
  start();
  node.holding = true;
  auto client = connect();
  client.send(head("GET", "/v1/queues?tenant=demo") + order("{}"));
  ASSERT_TRUE(node.waits_for(1));
  expect_served();
  EXPECT_EQ(node.orders, 0);
  node.release();
  EXPECT_EQ(client.read().body, R"({"items":[]})");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(node.orders, 1);
}

TEST_F(HttpApi, HeadGivesTheHeadOfGetAndNoBody) {
  start();
  auto client = connect();
  const auto whole = client.ask(head("GET", "/openapi.json"));
  client.send(head("HEAD", "/openapi.json") + head("HEAD", "/v1/events?follow=true") + head("HEAD", "/nothing"));
  const auto only_head = client.read(true);
  EXPECT_EQ(only_head.status, 200);
  EXPECT_EQ(only_head.headers.at("content-length"), whole.headers.at("content-length"));
  EXPECT_EQ(client.read(true).headers.at("content-type"), "text/event-stream") << "the head of a stream, and no stream";
  EXPECT_EQ(client.read(true).status, 404);
  EXPECT_EQ(client.ask(head("GET", "/healthz")).body, R"({"status":"ok"})") << "nothing stood between the answers";
  EXPECT_EQ(node.subscribers, 0);
}

TEST_F(HttpApi, AsksForABodyOnlyWhenItWillTakeIt) {
  start();
  auto client = connect();
  client.send(provisioning(3, "Expect: 100-continue\r\n"));
  EXPECT_EQ(client.read().status, 100);
  EXPECT_EQ(client.ask("###").body, R"({"bytes":3})");
  expect_problem(client.ask(provisioning((32U << 20) + 1, "Expect: 100-continue\r\n")), 413, "full", "api.http.body_bytes_max");
  auto stranger = connect();
  stranger.send("PUT /v1/provisioning HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  expect_problem(stranger.read(), 401, "denied", "Bearer");
  EXPECT_TRUE(stranger.sees_end());
  auto other = connect();
  other.send(provisioning(3, "Expect: miracles\r\n"));
  expect_problem(other.read(), 417, "unsupported", "100-continue");
}

TEST_F(HttpApi, RefusesWhatIsNotHttpAtOnce) {
  start();
  const std::string chunked = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n";
  for (const auto& bytes :
       {std::string{"\x16\x03\x01\x02\x00", 5}, std::string{"GET / HTTP/1.1\nHost: x\n\n"},
        std::string{"GET / HTTP/2.0\r\nHost: x\r\n\r\n"}, std::string{"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n"},
        std::string{"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n"}, std::string{"GET /healthz HTTP/1.1\r\n\r\n"},
        std::string{"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
        std::string{"GET /healthz HTTP/1.1\r\nHost: x\r\nA b\r\n\r\n"}, head("POST", "/v1/backup", "Content-Length: 1x\r\n"),
        head("POST", "/v1/backup", "Content-Length: 1\r\nContent-Length: 2\r\n"),
        head("POST", "/v1/backup", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
        head("POST", "/v1/agents/demo/1001/pause", chunked) + "zz\r\n",
        head("POST", "/v1/agents/demo/1001/pause", chunked) + "2\r\n{}xx0\r\n\r\n"}) {
    auto client = connect();
    expect_problem(client.ask(bytes), 400, "invalid", "");
    EXPECT_TRUE(client.sees_end()) << bytes;
  }
  EXPECT_EQ(node.orders, 0);
  expect_served();
}

TEST_F(HttpApi, TakesARequestHoweverItIsTorn) {
  start();
  const auto whole =
      order("{}") +
      head("POST", "/v1/agents/demo/1001/pause", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") +
      "2;a=b\r\n{}\r\n0\r\nX-Trailer: y\r\n\r\n" +
      head("POST", "/v1/agents/demo/1001/pause", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n") +
      "0\r\n\r\n";
  for (const auto piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, whole.size()}) {
    auto client = connect();
    std::thread sender{[&] {
      for (std::size_t at = 0; at < whole.size(); at += piece) {
        client.send(std::string_view{whole}.substr(at, piece));
        std::this_thread::sleep_for(1ms);
      }
    }};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.read().status, 200) << piece;
    sender.join();
  }
  EXPECT_EQ(node.orders, 15);
}

TEST_F(HttpApi, ClosesAfterTheAnswerWhenTheClientAsksForIt) {
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(head("GET", "/healthz", "Connection: close\r\n")).headers.at("connection"), "close");
  EXPECT_TRUE(client.sees_end());
  auto old = connect();
  EXPECT_EQ(old.ask("GET /healthz HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(old.sees_end());
}

}  // namespace
}  // namespace seatgrid::test
