#include "cluster/lane_journal.hpp"
#include "storage/rocks/rocks_store.hpp"
#include "tests/contract/kafka/kafka_bed.hpp"
#include "tests/contract/storage/journal_world.hpp"

/// The journal of a cluster on a real broker passes the contract of every journal.
namespace seatgrid::testing {
namespace {

constexpr lane_id lanes = 10;

class kafka_world final : public journal_world {
 public:
  result<std::unique_ptr<journal>> open(const journal_options& options) override {
    auto log = open_kafka_log(options_);
    if (!log) return tl::unexpected(log.error());
    auto store = open_rocks_store(directory_.path(), {.gather = milliseconds{20}});
    if (!store) return tl::unexpected(store.error());
    return cluster::open_lane_journal(std::move(*log), std::move(*store),
                                      {.journal = options, .me = {"n1", cluster::random_process_id()}});
  }

 private:
  static kafka_options own_topic() {
    static int topics = 0;
    kafka_options made;
    made.brokers = shared_broker::address();
    made.topic = "journal." + std::to_string(::getpid()) + "." + std::to_string(++topics);
    made.lanes = lanes;
    made.replicas = 1;
    return made;
  }
  scratch_directory directory_{};
  kafka_options options_ = own_topic();
};

std::unique_ptr<journal_world> make() {
  if (shared_broker::address().empty()) return nullptr;
  return std::make_unique<kafka_world>();
}

INSTANTIATE_TEST_SUITE_P(Kafka, JournalContract, ::testing::Values(journal_kind{"lanes", make}), name_of_kind);

}  // namespace
}  // namespace seatgrid::testing
