#include "cluster/lane_journal.hpp"
#include "storage/memory/memory_log.hpp"
#include "storage/rocks/rocks_store.hpp"
#include "tests/contract/storage/journal_world.hpp"

/// The journal of a cluster on a log in memory; its store is a real one, so that restarts are real.
namespace seatgrid::testing {
namespace {

constexpr lane_id lanes = 10;

template <bool RecordsFirst>
class lane_world final : public journal_world {
 public:
  result<std::unique_ptr<journal>> open(const journal_options& options) override {
    auto store = open_rocks_store(directory_.path(), {.gather = milliseconds{20}});
    if (!store) return tl::unexpected(store.error());
    return cluster::open_lane_journal(make_memory_log(brokers_, {.records_first = RecordsFirst}), std::move(*store),
                                      {.journal = options, .me = {"n1", cluster::random_process_id()}});
  }

 private:
  scratch_directory directory_{};
  std::shared_ptr<memory_brokers> brokers_ = make_memory_brokers(lanes);
};

template <class World>
std::unique_ptr<journal_world> make() {
  return std::make_unique<World>();
}

INSTANTIATE_TEST_SUITE_P(Cluster, JournalContract,
                         ::testing::Values(journal_kind{"lanes", make<lane_world<false>>},
                                           journal_kind{"lanes_records_first", make<lane_world<true>>}),
                         name_of_kind);

}  // namespace
}  // namespace seatgrid::testing
