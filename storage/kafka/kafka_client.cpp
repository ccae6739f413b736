#include <array>
#include <utility>
#include <vector>

#include "storage/kafka/kafka_client_internal.hpp"

namespace seatgrid::kafka {

namespace {

using conf = std::unique_ptr<rd_kafka_conf_t, destroyed_by<&rd_kafka_conf_destroy>>;
using words = std::vector<std::pair<std::string, std::string>>;

constexpr const char* gathered_bytes = "262144";  // are fetched at once: a reader that is far behind does not wait

std::string text(milliseconds time) { return std::to_string(time.count()); }

words common(const kafka_options& options) {
  words all{{"bootstrap.servers", options.brokers},
            {"client.id", "seatgrid"},
            {"socket.nagle.disable", "true"},
            {"socket.keepalive.enable", "true"},
            {"socket.timeout.ms", text(options.socket_timeout)},
            {"reconnect.backoff.ms", text(options.reconnect_backoff)},
            {"reconnect.backoff.max.ms", text(options.reconnect_backoff_max)},
            {"retry.backoff.ms", text(options.retry_backoff)},
            {"topic.metadata.refresh.fast.interval.ms", text(options.leader_search)},
            {"message.max.bytes", std::to_string(options.record_bytes_max)},
            {"security.protocol", options.security.protocol}};
  const auto& security = options.security;
  for (const auto& [name, value] :
       std::array<std::pair<const char*, const std::string*>, 7>{{{"sasl.mechanism", &security.mechanism},
                                                                  {"sasl.username", &security.user},
                                                                  {"sasl.password", &security.password},
                                                                  {"ssl.ca.location", &security.ca_file},
                                                                  {"ssl.certificate.location", &security.certificate_file},
                                                                  {"ssl.key.location", &security.key_file},
                                                                  {"ssl.key.password", &security.key_password}}})
    if (!value->empty()) all.emplace_back(name, *value);
  return all;
}

void silent(const rd_kafka_t*, int, const char*, const char*) {}  // errors come as events; lines would go to stderr

result<client> make(rd_kafka_type_t type, const words& settings, int events) {
  conf settled{rd_kafka_conf_new()};
  std::array<char, 512> why{};
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(settled.get(), name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
      return fail(errc::invalid, "Kafka client: " + name + ": " + why.data());
  rd_kafka_conf_set_log_cb(settled.get(), &silent);
  rd_kafka_conf_set_events(settled.get(), events);
  client made{rd_kafka_new(type, settled.get(), why.data(), why.size())};
  if (!made) return fail(errc::invalid, std::string{"Kafka client: "} + why.data());
  static_cast<void>(settled.release());  // now the client's
  return made;
}

}  // namespace

result<client> make_producer(const kafka_options& options) {
  auto settings = common(options);
  settings.insert(settings.end(), {{"enable.idempotence", "true"},
                                   {"acks", "all"},
                                   {"linger.ms", "0"},
                                   {"compression.type", "none"},
                                   {"enable.sparse.connections", "false"},  // so that no append waits for a connection
                                   {"request.timeout.ms", text(options.request_timeout)},
                                   {"message.timeout.ms", text(options.report_patience)},
                                   {"queue.buffering.max.messages", std::to_string(2 * std::uint64_t{options.appends_max})},
                                   {"queue.buffering.max.kbytes", "1048576"}});
  return make(RD_KAFKA_PRODUCER, settings, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
}

result<client> make_gapless_producer(const kafka_options& options, milliseconds linger, const std::string& compression) {
  auto settings = common(options);
  settings.insert(settings.end(), {{"enable.idempotence", "true"},
                                   {"enable.gapless.guarantee", "true"},
                                   {"acks", "all"},
                                   {"linger.ms", text(linger)},
                                   {"compression.type", compression},
                                   {"request.timeout.ms", text(options.request_timeout)},
                                   {"message.timeout.ms", "0"},  // for ever: what cannot be stored yet must not become a hole
                                   {"queue.buffering.max.messages", std::to_string(2 * std::uint64_t{options.appends_max})},
                                   {"queue.buffering.max.kbytes", "1048576"}});
  return make(RD_KAFKA_PRODUCER, settings, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
}

result<client> make_consumer(const kafka_options& options) {
  auto settings = common(options);
  const bool gathers = options.fetch_gather.count() > 0;
  settings.insert(settings.end(), {{"auto.offset.reset", "error"},
                                   {"enable.auto.commit", "false"},
                                   {"enable.auto.offset.store", "false"},
                                   {"isolation.level", "read_uncommitted"},
                                   {"check.crcs", "true"},
                                   {"fetch.wait.max.ms", text(gathers ? options.fetch_gather : options.fetch_wait)},
                                   {"fetch.min.bytes", gathers ? gathered_bytes : "1"},
                                   {"fetch.error.backoff.ms", text(options.fetch_error_backoff)},
                                   {"queued.min.messages", "10000000"},  // librdkafka before 2.2 pauses 1 s beyond it
                                   {"queued.max.messages.kbytes", std::to_string(options.read_ahead_bytes / 1'024)}});
  return make(RD_KAFKA_CONSUMER, settings, RD_KAFKA_EVENT_ERROR);
}

std::string text_of(rd_kafka_resp_err_t code) {
  return std::string{rd_kafka_err2str(code)} + " (" + rd_kafka_err2name(code) + ")";
}

error error_of(rd_kafka_resp_err_t code, const std::string& doing) {
  const auto what = doing + ": " + text_of(code);
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
      code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)  // a name that no topic can have
    return {errc::invalid, what};
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return {errc::full, what};
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    return {errc::denied, what};
  return {errc::unavailable, what};
}

}  // namespace seatgrid::kafka
