#include "actors/live_events.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "actors/shell_row.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::size_t lane_digits = 5, sequence_digits = 20, index_digits = 4;
constexpr std::size_t text_length = lane_digits + 1 + sequence_digits + 1 + index_digits;

template <class T>
bool read_number(std::string_view text, T& value) {
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  return done.ec == std::errc{} && done.ptr == text.data() + text.size();
}

}  // namespace

std::string id_text(const event_place& place) {
  std::string text(text_length, '0');
  const auto put = [&](std::size_t end, std::uint64_t value) {
    for (; value > 0; value /= 10) text[--end] = static_cast<char>('0' + value % 10);
  };
  put(lane_digits, place.lane);
  put(lane_digits + 1 + sequence_digits, place.sequence);
  put(text_length, place.index % 10'000U);
  text[lane_digits] = text[lane_digits + 1 + sequence_digits] = '-';
  return text;
}

std::optional<event_place> place_from_text(std::string_view text) {
  if (text == "0") return event_place{};  // before the oldest
  if (text.size() != text_length || text[lane_digits] != '-' || text[lane_digits + 1 + sequence_digits] != '-')
    return std::nullopt;
  event_place place;
  if (!read_number(text.substr(0, lane_digits), place.lane) ||
      !read_number(text.substr(lane_digits + 1, sequence_digits), place.sequence) ||
      !read_number(text.substr(lane_digits + sequence_digits + 2), place.index))
    return std::nullopt;
  return place;
}

std::vector<live_event> events_of(const recorded_step& recorded) {
  std::vector<live_event> out;
  if (recorded.step.outbox.empty()) return out;
  std::string tenant;
  const auto shell_key = row_key(recorded.step.entity, shell_element);
  for (const auto& changed : recorded.step.rows)
    if (changed.key == shell_key && changed.value)
      if (const auto kept = decode_shell_row(*changed.value)) tenant = kept->tenant;
  std::uint32_t index = 0;
  for (const auto& event : recorded.step.outbox)
    out.push_back({id_text(event_place{recorded.position.lane, recorded.position.sequence, index++}), event.type,
                   recorded.step.entity, tenant, recorded.step.at, event.sequence, event.data});
  return out;
}

/// One listener's place: per lane what it took last, and where it stands in the ring (or that it must read the log).
class live_events::subscription final : public event_subscription {
 public:
  subscription(std::shared_ptr<live_events> owner, std::uint64_t number, std::string tenant, std::vector<lane_id> lanes,
               bool from_log)
      : owner_(std::move(owner)), number_(number), tenant_(std::move(tenant)), lanes_(std::move(lanes)), from_log_(from_log) {}
  ~subscription() override {
    const std::lock_guard lock{owner_->mutex_};
    owner_->listeners_.erase(number_);
  }

  std::vector<live_event> take(std::size_t most) override {
    std::vector<live_event> out;
    if (from_log_) take_from_log(most, out);
    if (!from_log_ && out.size() < most) take_from_ring(most, out);
    return out;
  }

  std::map<lane_id, event_place> taken{};
  std::uint64_t next = 0;

 private:
  bool wanted(const event_place& place, const live_event& event) {
    const auto its = taken.find(place.lane);
    if (its == taken.end()) return false;
    auto& last = its->second;
    if (place <= last) return false;
    last = place;
    return tenant_.empty() || event.tenant == tenant_;
  }

  void take_from_log(std::size_t most, std::vector<live_event>& out) {
    {  // what is appended from here on is in the ring from this number on
      const std::lock_guard lock{owner_->mutex_};
      next = owner_->first_;
    }
    bool more = false;
    for (const auto lane : lanes_) {
      const auto read = owner_->log_.read(lane, taken[lane].sequence, [&](const recorded_step& recorded) {
        for (auto& event : events_of(recorded)) {
          if (out.size() >= most) {
            more = true;
            return false;
          }
          if (const auto place = place_from_text(event.id); place && wanted(*place, event)) out.push_back(std::move(event));
        }
        return true;
      });
      if (!read) more = true;
    }
    from_log_ = more;
  }

  void take_from_ring(std::size_t most, std::vector<live_event>& out) {
    const std::lock_guard lock{owner_->mutex_};
    if (next < owner_->first_) {  // too slow: the ring went on without us
      from_log_ = true;
      return;
    }
    for (; next - owner_->first_ < owner_->ring_.size() && out.size() < most; ++next) {
      const auto& [place, event] = owner_->ring_[next - owner_->first_];
      if (wanted(place, event)) out.push_back(event);
    }
  }

  const std::shared_ptr<live_events> owner_;
  const std::uint64_t number_;
  const std::string tenant_;
  const std::vector<lane_id> lanes_;
  bool from_log_ = false;
};

live_events::live_events(const journal& log, std::vector<lane_id> lanes, std::size_t ring_max, std::size_t subscribers_max)
    : log_(log), lanes_(std::move(lanes)), ring_max_(ring_max), subscribers_max_(subscribers_max) {}

void live_events::push(std::vector<live_event> events) {
  std::vector<std::shared_ptr<listener>> awake;
  {
    const std::lock_guard lock{mutex_};
    for (auto& event : events) {
      const auto place = place_from_text(event.id);
      if (!place) continue;
      ring_.emplace_back(*place, std::move(event));
      if (ring_.size() <= ring_max_) continue;
      ring_.pop_front();
      ++first_;
    }
    awake.reserve(listeners_.size());
    for (const auto& [unused, one] : listeners_) awake.push_back(one);
  }
  for (const auto& one : awake)
    if (one->wake) one->wake();
}

result<std::shared_ptr<event_subscription>> live_events::subscribe(std::string tenant, std::string after,
                                                                   std::function<void()> wake) {
  const auto from = after.empty() ? std::optional<event_place>{} : place_from_text(after);
  if (!after.empty() && !from)
    return fail(errc::invalid, "an event id looks like 00001-00000000000000000042-0000, or is 0 for the oldest kept");
  const std::lock_guard lock{mutex_};
  if (count_subscribers() >= subscribers_max_)
    return fail(errc::full, std::to_string(subscribers_max_) + " subscribers listen already");
  const auto number = ++last_listener_;
  auto made = std::make_shared<subscription>(shared_from_this(), number, std::move(tenant), lanes_, from.has_value());
  for (const auto lane : lanes_) made->taken[lane] = {lane, log_.end(lane).first.sequence, UINT32_MAX};
  if (!ring_.empty() && !from)  // what came while we looked is not from now on
    made->taken[ring_.back().first.lane] = std::max(made->taken[ring_.back().first.lane], ring_.back().first);
  made->next = first_ + ring_.size();
  if (from) made->taken[from->lane] = *from;
  listeners_.emplace(number, std::make_shared<listener>(listener{std::move(wake), false}));
  return std::shared_ptr<event_subscription>{std::move(made)};
}

std::shared_ptr<event_subscription> live_events::follow(lane_id lane, const event_place& after, std::function<void()> wake) {
  const std::lock_guard lock{mutex_};
  const auto number = ++last_listener_;
  auto made = std::make_shared<subscription>(shared_from_this(), number, "", std::vector{lane}, true);
  made->taken[lane] = after;
  listeners_.emplace(number, std::make_shared<listener>(listener{std::move(wake), true}));
  return made;
}

std::size_t live_events::subscribers() const {
  const std::lock_guard lock{mutex_};
  return count_subscribers();
}

std::size_t live_events::count_subscribers() const {
  return static_cast<std::size_t>(
      std::count_if(listeners_.begin(), listeners_.end(), [](const auto& one) { return !one.second->follows; }));
}

}  // namespace seatgrid::actors
