#include "tests/contract/kafka/kafka_bed.hpp"

/// The same log over TLS with a name and a password.
namespace seatgrid {
namespace {

using namespace seatgrid::testing;

std::string first_line(const std::string& name) {
  std::ifstream file{KAFKA_DIRECTORY "/" + name};
  std::string line;
  std::getline(file, line);
  return line;
}

class SecureKafkaLog : public KafkaLog {
 protected:
  void SetUp() override {
    KafkaLog::SetUp();
    if (IsSkipped()) return;
    options_.brokers = first_line("bootstrap-secure");
    options_.start_patience = std::chrono::milliseconds{3'000};
    options_.security = {.protocol = "sasl_ssl",
                         .mechanism = "PLAIN",
                         .user = "seatgrid",
                         .password = first_line("password"),
                         .ca_file = KAFKA_DIRECTORY "/ca.pem"};
  }
  error refusal() {
    const auto made = open_kafka_log(options_);
    EXPECT_FALSE(made);
    return made ? error{} : made.error();
  }
};

TEST_F(SecureKafkaLog, AppendsAndReadsOverTlsWithAPassword) {
  options_.start_patience = std::chrono::milliseconds{15'000};
  const auto log = opened();
  ASSERT_TRUE(log);
  collector reader;
  ASSERT_TRUE(log->tail(0, 0, reader.reader()));
  for (int n = 0; n < 50; ++n) ASSERT_TRUE(append_now(*log, 0, "r" + std::to_string(n)));
  EXPECT_EQ(reader.wait_for(50).size(), 50U);
}

TEST_F(SecureKafkaLog, SaysThatThePasswordIsWrong) {
  options_.security.password = "guess";
  const auto why = refusal();
  EXPECT_EQ(why.code, errc::denied) << why.what;
  EXPECT_NE(why.what.find("do not accept each other"), std::string::npos) << why.what;
  EXPECT_EQ(why.what.find("guess"), std::string::npos) << "a secret in a message: " << why.what;
}

TEST_F(SecureKafkaLog, TrustsNoBrokerOfAnotherAuthority) {
  options_.security.ca_file.clear();
  const auto why = refusal();
  EXPECT_EQ(why.code, errc::denied) << why.what;
}

TEST_F(SecureKafkaLog, RefusesWordsThatKafkaDoesNotKnow) {
  options_.security.protocol = "tls";
  const auto why = refusal();
  EXPECT_EQ(why.code, errc::invalid);
  EXPECT_NE(why.what.find("security.protocol"), std::string::npos) << why.what;
}

}  // namespace
}  // namespace seatgrid
