#include "tests/model/acd/explorer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "tests/model/acd/properties.hpp"
#include "tests/model/acd/state_store.hpp"

namespace seatgrid::model {
namespace {

enum class deed : std::uint8_t { start, deliver, deliver_late, deliver_twice, put_aside, lose, choose, take_over, kill };

/// Attempts beyond the scope's within which a run must have calmed down.
constexpr attempt_no spare_attempts = 3;

/// How a state was first reached.
struct way {
  std::uint32_t from = 0;
  deed what = deed::start;
  std::uint8_t entity = 0;
  std::uint16_t input = 0;  // message or choice
};

class explorer {
 public:
  explorer(const scope& of, const bends& how) : scope_(of), cast_(of), words_(cast_), store_(cast_.size()) {
    for (std::size_t i = 0; i < of.calls; ++i)
      who_.push_back(std::make_unique<machine_of<call_entity>>(who_.size(), call_entity{cast_, cast_.call(i), how.call}, words_));
    for (std::size_t i = 0; i < of.agents; ++i)
      who_.push_back(
          std::make_unique<machine_of<agent_entity>>(who_.size(), agent_entity{cast_, cast_.agent(i), how.agent}, words_));
    for (std::size_t i = 0; i < of.queues; ++i)
      who_.push_back(
          std::make_unique<machine_of<queue_entity>>(who_.size(), queue_entity{cast_, cast_.queue(i), how.queue}, words_));
  }

  verdict go() {
    const auto began = std::chrono::steady_clock::now();
    begin();
    for (std::uint32_t number = 0; number < ways_.size() && broken_.empty(); ++number) expand(number);
    if (broken_.empty() && is_complete_) look_back();
    verdict v{.broken = broken_, .trace = {}, .states = ways_.size(), .transitions = transitions_, .at_bound = at_bound_};
    if (!broken_.empty()) v.trace = trace_to(worst_);
    v.bytes = store_.bytes() + ways_.capacity() * sizeof(way) + (from_.capacity() + to_.capacity()) * sizeof(std::uint32_t);
    for (const auto& one : who_) v.local_states += one->size();
    v.messages = words_.size();
    v.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    v.is_complete = is_complete_;
    return v;
  }

 private:
  /// Queues know their members and agents have said that they are free; the calls' first words are on their way.
  void begin() {
    global_state s;
    std::vector<word_no> sent;
    for (auto& one : who_) {
      std::vector<word_no> said;
      s.locals.push_back(one->start(said));
      sent.insert(sent.end(), said.begin(), said.end());
    }
    global_state calls_words;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const auto word = sent[i];
      const auto to = words_.receiver(word);
      if (std::holds_alternative<enqueue>(words_.message(word))) {
        send(calls_words, word);
        continue;
      }
      const auto& made = who_[to]->hear(s.locals[to], word);
      s.locals[to] = made.to;
      sent.insert(sent.end(), made.sent.begin(), made.sent.end());
    }
    s.flying = calls_words.flying;
    store_.add(s);
    ways_.push_back({});
    judge(0, s, {});
  }

  attempt_no attempts_of(const global_state& s) const {
    attempt_no most = 0;
    for (auto queue = scope_.calls + scope_.agents; queue < who_.size(); ++queue)
      most = std::max(most, who_[queue]->view(s.locals[queue]).attempts);
    return most;
  }

  void expand(std::uint32_t number) {
    global_state s;
    store_.read(number, s);
    const auto attempts = attempts_of(s);
    if (attempts > scope_.attempts_max + spare_attempts) return;
    // Beyond the scope's attempts nothing goes wrong any more: what is under way must come to rest by itself.
    const bool calms_down = attempts > scope_.attempts_max;
    const bool may_trouble = s.troubles < scope_.troubles && !calms_down;
    for (std::size_t i = 0; i < s.flying.size(); ++i) {
      const auto word = s.flying[i];
      if (i > 0 && words_.channel(s.flying[i - 1]) == words_.channel(word)) continue;
      const auto to = static_cast<std::uint8_t>(words_.receiver(word));
      const auto& made = who_[to]->hear(s.locals[to], word);
      reach(number, s, made, {number, deed::deliver, to, word}, true);
      if (!may_trouble) continue;
      reach(number, s, made, {number, deed::deliver_twice, to, word}, false);
      reach(number, s, {.to = s.locals[to]}, {number, deed::put_aside, to, word}, false);
      reach(number, s, {.to = s.locals[to]}, {number, deed::lose, to, word}, false);
    }
    for (std::size_t i = 0; i < s.late.size(); ++i) {
      if (i > 0 && s.late[i - 1] == s.late[i]) continue;
      const auto to = static_cast<std::uint8_t>(words_.receiver(s.late[i]));
      reach(number, s, who_[to]->hear(s.locals[to], s.late[i]), {number, deed::deliver_late, to, s.late[i]}, true);
    }
    const bool may_begin = s.flying.size() < scope_.flying_max;
    const auto entities = static_cast<std::uint8_t>(who_.size());
    for (std::uint8_t entity = 0; entity < entities; ++entity) {
      for (const auto& one : who_[entity]->choices(s.locals[entity])) {
        if (!may_begin) break;
        if (calms_down && (one.kind == choice_kind::world || one.gives_up)) continue;
        reach(number, s, who_[entity]->take(s.locals[entity], one.code), {number, deed::choose, entity, one.code},
              one.kind == choice_kind::inner);
      }
      if (may_trouble) reach(number, s, who_[entity]->take_over(s.locals[entity]), {number, deed::take_over, entity, 0}, false);
    }
    if (may_trouble) kill(number, s);
  }

  /// Behind what was said on that channel before. The same word again at once is one word: doubling is a trouble.
  void send(global_state& s, word_no word) const {
    const auto later = [&](word_no other) { return words_.channel(other) > words_.channel(word); };
    const auto at = std::find_if(s.flying.begin(), s.flying.end(), later);
    if (at == s.flying.begin() || *(at - 1) != word) s.flying.insert(at, word);
  }

  /// One entity moves; `is_sure`: it happens some time without anybody's doing.
  void reach(std::uint32_t number, const global_state& s, const moved& made, way how, bool is_sure) {
    next_ = s;
    const auto take = [&](std::vector<word_no>& from) { from.erase(std::find(from.begin(), from.end(), how.input)); };
    const bool was_flying =
        how.what == deed::deliver || how.what == deed::deliver_twice || how.what == deed::put_aside || how.what == deed::lose;
    if (was_flying) take(next_.flying);
    if (how.what == deed::deliver_late) take(next_.late);
    if (how.what == deed::deliver_twice || how.what == deed::put_aside)
      next_.late.insert(std::lower_bound(next_.late.begin(), next_.late.end(), how.input), how.input);
    if (how.what == deed::take_over || (was_flying && how.what != deed::deliver)) ++next_.troubles;
    next_.locals[how.entity] = made.to;
    for (const auto word : made.sent) send(next_, word);
    note(number, how, is_sure, made.wrong);
  }

  /// The process of the lane: nothing in flight survives, everybody resumes.
  void kill(std::uint32_t number, const global_state& s) {
    next_ = s;
    ++next_.troubles;
    next_.flying.clear();
    next_.late.clear();
    std::string wrong;
    for (std::size_t entity = 0; entity < who_.size(); ++entity) {
      const auto& made = who_[entity]->take_over(s.locals[entity]);
      next_.locals[entity] = made.to;
      for (const auto word : made.sent) send(next_, word);
      if (wrong.empty()) wrong = made.wrong;
    }
    note(number, {number, deed::kill, 0, 0}, false, wrong);
  }

  void note(std::uint32_t number, const way& how, bool is_sure, const std::string& wrong) {
    ++transitions_;
    if (!is_complete_) return;
    const auto [to, is_new] = store_.add(next_);
    if (is_sure && to != number) from_.push_back(number), to_.push_back(to);
    if (!is_new) return;
    ways_.push_back(how);
    judge(to, next_, wrong);
    if (ways_.size() >= scope_.states_max) is_complete_ = false;
  }

  void judge(std::uint32_t number, const global_state& s, const std::string& wrong) {
    const bool is_at_bound = attempts_of(s) > scope_.attempts_max + spare_attempts;  // not followed, so not judged
    is_good_.push_back(is_at_bound || unsettled(cast_, who_, s).empty());
    at_bound_ += is_at_bound ? 1 : 0;
    if (!broken_.empty()) return;
    broken_ = wrong.empty() ? broken_in(cast_, who_, s) : wrong;
    worst_ = number;
  }

  /// Marks all states from which a settled one can be reached without anybody's doing; the first that is left is stuck.
  void look_back() {
    const auto count = ways_.size();
    std::vector<std::uint32_t> begin(count + 1, 0);
    for (const auto to : to_) ++begin[to + 1];
    for (std::size_t i = 0; i < count; ++i) begin[i + 1] += begin[i];
    std::vector<std::uint32_t> before(to_.size());
    auto fill = begin;
    for (std::size_t i = 0; i < to_.size(); ++i) before[fill[to_[i]]++] = from_[i];
    std::vector<std::uint32_t> work;
    for (std::uint32_t i = 0; i < count; ++i)
      if (is_good_[i]) work.push_back(i);
    while (!work.empty()) {
      const auto at = work.back();
      work.pop_back();
      for (auto i = begin[at]; i < begin[at + 1]; ++i)
        if (!is_good_[before[i]]) {
          is_good_[before[i]] = true;
          work.push_back(before[i]);
        }
    }
    const auto stuck = std::find(is_good_.begin(), is_good_.end(), false);
    if (stuck == is_good_.end()) return;
    worst_ = static_cast<std::uint32_t>(stuck - is_good_.begin());
    broken_ = "stuck: " + why_stuck();
  }

  /// Lets everything on its way arrive, to say what stays wrong.
  std::string why_stuck() {
    global_state s;
    store_.read(worst_, s);
    constexpr int words_max = 1'000;
    for (int i = 0; i < words_max && !(s.flying.empty() && s.late.empty()); ++i) {
      auto& from = s.flying.empty() ? s.late : s.flying;
      const auto word = from.front();
      const auto to = words_.receiver(word);
      const auto& made = who_[to]->hear(s.locals[to], word);
      from.erase(from.begin());
      s.locals[to] = made.to;
      for (const auto said : made.sent) send(s, said);
    }
    return unsettled(cast_, who_, s);
  }

  std::vector<std::string> trace_to(std::uint32_t number) {
    std::vector<std::uint32_t> path{number};
    while (ways_[path.back()].what != deed::start) path.push_back(ways_[path.back()].from);
    std::reverse(path.begin(), path.end());
    std::vector<std::string> lines;
    global_state before;
    global_state after;
    for (std::size_t i = 0; i < path.size(); ++i) {
      store_.read(path[i], after);
      if (i > 0) lines.push_back(line_of(ways_[path[i]], before, after));
      before = after;
    }
    for (std::size_t e = 0; e < who_.size(); ++e)
      lines.push_back("  then " + cast_.name_of(e) + ": " + who_[e]->describe(after.locals[e]));
    for (const auto word : after.flying) lines.push_back("  then in flight: " + words_.text(word));
    for (const auto word : after.late) lines.push_back("  then still to come: " + words_.text(word));
    return lines;
  }

  std::string line_of(const way& how, const global_state& before, const global_state& after) const {
    std::string line;
    switch (how.what) {
      case deed::start: break;
      case deed::deliver: line = "heard: " + words_.text(how.input); break;
      case deed::deliver_late: line = "heard late: " + words_.text(how.input); break;
      case deed::deliver_twice: line = "heard, and doubled: " + words_.text(how.input); break;
      case deed::put_aside: line = "is late: " + words_.text(how.input); break;
      case deed::lose: line = "lost: " + words_.text(how.input); break;
      case deed::choose:
        line = cast_.name_of(how.entity) + ": ";
        for (const auto& one : who_[how.entity]->choices(before.locals[how.entity]))
          if (one.code == how.input) line += one.name;
        break;
      case deed::take_over: line = "taken over: " + cast_.name_of(how.entity); break;
      case deed::kill: line = "the lane is killed and starts again"; break;
    }
    for (std::size_t e = 0; e < who_.size(); ++e)
      if (before.locals[e] != after.locals[e] && how.what != deed::kill) line += " -> " + who_[e]->describe(after.locals[e]);
    for (const auto word : after.flying)
      if (std::find(before.flying.begin(), before.flying.end(), word) == before.flying.end())
        line += " | says " + words_.text(word);
    return line;
  }

  const scope scope_;
  const cast_list cast_;
  vocabulary words_;
  std::vector<std::unique_ptr<machine>> who_{};
  state_store store_;
  std::vector<way> ways_{};
  std::vector<bool> is_good_{};
  std::vector<std::uint32_t> from_{};
  std::vector<std::uint32_t> to_{};
  global_state next_{};
  std::uint64_t transitions_ = 0;
  std::uint64_t at_bound_ = 0;
  std::string broken_{};
  std::uint32_t worst_ = 0;
  bool is_complete_ = true;
};

}  // namespace

verdict explore(const scope& of, const bends& how) { return explorer{of, how}.go(); }

std::string text(const verdict& v) {
  char line[240];
  std::snprintf(
      line, sizeof line,
      "%llu states (%llu at the bound), %llu transitions, %zu states of single entities, %zu messages, %.1f s, %.0f MB%s\n",
      static_cast<unsigned long long>(v.states), static_cast<unsigned long long>(v.at_bound),
      static_cast<unsigned long long>(v.transitions), v.local_states, v.messages, v.seconds, static_cast<double>(v.bytes) / 1e6,
      v.is_complete ? "" : ", NOT COMPLETE");
  std::string out = line;
  out += v.broken.empty() ? "every property holds\n" : "BROKEN: " + v.broken + "\n";
  for (const auto& step : v.trace) out += "  " + step + "\n";
  return out;
}

}  // namespace seatgrid::model
