#include <utility>
#include <vector>

#include "actors/router.hpp"

/// Questions from process to process, each answered once or timed out.
namespace seatgrid::actors {

void router::serve(const std::string& name, answerer how) {
  const std::unique_lock lock{servers_mutex_};
  servers_[name] = std::move(how);
}

void router::serve_question(const std::string& name, std::string payload, gateway::answer done) {
  answerer how;
  {
    const std::shared_lock lock{servers_mutex_};
    const auto found = servers_.find(name);
    if (found != servers_.end()) how = found->second;
  }
  if (!how) return done(fail(errc::unsupported, "this node does not answer '" + name + "'"));
  how(std::move(payload), std::move(done));
}

void router::ask(const cluster::lane_owner& to, const std::string& whom, std::string payload, gateway::answer done) {
  counters_.questions.fetch_add(1, std::memory_order_relaxed);
  if (to.process == world_.me.process) return serve_question(whom, std::move(payload), std::move(done));
  std::uint64_t id = 0;
  {
    const std::lock_guard lock{questions_mutex_};
    if (questions_.size() < options_.questions_max) id = ++last_question_;
  }
  if (id == 0) return done(fail(errc::full, std::to_string(options_.questions_max) + " questions wait for an answer"));
  {
    const std::lock_guard lock{questions_mutex_};
    questions_[id] = {std::move(done), now() + options_.question_patience};
  }
  const auto sent = world_.send(to, {cluster::link_kind::asked, encode(question{id, whom, std::move(payload)})});
  if (!sent) answer(id, fail(errc::unavailable, "node '" + to.node + "' cannot be reached: " + sent.error().what));
}

void router::ask_owner(lane_id lane, const std::string& whom, std::string payload, gateway::answer done) {
  const auto owner = world_.owner_of(lane);
  if (!owner) return done(fail(errc::unavailable, "nobody owns lane " + std::to_string(lane) + " just now: try again"));
  ask(*owner, whom, std::move(payload), std::move(done));
}

void router::answer(std::uint64_t id, result<std::string> outcome) {
  gateway::answer done;
  {
    const std::lock_guard lock{questions_mutex_};
    const auto found = questions_.find(id);
    if (found == questions_.end()) return;
    done = std::move(found->second.done);
    questions_.erase(found);
  }
  done(std::move(outcome));
}

void router::take_question(const cluster::lane_owner& from, const std::string& bytes) {
  auto came = decode_question(bytes);
  if (!came) {
    counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  serve_question(came->server, std::move(came->payload), [send = world_.send, from, id = came->id](result<std::string> outcome) {
    question_answer back{.id = id};
    if (outcome) {
      back.text = std::move(*outcome);
    } else {
      back.code = outcome.error().code;
      back.text = std::move(outcome.error().what);
    }
    static_cast<void>(send(from, {cluster::link_kind::answered, encode(back)}));  // whoever asked is gone: nobody waits
  });
}

void router::take_answer(const std::string& bytes) {
  auto came = decode_question_answer(bytes);
  if (!came) {
    counters_.malformed.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (came->code == errc::ok)
    answer(came->id, std::move(came->text));
  else
    answer(came->id, tl::unexpected(error{came->code, std::move(came->text)}));
}

bool router::later(std::function<void()> what) {
  const std::lock_guard lock{questions_mutex_};
  if (later_.size() >= options_.questions_max) return false;
  later_.push_back(std::move(what));
  return true;
}

void router::tick() {
  refuse_old_calls();
  std::vector<gateway::answer> late;
  std::vector<std::function<void()>> due;
  const auto at = now();
  drop_late_early(at);
  forget_ended_legs(at);
  {
    const std::lock_guard lock{questions_mutex_};
    due.swap(later_);
    std::erase_if(questions_, [&](auto& one) {
      if (one.second.until > at) return false;
      late.push_back(std::move(one.second.done));
      return true;
    });
  }
  for (const auto& done : late)
    done(fail(errc::timed_out, "the other node did not answer in time: look before you repeat an order"));
  for (const auto& what : due) what();
}

}  // namespace seatgrid::actors
