#include "sip/libc_guard.hpp"
#include "tests/contract/kafka/kafka_bed.hpp"

/// Our binary defines getaddrinfo, recvmsg and sendmsg for Sofia's sake; librdkafka calls them, too.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;

TEST_F(KafkaLog, WorksByHostNameBesideOurGuardsOfLibc) {
  ASSERT_TRUE(is_libc_guard_linked());
  const system_clock time;
  socket_guard guard{time};
  guard.may_send = false;
  const guarded_thread mark{guard};  // this thread may neither send nor resolve a name; Kafka's may
  ASSERT_TRUE(options_.brokers.starts_with("localhost:")) << options_.brokers;
  const auto log = opened();
  ASSERT_TRUE(log);
  collector reader;
  ASSERT_TRUE(log->tail(0, 0, reader.reader()));
  for (int n = 0; n < 100; ++n) ASSERT_TRUE(append_now(*log, 0, "r" + std::to_string(n)));
  EXPECT_EQ(reader.wait_for(100).size(), 100U);
}

}  // namespace
}  // namespace seatgrid
