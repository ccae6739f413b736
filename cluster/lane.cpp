#include "cluster/lane.hpp"

#include <algorithm>

#include "base/overload.hpp"

namespace seatgrid::cluster {

namespace {

using outputs = std::vector<lane_output>;

std::string name_of(const lane& at) { return "lane " + std::to_string(at.id); }

/// The header of the frame in flight, as the tail will read it.
record header_of(const lane& at, const frame_in_flight& flight) {
  record frame{.kind = record_kind::frame, .lane = at.id, .owner = at.me.process};
  frame.epoch = flight.what.epoch;
  frame.seq = flight.what.seq;
  frame.prev = flight.prev;
  frame.crc = flight.crc;
  return frame;
}

bool is_in_flight(const lane& at, append_ref what) { return at.flight && at.flight->what == what; }
bool is_awaited_claim(const lane& at, append_ref what) {
  return at.mode == lane_mode::claiming && at.claim_sent && what == append_ref{at.epoch, 0};
}

void send_claim(lane& at, outputs& out) {
  at.claim_sent = true;
  record claim{.kind = record_kind::claim, .lane = at.id, .owner = at.me.process, .epoch = at.epoch};
  claim.lanes = at.options.lanes;
  claim.node = at.me.node;
  auto bytes = write_record(claim);
  out.emplace_back(send_record{{at.epoch, 0}, std::move(bytes)});
}

/// Claims with an epoch that nobody has used; at once the first time, then after pauses that double.
void claim(lane& at, outputs& out) {
  at.mode = lane_mode::claiming;
  at.epoch = std::max(at.epoch, at.folded.epoch) + 1;
  at.claim_sent = false;
  constexpr std::uint32_t doublings_max = 20;
  const auto doubled = at.options.claim_pause * (1U << std::min(at.claims_in_a_row, doublings_max)) / 2;
  const auto pause = at.claims_in_a_row == 0 ? std::chrono::milliseconds{0} : std::min(at.options.claim_pause_max, doubled);
  ++at.claims_in_a_row;
  at.due = at.now + pause;
  if (pause.count() == 0) send_claim(at, out);
}

void lose_lane(lane& at, error why, outputs& out) {
  if (at.mode != lane_mode::owner && at.mode != lane_mode::claiming) return;
  at.mode = lane_mode::follower;
  out.emplace_back(lane_lost{at.epoch, std::move(why)});
}

void lose_frame(lane& at, errc code, const std::string& why, outputs& out) {
  if (!at.flight) return;
  at.flight.reset();
  out.emplace_back(frame_lost{{code, why}});
}

void stop(lane& at, error why, outputs& out) {
  lose_lane(at, why, out);
  lose_frame(at, errc::unavailable, why.what, out);
  at.mode = lane_mode::stopped;
  out.emplace_back(lane_stopped{std::move(why)});
}

void become_owner(lane& at, outputs& out) {
  at.mode = lane_mode::owner;
  at.due = at.now + at.options.claim_pause_max;
  out.emplace_back(lane_owned{at.epoch});
}

void on_claim_won(lane& at, const record& won, outputs& out) {
  const bool awaited = won.owner == at.me.process && is_awaited_claim(at, {won.epoch, 0});
  // A frame that was not met before this claim can only land behind it, where it does not count.
  lose_frame(at, errc::wrong_state, name_of(at) + " was claimed before the frame was stored", out);
  if (awaited) return become_owner(at, out);
  const bool own_name = won.node == at.me.node;
  const bool mine_will_win = at.mode == lane_mode::claiming && at.epoch > won.epoch && (at.claim_sent || own_name);
  if (mine_will_win) return;
  lose_lane(at, {errc::wrong_state, name_of(at) + " is of " + won.node + " in epoch " + std::to_string(won.epoch)}, out);
  // Everybody takes us for the owner: a former process of ours, a twin, or a copy of a claim that was reported failed.
  if (own_name && at.rules.claims_over_namesake) claim(at, out);
}

/// Its epoch was judged when the claim that beat it was read: what is left is another number of lanes.
void on_claim_lost(lane& at, const record& claimed, outputs& out) {
  if (claimed.owner != at.me.process || !is_awaited_claim(at, {claimed.epoch, 0})) return;
  stop(at,
       {errc::conflict, "the cluster was made with " + std::to_string(at.folded.lanes) + " lanes, this node is set to " +
                            std::to_string(at.options.lanes)},
       out);
}

void on_counted(lane& at, std::uint64_t offset, const record& frame, outputs& out) {
  const bool mine = frame.owner == at.me.process && is_in_flight(at, {frame.epoch, frame.seq});
  if (mine) at.flight.reset();
  out.emplace_back(frame_counted{offset, frame.seq, mine});
}

void fold_next(lane& at, const record& next, outputs& out) {
  if (!at.rules.yields_to_claims && at.mode == lane_mode::owner && next.owner != at.me.process) return pass_over(at.folded);
  const auto what = judge(at.folded, next, at.rules);
  if (what == verdict::diverged) return stop(at, {errc::corrupt, why_diverged(at.folded, next)}, out);
  const auto offset = at.folded.next;
  fold(at.folded, next, what);
  switch (what) {
    case verdict::claim_won: return on_claim_won(at, next, out);
    case verdict::claim_lost: return on_claim_lost(at, next, out);
    case verdict::counted: return on_counted(at, offset, next, out);
    case verdict::late:
    case verdict::diverged: return;
  }
}

void on_read(lane& at, const record_read& in, outputs& out) {
  if (in.offset < at.folded.next) return;  // folded when it was acknowledged
  at.folded.next = in.offset;              // the tail leaves out nothing: a gap holds no record
  if (!in.what || in.what->lane != at.id) return pass_over(at.folded);
  fold_next(at, *in.what, out);
}

void stop_because_log_went_back(lane& at, std::uint64_t offset, outputs& out) {
  stop(at,
       {errc::corrupt, name_of(at) + " has stored a new record at offset " + std::to_string(offset) + ", but all below " +
                           std::to_string(at.folded.next) + " was read: the log has lost its end"},
       out);
}

/// Only the exhaustive check comes here: the frame is taken as counted although what lies before it is not known.
void count_blindly(lane& at, std::uint64_t offset, const record& frame, outputs& out) {
  const auto next = at.folded.next;
  fold(at.folded, frame, verdict::counted);
  at.folded.next = offset == next ? next + 1 : next;
  on_counted(at, offset, frame, out);
}

void on_stored(lane& at, const append_stored& in, outputs& out) {
  if (is_awaited_claim(at, in.what)) {
    if (!at.rules.acts_on_own_claim_read) return become_owner(at, out);
    if (in.offset && *in.offset < at.folded.next) stop_because_log_went_back(at, *in.offset, out);
    return;
  }
  if (!is_in_flight(at, in.what)) return;
  const auto frame = header_of(at, *at.flight);
  if (!at.rules.counts_when_all_is_known && in.offset) return count_blindly(at, *in.offset, frame, out);
  if (!in.offset || *in.offset > at.folded.next)
    at.flight->stored = true;
  else if (*in.offset < at.folded.next)
    stop_because_log_went_back(at, *in.offset, out);
  else
    fold_next(at, frame, out);
}

void on_failed(lane& at, const append_failed& in, outputs& out) {
  if (is_awaited_claim(at, in.what)) return claim(at, out);
  if (!is_in_flight(at, in.what)) return;
  at.flight->failed = true;
  if (!at.rules.answers_from_tail) lose_frame(at, in.why.code, in.why.what, out);
  if (at.mode != lane_mode::owner || !at.rules.claims_after_error) return;  // else a claim is under way already
  lose_lane(at, {errc::unavailable, name_of(at) + " is in doubt: " + in.why.what}, out);
  claim(at, out);
}

void on_claim_order(lane& at, outputs& out) {
  if (at.mode == lane_mode::claiming) return;
  if (at.mode == lane_mode::owner) lose_lane(at, {errc::wrong_state, name_of(at) + " is claimed anew"}, out);
  at.claims_in_a_row = 0;
  claim(at, out);
}

void on_write(lane& at, const write_order& in, outputs& out) {
  if (!may_write(at)) return;
  record frame{.kind = record_kind::frame, .lane = at.id, .owner = at.me.process, .epoch = at.epoch};
  frame.seq = at.folded.seq + 1;
  frame.prev = at.folded.head;
  frame.body = in.body;
  auto bytes = write_record(frame);
  at.flight = frame_in_flight{.what = {frame.epoch, frame.seq}, .prev = frame.prev, .crc = frame.crc, .since = at.now};
  out.emplace_back(send_record{at.flight->what, std::move(bytes)});
}

void on_tick(lane& at, const tick& in, outputs& out) {
  at.now = std::max(at.now, in.now);
  if (at.now < at.due) return;
  if (at.mode == lane_mode::claiming && !at.claim_sent) send_claim(at, out);
  if (at.mode == lane_mode::owner) at.claims_in_a_row = 0;
}

}  // namespace

std::string_view to_string(lane_mode mode) noexcept {
  switch (mode) {
    case lane_mode::follower: return "follower";
    case lane_mode::claiming: return "claiming";
    case lane_mode::owner: return "owner";
    case lane_mode::stopped: return "stopped";
  }
  return "unknown";
}

lane make_lane(lane_id id, lane_owner me, lane_fold folded, lane_options options, lane_rules rules) {
  lane made{.id = id, .me = std::move(me), .options = options, .rules = rules, .folded = std::move(folded)};
  if (!rules.claims_at_start && made.folded.epoch > 0 && made.folded.owner.node == made.me.node)
    made.mode = lane_mode::owner, made.epoch = made.folded.epoch;
  return made;
}

std::vector<lane_output> handle(lane& at, const lane_input& in) {
  outputs out;
  if (at.mode == lane_mode::stopped) return out;
  std::visit(
      overload{[&](const claim_order&) { on_claim_order(at, out); },
               [&](const give_up_order&) {
                 lose_lane(at, {errc::unavailable, name_of(at) + " was given up"}, out);
               },
               [&](const write_order& order) { on_write(at, order, out); },
               [&](const append_stored& report) { on_stored(at, report, out); },
               [&](const append_failed& report) { on_failed(at, report, out); },
               [&](const record_read& read) { on_read(at, read, out); },
               [&](const tail_failed& failed) { stop(at, failed.why, out); }, [&](const tick& time) { on_tick(at, time, out); }},
      in);
  return out;
}

bool may_write(const lane& at) { return at.mode == lane_mode::owner && !at.flight; }

std::chrono::microseconds in_doubt_for(const lane& at, node_time now) {
  return at.flight ? std::max(now - at.flight->since, std::chrono::microseconds{0}) : std::chrono::microseconds{0};
}

}  // namespace seatgrid::cluster
