#include "actors/lane_keeper.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <memory>
#include <utility>

#include "actors/engine.hpp"
#include "domain/call_resume.hpp"

namespace seatgrid::actors {
namespace {

constexpr milliseconds first_pause{20};
constexpr milliseconds longest_pause{1'000};
constexpr milliseconds rest_look{1};          // between two looks whether a lane is at rest
constexpr milliseconds rest_max{2'000};       // of a lane that nobody comes for
constexpr std::size_t fired_at_once = 1'000;  // then other messages have their turn

}  // namespace

lane_keeper::lane_keeper(caf::actor_config& config, lane& kept) : caf::event_based_actor(config), lane_(kept) {}

caf::behavior lane_keeper::make_behavior() {
  return {[this](claim_atom) { claim(); },
          [this](claim_atom, const on_order_done_ptr& told) { on_order(told); },
          [this](const rest_order_ptr& order) { rest(order); },
          [this](rest_atom) { look_whether_at_rest(); },
          [this](const claim_word& word) { on_claimed(word); },
          [this](lost_atom, const life_ptr& gone) { rebuild(gone); },
          [this](resumed_atom) {
            if (outstanding_ > 0) --outstanding_;
            feed();
          },
          [this](arm_atom) { arm(); },
          [this](tick_atom) {
            armed_.reset();
            fire();
          }};
}

/// The journal may take as long as its log is away; what comes meanwhile is held.
void lane_keeper::claim() {
  const auto number = ++claims_;
  const auto tell = [me = address(), number](result<lane_claim> came) {
    if (auto keeper = caf::actor_cast<caf::actor>(me))
      caf::anon_send(keeper, claim_word{std::make_shared<claim_said>(claim_said{number, std::move(came)})});
  };
  lane_.owner_.log().claim(lane_.id_, tell, [tell](const error& why) { tell(tl::unexpected(why)); });
}

void lane_keeper::on_claimed(const claim_word& word) {
  if (word->number != claims_) return;
  auto& owner = lane_.owner_;
  const auto& claimed = word->outcome;
  if (life_ && !life_->over) {  // it was claimed, and now it is lost
    if (!claimed) lane_.lost(life_, claimed.error().code);
    return;
  }
  if (!claimed) {
    const auto text = "lane " + std::to_string(lane_.id_) + " cannot be claimed: " + claimed.error().what;
    if (claimed.error().code == errc::conflict || ++tries_ >= owner.options().claim_tries) {
      if (!owner.claims_by_order()) return owner.fatal(text);
      owner.say(text);
      return end_order(false);
    }
    const auto pause = std::min(longest_pause, first_pause * (1U << std::min(tries_, 6U)));
    delayed_send(this, pause, claim_atom::value);
    return;
  }
  tries_ = 0;
  // What ran when the lane was lost: its steps may or may not be among those that count, only the state can tell.
  if (life_ && !owner.claims_by_order())
    owner.requests().fail_all({errc::unavailable, "the lane was lost while the order ran: look before you repeat it"});
  life_ = std::make_shared<lane_life>();
  life_->at = claimed->at;
  life_->recorded = claimed->now;
  todo_ = lane_.live_entities();
  const auto ended = lane_.ended_calls(life_->recorded - calls::end_said_again);
  todo_.insert(todo_.end(), ended.begin(), ended.end());
  next_ = outstanding_ = 0;
  owner.count().found += todo_.size();
  lane_.begin_life(life_);
  end_order(true);
  feed();
}

void lane_keeper::on_order(const on_order_done_ptr& told) {
  orders_.push_back(told);
  if (life_ && !life_->over) return end_order(true);
  if (orders_.size() > 1) return;  // the claim is under way
  tries_ = 0;
  claim();
}

void lane_keeper::end_order(bool won) {
  lane_.wanted_ = won;
  for (const auto& told : std::exchange(orders_, {})) (*told)(won);
  if (!won) lane_.release_held();
}

void lane_keeper::rest(const rest_order_ptr& order) {
  if (!life_ || life_->over) return order->done(true);  // nothing runs here
  if (rest_ || !life_->resumed) return order->done(false);
  rest_ = order;
  rest_until_ = clock().now() + order->patience;
  was_quiet_ = false;
  lane_.resting_ = true;
  look_whether_at_rest();
}

/// Twice in a row: an input may have passed the gate just before it closed.
void lane_keeper::look_whether_at_rest() {
  if (!rest_) {
    if (lane_.resting_.exchange(false)) lane_.release_held();  // nobody came for it
    return;
  }
  if (!life_ || life_->over) return end_rest(false);
  const bool quiet = lane_.is_quiet();
  if (quiet && was_quiet_) return end_rest(true);
  was_quiet_ = quiet;
  if (clock().now() >= rest_until_) return end_rest(false);
  delayed_send(this, rest_look, rest_atom::value);
}

void lane_keeper::end_rest(bool rests) {
  const auto order = std::exchange(rest_, {});
  if (rests)
    delayed_send(this, rest_max, rest_atom::value);
  else if (lane_.resting_.exchange(false))
    lane_.release_held();
  order->done(rests);
}

void lane_keeper::rebuild(const life_ptr& gone) {
  if (gone != life_) return;
  for (auto& one : lane_.end_life()) caf::anon_send_exit(one, caf::exit_reason::kill);
  lane_.timers_.clear();
  lane_.resting_ = false;
  const bool leaves = lane_.owner_.claims_by_order() && lane_.owner_.is_draining();
  if (!leaves && !lane_.owner_.is_elsewhere(lane_.id_)) return claim();
  lane_.wanted_ = false;
  life_.reset();
  lane_.release_held();
}

/// Starts the next restores, at most `resume_parallel` at a time; then the lane takes new calls.
void lane_keeper::feed() {
  if (!life_ || life_->over) return;
  auto& owner = lane_.owner_;
  while (next_ < todo_.size() && outstanding_ < owner.options().resume_parallel) {
    auto in = std::make_shared<entity_input>();
    in->to = todo_[next_++];
    in->what = resume_entity{};
    ++outstanding_;
    lane_.deliver(std::move(in), life_);
  }
  if (next_ < todo_.size() || outstanding_ > 0 || life_->resumed.exchange(true)) return;
  todo_.clear();
  todo_.shrink_to_fit();
  lane_.release_held();
}

void lane_keeper::arm() {
  const auto next = lane_.timers_.next();
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = *next;
  const auto pause = std::max(*next - clock().now(), caf::actor_clock::duration_type{0});
  delayed_send(this, std::chrono::duration_cast<std::chrono::microseconds>(pause) + std::chrono::microseconds{1},
               tick_atom::value);
}

void lane_keeper::fire() {
  if (lane_.resting_) {
    delayed_send(this, rest_look, tick_atom::value);
    return;
  }
  auto due = lane_.timers_.take_due(clock().now(), fired_at_once);
  for (const auto& one : due) {
    auto in = std::make_shared<entity_input>();
    in->to = one.entity;
    in->what = timer_fired{one.timer, one.generation};
    lane_.owner_.count().timers_fired.fetch_add(1, std::memory_order_relaxed);
    if (life_) lane_.deliver(std::move(in), life_);
  }
  arm();
}

}  // namespace seatgrid::actors
