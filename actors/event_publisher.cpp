#include "actors/event_publisher.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "actors/shell_row.hpp"
#include "base/thread_name.hpp"

namespace seatgrid::actors {
namespace {

constexpr milliseconds look_every{100};  // for lanes that came or went
constexpr std::size_t batch = 256;
constexpr std::string_view place_element = "published";
constexpr std::string_view incarnation_element = "incarnation";

std::string place_key(const lane& of) { return row_key(keeper_of(of.id()), place_element); }

const std::string* header(const topic_record& in, std::string_view name) {
  for (const auto& [key, value] : in.headers)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

event_publisher::event_publisher(engine& owner, publisher_options options) : engine_(owner), options_(std::move(options)) {
  for (const auto& one : engine_.lanes()) lanes_.push_back({.of = one.get()});
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

event_publisher::~event_publisher() { stop(); }

void event_publisher::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock{mutex_};
  ++connection_;
  auto over = std::move(topic_);
  lock.unlock();
  over.reset();
}

void event_publisher::run(const std::stop_token& stop) {
  name_this_thread("publisher");
  auto journal_at = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    if (!topic_ && !connect()) {
      rest(stop);
      continue;
    }
    look_after_lanes();
    bool more = false;
    for (auto& work : lanes_) more = send_some(work) || more;
    if (const auto now = std::chrono::steady_clock::now(); now >= journal_at) {
      journal_places();
      journal_at = now + options_.journal_every;
    }
    std::unique_lock lock{mutex_};
    if (std::exchange(broken_, false)) {
      for (auto& work : lanes_) work.epoch = 0, work.events.reset();
      auto over = std::move(topic_);
      lock.unlock();
      over.reset();  // reports what is left, which takes the mutex
      rest(stop);    // what broke it may break the next one at once
    } else if (!more) {
      changed_.wait_for(lock, stop, look_every, [this] { return news_ || broken_; });
      news_ = false;
    }
  }
}

void event_publisher::rest(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, stop, options_.retry_after, [] { return false; });
}

bool event_publisher::connect() {
  auto opened = options_.open();
  if (!opened) {
    const std::lock_guard lock{mutex_};
    complain(opened.error().what);
    return false;
  }
  const std::lock_guard lock{mutex_};
  ++connection_;
  broken_ = false;
  for (auto& work : lanes_) work.epoch = 0;
  topic_ = std::move(*opened);
  return true;
}

/// A lane that was claimed anew begins anew, on a connection that has nothing under way.
void event_publisher::look_after_lanes() {
  for (auto& work : lanes_) {
    const auto epoch = work.of->ready() ? work.of->epoch() : std::nullopt;
    const auto now = epoch ? epoch->epoch : 0;
    if (now == work.epoch || (work.epoch == 0 && (!knows_source(work, now) || begin(work, now)))) continue;
    const std::lock_guard lock{mutex_};
    broken_ = true;
    return;
  }
}

/// A journal that was made anew counts from 1 again and must not pass for the former one: its first owner gives it a word, which
/// all later ones find in it.
bool event_publisher::knows_source(lane_work& work, std::uint64_t epoch) {
  work.source = options_.source;
  if (!options_.source_of_journal) return true;
  const auto key = row_key(keeper_of(work.of->id()), incarnation_element);
  if (const auto word = engine_.log().get(work.of->id(), key)) {
    work.source += "/" + *word;
    return true;
  }
  if (std::exchange(work.named_in, epoch) == epoch) return false;  // it does not count yet
  const auto turn = work.of->next_turn();
  step named;
  named.entity = keeper_of(work.of->id());
  named.at = turn.at;
  named.rows.push_back({key, to_text(turn.chance)});
  work.of->append_own(std::move(named));
  return false;
}

/// Finds out where the topic ends and goes on behind it.
bool event_publisher::begin(lane_work& work, std::uint64_t epoch) {
  const auto kept = engine_.log().get(work.of->id(), place_key(*work.of));
  const auto end = topic_->end_of(work.of->id(), options_.look_back, options_.patience);
  if (!end) {
    const std::lock_guard lock{mutex_};
    complain(end.error().what);
    return false;
  }
  std::vector<std::string> ids;
  for (const auto& record : *end) {
    const auto* source = header(record, "ce_source");
    const auto* id = header(record, "ce_id");
    const auto place = id == nullptr ? std::nullopt : place_from_text(*id);
    if (source != nullptr && *source == work.source && place && place->lane == work.of->id()) ids.push_back(*id);
  }
  auto place = cluster::resume(kept.value_or(std::string{}), ids);
  const auto from = place_from_text(place.stored).value_or(event_place{.lane = work.of->id()});
  auto events = engine_.events().follow(work.of->id(), from, [this] {
    const std::lock_guard lock{mutex_};
    news_ = true;
    changed_.notify_all();
  });
  const std::lock_guard lock{mutex_};
  work.place = std::move(place);
  work.events = std::move(events);
  work.epoch = epoch;
  trouble_.clear();
  return true;
}

/// True when there is more to send at once.
bool event_publisher::send_some(lane_work& work) {
  std::size_t room = 0;
  {
    const std::lock_guard lock{mutex_};
    if (work.epoch == 0 || broken_) return false;
    room = options_.flying_max - std::min(options_.flying_max, work.place.flying);
  }
  if (room == 0) return false;
  auto came = work.events->take(std::min(room, batch));
  for (auto& event : came) send(work, std::move(event));
  return !came.empty();
}

void event_publisher::send(lane_work& work, live_event event) {
  std::uint64_t connection = 0;
  {
    const std::lock_guard lock{mutex_};
    if (!cluster::is_due(work.place, event.id)) return;
    cluster::on_sent(work.place, event.id);
    connection = connection_;
    ++sent_;
  }
  auto id = event.id;
  topic_->append(work.of->id(), record_of(std::move(event), work.source),
                 [this, &work, connection, id = std::move(id)](const result<void>& done) { stored(work, connection, id, done); });
}

void event_publisher::stored(lane_work& work, std::uint64_t connection, const std::string& id, const result<void>& outcome) {
  const std::lock_guard lock{mutex_};
  if (connection != connection_ || broken_) return;
  if (outcome) {
    cluster::on_stored(work.place, id);
    ++stored_;
    news_ = true;
  } else {
    broken_ = true;
    complain(outcome.error().what);
  }
  changed_.notify_all();
}

void event_publisher::journal_places() {
  for (auto& work : lanes_) {
    std::string place;
    {
      const std::lock_guard lock{mutex_};
      if (work.epoch == 0 || !cluster::is_ahead_of_journal(work.place)) continue;
      place = work.place.journaled = work.place.stored;
    }
    step kept;
    kept.entity = keeper_of(work.of->id());
    kept.at = work.of->now();
    kept.rows.push_back({place_key(*work.of), std::move(place)});
    work.of->append_own(std::move(kept));
  }
}

std::uint64_t event_publisher::done_before(lane_id lane) const {
  const std::lock_guard lock{mutex_};
  for (const auto& work : lanes_)
    if (work.of->id() == lane)
      if (const auto place = place_from_text(work.place.journaled)) return place->sequence;
  return 0;
}

/// Under the mutex. Each trouble once.
void event_publisher::complain(const std::string& what) {
  if (what != trouble_) engine_.say("events are not published for now: " + what);
  trouble_ = what;
}

void event_publisher::write(std::vector<metric>& out) const {
  const std::lock_guard lock{mutex_};
  std::uint64_t flying = 0;
  for (const auto& work : lanes_) flying += work.place.flying;
  const auto add = [&](const char* name, const char* help, bool is_counter, double value) {
    out.push_back({name, help, is_counter, {}, value});
  };
  add("seatgrid_events_sent_total", "Public events given to the topic, repeated ones too.", true, static_cast<double>(sent_));
  add("seatgrid_events_stored_total", "Public events that the topic has.", true, static_cast<double>(stored_));
  add("seatgrid_events_flying", "Public events on their way into the topic.", false, static_cast<double>(flying));
  add("seatgrid_events_topic_connected", "1 = the topic takes events.", false, topic_ && trouble_.empty() ? 1 : 0);
}

}  // namespace seatgrid::actors

namespace seatgrid {

std::uint64_t first_unpublished(lane_id lane, const std::function<result<std::string>(std::string_view key)>& row) {
  if (lane == 0) return UINT64_MAX;  // it has no public events
  const auto kept = row(row_key(actors::keeper_of(lane), actors::place_element));
  const auto place = kept ? actors::place_from_text(*kept) : std::nullopt;
  return place ? place->sequence : 1;
}

}  // namespace seatgrid
