#include <thread>

#include "tests/sip/http/fixture.hpp"

/// How many connections there may be, and who keeps his place.
namespace seatgrid::test {
namespace {

TEST_F(HttpApi, AConnectionWithWorkKeepsItsPlaceAndTheNextHears503) {
  options.http.connections_max = 2;
  start();
  node.holding = true;
  std::vector<raw_client> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(connect());
    busy.back().send(head("GET", "/v1/queues?tenant=demo"));
  }
  ASSERT_TRUE(node.waits_for(2));
  auto third = connect();
  auto refused = third.ask(head("GET", "/healthz"));
  expect_problem(refused, 503, "full", "api.http.connections_max");
  EXPECT_EQ(refused.headers["retry-after"], "1");
  EXPECT_TRUE(third.sees_end());
  node.release();
  for (auto& client : busy) EXPECT_EQ(client.read().status, 200);
  expect_served();
}

TEST_F(HttpApi, AConnectionWithoutWorkGivesWayToANewOne) {
  options.http.connections_max = 2;
  start();
  auto oldest = connect();
  EXPECT_EQ(oldest.ask(head("GET", "/healthz")).status, 200);
  auto slow = connect();
  slow.send("GET /healthz HTTP/1.1\r\nHo");
  expect_served();
  EXPECT_TRUE(oldest.sees_end());
}

TEST_F(HttpApi, ThousandsOfSlowStrangersKeepNobodyOut) {
  options.http.connections_max = 64;
  start();
  node.holding = true;
  auto working = connect();
  working.send(head("GET", "/v1/queues?tenant=demo"));
  ASSERT_TRUE(node.waits_for(1));
  std::vector<raw_client> strangers;
  for (int i = 0; i < 600; ++i) {
    strangers.push_back(connect());
    strangers.back().send(i % 3 == 0   ? "GET /healthz HTTP/1.1\r\nHo"
                          : i % 3 == 1 ? "PUT /v1/provisioning HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
                                       : "\x16\x03\x01");
    if (i % 50 == 0) expect_served();
  }
  node.release();
  EXPECT_EQ(working.read().status, 200) << "a request with the token keeps its place";
}

TEST_F(HttpApi, AClientOfEventsThatDoesNotReadIsClosedAndItsSubscriptionGoes) {
  options.http.stream_bytes_max = 1U << 20;
  start();
  node.events = 1'000'000;
  auto client = connect(4'096);
  client.send(head("GET", "/v1/events?follow=true"));
  EXPECT_TRUE(client.is_cut_off());
  EXPECT_TRUE(becomes_true([&] { return node.subscriptions == 1 && node.subscribers == 0; }));
  expect_served();
}

TEST_F(HttpApi, AClientOfEventsThatStopsReadingIsClosedAfterTheWriteTimeout) {
  options.http.stream_bytes_max = 1U << 30;
  options.http.write_timeout = 300ms;
  start();
  node.events = 16'000;  // more than the kernel's buffers hold
  auto client = connect(4'096);
  client.send(head("GET", "/v1/events?follow=true"));
  expect_served();
  EXPECT_TRUE(client.is_cut_off());
  EXPECT_TRUE(becomes_true([&] { return node.subscriptions == 1 && node.subscribers == 0; }));
}

TEST_F(HttpApi, PingsASilentStream) {
  options.http.stream_ping = 5ms;
  start();
  auto client = connect();
  client.send(head("GET", "/v1/events?follow=true"));
  EXPECT_EQ(client.read().headers.at("content-type"), "text/event-stream");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.read_until("\n\n"), ": ping\n\n");
  EXPECT_EQ(node.subscribers, 1);
}

TEST_F(HttpApi, ClientsOfEventsBeyondTheBoundHear503AndTheirPlaceIsGivenBack) {
  node.subscribers_max = 2;
  start();
  std::vector<raw_client> streams;
  for (int i = 0; i < 2; ++i) {
    streams.push_back(connect());
    streams.back().send(head("GET", "/v1/events", "Accept: text/event-stream\r\n"));
    EXPECT_EQ(streams.back().read().status, 200);
  }
  auto third = connect();
  auto refused = third.ask(head("GET", "/v1/events", "Accept: text/event-stream\r\n"));
  expect_problem(refused, 503, "full", "node.subscribers_max");
  EXPECT_EQ(refused.headers["retry-after"], "1");
  streams.clear();
  EXPECT_TRUE(becomes_true([&] { return node.subscribers == 0; }));
  EXPECT_EQ(third.ask(head("GET", "/v1/events?follow=true")).status, 200) << "on the connection that was refused before";
}

TEST_F(HttpApi, EndsWhileRequestsAndStreamsAreOpen) {
  start();
  node.holding = true;
  auto asking = connect();
  asking.send(head("GET", "/v1/queues?tenant=demo"));
  auto following = connect();
  following.send(head("GET", "/v1/events?follow=true"));
  EXPECT_EQ(following.read().status, 200);
  ASSERT_TRUE(node.waits_for(1));
  server.reset();
  EXPECT_EQ(node.subscribers, 0);
  node.release();  // the answer finds nobody
  EXPECT_TRUE(asking.sees_end());
  EXPECT_TRUE(following.sees_end());
}

TEST_F(HttpApi, AnswersThatComeWhileItEndsHarmNobody) {
  for (int round = 0; round < 20; ++round) {
    start();
    node.holding = true;
    std::vector<raw_client> clients;
    for (int i = 0; i < 8; ++i) {
      clients.push_back(connect());
      clients.back().send(head("GET", "/v1/queues?tenant=demo"));
    }
    ASSERT_TRUE(node.waits_for(8));
    std::thread answering{[&] { node.release(); }};
    server.reset();
    answering.join();
  }
}

}  // namespace
}  // namespace seatgrid::test
