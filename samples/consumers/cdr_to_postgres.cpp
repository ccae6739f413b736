#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Keeps every CDR of a topic of public events in PostgreSQL, each exactly once, over kill -9 of this program and of the
/// database: rows, the highest event id of each lane and the offsets change in one transaction.
///   cdr_to_postgres BROKERS TOPIC CONNINFO [--until-end] [--kafka NAME=VALUE ...]
/// Exit status: 0 = the end was reached, or SIGTERM; 1 = something failed, start it again; 2 = wrong use.
namespace {

constexpr int batch_max = 500;       // events in one transaction
constexpr int batch_wait_ms = 200;   // and the longest wait for them
constexpr int ask_wait_ms = 15'000;  // for brokers at the start
constexpr std::size_t lane_digits = 5;

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS seatgrid_cdr (source text NOT NULL, id text NOT NULL, call text NOT NULL UNIQUE, tenant text NOT "
    "NULL, number text, caller text, agent text, started_at timestamptz, answered_at timestamptz, ended_at timestamptz, "
    "duration_ms bigint, billed_ms bigint, released_by text, data jsonb NOT NULL, PRIMARY KEY (source, id));"
    "CREATE TABLE IF NOT EXISTS seatgrid_lane (source text, lane text, highest text NOT NULL, PRIMARY KEY (source, lane));"
    "CREATE TABLE IF NOT EXISTS seatgrid_offset (topic text, partition int, next bigint NOT NULL, PRIMARY KEY (topic, "
    "partition))";
constexpr const char* insert_cdr =
    "INSERT INTO seatgrid_cdr SELECT $1, $2, d->>'call', d->>'tenant', d->>'number', d->>'caller', d->>'agent', "
    "nullif(d->>'started_at','')::timestamptz, nullif(d->>'answered_at','')::timestamptz, "
    "nullif(d->>'ended_at','')::timestamptz, "
    "(d->>'duration_ms')::bigint, (d->>'billed_ms')::bigint, d->>'released_by', d FROM (SELECT $3::jsonb AS d) AS given";
constexpr const char* keep_highest =
    "INSERT INTO seatgrid_lane VALUES ($1, $2, $3) ON CONFLICT (source, lane) DO UPDATE SET highest = excluded.highest";
/// Touches no row when another consumer has moved the offset meanwhile.
constexpr const char* keep_offset =
    "INSERT INTO seatgrid_offset AS at VALUES ($1, $2::int, $3::bigint) ON CONFLICT (topic, partition) DO UPDATE SET next = "
    "excluded.next WHERE at.next = $4::bigint";

std::atomic<bool> ends{false};
void on_signal(int /*number*/) { ends = true; }

[[noreturn]] void stop(const std::string& why) { throw std::runtime_error(why); }

// --- PostgreSQL ----------------------------------------------------------------------------------------------------

struct finish_pg {
  void operator()(PGconn* one) const { PQfinish(one); }
};
struct clear_pg {
  void operator()(PGresult* one) const { PQclear(one); }
};
using rows = std::unique_ptr<PGresult, clear_pg>;

class database {
 public:
  explicit database(const char* where) : link_(PQconnectdb(where)) {
    if (PQstatus(link_.get()) != CONNECTION_OK) stop(PQerrorMessage(link_.get()));
    run("SET client_min_messages = warning");
    run(schema);
  }
  rows run(const char* text) { return checked(PQexec(link_.get(), text)); }
  rows run(const char* text, const std::vector<std::string>& values) {
    std::vector<const char*> raw;
    raw.reserve(values.size());
    for (const auto& one : values) raw.push_back(one.c_str());
    return checked(PQexecParams(link_.get(), text, static_cast<int>(raw.size()), nullptr, raw.data(), nullptr, nullptr, 0));
  }

 private:
  rows checked(PGresult* raw) {
    rows made{raw};
    const auto status = PQresultStatus(raw);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) stop(PQerrorMessage(link_.get()));
    return made;
  }
  std::unique_ptr<PGconn, finish_pg> link_;
};

// --- Kafka ---------------------------------------------------------------------------------------------------------

struct destroy_kafka {
  void operator()(rd_kafka_t* one) const { rd_kafka_destroy(one); }
  void operator()(rd_kafka_topic_partition_list_t* one) const { rd_kafka_topic_partition_list_destroy(one); }
  void operator()(rd_kafka_message_t* one) const { rd_kafka_message_destroy(one); }
};
using client = std::unique_ptr<rd_kafka_t, destroy_kafka>;
using message = std::unique_ptr<rd_kafka_message_t, destroy_kafka>;

struct arguments {
  const char* brokers = "";
  const char* topic = "";
  const char* database = "";
  bool until_end = false;
  std::vector<std::pair<std::string, std::string>> kafka{};
};

/// No group: the database keeps our place.
client connect(const arguments& given) {
  auto* settings = rd_kafka_conf_new();
  auto all = given.kafka;
  all.insert(all.end(), {{"bootstrap.servers", given.brokers},
                         {"group.id", "not-used"},
                         {"enable.auto.commit", "false"},
                         {"enable.partition.eof", "true"},
                         {"auto.offset.reset", "error"}});
  char why[512];
  for (const auto& [name, value] : all)
    if (rd_kafka_conf_set(settings, name.c_str(), value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK) stop(why);
  client made{rd_kafka_new(RD_KAFKA_CONSUMER, settings, why, sizeof why)};
  if (!made) stop(why);
  rd_kafka_poll_set_consumer(made.get());
  return made;
}

std::string header(const rd_kafka_message_t& of, const char* name) {
  rd_kafka_headers_t* all = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&of, &all) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(all, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  return {static_cast<const char*>(value), size};
}

// --- both ----------------------------------------------------------------------------------------------------------

class keeper {
 public:
  explicit keeper(const arguments& given) : given_(given), database_(given.database), client_(connect(given)) {
    const auto lanes = database_.run("SELECT source, lane, highest FROM seatgrid_lane");
    for (int i = 0; i < PQntuples(lanes.get()); ++i)
      highest_[{PQgetvalue(lanes.get(), i, 0), PQgetvalue(lanes.get(), i, 1)}] = PQgetvalue(lanes.get(), i, 2);
    assign();
  }

  void run() {
    while (!ends && !(given_.until_end && open_ == 0)) {
      std::vector<message> batch;
      for (int i = 0; i < batch_max; ++i) {
        message came{rd_kafka_consumer_poll(client_.get(), batch.empty() ? batch_wait_ms : 0)};
        if (!came) break;
        if (came->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
          if (!at_end_[came->partition]) --open_;
          at_end_[came->partition] = true;
          continue;
        }
        if (came->err != RD_KAFKA_RESP_ERR_NO_ERROR) stop(rd_kafka_message_errstr(came.get()));
        batch.push_back(std::move(came));
      }
      if (!batch.empty()) keep(batch);
    }
    std::printf("%llu CDRs kept, %llu repeated events passed over\n", kept_, repeats_);
  }

 private:
  void assign() {
    const rd_kafka_metadata_t* about = nullptr;
    auto* topic = rd_kafka_topic_new(client_.get(), given_.topic, nullptr);
    const auto asked = rd_kafka_metadata(client_.get(), 0, topic, &about, ask_wait_ms);
    rd_kafka_topic_destroy(topic);
    if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) stop(std::string{given_.brokers} + ": " + rd_kafka_err2str(asked));
    open_ = about->topic_cnt == 1 ? about->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(about);
    if (open_ == 0) stop(std::string{"there is no topic "} + given_.topic);
    const std::unique_ptr<rd_kafka_topic_partition_list_t, destroy_kafka> all{rd_kafka_topic_partition_list_new(open_)};
    for (int number = 0; number < open_; ++number) {
      const auto row = database_.run("SELECT next FROM seatgrid_offset WHERE topic = $1 AND partition = $2::int",
                                     {given_.topic, std::to_string(number)});
      const bool is_new = PQntuples(row.get()) == 0;
      next_[number] = is_new ? 0 : std::atoll(PQgetvalue(row.get(), 0, 0));
      rd_kafka_topic_partition_list_add(all.get(), given_.topic, number)->offset =
          is_new ? RD_KAFKA_OFFSET_BEGINNING : next_[number];
    }
    if (const auto code = rd_kafka_assign(client_.get(), all.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      stop(rd_kafka_err2str(code));
  }

  /// One transaction: CDRs, the highest ids that they and all others brought, offsets.
  void keep(const std::vector<message>& batch) {
    std::map<std::pair<std::string, std::string>, std::string> moved;
    std::map<int, long long> next;
    database_.run("BEGIN");
    for (const auto& one : batch) {
      next[one->partition] = one->offset + 1;
      const auto source = header(*one, "ce_source"), id = header(*one, "ce_id");
      const std::pair lane{source, id.substr(0, lane_digits)};
      auto& highest = highest_[lane];
      if (id <= highest) {
        ++repeats_;
        continue;
      }
      moved[lane] = highest = id;
      if (header(*one, "ce_type") != "call.cdr") continue;
      database_.run(insert_cdr, {source, id, std::string(static_cast<const char*>(one->payload), one->len)});
      ++kept_;
    }
    for (const auto& [lane, highest] : moved) database_.run(keep_highest, {lane.first, lane.second, highest});
    for (const auto& [partition, offset] : next) {
      const auto done = database_.run(
          keep_offset, {given_.topic, std::to_string(partition), std::to_string(offset), std::to_string(next_[partition])});
      if (std::strcmp(PQcmdTuples(done.get()), "1") != 0) stop("another consumer keeps this topic in the same database");
    }
    database_.run("COMMIT");
    for (const auto& [partition, offset] : next) next_[partition] = offset;
  }

  const arguments& given_;
  database database_;
  client client_;
  std::map<std::pair<std::string, std::string>, std::string> highest_{};  ///< by source and lane
  std::map<int, long long> next_{};                                       ///< by partition, as the database has them
  std::map<int, bool> at_end_{};
  int open_ = 0;  ///< partitions whose end was not reached yet
  unsigned long long kept_ = 0, repeats_ = 0;
};

bool read_arguments(int argc, char** argv, arguments& out) {
  if (argc < 4) return false;
  out.brokers = argv[1], out.topic = argv[2], out.database = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    const auto sign = value.find('=');
    if (word == "--until-end") {
      out.until_end = true;
    } else if (word == "--kafka" && sign != std::string::npos) {
      out.kafka.emplace_back(value.substr(0, sign), value.substr(sign + 1));
      ++i;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  arguments given;
  if (!read_arguments(argc, argv, given)) {
    std::fputs(
        "usage: cdr_to_postgres BROKERS TOPIC CONNINFO [--until-end] [--kafka NAME=VALUE ...]\n"
        "  cdr_to_postgres kafka1:9092 seatgrid.events 'host=/run/postgresql dbname=billing'\n"
        "  --kafka gives librdkafka a setting, as security.protocol=SASL_SSL\n",
        stderr);
    return 2;
  }
  std::signal(SIGTERM, on_signal);
  std::signal(SIGINT, on_signal);
  try {
    keeper{given}.run();
  } catch (const std::exception& why) {
    std::fprintf(stderr, "cdr_to_postgres: %s\n", why.what());
    return 1;
  }
  return 0;
}
