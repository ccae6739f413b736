#include "storage/kafka/kafka_events.hpp"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

#include "storage/kafka/kafka_record_internal.hpp"
#include "storage/kafka/kafka_topic_internal.hpp"

namespace seatgrid {

namespace {

using namespace kafka;
using clock_type = std::chrono::steady_clock;
using headers = std::unique_ptr<rd_kafka_headers_t, destroyed_by<&rd_kafka_headers_destroy>>;

constexpr milliseconds poll_every{100};
constexpr milliseconds end_patience{2'000};  // for the reports of a connection that ends

class kafka_events final : public event_topic {
 public:
  explicit kafka_events(kafka_options options) : options_(std::move(options)) {}
  ~kafka_events() override {
    if (producer_ == nullptr) return;
    ends_ = true;
    if (thread_.joinable()) thread_.join();
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    const auto until = clock_type::now() + end_patience;
    while (!waiting_.empty() && clock_type::now() < until) serve();
    for (auto& left : waiting_) left.done(fail(errc::unavailable, "the connection to the events' topic ended"));
  }
  kafka_events(const kafka_events&) = delete;
  kafka_events& operator=(const kafka_events&) = delete;

  result<void> start(const kafka_events_options& events) {
    auto reads = make_consumer(options_);
    if (!reads) return tl::unexpected(reads.error());
    consumer_ = std::move(*reads);
    if (auto fit = make_or_check_events_topic(consumer_.get(), options_, events.keep); !fit) return fit;
    auto writes = make_gapless_producer(options_, events.linger, events.compression);
    if (!writes) return tl::unexpected(writes.error());
    producer_ = std::move(*writes);
    reports_.reset(rd_kafka_queue_get_main(producer_.get()));
    writes_.reset(rd_kafka_topic_new(producer_.get(), options_.topic.c_str(), nullptr));
    reads_.reset(rd_kafka_topic_new(consumer_.get(), options_.topic.c_str(), nullptr));
    thread_ = std::thread{[this] {
      while (!ends_) serve();
    }};
    return {};
  }

  void append(lane_id partition, topic_record record, std::function<void(result<void>)> done) override {
    if (partition >= options_.lanes) return done(fail(errc::invalid, "there is no partition " + std::to_string(partition)));
    headers made{rd_kafka_headers_new(record.headers.size())};
    for (const auto& [name, value] : record.headers)
      rd_kafka_header_add(made.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    const std::lock_guard lock{mutex_};
    auto& kept = waiting_.emplace_back();
    kept.place = std::prev(waiting_.end());
    kept.done = std::move(done);
    if (broken_) return refuse(kept, {errc::unavailable, "the connection to the events' topic is over"});
    const auto code = rd_kafka_producev(
        producer_.get(), RD_KAFKA_V_RKT(writes_.get()), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()), RD_KAFKA_V_VALUE(record.value.data(), record.value.size()),
        RD_KAFKA_V_HEADERS(made.get()), RD_KAFKA_V_OPAQUE(&kept), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(made.release());  // now the record's
      return;
    }
    refuse(kept, error_of(code, "event to partition " + std::to_string(partition)));
  }

  result<std::vector<topic_record>> end_of(lane_id partition, std::uint32_t most, milliseconds patience) override {
    const auto until = clock_type::now() + patience;
    const auto doing = "reading the end of partition " + std::to_string(partition);
    std::int64_t first = 0, end = 0;
    const auto asked = rd_kafka_query_watermark_offsets(consumer_.get(), options_.topic.c_str(), partition, &first, &end,
                                                        static_cast<int>(patience.count()));
    if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(asked, doing));
    std::vector<topic_record> found;
    auto next = std::max(first, end - std::int64_t{most});
    if (next >= end) return found;
    if (rd_kafka_consume_start(reads_.get(), partition, next) != 0) return tl::unexpected(error_of(rd_kafka_last_error(), doing));
    result<void> outcome{};
    while (next < end && outcome) {
      const message came{rd_kafka_consume(reads_.get(), partition, static_cast<int>(poll_every.count()))};
      if (came && came->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        found.push_back(record_of(*came, with_value::no));
        next = came->offset + 1;
      } else if (clock_type::now() > until) {
        outcome = fail(errc::unavailable, doing + ": no answer");
      }
    }
    rd_kafka_consume_stop(reads_.get(), partition);
    if (!outcome) return tl::unexpected(outcome.error());
    return found;
  }

 private:
  struct note {
    std::function<void(result<void>)> done{};
    std::list<note>::iterator place{};
    std::optional<error> refused{};
  };

  /// Under the mutex. The report comes from the topic's thread, as all do.
  void refuse(note& of, error why) {
    of.refused = std::move(why);
    broken_ = true;
    rd_kafka_queue_yield(reports_.get());
  }

  /// Runs the reports that came, in their order.
  void serve() {
    const event came{rd_kafka_queue_poll(reports_.get(), static_cast<int>(poll_every.count()))};
    if (came && rd_kafka_event_type(came.get()) == RD_KAFKA_EVENT_DR)
      while (const auto* report = rd_kafka_event_message_next(came.get()))
        finish(*static_cast<note*>(report->_private), report->err);
    if (broken_) finish_refused();
  }

  void finish(note& of, rd_kafka_resp_err_t code) {
    std::list<note> done;
    {
      const std::lock_guard lock{mutex_};
      done.splice(done.end(), waiting_, of.place);
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return done.front().done({});
    broken_ = true;
    done.front().done(tl::unexpected(error_of(code, "publishing events")));
  }

  void finish_refused() {
    std::list<note> done;
    {
      const std::lock_guard lock{mutex_};
      for (auto it = waiting_.begin(); it != waiting_.end();) {
        const auto at = it++;
        if (at->refused) done.splice(done.end(), waiting_, at);
      }
    }
    for (auto& one : done) one.done(tl::unexpected(std::move(*one.refused)));
  }

  const kafka_options options_;
  client consumer_{}, producer_{};
  topic writes_{}, reads_{};
  queue reports_{};
  std::mutex mutex_{};
  std::list<note> waiting_{};
  std::atomic<bool> broken_{false};
  std::atomic<bool> ends_{false};
  std::thread thread_{};
};

}  // namespace

result<std::unique_ptr<event_topic>> open_kafka_events(kafka_options options, const kafka_events_options& events) {
  auto made = std::make_unique<kafka_events>(std::move(options));
  if (auto started = made->start(events); !started) return tl::unexpected(started.error());
  return std::unique_ptr<event_topic>{std::move(made)};
}

}  // namespace seatgrid
