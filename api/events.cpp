#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string_view>

#include "api/problem.hpp"
#include "api/routes.hpp"

namespace seatgrid {
namespace {

/// Copies a subscription into one SSE stream: woken by the node, drained on the waker's thread one at a time.
class event_pump : public std::enable_shared_from_this<event_pump> {
 public:
  event_pump(std::uint32_t batch, std::string type, std::string call)
      : batch_(batch), type_(std::move(type)), call_(std::move(call)) {
    if (type_.ends_with('*')) type_.pop_back();
  }

  void subscribe(std::shared_ptr<event_subscription> to) {
    const std::lock_guard lock{mutex_};
    from_ = std::move(to);
  }
  void open(std::shared_ptr<http_stream> to) {
    {
      const std::lock_guard lock{mutex_};
      to_ = std::move(to);
    }
    wake();
  }
  void close() {
    const std::lock_guard lock{mutex_};
    from_.reset();
    to_.reset();
  }
  /// Drains unless another thread does; that one then goes round once more.
  void wake() {
    if (pending_.fetch_add(1) != 0) return;
    for (int seen = 1; seen != 0; seen = pending_.fetch_sub(seen) - seen) {
      seen = pending_.load();
      drain();
    }
  }

 private:
  void drain() {
    const std::lock_guard lock{mutex_};
    while (from_ && to_) {
      const auto events = from_->take(batch_);
      if (events.empty()) return;
      std::string text;
      for (const auto& e : events)
        if (wanted(e)) append(text, e);
      if (!text.empty() && !to_->write(std::move(text))) to_.reset();
    }
  }
  bool wanted(const live_event& e) const {
    if (!type_.empty() && e.type.rfind(type_, 0) != 0) return false;
    return call_.empty() || (e.entity.kind == entity_kind::call && to_text(e.entity.id) == call_);
  }
  static void append(std::string& text, const live_event& e) {
    fmt::format_to(
        std::back_inserter(text),
        "id: {}\nevent: {}\ndata: "
        "{{\"id\":\"{}\",\"type\":\"{}\",\"subject\":\"{}/{}\",\"tenant\":{},\"sequence\":{},\"time_us\":{},\"data\":{}}}\n\n",
        e.id, e.type, e.id, e.type, to_string(e.entity.kind), to_text(e.entity.id), json_string(e.tenant), e.sequence, e.at.us,
        e.data.empty() ? "{}" : e.data);
  }

  std::uint32_t batch_;
  std::string type_;
  std::string call_;
  std::mutex mutex_{};
  std::shared_ptr<event_subscription> from_{};
  std::shared_ptr<http_stream> to_{};
  std::atomic<int> pending_{0};
};

}  // namespace

void serve_events(const std::shared_ptr<api_state>& state, api_call call) {
  auto after = call.query("from");
  if (const auto last = call.request.headers.find("last-event-id"); last != call.request.headers.end()) after = last->second;
  auto pump = std::make_shared<event_pump>(state->options.event_batch, call.query("type"), call.query("call"));
  auto subscription = state->to->subscribe(call.tenant(), after, [weak = std::weak_ptr<event_pump>(pump)] {
    if (const auto p = weak.lock()) p->wake();
  });
  if (!subscription) return call.exchange->respond(problem(subscription.error()));
  pump->subscribe(std::move(*subscription));
  call.exchange->stream([pump](std::shared_ptr<http_stream> stream) { pump->open(std::move(stream)); },
                        [pump] { pump->close(); });
}

std::string metrics_text(const std::vector<metric>& metrics) {
  std::vector<const metric*> in_order;
  std::map<std::string_view, std::size_t> first;
  for (const auto& m : metrics) {
    in_order.push_back(&m);
    first.emplace(m.name, first.size());
  }
  std::stable_sort(in_order.begin(), in_order.end(),
                   [&](const auto* a, const auto* b) { return first.at(a->name) < first.at(b->name); });
  std::string out;
  std::string_view last;
  for (const auto* m : in_order) {
    if (m->name != last)
      fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", m->name, m->help, m->name,
                     m->counter ? "counter" : "gauge");
    last = m->name;
    std::string labels;
    for (const auto& [name, value] : m->labels)
      fmt::format_to(std::back_inserter(labels), "{}{}={}", labels.empty() ? "" : ",", name, json_string(value));
    fmt::format_to(std::back_inserter(out), "{}{}{}{} {}\n", m->name, labels.empty() ? "" : "{", labels,
                   labels.empty() ? "" : "}", m->value);
  }
  return out;
}

}  // namespace seatgrid
