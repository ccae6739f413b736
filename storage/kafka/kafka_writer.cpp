#include "storage/kafka/kafka_writer_internal.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace seatgrid::kafka {

namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::uint64_t one = 1;  // what an eventfd is written
constexpr milliseconds purge_patience{2'000};

result<std::optional<log_offset>> outcome_of(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR)
    return message.offset >= 0 ? std::optional<log_offset>{message.offset} : std::nullopt;
  return tl::unexpected(error_of(message.err, "append to lane " + std::to_string(message.partition)));
}

}  // namespace

result<std::unique_ptr<writer>> writer::make(const kafka_options& options, int wake) {
  auto made = std::make_unique<writer>(options, wake);
  auto first = made->make_one();
  if (!first) return tl::unexpected(first.error());
  auto second = made->make_one();
  if (!second) return tl::unexpected(second.error());
  made->current_ = std::move(*first);
  made->spare_ = std::move(*second);
  return made;
}

result<std::unique_ptr<writer::producer>> writer::make_one() const {
  auto handle = make_producer(options_);
  if (!handle) return tl::unexpected(handle.error());
  auto made = std::make_unique<producer>();
  made->handle = std::move(*handle);
  made->events.reset(rd_kafka_queue_get_main(made->handle.get()));
  rd_kafka_queue_io_event_enable(made->events.get(), wake_, &one, sizeof one);
  made->lanes.reset(rd_kafka_topic_new(made->handle.get(), options_.topic.c_str(), nullptr));
  if (!made->lanes) return fail(errc::invalid, "Kafka refuses the topic name '" + options_.topic + "'");
  return made;
}

void writer::append(lane_id lane, std::string record, on_reported done) {
  std::list<note> made(1);
  made.front() = {lane, std::move(done), clock_type::now(), made.begin()};
  const std::lock_guard lock{mutex_};
  const auto refuse = [&](errc code, std::string why) {
    refused_.push_back({std::move(made), fail(code, std::move(why))});
    wake_up();
  };
  if (closed_) return refuse(errc::wrong_state, "the log was closed");
  if (waiting_.size() >= options_.appends_max) return refuse(errc::full, std::to_string(waiting_.size()) + " appends wait");
  if (lane >= options_.lanes) return refuse(errc::invalid, "there is no lane " + std::to_string(lane));
  waiting_.splice(waiting_.end(), made);
  auto& kept = waiting_.back();
  const auto sent =
      rd_kafka_produce(current_->lanes.get(), lane, RD_KAFKA_MSG_F_COPY, record.data(), record.size(), nullptr, 0, &kept);
  if (sent == 0) {
    ++current_->waiting;
    return;
  }
  const auto why = error_of(rd_kafka_last_error(), "append to lane " + std::to_string(lane));
  made.splice(made.end(), waiting_, kept.place);
  ++counts_.failed;
  refuse(why.code, why.what);
}

void writer::serve(std::recursive_mutex& calls) {
  std::vector<report> reports;
  {
    const std::lock_guard lock{mutex_};
    std::swap(reports, refused_);
    const auto drain = [&](producer* from) {
      if (from == nullptr) return;
      while (const event came{rd_kafka_queue_poll(from->events.get(), 0)}) take(came.get(), *from, reports);
    };
    drain(current_.get());
    drain(spare_.get());
    for (auto& old : retired_) drain(old.get());
    replace_current();
  }
  drop_finished();
  if (!reports.empty()) {
    const std::lock_guard lock{calls};
    for (auto& came : reports) came.what.front().done(std::move(came.outcome));
  }
  settled_.notify_all();
}

void writer::take(rd_kafka_event_t* came, producer& from, std::vector<report>& into) {
  if (rd_kafka_event_type(came) == RD_KAFKA_EVENT_DR) return take_reports(came, from, into);
  if (rd_kafka_event_type(came) != RD_KAFKA_EVENT_ERROR) return;
  const auto code = rd_kafka_event_error(came);
  counts_.trouble = rd_kafka_event_error_string(came);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && &from == current_.get()) connected_ = false;
}

void writer::take_reports(rd_kafka_event_t* came, producer& from, std::vector<report>& into) {
  while (const auto* message = rd_kafka_event_message_next(came)) {
    auto* what = static_cast<note*>(message->_private);
    report made{{}, outcome_of(*message)};
    made.what.splice(made.what.end(), waiting_, what->place);
    --from.waiting;
    if (made.outcome) {
      ++counts_.reported;
      connected_ = true;
    } else {
      ++counts_.failed;
      counts_.trouble = made.outcome.error().what;
    }
    into.push_back(std::move(made));
  }
}

void writer::replace_current() {
  std::array<char, 256> why{};
  if (spare_ && rd_kafka_fatal_error(spare_->handle.get(), why.data(), why.size()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    retired_.push_back(std::move(spare_));
    spare_is_due_ = true;
  }
  if (spare_is_due_ && !closed_) {
    if (auto made = make_one()) {
      spare_ = std::move(*made);
      spare_is_due_ = false;
    } else {
      counts_.trouble = made.error().what;
    }
  }
  if (!spare_ || rd_kafka_fatal_error(current_->handle.get(), why.data(), why.size()) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  counts_.trouble = why.data();
  ++counts_.writers_replaced;
  // What it was given and has not reported will be an error: a copy may still be under way.
  rd_kafka_purge(current_->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  retired_.push_back(std::exchange(current_, std::move(spare_)));
  spare_is_due_ = true;
}

void writer::drop_finished() {
  std::vector<std::unique_ptr<producer>> finished;  // ends outside the lock: it joins threads
  const std::lock_guard lock{mutex_};
  const auto done = std::stable_partition(retired_.begin(), retired_.end(), [](const auto& p) { return p->waiting > 0; });
  std::move(done, retired_.end(), std::back_inserter(finished));
  retired_.erase(done, retired_.end());
}

void writer::close(milliseconds patience) {
  std::unique_lock lock{mutex_};
  closed_ = true;
  const auto is_settled = [this] { return waiting_.empty() && refused_.empty(); };
  if (settled_.wait_for(lock, patience, is_settled)) return;
  for (const auto* each : {current_.get(), spare_.get()})
    if (each != nullptr)
      rd_kafka_purge(each->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  settled_.wait_for(lock, purge_patience, is_settled);
}

void writer::fail_rest() {
  std::list<note> rest;
  {
    const std::lock_guard lock{mutex_};
    rest.swap(waiting_);
    for (auto& refused : refused_) rest.splice(rest.end(), refused.what);
    refused_.clear();
  }
  for (auto& left : rest) left.done(fail(errc::unavailable, "the log was closed before the brokers reported"));
}

void writer::break_current() {
  const std::lock_guard lock{mutex_};
  rd_kafka_test_fatal_error(current_->handle.get(), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "asked for by a test");
  wake_up();
}

void writer::tell(log_status& status) const {
  const std::lock_guard lock{mutex_};
  status.waiting = waiting_.size();
  if (!waiting_.empty()) status.oldest_waiting = std::chrono::floor<milliseconds>(clock_type::now() - waiting_.front().since);
  status.reported = counts_.reported;
  status.failed = counts_.failed;
  status.writers_replaced = counts_.writers_replaced;
  status.trouble = counts_.trouble;
  status.connected = connected_;
}

void writer::wake_up() const { ::eventfd_write(wake_, one); }

}  // namespace seatgrid::kafka
