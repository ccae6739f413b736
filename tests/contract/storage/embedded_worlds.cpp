#include "storage/memory/memory_journal.hpp"
#include "storage/rocks/rocks_journal.hpp"
#include "tests/contract/storage/journal_world.hpp"

namespace seatgrid::testing {
namespace {

class memory_world final : public journal_world {
 public:
  result<std::unique_ptr<journal>> open(const journal_options& options) override {
    return make_memory_journal({.journal = options});
  }
  result<std::unique_ptr<journal>> restart(std::unique_ptr<journal> closed, const journal_options&) override {
    dynamic_cast<memory_journal&>(*closed).crash();
    return closed;
  }
  bool counts_within_append() const override { return true; }
};

class rocks_world final : public journal_world {
 public:
  result<std::unique_ptr<journal>> open(const journal_options& options) override {
    return open_rocks_journal(directory_.path(), {.journal = options});
  }

 private:
  scratch_directory directory_{};
};

template <class World>
std::unique_ptr<journal_world> make() {
  return std::make_unique<World>();
}

INSTANTIATE_TEST_SUITE_P(Embedded, JournalContract,
                         ::testing::Values(journal_kind{"memory", make<memory_world>}, journal_kind{"rocks", make<rocks_world>}),
                         name_of_kind);

}  // namespace
}  // namespace seatgrid::testing
