#include "sip/edge.hpp"

#include <sofia-sip/su_log.h>

#include <atomic>
#include <cstdarg>
#include <future>
#include <mutex>
#include <thread>
#include <variant>

#include "base/overload.hpp"
#include "base/thread_name.hpp"
#include "sip/edge_core.hpp"
#include "sip/inbox.hpp"
#include "sip/name_resolver.hpp"
#include "sip/registering.hpp"

namespace seatgrid {
namespace sip {

struct known_bindings {
  std::string aor{};
  std::vector<binding> all{};
};
struct resolved_name {
  std::string name{};
  std::vector<std::string> addresses{};
  seconds ttl{};
};
using inbox_item = std::variant<leg_command, register_reply, known_bindings, resolved_name>;

}  // namespace sip
namespace {

using sip::edge_core;
using sip::inbox;
using sip::known_bindings;

constexpr seconds register_limit_max{86'400};

result<void> check(const edge_options& o) {
  if (o.listen.empty()) return fail(errc::invalid, "sip.listen: at least one address");
  if (o.session_expires < o.session_expires_min) return fail(errc::invalid, "sip.session_expires: below session_expires_min");
  if (o.session_expires_min < seconds{90}) return fail(errc::invalid, "sip.session_expires_min: at least 90 s (RFC 4028)");
  if (o.register_min < seconds{1} || o.register_min > o.register_max || o.register_max > register_limit_max)
    return fail(errc::invalid, "sip.register_min and register_max: 1 s <= min <= max <= 86,400 s");
  if (o.t1 < milliseconds{10} || o.t2 < o.t1 || o.t1x64 < o.t2) return fail(errc::invalid, "sip.t1: 10 ms <= t1 <= t2 <= t1x64");
  if (!o.canonical_number) return fail(errc::invalid, "sip: no function for canonical numbers");
  if (!o.nonce_key.empty() && o.nonce_key.size() < 16) return fail(errc::invalid, "sip.nonce_key: at least 16 bytes");
  return {};
}

/// Sofia's library state, once per process and never undone: other edges may live on.
void init_sofia() {
  [[maybe_unused]] static const int done = [] {
    // Sofia writes to stderr, caller's numbers included; what we want to know we count.
    su_log_redirect(
        nullptr, [](void*, const char*, va_list) {}, nullptr);
    return su_init();
  }();
}

}  // namespace

class edge::impl {
 public:
  impl(edge_options options, edge_sink& sink)
      : inbox_(options.commands_max), core_(std::make_unique<edge_core>(std::move(options), sink)) {}
  ~impl() { stop(); }

  result<void> start() {
    std::promise<result<void>> opened;
    auto outcome = opened.get_future();
    thread_ = std::thread{[this, &opened] { run(opened); }};
    return outcome.get();
  }
  void stop() {
    if (!thread_.joinable()) return;
    inbox_.close();
    quit_.store(true);
    inbox_.ring();
    thread_.join();
    resolver_.reset();
  }
  result<void> push(sip::inbox_item what) {
    if (inbox_.push(std::move(what))) return {};
    core_->count.dropped(edge_status::drop::queue_full);
    return fail(errc::full, "edge: commands_max wait, or it stopped");
  }
  /// Beside the queue: provisioning must reach an edge that drowns in commands.
  void set_directory(edge_directory_ptr to) {
    {
      const std::lock_guard hold{directory_mutex_};
      next_directory_ = std::move(to);
    }
    inbox_.ring();
  }
  void set_lease(bool held) { core_->guard.may_send.store(held); }
  edge_status status() const {
    auto s = core_->count.read();
    s.commands_waiting = inbox_.size();
    for (std::size_t i = 0; i < s.datagrams.size(); ++i) s.datagrams[i] = core_->filter.count(static_cast<datagram_cause>(i));
    s.unsent = core_->guard.unsent();
    s.unheard = core_->guard.unheard();
    s.trunks = core_->paths.states();
    return s;
  }

 private:
  void run(std::promise<result<void>>& opened) {
    name_this_thread("sip");
    init_sofia();
    const guarded_thread mark{core_->guard};
    auto& core = *core_;
    core.ask_names = [this](const std::vector<std::string>& names) { ask(names); };
    core.root = su_root_create(&core);
    su_root_threading(core.root, 0);
    auto bound = core.open();
    su_wait_t wait[1] = {SU_WAIT_INIT};
    su_wait_create(wait, inbox_.descriptor(), SU_WAIT_IN);
    su_root_register(core.root, wait, on_wake, reinterpret_cast<edge_core*>(this), 0);
    const bool serving = bound.has_value();
    opened.set_value(std::move(bound));
    while (serving && !quit_.load()) su_root_step(core.root, 1'000);
    su_root_unregister(core.root, wait, on_wake, reinterpret_cast<edge_core*>(this));
    auto* root = core.root;
    core.close();
    su_root_destroy(root);
  }
  static int on_wake(edge_core*, su_wait_t*, edge_core* self) {
    reinterpret_cast<impl*>(self)->drain();
    return 0;
  }
  void drain() {
    auto& core = *core_;
    {
      const std::lock_guard hold{directory_mutex_};
      if (next_directory_) core.set_directory(std::move(next_directory_));
    }
    for (auto& what : inbox_.take()) {
      if (quit_.load()) return;
      std::visit(overload{[&](leg_command& c) { core.carry_out(c); }, [&](register_reply& r) { sip::finish_register(core, r); },
                          [&](known_bindings& k) { sip::load_bindings(core, k.aor, std::move(k.all)); },
                          [&](sip::resolved_name& n) { core.take_name(n.name, std::move(n.addresses), n.ttl); }},
                 what);
    }
  }

  void ask(const std::vector<std::string>& names) {
    if (!resolver_)
      resolver_ = std::make_unique<name_resolver>(core_->options.name_timeout,
                                                  [this](std::string name, std::vector<std::string> addresses, seconds ttl) {
                                                    // Refused when the queue is full: the name is then asked again after
                                                    // names.failed_retry.
                                                    inbox_.push(sip::resolved_name{std::move(name), std::move(addresses), ttl});
                                                  });
    resolver_->ask(names);
  }

  inbox<sip::inbox_item> inbox_;
  std::mutex directory_mutex_{};
  edge_directory_ptr next_directory_{};
  std::unique_ptr<edge_core> core_;
  std::unique_ptr<name_resolver> resolver_{};  ///< made at the first name; used on the edge's thread, ended before the queue
  std::atomic<bool> quit_{false};
  std::thread thread_{};
};

edge::edge(std::unique_ptr<impl> inside) : impl_(std::move(inside)) {}
edge::~edge() = default;

result<std::unique_ptr<edge>> edge::start(edge_options options, edge_sink& sink) {
  if (auto fine = check(options); !fine) return tl::unexpected<error>(fine.error());
  auto inside = std::make_unique<impl>(std::move(options), sink);
  if (auto opened = inside->start(); !opened) return tl::unexpected<error>(opened.error());
  return std::unique_ptr<edge>(new edge(std::move(inside)));
}
result<void> edge::command(leg_command what) { return impl_->push(std::move(what)); }
result<void> edge::answer_register(register_reply what) { return impl_->push(std::move(what)); }
result<void> edge::load_bindings(std::string aor, std::vector<binding> all) {
  return impl_->push(known_bindings{std::move(aor), std::move(all)});
}
void edge::set_directory(edge_directory_ptr to) { impl_->set_directory(std::move(to)); }
void edge::set_lease(bool held) { impl_->set_lease(held); }
edge_status edge::status() const { return impl_->status(); }
void edge::stop() { impl_->stop(); }

}  // namespace seatgrid
