#include "actors/lane_keeper.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <memory>

#include "actors/engine.hpp"

namespace seatgrid::actors {
namespace {

constexpr milliseconds first_pause{20};
constexpr milliseconds longest_pause{1'000};
constexpr std::size_t fired_at_once = 1'000;  // then other messages have their turn

}  // namespace

lane_keeper::lane_keeper(caf::actor_config& config, lane& kept) : caf::event_based_actor(config), lane_(kept) {}

caf::behavior lane_keeper::make_behavior() {
  return {[this](claim_atom) { claim(); },
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
    if (claimed.error().code == errc::conflict || ++tries_ >= owner.options().claim_tries) return owner.fatal(text);
    const auto pause = std::min(longest_pause, first_pause * (1U << std::min(tries_, 6U)));
    delayed_send(this, pause, claim_atom::value);
    return;
  }
  tries_ = 0;
  // What ran when the lane was lost: its steps may or may not be among those that count, only the state can tell.
  if (life_) owner.requests().fail_all({errc::unavailable, "the lane was lost while the order ran: look before you repeat it"});
  life_ = std::make_shared<lane_life>();
  life_->at = claimed->at;
  life_->recorded = claimed->now;
  todo_ = lane_.live_entities();
  next_ = outstanding_ = 0;
  owner.count().found += todo_.size();
  lane_.begin_life(life_);
  feed();
}

void lane_keeper::rebuild(const life_ptr& gone) {
  if (gone != life_) return;
  for (auto& one : lane_.end_life()) caf::anon_send_exit(one, caf::exit_reason::kill);
  lane_.timers_.clear();
  claim();
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
