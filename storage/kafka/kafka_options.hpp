#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"
#include "storage/journal.hpp"

namespace seatgrid {

/// How brokers know us and we know them. The words are those of Kafka's own clients.
struct kafka_security {
  std::string protocol{"plaintext"};  ///< plaintext, ssl, sasl_plaintext or sasl_ssl
  std::string mechanism{};            ///< of SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
  std::string user{};
  std::string password{};
  std::string ca_file{};  ///< PEM; empty = the system's
  std::string certificate_file{};
  std::string key_file{};
  std::string key_password{};
};

/// Where the lanes' logs are and how patient we are with them. The defaults of the times were measured (DESIGN section 3): slower
/// ones make a broker's death a longer stall, faster ones spend CPU on reconnecting.
struct kafka_options {
  std::string brokers{};       ///< host:port, several by commas; any of them is enough to find the others
  std::string topic{};         ///< one partition per lane
  lane_id lanes = 8;           ///< partitions; fixed when the topic is made
  std::uint16_t replicas = 3;  ///< copies of each record; with 3 or more, all but one must have it before it counts
  kafka_security security{};

  std::uint32_t record_bytes_max = 1'024 * 1'024;
  std::uint32_t appends_max = 10'000;            ///< that wait for their report
  std::uint64_t read_ahead_bytes = 64ULL << 20;  ///< fetched and not yet read, of all lanes
  milliseconds start_patience{15'000};           ///< longest wait for brokers and topic at the start
  milliseconds report_patience{120'000};         ///< no report for so long is one: unavailable
  milliseconds request_timeout{900};             ///< of a broker that has the record and waits for its copies
  milliseconds socket_timeout{1'000};            ///< of any answer; beyond it the connection is made anew
  milliseconds retry_backoff{20};                ///< before a request is repeated
  milliseconds reconnect_backoff{20};            ///< doubling to
  milliseconds reconnect_backoff_max{200};
  milliseconds leader_search{50};  ///< between questions for a lane's new leader
  milliseconds fetch_wait{100};    ///< a broker without news answers a reader after this
  /// What is appended waits so long for more before a reader hears of it: each fetch wakes broker, librdkafka and reader. An
  /// owner counts its frames by their reports, so that only claims and followers wait. 0 = a reader hears at once.
  milliseconds fetch_gather{0};
  milliseconds fetch_error_backoff{20};
};

}  // namespace seatgrid
