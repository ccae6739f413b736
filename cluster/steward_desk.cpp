#include "cluster/steward_desk.hpp"

#include <algorithm>

#include "base/overload.hpp"
#include "base/thread_name.hpp"
#include "cluster/link_messages.hpp"
#include "cluster/steward_desk_internal.hpp"

/// The thread, what comes to it, and what the steward says. What others see of it: steward_desk_view.cpp.
namespace seatgrid::cluster {

namespace {

constexpr std::size_t letters_max = 20'000;  // beyond, heartbeats are dropped: the next ones say the same

}  // namespace

steward_desk_impl::steward_desk_impl(steward_desk& desk, steward_desk_options options, steward_hooks hooks)
    : desk_(desk), options_(std::move(options)), hooks_(std::move(hooks)) {}

result<void> steward_desk_impl::open() {
  if (!options_.roster || !options_.open_links) return fail(errc::invalid, "a steward needs a log for the roster, and links");
  auto opened = options_.open_links({.on_message = [this](const auto& from, const envelope& what) { on_message(from, what); },
                                     .on_up =
                                         [this](const auto& who) {
                                           if (hooks_.link_up) hooks_.link_up(who);
                                         },
                                     .on_down =
                                         [this](const auto& who, bool reset) {
                                           if (reset) put(peer_reset{who.process});
                                           if (hooks_.link_down) hooks_.link_down(who, reset);
                                         }});
  if (!opened) return tl::unexpected(opened.error());
  links_ = std::move(*opened);
  if (options_.card.link_port == 0) options_.card.link_port = links_->port();
  if (auto fine = check(options_.card); !fine) return fine;
  state_ = make_steward(options_.card, options_.steward, options_.rules);
  const auto bounds = options_.roster->bounds(0, options_.start_patience);
  if (!bounds) return tl::unexpected(bounds.error());
  if (bounds->first != 0) return fail(errc::corrupt, "the roster's beginning was removed: its topic must keep everything");
  roster_end_ = static_cast<std::uint64_t>(bounds->end);
  if (auto tailed = options_.roster->tail(0, 0, [this](const auto& came) { on_records(came); }); !tailed) return tailed;
  heartbeat_due_ = now();
  if (options_.by_hand) {
    is_open_ = true;
    return {};
  }
  thread_ = std::thread{[this] { run(); }};
  const auto joined = wait_for([this](const auto& now) { return now.phase == steward_phase::serving || ended_; },
                               options_.start_patience, "its join of the roster");
  const std::lock_guard lock{published_mutex_};
  if (ended_) return tl::unexpected(*ended_);
  is_open_ = joined.has_value();
  return joined ? result<void>{} : fail(errc::unavailable, joined.error().what);
}

void steward_desk_impl::close() {
  const std::lock_guard only_one{close_mutex_};
  desk_.speaks_until_us_ = 0;
  {
    const std::lock_guard lock{inbox_mutex_};
    ends_ = true;
  }
  inbox_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (links_) links_->close();
  if (options_.roster) options_.roster->close(milliseconds{0});
}

void steward_desk_impl::put(steward_input in) { put(letter{.in = std::move(in)}); }

void steward_desk_impl::put(letter what) {
  {
    const std::lock_guard lock{inbox_mutex_};
    const bool is_word = what.word.kind == link_kind::heartbeat && !what.in && !what.broken;
    if (ends_ || (is_word && inbox_.size() >= letters_max)) return;
    inbox_.push_back(std::move(what));
  }
  inbox_changed_.notify_one();
}

void steward_desk_impl::on_message(const lane_owner& from, envelope what) {
  switch (what.kind) {
    case link_kind::heartbeat:
    case link_kind::opinion_asked:
    case link_kind::opinion:
    case link_kind::lane_wanted:
    case link_kind::lane_rests: return put(letter{.from = from, .word = std::move(what)});
    case link_kind::to_entity:
    case link_kind::to_slot:
    case link_kind::asked:
    case link_kind::answered: break;
  }
  if (hooks_.message) hooks_.message(from, std::move(what));
}

void steward_desk_impl::on_records(const result<std::span<const log_record>>& came) {
  if (!came) return put(letter{.broken = came.error()});
  for (const auto& one : *came) {
    roster_read in{.offset = static_cast<std::uint64_t>(one.offset), .log = one.at};
    if (auto read = decode_roster_record(one.bytes)) in.what = std::move(*read);
    put(std::move(in));
  }
}

void steward_desk_impl::run() {
  name_this_thread("steward");
  std::unique_lock lock{inbox_mutex_};
  while (!ends_) {
    const auto pause = heartbeat_due_ - now();
    inbox_changed_.wait_for(lock, std::max(pause, node_time{0}), [this] { return !inbox_.empty() || ends_; });
    std::deque<letter> came;
    came.swap(inbox_);
    lock.unlock();
    handle_letters(std::move(came));
    lock.lock();
  }
}

void steward_desk_impl::handle_letters(std::deque<letter> came) {
  for (auto& one : came) open_letter(std::move(one));
  if (state_.phase == steward_phase::reading && state_.members.next >= roster_end_) give(roster_caught_up{now()});
  if (now() >= heartbeat_due_) tick();
  publish();
}

node_time steward_desk_impl::step() {
  std::deque<letter> came;
  {
    const std::lock_guard lock{inbox_mutex_};
    if (ends_) return node_time::max();
    came.swap(inbox_);
  }
  if (!came.empty() || now() >= heartbeat_due_) handle_letters(std::move(came));
  return heartbeat_due_;
}

void steward_desk_impl::open_letter(letter&& what) {
  if (what.broken) return end({what.broken->code, "the roster cannot be read on: " + what.broken->what});
  if (!what.in) return answer(what.from, what.word);
  if (auto* record = std::get_if<roster_read>(&*what.in)) {
    record->now = now();
    const auto* joined = record->what ? std::get_if<node_joined>(&*record->what) : nullptr;
    give(*what.in);
    if (hooks_.record) hooks_.record(record->offset, record->what, record->log);
    // When the log took it lies between our sending and our reading: beyond these the clocks differ.
    const auto clock = utc();
    if (joined != nullptr && joined->card.who.process == me())
      give(log_time_seen{record->log, std::clamp(record->log, std::min(appended_at_, clock), clock)});
    return;
  }
  // A claim that ended has moved the lane: the steward must not look at what it was before.
  if (std::holds_alternative<claim_ended>(*what.in)) see_lanes();
  give(*what.in);
}

void steward_desk_impl::answer(const lane_owner& from, const envelope& word) {
  switch (word.kind) {
    case link_kind::heartbeat:
      if (auto said = decode_heartbeat(word.bytes)) give(peer_heard{from.process, std::move(*said), now(), utc()});
      return;
    case link_kind::opinion_asked:
      if (const auto asked = decode_opinion_asked(word.bytes))
        send(from, link_kind::opinion, encode(opinion_said{asked->about, hears(state_.alive, asked->about)}));
      return;
    case link_kind::opinion:
      if (const auto said = decode_opinion(word.bytes))
        if (const auto* about = state_.members.of_node(said->about))
          give(peer_opinion{from.process, about->card.who.process, said->hears_it});
      return;
    case link_kind::lane_wanted:
      if (const auto wanted = decode_lane_wanted(word.bytes)) bring_to_rest(from, wanted->lane);
      return;
    case link_kind::lane_rests:
      if (const auto said = decode_lane_rests(word.bytes)) give(rest_answered{said->lane, from.process, said->rests});
      return;
    case link_kind::to_entity:
    case link_kind::to_slot:
    case link_kind::asked:
    case link_kind::answered: return;
  }
}

void steward_desk_impl::bring_to_rest(const lane_owner& to, lane_id lane) {
  see_lanes();
  const auto it = std::find_if(state_.lanes.begin(), state_.lanes.end(), [&](const auto& one) { return one.lane == lane; });
  auto reply = [this, to, lane](bool rests) { send(to, link_kind::lane_rests, encode(lane_rests{lane, rests})); };
  if (it == state_.lanes.end() || !it->mine) return reply(true);
  if (hooks_.bring_to_rest) return hooks_.bring_to_rest(lane, std::move(reply));
  reply(false);
}

void steward_desk_impl::give(const steward_input& in) {
  for (const auto& out : handle(state_, in)) std::visit([this](const auto& one) { act(one); }, out);
  desk_.speaks_until_us_ = speaks_until(state_).count();
}

void steward_desk_impl::act(const claim_lane& out) {
  say("claims lane " + std::to_string(out.lane) + ": " + out.why);
  if (hooks_.claim) return hooks_.claim(out.lane, out.why);
  put(claim_ended{out.lane, false});
}
void steward_desk_impl::act(const ask_rest& out) { send(out.owner, link_kind::lane_wanted, encode(lane_wanted{out.lane})); }
void steward_desk_impl::act(const open_slot& out) {
  say("holds slot " + std::to_string(out.slot));
  if (hooks_.open_slot) hooks_.open_slot(out.slot, state_.members.slots.at(out.slot));
}
void steward_desk_impl::act(const close_slot& out) {
  say("gives slot " + std::to_string(out.slot) + " up");
  if (hooks_.close_slot) hooks_.close_slot(out.slot);
}
void steward_desk_impl::act(const give_up_all& out) {
  say("gives its lanes up: " + out.why);
  if (hooks_.give_up) hooks_.give_up(out.why);
}
void steward_desk_impl::act(const ask_about& out) {
  send(owner_named(out.of), link_kind::opinion_asked, encode(opinion_asked{owner_named(out.about).node}));
}
void steward_desk_impl::act(const end_process& out) { end(out.why); }

void steward_desk_impl::end(const error& why) {
  desk_.speaks_until_us_ = 0;
  state_.phase = steward_phase::over;
  bool was_open = false;
  {
    const std::lock_guard lock{published_mutex_};
    was_open = is_open_;
    ended_ = why;
  }
  published_changed_.notify_all();
  say("this process ends: " + why.what);
  if (was_open && hooks_.end_process) hooks_.end_process(why.what);
}

void steward_desk_impl::see_lanes() {
  if (!hooks_.lanes) return;
  lane_views_ = hooks_.lanes();
  lanes_seen seen;
  for (const auto& one : lane_views_)
    seen.lanes.push_back({.lane = one.lane,
                          .owner = {one.owner, one.process},
                          .mine = one.mode == lane_mode::owner || one.mode == lane_mode::claiming,
                          .warm = one.to_fold == 0 && one.mode != lane_mode::stopped,
                          .next = one.next_offset,
                          .epoch = one.epoch});
  give(seen);
}

void steward_desk_impl::tick() {
  const auto at = now();
  const node_time period = options_.steward.members.heartbeat;
  heartbeat_due_ = std::max(heartbeat_due_ + period, at);
  see_lanes();
  heartbeat mine{.clock = utc(), .owns_lanes_allowed = !hooks_.may_own || hooks_.may_own()};
  for (const auto& one : lane_views_) {
    mine.oldest_in_doubt = std::max(mine.oldest_in_doubt, one.in_doubt);
    mine.records_read += one.next_offset;
    if (one.mode == lane_mode::owner) mine.frames_counted += one.sequence;
  }
  give(steward_tick{at, mine});
  if (state_.phase != steward_phase::serving) return;
  for (const auto& peer : linked_) send(peer.who, link_kind::heartbeat, encode(heartbeat_for(state_, peer.who.process)));
}

void steward_desk_impl::send(const lane_owner& to, link_kind kind, std::string bytes) {
  // What does not leave is said again: a heartbeat by the next one, a question when its time is over.
  if (to.process) (void)links_->send(to, {kind, std::move(bytes)});
}

void steward_desk_impl::write(const roster_record& what) {
  appended_at_ = utc();
  options_.roster->append(0, encode_roster_record(what), [this](const auto& outcome) {
    if (!outcome) say("a record of the roster may be lost: " + outcome.error().what);
  });
}

}  // namespace seatgrid::cluster
