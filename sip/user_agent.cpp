#include "sip/user_agent.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "base/bounded_queue.hpp"
#include "sip/libc_guard.hpp"
#include "sip/user_agent_core.hpp"

namespace seatgrid {
namespace {
constexpr milliseconds step_longest{200};
}  // namespace

class user_agent::impl {
 public:
  impl(user_agent_options options, user_agent_sink& sink)
      : options_(std::move(options)), sink_(sink), orders_("user_agent.orders_max", options_.orders_max) {}
  ~impl() {
    closing_ = true;
    orders_.close();
    ring();
    if (thread_.joinable()) thread_.join();
    ::close(wake_);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  result<void> start() {
    std::promise<result<void>> opened;
    auto answer = opened.get_future();
    thread_ = std::thread{[this, &opened] { run(opened); }};
    return answer.get();
  }

  result<void> push(ua_order order) {
    auto done = orders_.push(std::move(order));
    if (done && !ringing_.exchange(true)) ring();
    return done;
  }

  const user_agent_options& options() const noexcept { return options_; }
  ua_shared& shared() noexcept { return shared_; }
  const std::string& address() const noexcept { return address_; }
  std::uint64_t orders_waiting() const { return orders_.size(); }

 private:
  void ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto put = ::write(wake_, &one, sizeof one);
  }

  void carry_out(ua_core& core) {
    std::uint64_t rings = 0;
    [[maybe_unused]] const auto got = ::read(wake_, &rings, sizeof rings);
    ringing_ = false;
    if (!orders_.try_take_all(batch_)) return;
    for (const auto& order : batch_) order(core);
    batch_.clear();
  }

  void run(std::promise<result<void>>& opened) {
    su_init();
    socket_guard guard{clock_};  // no filter: robots listen to everybody, but they resolve no names either
    const guarded_thread mark{guard};
    {
      ua_core core{options_, sink_, shared_};
      auto done = core.open();
      const bool runs = done.has_value();
      if (runs) address_ = core.host + ":" + core.port;
      opened.set_value(std::move(done));
      if (runs) serve(core);
    }
    su_deinit();
  }

  void serve(ua_core& core) {
    su_wait_t wait[1] = {SU_WAIT_INIT};
    su_wait_create(wait, wake_, SU_WAIT_IN);
    core.catch_up = [this, &core] { carry_out(core); };
    const int registered = su_root_register(
        core.root, wait, [](ua_core*, su_wait_t*, ua_core*) { return 0; }, &core, 0);
    while (!closing_) {
      carry_out(core);
      core.retired.clear();
      su_root_step(core.root, static_cast<su_duration_t>(core.run_timers(step_longest).count()));
      core.retired.clear();
    }
    su_root_deregister(core.root, registered);
  }

  const user_agent_options options_;
  user_agent_sink& sink_;
  system_clock clock_{};
  bounded_queue<ua_order> orders_;
  std::vector<ua_order> batch_{};
  const int wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::atomic<bool> ringing_{false}, closing_{false};
  ua_shared shared_{};
  std::string address_{};
  std::thread thread_{};
};

user_agent::user_agent(std::unique_ptr<impl> inside) : impl_(std::move(inside)) {}
user_agent::~user_agent() = default;

result<std::unique_ptr<user_agent>> user_agent::start(user_agent_options options, user_agent_sink& sink) {
  auto inside = std::make_unique<impl>(std::move(options), sink);
  if (auto done = inside->start(); !done) return tl::unexpected<error>(done.error());
  return std::unique_ptr<user_agent>{new user_agent{std::move(inside)}};
}

const std::string& user_agent::address() const noexcept { return impl_->address(); }

user_agent::counts user_agent::status() const noexcept {
  return {impl_->shared().accounts.load(), impl_->shared().calls.load(), impl_->orders_waiting()};
}

result<ua_account_id> user_agent::add_account(ua_account account) {
  auto& shared = impl_->shared();
  if (shared.accounts.fetch_add(1) >= impl_->options().accounts_max) {
    shared.accounts.fetch_sub(1);
    return fail(errc::full, "user_agent.accounts_max " + std::to_string(impl_->options().accounts_max));
  }
  const ua_account_id id{shared.next_id.fetch_add(1)};
  auto done = impl_->push([id, given = std::move(account)](ua_core& core) { core.add_account(id, given); });
  if (done) return id;
  shared.accounts.fetch_sub(1);
  return tl::unexpected<error>(done.error());
}

result<void> user_agent::register_account(ua_account_id account) {
  return impl_->push([account](ua_core& core) {
    auto* known = core.account(account);
    if (known == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    core.next_register =
        std::max(core.next_register, now) + std::chrono::microseconds{1'000'000 / core.options.registers_per_second};
    ua_register(*known, core.next_register);
  });
}

result<void> user_agent::unregister(ua_account_id account) {
  return impl_->push([account](ua_core& core) {
    if (auto* known = core.account(account)) ua_unregister(*known);
  });
}

result<ua_call_id> user_agent::call(ua_outgoing call) {
  const ua_call_id id{impl_->shared().next_id.fetch_add(1)};
  auto done = impl_->push([id, order = std::move(call)](ua_core& core) { ua_call(core, id, order); });
  if (!done) return tl::unexpected<error>(done.error());
  return id;
}

result<void> user_agent::ring(ua_call_id call, std::optional<session_description> early) {
  return impl_->push([call, media = std::move(early)](ua_core& core) {
    if (auto* known = core.call(call)) ua_ring(*known, media);
  });
}

result<void> user_agent::answer(ua_call_id call, session_description media) {
  return impl_->push([call, media = std::move(media)](ua_core& core) {
    if (auto* known = core.call(call)) ua_answer(*known, media);
  });
}

result<void> user_agent::reject(ua_call_id call, std::uint16_t status) {
  return impl_->push([call, status](ua_core& core) {
    if (auto* known = core.call(call)) ua_reject(*known, status);
  });
}

result<void> user_agent::hang_up(ua_call_id call) {
  return impl_->push([call](ua_core& core) {
    if (auto* known = core.call(call)) ua_hang_up(*known);
  });
}

result<void> user_agent::offer(ua_call_id call, session_description media) {
  return impl_->push([call, media = std::move(media)](ua_core& core) {
    if (auto* known = core.call(call)) ua_offer(*known, media);
  });
}

result<void> user_agent::refer(ua_call_id call, std::string target) {
  return impl_->push([call, target = std::move(target)](ua_core& core) {
    if (auto* known = core.call(call)) ua_refer(*known, target);
  });
}

}  // namespace seatgrid
