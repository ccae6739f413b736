#include "actors/requests.hpp"

#include <utility>

namespace seatgrid::actors {

result<std::uint64_t> request_table::add(gateway::answer& done, moment deadline) {
  const std::lock_guard lock{mutex_};
  if (table_.size() >= most_) return fail(errc::full, std::to_string(most_) + " requests wait for an answer");
  table_.emplace(++last_, waiting_answer{std::move(done), deadline});
  return last_;
}

void request_table::finish(std::uint64_t request, result<std::string> outcome) {
  gateway::answer done;
  {
    const std::lock_guard lock{mutex_};
    const auto it = table_.find(request);
    if (it == table_.end()) return;
    done = std::move(it->second.done);
    table_.erase(it);
  }
  done(std::move(outcome));
}

void request_table::expire(moment now) {
  std::vector<gateway::answer> late;
  {
    const std::lock_guard lock{mutex_};
    std::erase_if(table_, [&](auto& item) {
      if (item.second.deadline > now) return false;
      late.push_back(std::move(item.second.done));
      return true;
    });
  }
  for (auto& done : late) done(fail(errc::timed_out, "no answer in time: look at the state before you repeat the order"));
}

void request_table::fail_all(const error& why) {
  std::unordered_map<std::uint64_t, waiting_answer> all;
  {
    const std::lock_guard lock{mutex_};
    all.swap(table_);
  }
  for (auto& [unused, item] : all) item.done(tl::unexpected(why));
}

std::size_t request_table::waiting() const {
  const std::lock_guard lock{mutex_};
  return table_.size();
}

}  // namespace seatgrid::actors
