#include "storage/kafka/kafka_log.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/thread_name.hpp"
#include "storage/kafka/kafka_topic_internal.hpp"
#include "storage/kafka/kafka_writer_internal.hpp"

namespace seatgrid {

namespace {

using namespace kafka;

constexpr std::uint64_t one = 1;
constexpr std::size_t batch_max = 1'024;        // records taken from librdkafka at a time
constexpr milliseconds longest_sleep{100};      // of the log's thread, should a wake-up be lost
constexpr milliseconds bounds_patience{1'000};  // to say why an offset is out of range
using message = std::unique_ptr<rd_kafka_message_t, destroyed_by<&rd_kafka_message_destroy>>;

class wake_descriptor {
 public:
  wake_descriptor() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~wake_descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  wake_descriptor(const wake_descriptor&) = delete;
  wake_descriptor& operator=(const wake_descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

log_record record_of(const rd_kafka_message_t& from) {
  rd_kafka_timestamp_type_t type{};
  const auto at = rd_kafka_message_timestamp(&from, &type);
  return {.offset = from.offset,
          .at = {std::max<std::int64_t>(at, 0) * 1'000},
          .bytes = {static_cast<const char*>(from.payload), from.payload == nullptr ? 0 : from.len}};
}

class kafka_log_impl final : public kafka_log {
 public:
  explicit kafka_log_impl(kafka_options options) : options_(std::move(options)) {}
  ~kafka_log_impl() override { kafka_log_impl::close(milliseconds{0}); }

  result<void> start() {
    auto reads = make_consumer(options_);
    if (!reads) return tl::unexpected(reads.error());
    consumer_ = std::move(*reads);
    errors_.reset(rd_kafka_queue_get_main(consumer_.get()));
    if (auto fit = make_or_check_topic(consumer_.get(), options_); !fit) return tl::unexpected(explained(fit.error()));
    auto writes = writer::make(options_, wake_.get());
    if (!writes) return tl::unexpected(writes.error());
    writer_ = std::move(*writes);
    lanes_.reset(rd_kafka_topic_new(consumer_.get(), options_.topic.c_str(), nullptr));
    records_.reset(rd_kafka_queue_new(consumer_.get()));
    for (auto* each : {records_.get(), errors_.get()}) rd_kafka_queue_io_event_enable(each, wake_.get(), &one, sizeof one);
    thread_ = std::thread{[this] { run(); }};
    return {};
  }

  lane_id lanes() const override { return options_.lanes; }

  void append(lane_id lane, std::string record, on_reported done) override {
    writer_->append(lane, std::move(record), std::move(done));
  }

  result<void> tail(lane_id lane, log_offset from, on_records give_to) override {
    const std::lock_guard lock{calls_};
    if (closed_) return fail(errc::wrong_state, "the log was closed");
    if (lane >= options_.lanes) return fail(errc::invalid, "there is no lane " + std::to_string(lane));
    if (from < 0) return fail(errc::invalid, "lane " + std::to_string(lane) + " cannot be read from " + std::to_string(from));
    untail(lane);
    if (rd_kafka_consume_start_queue(lanes_.get(), lane, from, records_.get()) != 0)
      return tl::unexpected(error_of(rd_kafka_last_error(), "reading lane " + std::to_string(lane)));
    readers_[lane] = {std::make_shared<on_records>(std::move(give_to)), from, batch_ + 1};
    return {};
  }

  void untail(lane_id lane) override {
    const std::lock_guard lock{calls_};
    if (readers_.erase(lane) > 0) rd_kafka_consume_stop(lanes_.get(), lane);
  }

  result<log_bounds> bounds(lane_id lane, milliseconds patience) override {
    if (lane >= options_.lanes) return fail(errc::invalid, "there is no lane " + std::to_string(lane));
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      log_bounds found;
      const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
      const auto code = rd_kafka_query_watermark_offsets(consumer_.get(), options_.topic.c_str(), lane, &found.first, &found.end,
                                                         static_cast<int>(std::max<std::int64_t>(left.count(), 1)));
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
      // A new topic has no leader yet, and one whose broker died has none for a while.
      const bool may_pass = code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
      if (!may_pass || left <= options_.leader_search)
        return tl::unexpected(error_of(code, "asking for the bounds of lane " + std::to_string(lane)));
      std::this_thread::sleep_for(options_.leader_search);
    }
  }

  result<log_offset> first_since(lane_id lane, time_point at, milliseconds patience) override {
    const auto held = bounds(lane, patience);
    if (!held) return tl::unexpected(held.error());
    const auto found = offset_at(consumer_.get(), options_.topic, lane, at.us / 1'000, patience);
    return found.map([&](std::int64_t offset) { return offset < 0 ? held->end : log_offset{offset}; });
  }

  result<log_offset> trim(lane_id lane, log_offset before, milliseconds patience) override {
    if (lane >= options_.lanes || before < 0)
      return fail(errc::invalid, "lane " + std::to_string(lane) + " has no offset " + std::to_string(before));
    return delete_records(consumer_.get(), options_.topic, lane, before, patience);
  }

  log_status status() const override {
    log_status made;
    writer_->tell(made);
    made.read = read_;
    return made;
  }

  void break_writer() override { writer_->break_current(); }

  void close(milliseconds patience) override {
    if (!thread_.joinable()) return;
    writer_->close(patience);
    {
      const std::lock_guard lock{calls_};
      closed_ = true;
      while (!readers_.empty()) untail(readers_.begin()->first);
    }
    ends_ = true;
    ::eventfd_write(wake_.get(), one);
    thread_.join();
    writer_->fail_rest();
  }

 private:
  struct reader {
    std::shared_ptr<on_records> give{};  ///< shared: a reader may end itself while it runs
    log_offset next = 0;
    std::uint64_t first_batch = 0;  ///< earlier ones were fetched for the reader before it
  };

  /// A broker that refuses our name or our certificate closes the connection; only the events say so.
  error explained(error why) {
    if (why.code != errc::unavailable) return why;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    std::string last;
    // The event of the last attempt may still be under way.
    while (const event came{rd_kafka_queue_poll(errors_.get(), static_cast<int>(longest_sleep.count()))}) {
      const auto code = rd_kafka_event_error(came.get());
      last = rd_kafka_event_error_string(came.get());
      if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
        return {errc::denied, "Kafka and this node do not accept each other: " + last};
      if (std::chrono::steady_clock::now() > until) break;
    }
    if (!last.empty()) why.what += "; " + last;
    return why;
  }

  void run() {
    name_this_thread(("log-" + options_.topic.substr(options_.topic.rfind('.') + 1)).c_str());
    std::vector<rd_kafka_message_t*> raw(batch_max);
    pollfd sleep{.fd = wake_.get(), .events = POLLIN, .revents = 0};
    while (!ends_) {
      ::poll(&sleep, 1, static_cast<int>(longest_sleep.count()));
      eventfd_t ignored = 0;
      ::eventfd_read(wake_.get(), &ignored);  // before the queues are emptied, so that what comes now wakes again
      while (const event came{rd_kafka_queue_poll(errors_.get(), 0)}) {
        // Troubles of the readers' connections are those of the writer's, which tells them.
      }
      ssize_t count = 0;
      do {
        writer_->serve(calls_);
        const std::lock_guard lock{calls_};
        ++batch_;
        count = rd_kafka_consume_batch_queue(records_.get(), 0, raw.data(), raw.size());
        std::vector<message> batch;
        for (ssize_t i = 0; i < count; ++i) batch.emplace_back(raw[static_cast<std::size_t>(i)]);
        deliver(batch);
      } while (count > 0 && !ends_);
    }
  }

  /// Gives the batch to the readers; neighbouring records of one lane together.
  void deliver(const std::vector<message>& batch) {
    std::vector<log_record> records;
    for (std::size_t i = 0; i < batch.size();) {
      const auto lane = static_cast<lane_id>(batch[i]->partition);
      if (batch[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        end_reader(lane, batch[i++]->err);
        continue;
      }
      records.clear();
      for (; i < batch.size() && batch[i]->partition == lane && batch[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
        records.push_back(record_of(*batch[i]));
      give(lane, records);
    }
  }

  void give(lane_id lane, std::span<const log_record> records) {
    auto* to = reader_of(lane);
    if (to == nullptr) return;
    while (!records.empty() && records.front().offset < to->next) records = records.subspan(1);
    if (records.empty()) return;
    read_ += records.size();
    to->next = records.back().offset + 1;
    const auto call = to->give;
    (*call)(records);
  }

  reader* reader_of(lane_id lane) {
    const auto it = readers_.find(lane);
    return it == readers_.end() || it->second.first_batch > batch_ ? nullptr : &it->second;
  }

  /// Ends the lane's reader if `code` says that nothing will come any more; other troubles pass by themselves.
  void end_reader(lane_id lane, rd_kafka_resp_err_t code) {
    const auto* to = reader_of(lane);
    if (to == nullptr) return;
    auto why = error_of(code, "reading lane " + std::to_string(lane));
    if (code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE || code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
      why = out_of_range(lane, to->next);
    else if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
             code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
      why.code = errc::not_found;
    else if (why.code != errc::denied)
      return;
    const auto call = to->give;
    untail(lane);
    (*call)(tl::unexpected(std::move(why)));
  }

  error out_of_range(lane_id lane, log_offset wanted) {
    const auto text = "lane " + std::to_string(lane) + " has no offset " + std::to_string(wanted);
    const auto found = bounds(lane, bounds_patience);
    if (!found) return {errc::not_found, text + "; its bounds are not known: " + found.error().what};
    const auto where = text + ": it holds " + std::to_string(found->first) + " to " + std::to_string(found->end - 1);
    return {wanted > found->end ? errc::corrupt : errc::not_found, where};
  }

  const kafka_options options_;
  const wake_descriptor wake_{};
  client consumer_{};
  topic lanes_{};
  queue records_{}, errors_{};
  std::unique_ptr<writer> writer_{};
  std::recursive_mutex calls_{};  ///< held while a callback runs
  std::map<lane_id, reader> readers_{};
  std::uint64_t batch_ = 0;  ///< how often records were taken from librdkafka
  std::atomic<std::uint64_t> read_{0};
  std::atomic<bool> ends_{false};
  bool closed_ = false;
  std::thread thread_{};
};

}  // namespace

result<std::unique_ptr<kafka_log>> open_kafka_log(kafka_options options) {
  auto made = std::make_unique<kafka_log_impl>(std::move(options));
  if (auto started = made->start(); !started) return tl::unexpected(started.error());
  return made;
}

}  // namespace seatgrid
