#pragma once

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <vector>

#include "storage/kafka/kafka_client_internal.hpp"
#include "storage/log.hpp"

/// The producing half of kafka_log. Inside storage/kafka only.
namespace seatgrid::kafka {

/// One producer writes, a second waits connected. After an error that the first cannot outlive the second writes, the first ends
/// when all it was given is reported, and a new second is made. append() comes from any thread, all else from the log's thread.
class writer {
 public:
  /// `wake` is an eventfd that is written when serve() has something to do.
  static result<std::unique_ptr<writer>> make(const kafka_options& options, int wake);
  writer(const kafka_options& options, int wake) : options_(options), wake_(wake) {}

  void append(lane_id lane, std::string record, on_reported done);
  /// Runs the reports that came. `calls` is held while they run.
  void serve(std::recursive_mutex& calls);
  /// Takes no more appends, waits at most `patience` for reports, then gives up on the rest; serve() must go on running
  /// meanwhile.
  void close(milliseconds patience);
  /// Reports everything left as unavailable; when nobody calls serve() any more.
  void fail_rest();
  void break_current();
  /// Fills in what a writer knows.
  void tell(log_status& status) const;

 private:
  struct note {
    lane_id lane = 0;
    on_reported done{};
    std::chrono::steady_clock::time_point since{};
    std::list<note>::iterator place{};
  };
  struct producer {
    client handle{};
    topic lanes{};
    queue events{};
    std::size_t waiting = 0;  ///< appends without a report
  };
  struct report {
    std::list<note> what{};  ///< one; a list, so that it moves without allocating
    result<std::optional<log_offset>> outcome{};
  };

  result<std::unique_ptr<producer>> make_one() const;
  void take(rd_kafka_event_t* came, producer& from, std::vector<report>& into);
  void take_reports(rd_kafka_event_t* came, producer& from, std::vector<report>& into);
  void replace_current();
  void drop_finished();
  void wake_up() const;

  const kafka_options options_;
  const int wake_;
  mutable std::mutex mutex_{};
  std::condition_variable settled_{};
  std::unique_ptr<producer> current_{}, spare_{};
  std::vector<std::unique_ptr<producer>> retired_{};
  std::list<note> waiting_{};
  std::vector<report> refused_{};  ///< reports that librdkafka will not make
  log_status counts_{};
  bool closed_ = false;
  bool connected_ = false;
  bool spare_is_due_ = false;
};

}  // namespace seatgrid::kafka
