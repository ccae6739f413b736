#include <thread>

#include "tests/sip/http/fixture.hpp"

/// What is too large or too slow is refused by name, before it is read or as soon as it is late; others are served meanwhile.
namespace seatgrid::test {
namespace {

TEST_F(HttpApi, RefusesALargeBodyBeforeAByteOfItCame) {
  start();
  auto client = connect();
  client.send(head("POST", "/v1/agents/demo/1001/pause", "Content-Type: application/json\r\nContent-Length: 65537\r\n"));
  expect_problem(client.read(), 413, "full", "api.http.order_bytes_max");
  EXPECT_TRUE(client.sees_end());
  auto larger = connect();
  larger.send(provisioning((32U << 20) + 1));
  expect_problem(larger.read(), 413, "full", "api.http.body_bytes_max");
  EXPECT_EQ(node.orders, 0);
}

TEST_F(HttpApi, TakesAnOrderOfExactlyItsBoundAndALargeProvisioning) {
  options.http.order_bytes_max = 1'024;
  start();
  auto client = connect();
  const std::string body = R"({"reason":"x"})";
  EXPECT_EQ(client.ask(order(body + std::string(1'024 - body.size(), ' '))).status, 200);
  expect_problem(client.ask(order(body + std::string(1'025 - body.size(), ' '))), 413, "full", "1024 bytes");
  auto other = connect();
  const auto got = other.ask(provisioning(1'000'000) + std::string(1'000'000, '#'));
  EXPECT_EQ(got.body, R"({"bytes":1000000})");
}

TEST_F(HttpApi, RefusesChunksBeyondTheBound) {
  options.http.order_bytes_max = 1'024;
  start();
  auto client = connect();
  client.send(head("POST", "/v1/agents/demo/1001/pause", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"));
  client.send("3ff\r\n" + std::string(0x3ff, ' ') + "\r\n");
  client.send("2\r\n{}\r\n");
  expect_problem(client.read(), 413, "full", "1024 bytes");
  EXPECT_EQ(node.orders, 0);
}

TEST_F(HttpApi, TheClientOfALargeBodyHearsTheRefusalWhileItSends) {
  start();
  auto client = connect();
  client.send(provisioning(40U << 20));
  for (int i = 0; i < 40; ++i) client.send(std::string(1U << 20, '#'));
  expect_problem(client.read(), 413, "full", "api.http.body_bytes_max");
}

TEST_F(HttpApi, TakesNoBodyWithAGet) {
  start();
  auto client = connect();
  client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
  expect_problem(client.read(), 413, "full", "no body");
}

TEST_F(HttpApi, BoundsTheBodiesOfAllRequestsTogether) {
  options.http.bodies_bytes_max = 1'500'000;
  start();
  auto first = connect();
  first.send(provisioning(1'000'000) + "#");
  expect_served();
  auto second = connect();
  auto refused = second.ask(provisioning(1'000'000));
  expect_problem(refused, 503, "full", "api.http.bodies_bytes_max");
  EXPECT_EQ(refused.headers["retry-after"], "1");
  auto small = connect();
  EXPECT_EQ(small.ask(order("{}")).status, 200);
  first.send(std::string(999'999, '#'));
  EXPECT_EQ(first.read().status, 200);
  auto third = connect();
  EXPECT_EQ(third.ask(provisioning(1'000'000) + std::string(1'000'000, '#')).status, 200) << "the room was given back";
}

TEST_F(HttpApi, RefusesALongTargetAndALargeHeaderByName) {
  start();
  auto target = connect();
  expect_problem(target.ask("GET /" + std::string(8'300, 'a')), 414, "full", "api.http.target_bytes_max");
  auto header = connect();
  expect_problem(header.ask("GET /healthz HTTP/1.1\r\nHost: x\r\nA: " + std::string(16'384, 'b')), 431, "full",
                 "api.http.header_bytes_max");
  auto many = connect();
  std::string lines;
  for (int i = 0; i < 3'000; ++i) lines += "A: b\r\n";
  expect_problem(many.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n" + lines), 431, "full", "api.http.header_bytes_max");
  expect_served();
}

TEST_F(HttpApi, RefusesAHeadThatComesTooSlowlyHoweverOftenAByteComes) {
  options.http.header_timeout = 300ms;
  options.http.idle_timeout = 20s;
  start();
  auto client = connect();
  client.send("GET /healthz HTTP/1.1\r\nHost: x\r\nA: ");
  for (int i = 0; i < 50 && client.send("b"); ++i) std::this_thread::sleep_for(20ms);
  expect_problem(client.read(), 408, "timed_out", "api.http.header_timeout");
  expect_served();
}

TEST_F(HttpApi, RefusesABodyThatComesTooSlowlyButWaitsForASizeThatNeedsLonger) {
  options.http.read_timeout = 300ms;
  options.http.bytes_per_second_min = 100'000;
  start();
  auto client = connect();
  client.send(order("{}").substr(0, order("{}").size() - 1));
  auto larger = connect();
  larger.send(provisioning(300'000));
  expect_problem(client.read(), 408, "timed_out", "api.http.read_timeout");
  std::this_thread::sleep_for(700ms);  // 1 s after the head, of the 3.3 s that 300,000 bytes may take
  larger.send(std::string(300'000, '#'));
  EXPECT_EQ(larger.read().status, 200);
  EXPECT_EQ(node.orders, 0);
}

TEST_F(HttpApi, ClosesAnIdleConnectionWithoutAWord) {
  options.http.idle_timeout = 300ms;
  start();
  auto fresh = connect();
  auto used = connect();
  EXPECT_EQ(used.ask("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  EXPECT_EQ(fresh.read_until("\r\n"), "");
  EXPECT_EQ(used.read_until("\r\n"), "");
  EXPECT_FALSE(used.send("x") && used.send("y") && !used.sees_end());
}

TEST_F(HttpApi, ClosesAClientThatDoesNotReadItsAnswers) {
  options.http.write_timeout = 300ms;
  options.http.bytes_per_second_min = 1U << 30;
  start();
  auto client = connect(4'096);
  std::string many;
  for (int i = 0; i < 2'000; ++i) many += "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(many);
  expect_served();
  EXPECT_TRUE(client.is_cut_off());
}

TEST_F(HttpApi, TellsA504WhenTheNodeDoesNotAnswerAndGoesOn) {
  options.http.answer_timeout = 200ms;
  start();
  node.holding = true;
  auto client = connect();
  expect_problem(client.ask(head("GET", "/v1/queues?tenant=demo")), 504, "timed_out", "ask before repeating");
  node.release();  // too late: nobody hears it
  node.holding = false;
  EXPECT_EQ(client.ask(head("GET", "/healthz")).body, R"({"status":"ok"})");
}

}  // namespace
}  // namespace seatgrid::test
