#include "actors/entity_shell.hpp"

#include <exception>
#include <utility>

#include "actors/engine.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::size_t stash_max = 1'000;         // inputs kept while an entity waits for its own steps
constexpr std::size_t step_bytes_max = 500'000;  // below journal.step_bytes_max: refused here, before the state moves on

std::string tenant_of(const entity_input& in) {
  if (const auto* event = std::get_if<leg_event>(&in.what))
    if (const auto* incoming = std::get_if<leg_incoming>(event)) return incoming->tenant;
  if (const auto* request = std::get_if<register_request>(&in.what)) return request->tenant;
  return in.tenant;
}

/// What entities of a lost lane said to each other may rest on steps that never counted; their protocol repeats it.
bool comes_from_outside(const entity_input& in) {
  return !std::holds_alternative<resume_entity>(in.what) && !std::holds_alternative<resume_again>(in.what) &&
         !std::holds_alternative<timer_fired>(in.what) && !std::holds_alternative<acd_message>(in.what) &&
         !std::holds_alternative<show_entity>(in.what);
}

bool answers_reinvite(const effect& one) {
  const auto* leg = std::get_if<to_leg>(&one.what);
  return leg != nullptr && std::holds_alternative<leg_answer_offer>(leg->command);
}

bool leaves_at_once(const effect& one) {
  // Waits are the lane's own: what they cause stands behind this step in the journal, so they need not wait for it.
  return one.when == timing::at_once || std::holds_alternative<start_timer>(one.what) ||
         std::holds_alternative<stop_timer>(one.what);
}

}  // namespace

entity_shell::entity_shell(caf::actor_config& config, lane& home, life_ptr life, slot_ptr slot, entity_ref self_ref)
    : caf::event_based_actor(config), lane_(home), life_(std::move(life)), slot_(std::move(slot)), entity_(self_ref) {}

entity_shell::~entity_shell() { lane_.owner().count().actors.fetch_sub(1, std::memory_order_relaxed); }

caf::behavior entity_shell::make_behavior() {
  return {[this](const input_ptr& in) { on(in); }, [this](idle_atom) { on_idle(); }};
}

void entity_shell::on(const input_ptr& in) {
  if (life_->over) {  // the successor hears it
    if (comes_from_outside(*in)) lane_.hold(in);
    lane_.handled(slot_);
    return;
  }
  if (rebuilding_) {
    if (stash_.size() < stash_max)
      stash_.push_back(in);
    else
      lane_.handled(slot_);
    return;
  }
  handle(in);
  lane_.handled(slot_);
  leave_if_done();
}

void entity_shell::on_idle() {
  if (life_->over) return;
  if (resumes_again_) resume_again_when_durable();
  if (rebuilding_ && slot_->unsynced.load() == 0) {
    rebuilding_ = false;
    auto waiting = std::move(stash_);
    stash_.clear();
    for (auto& in : waiting) on(in);
  }
  leave_if_done();
}

void entity_shell::handle(const input_ptr& in) {
  lane_.owner().count().inputs.fetch_add(1, std::memory_order_relaxed);
  const bool only_resume = std::holds_alternative<resume_entity>(in->what);
  if (std::holds_alternative<resume_again>(in->what)) {
    resumes_again_ = true;
    return resume_again_when_durable();
  }
  try {
    if (core_ || load()) {
      // What lives and was not restored began in this life.
      const bool is_woken = only_resume && core_->resting();
      if (!resumed_ && (!life_->resumed || is_woken || core_->resumes_on_load())) begin_life();
      if (std::holds_alternative<show_entity>(in->what))
        lane_.owner().requests().finish(
            in->request, stored_ ? result<std::string>{core_->show()} : fail(errc::not_found, "there is no such one"));
      else if (!only_resume)
        decide(in);
    } else if (!only_resume) {
      lane_.owner().refuse(*in, {errc::corrupt, "its rows cannot be read"});
    }
  } catch (const std::exception& e) { broken(*in, e.what()); }
  if (only_resume) {
    lane_.owner().count().restored.fetch_add(1, std::memory_order_relaxed);
    lane_.resumed_one();
  }
}

bool entity_shell::load() {
  auto& owner = lane_.owner();
  auto fresh = owner.core(entity_.kind);
  if (!fresh) return false;
  entity_rows rows;
  kept_ = {};
  std::optional<error> bad;
  const auto scanned = owner.log().scan(lane_.id(), row_key(entity_), [&](std::string_view key, std::string_view value) {
    const auto element = element_of(key);
    if (element == shell_element) {
      auto kept = decode_shell_row(value);
      if (kept)
        kept_ = std::move(*kept);
      else
        bad = kept.error();
    } else {
      rows.push_back({std::string{element}, std::string{value}});
    }
    return true;
  });
  if (!scanned) bad = scanned.error();
  if (!bad)
    if (const auto loaded = fresh->load(entity_.id, rows); !loaded) bad = loaded.error();
  if (bad) {
    owner.count().unreadable.fetch_add(1, std::memory_order_relaxed);
    owner.say(std::string{to_string(entity_.kind)} + " " + to_text(entity_.id) + " is not readable: " + bad->what);
    return false;
  }
  stored_ = !rows.empty();
  core_ = std::move(fresh);
  return true;
}

promise entity_shell::empty_promise(time_point at) const {
  promise out;
  out.from = entity_;
  out.tenant = kept_.tenant;
  out.at = at;
  return out;
}

void entity_shell::begin_life() {
  resumed_ = true;
  if (!stored_) return;
  auto all = empty_promise(life_->recorded);
  // Waits go on from the log's own time: the node being away uses none of them up (DESIGN section 2, waits).
  turn now = lane_.next_turn();
  if (!life_->resumed && life_->recorded.us != 0) now.at = life_->recorded;
  core_->resume(now, all.what);
  for (auto& one : all.what) lane_.owner().release(one, all, lane_, life_);
}

/// Promises derived from a state whose steps do not count yet would leave before them.
void entity_shell::resume_again_when_durable() {
  slot_->wants_idle = true;
  if (slot_->unsynced.load() != 0) return;
  resumes_again_ = false;
  if (!core_ || !stored_) return;  // nothing of it stands anywhere
  const auto now = lane_.next_turn();
  auto all = empty_promise(now.at);
  core_->resume(now, all.what);
  for (auto& one : all.what) lane_.owner().release(one, all, lane_, life_);
}

config_ptr entity_shell::config_for(const entity_input& in) {
  const auto& source = lane_.owner().config();
  if (entity_.kind == entity_kind::agent || entity_.kind == entity_kind::queue)
    if (auto found = source.by_shard_entity(entity_)) {
      if (kept_.tenant.empty()) kept_.tenant = found->tenant;
      return found;
    }
  if (pinned_) return pinned_;
  if (kept_.tenant.empty()) kept_.tenant = tenant_of(in);
  const bool pins = entity_.kind == entity_kind::call;
  auto found =
      pins && kept_.config_version != 0 ? source.version(kept_.tenant, kept_.config_version) : source.current(kept_.tenant);
  if (!found) {  // the tenant is gone: the rules see one without numbers, queues and agents, and end what runs
    auto nobody = std::make_shared<tenant_config>();
    nobody->tenant = kept_.tenant;
    return nobody;
  }
  if (pins) {
    pinned_ = found;
    kept_.config_version = found->version;
  }
  return found;
}

void entity_shell::decide(const input_ptr& in) {
  const auto config = config_for(*in);
  const auto now = lane_.next_turn();
  auto came = core_->take(*in, now, *config);
  auto& owner = lane_.owner();
  if (!came.heard || came.refused) {
    owner.count().refused.fetch_add(1, std::memory_order_relaxed);
    owner.refuse(*in, came.refused ? *came.refused : error{errc::unsupported, "this entity takes no such order"});
  } else if (came.events.empty()) {
    add_reply_if_none(*in, came.what_follows);
    const auto none = empty_promise(now.at);
    for (auto& one : came.what_follows) owner.release(one, none, lane_, life_);
  } else {
    commit(in, came, now, config->version);
  }
}

/// An order whose rules say nothing about its answer is answered "done" when its step counts.
void entity_shell::add_reply_if_none(const entity_input& in, effects& all) const {
  if (in.request == 0 || !std::holds_alternative<control::command>(in.what)) return;
  for (const auto& one : all)
    if (const auto* said = std::get_if<reply>(&one.what); said && said->request == in.request) return;
  all.push_back({timing::when_durable, reply{.request = in.request, .outcome = {}, .data = "{}"}});
}

std::vector<row> entity_shell::rows_of(time_point at, entity_rows& changed, std::vector<outbox_event>& published, effects& all) {
  const auto before = kept_;
  std::erase_if(all, [&](effect& one) {
    auto* event = std::get_if<publish>(&one.what);
    if (event == nullptr) return false;
    published.push_back({std::move(event->type), ++kept_.published, std::move(event->data)});
    return true;
  });
  std::vector<row> rows;
  rows.reserve(changed.size() + 2);
  for (auto& one : changed) {
    if (entity_.kind == entity_kind::call && one.key == cdr_element && one.value) rows.push_back({cdr_key(entity_, at), ""});
    rows.push_back({row_key(entity_, one.key), std::move(one.value)});
  }
  if (entity_.kind == entity_kind::call) {
    const bool live = !core_->resting();
    if (live != kept_.live) rows.push_back({live_key(entity_), live ? std::optional<std::string>{""} : std::nullopt});
    kept_.live = live;
  }
  if (!stored_ || !(kept_ == before)) rows.push_back({row_key(entity_, shell_element), encode(kept_)});
  return rows;
}

void entity_shell::commit(const input_ptr& in, outcome& came, const turn& now, std::uint64_t config_version) {
  add_reply_if_none(*in, came.what_follows);
  auto later = std::make_shared<promise>();
  later->from = entity_;
  later->at = now.at;
  later->decided = lane_.owner().system().clock().now();
  step made;
  made.entity = entity_;
  made.at = now.at;
  made.chance = now.chance;
  made.config_version = config_version;
  made.command = std::move(came.command);
  made.events = std::move(came.events);
  made.rows = rows_of(now.at, came.rows, made.outbox, came.what_follows);
  if (bytes_of(made) > step_bytes_max) {
    broken(*in, "one step of more than " + std::to_string(step_bytes_max) + " bytes");
    return;
  }
  later->tenant = kept_.tenant;
  if (const auto* event = std::get_if<leg_event>(&in->what); event != nullptr && std::holds_alternative<leg_incoming>(*event)) {
    later->begins = std::make_shared<begun_call>();
    later->begins->leg = leg_of(*event);
  }
  later->published = made.outbox;
  stored_ = true;
  effects now_leaving, early;
  for (auto& one : came.what_follows) {
    const auto* message = std::get_if<to_entity>(&one.what);
    const bool same_lane = message != nullptr && &lane_.owner().lane_of(message->to) == &lane_;
    auto& where = same_lane || leaves_at_once(one) ? now_leaving : answers_reinvite(one) ? early : later->what;
    where.push_back(std::move(one));
  }
  if (!early.empty()) {
    later->early = std::make_shared<early_answers>();
    later->early->what = std::move(early);
  }
  const auto what_is_known = empty_promise(now.at);
  lane_.append(life_, slot_, std::move(made), std::move(later));
  for (auto& one : now_leaving) lane_.owner().release(one, what_is_known, lane_, life_);
}

/// Our own code broke a promise: this state is worth nothing. What counts is in the rows; read it again when all steps count.
void entity_shell::broken(const entity_input& in, const std::string& why) {
  auto& owner = lane_.owner();
  owner.count().rebuilt.fetch_add(1, std::memory_order_relaxed);
  owner.say(std::string{to_string(entity_.kind)} + " " + to_text(entity_.id) + " is rebuilt from its rows: " + why);
  owner.refuse(in, {errc::corrupt, why});
  core_.reset();
  pinned_.reset();
  stored_ = resumed_ = false;
  slot_->wants_idle = true;
  rebuilding_ = slot_->unsynced.load() != 0;
}

bool entity_shell::may_leave() const {
  if (rebuilding_) return false;
  return !core_ || !stored_ || core_->resting();
}

void entity_shell::leave_if_done() {
  if (!may_leave()) return;
  slot_->wants_idle = true;
  if (slot_->unsynced.load() != 0 || !lane_.retire(entity_, slot_)) return;
  quit();
}

}  // namespace seatgrid::actors
