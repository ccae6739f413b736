#include "media/engine.hpp"

#include "base/overload.hpp"
#include "media/worker.hpp"

namespace seatgrid {
namespace {

result<media::socket_address> check(const media_options& o) {
  const auto bind = media::socket_address::parse(o.bind_host, 0);
  if (!bind) return fail(errc::invalid, "media.bind_host: a literal IPv4 or IPv6 address, not \"" + o.bind_host + "\"");
  if (bind->is_wildcard() && o.advertised_host.empty())
    return fail(errc::invalid, "media.advertised_host: needed when bind_host is a wildcard");
  if (o.port_first < 1'024 || o.port_last <= o.port_first)
    return fail(errc::invalid, "media.ports: first at least 1024, last above first");
  constexpr unsigned threads_max = 64;
  if (o.threads < 1 || o.threads > threads_max) return fail(errc::invalid, "media.threads: 1 to 64");
  if (o.silence < seconds{1}) return fail(errc::invalid, "media.silence: at least 1 s");
  if (o.rtcp_every < milliseconds{500}) return fail(errc::invalid, "media.rtcp_every: at least 500 ms");
  if (o.dscp > 63) return fail(errc::invalid, "media.dscp: 0 to 63");
  if (o.data_directory.empty()) return fail(errc::invalid, "media.data_directory: must be named");
  return *bind;
}

}  // namespace

struct engine::body {
  body(media_options o, media::socket_address bind, prompt_library prompts, std::function<void(media_event)> sink)
      : parts(std::move(o), bind, std::move(prompts), [this, tell = std::move(sink)](media_event event) {
          if (!over) tell(std::move(event));
        }) {}

  media::worker& of(call_id call) { return *workers[(std::hash<call_id>{}(call) >> 32U) % workers.size()]; }
  void refuse(const media_command& order) {
    refused.fetch_add(1);
    if (const auto* open = std::get_if<media_open>(&order))
      parts.sink(media_open_failed{.leg = open->leg, .why = "media.commands_max orders wait"});
    if (const auto* close = std::get_if<media_close>(&order)) parts.sink(media_closed{.leg = close->leg});
  }

  std::atomic<bool> over{false};
  media::shared_parts parts;
  std::vector<std::unique_ptr<media::worker>> workers{};
  std::atomic<std::uint64_t> refused{0};
};

engine::engine(std::unique_ptr<body> b) : body_(std::move(b)) {}
engine::~engine() { stop(); }

result<std::unique_ptr<engine>> engine::start(media_options options, prompt_library prompts,
                                              std::function<void(media_event)> sink) {
  const auto bind = check(options);
  if (!bind) return tl::unexpected(bind.error());
  auto made = std::make_unique<body>(std::move(options), *bind, std::move(prompts), std::move(sink));
  for (unsigned i = 0; i < made->parts.options.threads; ++i) {
    auto w = media::worker::start(made->parts);
    if (!w) return tl::unexpected(w.error());
    made->workers.push_back(std::move(*w));
  }
  return std::unique_ptr<engine>{new engine{std::move(made)}};
}

void engine::command(media_command order) {
  if (std::holds_alternative<media_record_stop>(order)) {  // names no leg: only one worker knows it
    for (auto& w : body_->workers)
      if (!w->post(order)) body_->refused.fetch_add(1);
    return;
  }
  if (!body_->of(call_of(order)).post(order)) body_->refuse(order);
}

void engine::replace_prompts(prompt_library prompts) { body_->parts.replace(std::move(prompts)); }

void engine::allow_recordings(bool allowed) { body_->parts.recordings_allowed = allowed; }

media_status engine::status() const {
  media_status s;
  const auto& p = body_->parts;
  s.endpoints = p.endpoints.load();
  s.recordings = p.recordings.load();
  s.recordings_failed = p.recordings_failed.load();
  s.ports_total = p.ports.total();
  s.ports_used = p.ports.used();
  s.clip_cache_bytes = p.clips.bytes();
  s.record_queue_bytes = p.writer.waiting_bytes();
  s.commands_refused = body_->refused.load();
  for (const auto& w : body_->workers) {
    const auto& c = w->counters();
    s.bridged_pairs += c.bridged_pairs.get();
    s.playing += c.playing.get();
    s.packets_received += c.packets_received.get();
    s.packets_relayed += c.packets_relayed.get();
    s.packets_played += c.packets_played.get();
    s.packets_malformed += c.packets_malformed.get();
    s.packets_foreign += c.packets_foreign.get();
    s.sends_failed += c.sends_failed.get();
    s.commands_refused += c.commands_refused.get();
    s.commands_waiting += w->waiting();
  }
  return s;
}

void engine::stop() {
  body_->over = true;
  body_->parts.loader.stop();  // its last jobs post to the workers
  for (auto& w : body_->workers) w->stop();
  body_->parts.writer.stop();
}

}  // namespace seatgrid
