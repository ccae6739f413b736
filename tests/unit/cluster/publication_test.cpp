#include "cluster/publication.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace seatgrid::cluster {
namespace {

TEST(Publication, GoesOnBehindTheHigherOfJournalAndTopic) {
  EXPECT_EQ(resume("3", {}).stored, "3");
  EXPECT_EQ(resume("3", {"4", "6", "5"}).stored, "6");
  EXPECT_EQ(resume("7", {"4", "6"}).stored, "7");
  EXPECT_EQ(resume("", {}).stored, "");
}

TEST(Publication, SendsEachEventOnceAndKnowsWhatIsUnderWay) {
  auto at = resume("2", {"3"});
  EXPECT_FALSE(is_due(at, "3"));
  EXPECT_TRUE(is_due(at, "4"));
  on_sent(at, "4");
  EXPECT_FALSE(is_due(at, "4"));
  on_sent(at, "5");
  EXPECT_EQ(at.flying, 2U);
  on_stored(at, "4");
  EXPECT_EQ(at.stored, "4");
  EXPECT_TRUE(is_ahead_of_journal(at));
}

/// Everything that a chain of publishers can do to a topic: each dies or is cut off at any moment with records under way, of
/// which any beginning may be stored, at once or behind records of its successors; each may have journaled any place that it had
/// reached.
struct world {
  struct writer {
    publication at{};
    std::vector<std::string> flying{};
    auto operator<=>(const writer& other) const {
      return std::tie(at.sent, at.stored, flying) <=> std::tie(other.at.sent, other.at.stored, other.flying);
    }
    bool operator==(const writer& other) const { return (*this <=> other) == 0; }
  };
  std::vector<std::string> topic{};
  std::vector<writer> writers{};  ///< the last one lives, the others only have records under way
  std::string journaled{};
  bool operator<(const world& other) const {
    return std::tie(topic, writers, journaled) < std::tie(other.topic, other.writers, other.journaled);
  }
};

constexpr std::size_t events = 4, writers_max = 3, flying_max = 2, topic_max = 8;
std::string id_of(std::size_t event) { return std::to_string(event); }

/// What the documented filter lets through.
std::vector<std::string> filtered(const std::vector<std::string>& topic) {
  std::vector<std::string> out;
  for (const auto& id : topic)
    if (out.empty() || id > out.back()) out.push_back(id);
  return out;
}

class explorer {
 public:
  explicit explorer(bool credulous) : credulous_(credulous) {
    world first;
    first.writers.push_back({resume("", {}), {}});
    visit(std::move(first));
  }
  void run() {
    while (!todo_.empty() && wrong_.empty()) {
      const auto at = std::move(todo_.back());
      todo_.pop_back();
      check(at);
      expand(at);
    }
  }
  const std::string& wrong() const { return wrong_; }
  std::size_t states() const { return seen_.size(); }
  bool finished_once() const { return finished_; }

 private:
  void visit(world next) {
    if (next.topic.size() <= topic_max && seen_.insert(next).second) todo_.push_back(std::move(next));
  }
  void check(const world& at) {
    const auto through = filtered(at.topic);
    for (std::size_t i = 0; i < through.size(); ++i)
      if (through[i] != id_of(i + 1)) wrong_ = "a hole or disorder before " + through[i];
    finished_ = finished_ || through.size() == events;
  }
  void expand(const world& at) {
    const auto& alive = at.writers.back();
    const auto next = alive.at.sent.empty() ? std::size_t{1} : std::stoul(alive.at.sent) + 1;
    if (next <= events && alive.at.flying < flying_max) {
      auto after = at;
      on_sent(after.writers.back().at, id_of(next));
      after.writers.back().flying.push_back(id_of(next));
      visit(std::move(after));
    }
    for (std::size_t w = 0; w < at.writers.size(); ++w) {
      if (at.writers[w].flying.empty()) continue;
      auto after = at;  // the first record under way is stored; its writer hears of it, if it lives
      auto& writer = after.writers[w];
      const auto id = writer.flying.front();
      writer.flying.erase(writer.flying.begin());
      after.topic.push_back(id);
      on_stored(writer.at, id);
      visit(std::move(after));
      auto lost = at;  // a connection ends: nothing behind the lost record comes either
      lost.writers[w].flying.clear();
      if (w + 1 != at.writers.size()) visit(std::move(lost));
    }
    if (is_ahead_of_journal(alive.at) && at.journaled < alive.at.stored) {
      auto after = at;
      after.journaled = alive.at.stored;
      visit(std::move(after));
    }
    if (at.writers.size() < writers_max) {
      auto after = at;
      auto began = resume(at.journaled, credulous_ ? std::vector<std::string>{"3"} : at.topic);
      after.writers.push_back({std::move(began), {}});
      visit(std::move(after));
    }
  }

  const bool credulous_;
  std::set<world> seen_{};
  std::vector<world> todo_{};
  std::string wrong_{};
  bool finished_ = false;
};

TEST(Publication, KeepsTheContractThroughEveryDeathAndEveryLateRecord) {
  explorer all{false};
  all.run();
  EXPECT_EQ(all.wrong(), "");
  EXPECT_TRUE(all.finished_once());
  RecordProperty("states", static_cast<int>(all.states()));
  EXPECT_GT(all.states(), 1'000U);
}

TEST(Publication, BreaksTheContractWhenASuccessorBelievesIdsThatAreNotInTheTopic) {
  explorer all{true};
  all.run();
  EXPECT_NE(all.wrong(), "");
}

}  // namespace
}  // namespace seatgrid::cluster
