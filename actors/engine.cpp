#include "actors/engine.hpp"

#include <cstdio>
#include <random>
#include <utility>

namespace seatgrid::actors {
namespace {

std::uint64_t seed_or_random(std::uint64_t seed) {
  if (seed != 0) return seed;
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::vector<lane_id> lane_ids(std::uint16_t lanes) {
  std::vector<lane_id> ids;
  for (lane_id id = 1; id <= lanes; ++id) ids.push_back(id);
  return ids;
}

constexpr std::uint16_t q850_temporary_failure = 41;
constexpr std::uint16_t q850_congestion = 42;

/// The answer to a REGISTER that the rules refused.
std::uint16_t sip_status(errc why) {
  switch (why) {
    case errc::denied: return 403;
    case errc::not_found: return 404;
    case errc::invalid: return 400;
    case errc::ok:
    case errc::wrong_state:
    case errc::conflict:
    case errc::unsupported:
    case errc::corrupt: return 500;
    case errc::full:
    case errc::timed_out:
    case errc::unavailable: return 503;
  }
  return 500;
}

}  // namespace

engine::engine(caf::actor_system& system, node_options options, journal& log, const config_source& config, const clock& time,
               node_ports ports, core_factory cores, engine_hooks hooks)
    : system_(system),
      options_(std::move(options)),
      log_(log),
      config_(config),
      time_(time),
      ports_(std::move(ports)),
      cores_(std::move(cores)),
      hooks_(std::move(hooks)),
      requests_(options_.requests_max),
      events_(std::make_shared<live_events>(log, lane_ids(options_.lanes), options_.events_ring, options_.subscribers_max)) {
  const auto seed = seed_or_random(options_.seed);
  for (const auto id : lane_ids(options_.lanes)) lanes_.push_back(std::make_unique<lane>(*this, id, seed));
}

engine::~engine() = default;

void engine::start() {
  for (auto& one : lanes_) one->start();
}

void engine::stop() {
  draining_ = true;
  for (auto& one : lanes_) one->stop();
  requests_.fail_all({errc::unavailable, "the node stops"});
}

bool engine::takes_new_call(lane& at) const {
  return !draining_ && calls_allowed_ && at.backlog() < options_.backlog_max && at.unsynced() < options_.unsynced_max &&
         at.stalled_for() < options_.stall_limit;
}

void engine::on(leg_event event) {
  auto in = std::make_shared<entity_input>();
  in->to = ref(leg_of(event).call);
  in->what = std::move(event);
  take(std::move(in));
}

void engine::take(input_ptr in) {
  const auto* event = std::get_if<leg_event>(&in->what);
  auto& at = lane_of(in->to);
  if (event == nullptr) return at.deliver(std::move(in));
  if (!std::holds_alternative<leg_incoming>(*event)) {
    if (at.holds(in->to))
      at.hold(std::move(in));
    else
      at.deliver(std::move(in));
    return;
  }
  if (!takes_new_call(at)) return refuse_overload(*in);
  counters_.calls_taken.fetch_add(1, std::memory_order_relaxed);
  if (at.ready() && at.stalled_for() < options_.reinvite_wait)
    at.deliver(std::move(in));
  else
    at.hold(std::move(in));  // restored calls go first; while the journal stalls, a call that nobody began can still be refused
}

/// Whoever waits here for an answer would not hear that of another process.
bool engine::forward(lane_id lane, const entity_input& in) {
  if (std::holds_alternative<control::command>(in.what) || std::holds_alternative<show_entity>(in.what)) {
    refuse(in, {errc::unavailable, "the lane moves to another node: try again"});
    return true;
  }
  return hooks_.forward && hooks_.forward(lane, in);
}

void engine::refuse_overload(const entity_input& in) { refuse_call(leg_of(std::get<leg_event>(in.what))); }

release_cause engine::refuse_call(leg_id leg) {
  counters_.calls_refused.fetch_add(1, std::memory_order_relaxed);
  release_cause why{q850_congestion, 503, "overload"};
  ports_.to_leg(leg_reject{.leg = leg, .cause = why, .retry_after_s = static_cast<std::uint32_t>(options_.retry_after.count())});
  return why;
}

void engine::on(media_event event) {
  auto in = std::make_shared<entity_input>();
  in->to = ref(call_of(event));
  in->what = std::move(event);
  take(std::move(in));
}

void engine::on(register_request request) {
  auto in = std::make_shared<entity_input>();
  in->to = ref(registration_id::named(request.tenant, request.aor));
  in->tenant = request.tenant;
  in->request = request.request;
  in->what = std::move(request);
  auto& at = lane_of(in->to);
  at.deliver(std::move(in));
}

template <class What>
void engine::request(entity_ref to, What what, std::string tenant, gateway::answer done) {
  const auto request = requests_.add(done, system_.clock().now() + options_.deadline);
  if (!request) {
    done(tl::unexpected(request.error()));
    return;
  }
  auto in = std::make_shared<entity_input>();
  in->to = to;
  in->tenant = std::move(tenant);
  in->request = *request;
  in->what = std::move(what);
  lane_of(to).deliver(std::move(in));
}

void engine::submit(control::command order, std::string tenant, gateway::answer done) {
  const auto to = control::target_of(order);
  request(to, std::move(order), std::move(tenant), std::move(done));
}

void engine::ask(entity_ref entity, std::string tenant, gateway::answer done) {
  request(entity, show_entity{}, std::move(tenant), std::move(done));
}

void engine::tell(entity_ref entity, const config_changed& news) {
  auto in = std::make_shared<entity_input>();
  in->to = entity;
  in->what = news;
  lane_of(entity).deliver(std::move(in));
}

void engine::send_entity(const to_entity& message, const std::string& tenant, lane& from, const life_ptr& life) {
  auto in = std::make_shared<entity_input>();
  in->to = message.to;
  in->tenant = tenant;
  in->what = message.message;
  auto& to = lane_of(in->to);
  const auto arrive = [&to, same = &to == &from, life](input_ptr one) {
    if (same)
      to.deliver(std::move(one), life);
    else
      to.deliver(std::move(one));
  };
  if (hooks_.entity_message)
    hooks_.entity_message(std::move(in), arrive);
  else
    arrive(std::move(in));
}

void engine::release(effect& one, const promise& step_of, lane& from, const life_ptr& life) {
  std::visit(overload{[&](to_leg& e) { ports_.to_leg(std::move(e.command)); },
                      [&](to_media& e) { ports_.to_media(std::move(e.command)); },
                      [&](to_entity& e) { send_entity(e, step_of.tenant, from, life); },
                      [&](start_timer& e) { from.start_timer(step_of.from, e); },
                      [&](stop_timer& e) { from.stop_timer(step_of.from, e); }, [&](publish&) {},
                      [&](reply& e) {
                        if (e.outcome.code == errc::ok)
                          requests_.finish(e.request, std::move(e.data));
                        else
                          requests_.finish(e.request, tl::unexpected(std::move(e.outcome)));
                      },
                      [&](register_reply& e) { ports_.register_reply(std::move(e)); }},
             one.what);
}

/// The rules count an INVITE's Expires from their decision, and free the agent when it is over: what the step waited for the
/// journal is taken off. False = nothing is left; the call hears that the phone never rang.
bool engine::is_in_time(leg_invite& order, const promise& step_of, lane& from) {
  order.expires -= std::chrono::duration_cast<milliseconds>(system_.clock().now() - step_of.decided);
  if (order.expires > milliseconds{0}) return true;
  counters_.invites_too_late.fetch_add(1, std::memory_order_relaxed);
  auto in = std::make_shared<entity_input>();
  in->to = step_of.from;
  in->what = leg_event{leg_failed{.leg = order.leg,
                                  .cause = {q850_temporary_failure, 408, "its step counted when its Expires was over"},
                                  .retry_after_s = 0}};
  from.deliver(std::move(in));
  return false;
}

void engine::release_counted(promise& step_of, const step_position& position, lane& from, const life_ptr& life) {
  if (step_of.begins) step_of.begins->is_settled = true;
  if (step_of.early && !step_of.early->left.exchange(true))
    for (auto& one : step_of.early->what) release(one, step_of, from, life);
  for (auto& one : step_of.what) {
    auto* leg = std::get_if<to_leg>(&one.what);
    auto* invite = leg == nullptr ? nullptr : std::get_if<leg_invite>(&leg->command);
    if (invite == nullptr || is_in_time(*invite, step_of, from)) release(one, step_of, from, life);
  }
  if (step_of.published.empty()) return;
  std::vector<live_event> events;
  events.reserve(step_of.published.size());
  std::uint32_t index = 0;
  for (auto& event : step_of.published)
    events.push_back({id_text(event_place{position.lane, position.sequence, index++}), std::move(event.type), step_of.from,
                      step_of.tenant, step_of.at, event.sequence, std::move(event.data)});
  counters_.events.fetch_add(events.size(), std::memory_order_relaxed);
  events_->push(std::move(events));
}

void engine::refuse(const entity_input& in, const error& why) {
  if (const auto* event = std::get_if<leg_event>(&in.what)) {
    if (const auto* incoming = std::get_if<leg_incoming>(event))
      ports_.to_leg(leg_reject{.leg = incoming->leg, .cause = {q850_temporary_failure, 503, why.what}, .retry_after_s = 0});
  } else if (std::holds_alternative<register_request>(in.what)) {
    ports_.register_reply({.request = in.request, .status = sip_status(why.code), .contacts = {}});
  } else if (in.request != 0) {
    requests_.finish(in.request, tl::unexpected(why));
  }
}

bool engine::ready() const {
  for (const auto& one : lanes_)
    if (!one->ready() && (one->is_wanted() || !claims_by_order())) return false;
  return true;
}

std::string engine::why_not_ready() const {
  if (draining_) return "the node is ending";
  if (!ready()) return "calls are being restored";
  if (!calls_allowed_) return "the disk is nearly full";
  return {};
}

restore_progress engine::restored() const { return {counters_.found.load(), counters_.restored.load(), ready()}; }

void engine::say(const std::string& line) const {
  if (options_.log)
    options_.log(line);
  else
    std::fprintf(stderr, "seatgrid: %s\n", line.c_str());
}

void engine::fatal(const std::string& why) const {
  say(why);
  if (options_.fatal) options_.fatal(why);
}

}  // namespace seatgrid::actors
