#include "apps/robot.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <queue>
#include <thread>

#include "apps/robot_sdp.hpp"
#include "media/engine.hpp"
#include "sip/user_agent.hpp"

namespace seatgrid {
namespace {

using steady = std::chrono::steady_clock;

constexpr seconds register_max{10};
constexpr milliseconds key_length{160};
constexpr seconds closing_max{5};

/// Does things later on one thread: rings end in answers, talks in BYE. At most one waiting thing per call and step.
class later {
 public:
  later() : thread_([this] { run(); }) {}
  later(const later&) = delete;
  later& operator=(const later&) = delete;
  ~later() {
    {
      const std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void after(milliseconds wait, std::function<void()> what) {
    {
      const std::lock_guard lock{mutex_};
      waiting_.emplace(steady::now() + wait, std::move(what));
    }
    changed_.notify_all();
  }

 private:
  void run() {
    std::unique_lock lock{mutex_};
    while (!stopped_) {
      if (waiting_.empty()) {
        changed_.wait(lock);
      } else if (waiting_.begin()->first > steady::now()) {
        changed_.wait_until(lock, waiting_.begin()->first);
      } else {
        auto what = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        lock.unlock();
        what();
        lock.lock();
      }
    }
  }
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::multimap<steady::time_point, std::function<void()>> waiting_{};
  bool stopped_ = false;
  std::thread thread_;
};

struct phone_call {
  leg_id leg{};
  ua_call_id id{};
  std::string who{};
  robot_agent agent{};                         ///< of an agent's call
  std::optional<robot_call> placed{};          ///< of a caller's
  std::optional<session_description> offer{};  ///< theirs
  media_address local{};
  bool audio = false, answered = false, over = false, closed = false, ended_by_us = false;
  std::uint16_t status = 0;
  std::string text{};
  steady::time_point began = steady::now(), audio_at{}, answered_at{}, over_at{};
  media_statistics statistics{};
  std::uint32_t play_id = 0;
};
using call_ptr = std::shared_ptr<phone_call>;

class phones final : public robot_phones, private user_agent_sink {
 public:
  phones(robot_options options, robot_log log) : options_(std::move(options)), log_(std::move(log)) {}
  phones(const phones&) = delete;
  phones& operator=(const phones&) = delete;
  ~phones() override { stop(); }

  result<void> open() {
    media_options media;
    media.bind_host = options_.host;
    media.port_first = options_.rtp_first;
    media.port_last = options_.rtp_last;
    media.data_directory = options_.data_directory;
    media.format = record_format::pcm16;
    auto engine_started = engine::start(media, prompt_library{options_.assets}, [this](media_event e) { on_media(e); });
    if (!engine_started) return tl::unexpected{engine_started.error()};
    media_ = std::move(*engine_started);
    user_agent_options agent;
    const auto port = options_.sip_port == 0 ? std::string{"*"} : std::to_string(options_.sip_port);
    agent.listen = {"sip:" + options_.host + ":" + port + ";transport=udp"};
    auto started = user_agent::start(agent, *this);
    if (!started) return tl::unexpected{started.error()};
    ua_ = std::move(*started);
    return {};
  }

  result<void> add_agent(const robot_agent& agent) override {
    auto account = ua_->add_account(
        {.aor = "sip:" + agent.user + "@" + agent.domain, .password = agent.password, .server = "sip:" + options_.server});
    if (!account) return tl::unexpected{account.error()};
    std::unique_lock lock{mutex_};
    agents_[*account] = {agent, 0};
    if (auto sent = ua_->register_account(*account); !sent) return sent;
    changed_.wait_for(lock, register_max, [&] { return agents_[*account].second != 0; });
    const auto status = agents_[*account].second;
    if (status == 200) return {};
    if (status == 0 || status == 408) return fail(errc::timed_out, "no answer to REGISTER from " + options_.server);
    return fail(errc::denied, "REGISTER was answered " + std::to_string(status));
  }

  result<robot_call_result> call(const robot_call& what) override {
    auto account = ua_->add_account({.aor = "sip:" + what.from + "@" + options_.host, .server = "sip:" + options_.server});
    if (!account) return tl::unexpected{account.error()};
    std::unique_lock lock{mutex_};
    const auto c = new_call(what.from);
    c->placed = what;
    account_of_[c->leg] = *account;
    media_->command(media_open{.leg = c->leg, .tenant = "robots"});
    if (!changed_.wait_for(lock, what.wait_max, [&] { return c->answered || c->over; })) {
      lock.unlock();
      end(c, true);
      return fail(errc::timed_out, "no final answer within " + std::to_string(what.wait_max.count() / 1'000) + " s");
    }
    if (!c->over) changed_.wait_for(lock, what.talk, [&] { return c->over; });
    const bool ours = !c->over;
    lock.unlock();
    if (ours) end(c, true);
    lock.lock();
    changed_.wait_for(lock, closing_max, [&] { return c->closed; });
    return result_of(*c);
  }

  void stop() override {
    std::vector<call_ptr> live;
    {
      const std::lock_guard lock{mutex_};
      if (stopped_) return;
      stopped_ = true;
      for (const auto& [leg, c] : calls_)
        if (!c->over) live.push_back(c);
      for (const auto& [account, agent] : agents_)
        if (!ua_->unregister(account)) break;
    }
    for (const auto& c : live) end(c, true);
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, milliseconds{1'000}, [&] { return unregistered_ >= agents_.size(); });
    lock.unlock();
    ua_.reset();
    media_->stop();
  }

 private:
  call_ptr new_call(const std::string& who) {
    auto c = std::make_shared<phone_call>();
    c->leg = {call_id{++last_call_}, 1};
    c->who = who;
    calls_[c->leg] = c;
    return c;
  }
  call_ptr by_leg(leg_id leg) {
    const auto it = calls_.find(leg);
    return it == calls_.end() ? nullptr : it->second;
  }
  call_ptr by_id(ua_call_id id) {
    const auto it = legs_.find(id);
    return it == legs_.end() ? nullptr : by_leg(it->second);
  }
  void say(const phone_call& c, const std::string& what) {
    if (log_) log_(c.who, what);
  }

  static robot_call_result result_of(const phone_call& c) {
    const auto between = [](steady::time_point a, steady::time_point b) {
      return a.time_since_epoch().count() == 0 ? milliseconds{0} : std::chrono::duration_cast<milliseconds>(a - b);
    };
    return {.answered = c.answered,
            .ended_by_us = c.ended_by_us,
            .status = c.status,
            .text = c.text,
            .to_audio = between(c.audio_at, c.began),
            .to_answer = between(c.answered_at, c.began),
            .talked = c.answered ? between(c.over_at, c.answered_at) : milliseconds{0},
            .packets_received = c.statistics.packets_received,
            .packets_lost = c.statistics.packets_lost,
            .mos_hundredths = c.statistics.mos_hundredths};
  }

  void end(const call_ptr& c, bool ours) {
    ua_call_id id;
    {
      const std::lock_guard lock{mutex_};
      if (c->over) return;
      c->ended_by_us = ours;
      id = c->id;
    }
    if (const auto sent = ua_->hang_up(id); !sent) say(*c, "cannot hang up: " + sent.error().what);
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, closing_max, [&] { return c->over; });
  }

  // --- media, on the engine's thread
  void on_media(const media_event& event) {
    const std::lock_guard lock{mutex_};
    if (const auto* opened = std::get_if<media_opened>(&event)) {
      if (const auto c = by_leg(opened->leg)) take_port(c, opened->local);
    } else if (const auto* failed = std::get_if<media_open_failed>(&event)) {
      if (const auto c = by_leg(failed->leg)) finish(c, 500, "no RTP port: " + failed->why);
    } else if (const auto* key = std::get_if<media_digit>(&event)) {
      if (const auto c = by_leg(key->leg)) say(*c, std::string{"hears key "} + key->digit);
    } else if (const auto* closed = std::get_if<media_closed>(&event)) {
      if (const auto c = by_leg(closed->leg)) {
        c->statistics = closed->statistics;
        c->closed = true;
        calls_.erase(c->leg);
      }
    }
    changed_.notify_all();
  }

  void take_port(const call_ptr& c, const media_address& local) {
    c->local = local;
    if (c->placed) {
      const auto id = ua_->call({.account = account_of_[c->leg],
                                 .target = "sip:" + c->placed->number + "@" + options_.server,
                                 .offer = robot_offer(local)});
      if (!id) return finish(c, 503, id.error().what);
      c->id = *id;
      legs_[*id] = c->leg;
      say(*c, "INVITE " + c->placed->number);
      return;
    }
    if (!ua_->ring(c->id)) return;
    say(*c, "rings");
    delays_.after(c->agent.answer_after, [this, c] {
      const std::lock_guard lock{mutex_};
      if (c->over) return;
      const auto answer = robot_answer(c->local, c->offer);
      if (!answer) {
        if (!ua_->reject(c->id, 488)) say(*c, "cannot reject");
        return;
      }
      connect(*c, c->offer);
      if (ua_->answer(c->id, *answer)) say(*c, "answers");
      c->answered = true;
      speak(*c, c->agent.says);
      if (c->agent.hang_up_after.count() > 0)
        delays_.after(c->agent.hang_up_after, [this, c] {
          if (!ua_->hang_up(c->id)) say(*c, "cannot hang up");
        });
    });
  }

  void connect(phone_call& c, const std::optional<session_description>& theirs) {
    if (!theirs) return;
    if (const auto order = robot_connect(c.leg, *theirs)) media_->command(*order);
  }
  void speak(phone_call& c, const std::string& source) {
    media_->command(media_play{.leg = c.leg, .play_id = ++c.play_id, .list = {{source, ""}, {"silence:1000", ""}}, .loop = true});
  }

  void first_audio(const call_ptr& c, const session_description& theirs) {
    connect(*c, theirs);
    if (c->audio) return;
    c->audio = true;
    c->audio_at = steady::now();
    if (!c->placed) return;
    if (!c->placed->wav.empty())
      media_->command(media_record{.recording = c->leg.call.value, .path = c->placed->wav, .left = c->leg});
    auto wait = c->placed->press_after;
    for (const char key : c->placed->press) {
      delays_.after(wait, [this, c, key] {
        const std::lock_guard lock{mutex_};
        if (c->over) return;
        say(*c, std::string{"presses "} + key);
        media_->command(media_send_digit{.leg = c->leg, .digit = key, .length = key_length});
      });
      wait += c->placed->press_after;
    }
  }

  void finish(const call_ptr& c, std::uint16_t status, const std::string& text) {
    if (c->over) return;
    c->over = true;
    c->over_at = steady::now();
    c->status = status;
    c->text = text;
    legs_.erase(c->id);
    account_of_.erase(c->leg);
    if (c->placed) media_->command(media_record_stop{c->leg.call.value});
    media_->command(media_close{c->leg});
    changed_.notify_all();
  }

  // --- user_agent_sink, on the agent's thread
  void on_registered(ua_account_id account, std::uint16_t status, seconds expires) override {
    const std::lock_guard lock{mutex_};
    const auto it = agents_.find(account);
    if (it == agents_.end()) return;
    if (stopped_ && expires.count() == 0) ++unregistered_;
    it->second.second = status;
    changed_.notify_all();
  }
  void on_incoming(ua_call_id id, const ua_incoming& call) override {
    const std::lock_guard lock{mutex_};
    const auto it = agents_.find(call.account);
    if (it == agents_.end() || stopped_) {
      if (!ua_->reject(id, 480)) return;
      return;
    }
    const auto c = new_call("agent " + it->second.first.user);
    c->id = id;
    c->agent = it->second.first;
    c->offer = call.offer;
    legs_[id] = c->leg;
    say(*c, "INVITE from " + call.from_uri);
    media_->command(media_open{.leg = c->leg, .tenant = "robots"});
  }
  void on_progress(ua_call_id id, std::uint16_t status, const std::optional<session_description>& media) override {
    const std::lock_guard lock{mutex_};
    const auto c = by_id(id);
    if (!c) return;
    say(*c, std::to_string(status) + (media ? " with audio" : ""));
    if (media) first_audio(c, *media);
  }
  void on_answered(ua_call_id id, const std::optional<session_description>& media) override {
    const std::lock_guard lock{mutex_};
    const auto c = by_id(id);
    if (!c) return;
    say(*c, "200, talking");
    if (media) first_audio(c, *media);
    c->answered = true;
    c->status = 200;
    c->answered_at = steady::now();
    speak(*c, c->placed ? c->placed->says : c->agent.says);
    changed_.notify_all();
  }
  void on_confirmed(ua_call_id id, const std::optional<session_description>& media) override {
    const std::lock_guard lock{mutex_};
    if (const auto c = by_id(id); c && media) connect(*c, media);
  }
  void on_offer(ua_call_id id, const std::optional<session_description>& media) override {
    const std::lock_guard lock{mutex_};
    const auto c = by_id(id);
    if (!c) return;
    const auto answer = robot_answer(c->local, media);
    if (!answer) {
      if (!ua_->reject(id, 488)) say(*c, "cannot reject");
      return;
    }
    say(*c, media && media->way != direction::sendrecv ? "is put on hold" : "re-INVITE");
    connect(*c, media);
    if (!ua_->answer(id, *answer)) say(*c, "cannot answer");
  }
  void on_ended(ua_call_id id, std::uint16_t status, const std::string& reason, bool by_peer) override {
    const std::lock_guard lock{mutex_};
    const auto c = by_id(id);
    if (!c) return;
    say(*c, by_peer ? "ended by the far end: " + std::to_string(status) + " " + reason : "hangs up");
    finish(c, status, reason);
  }

  robot_options options_;
  robot_log log_;
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::map<ua_account_id, std::pair<robot_agent, std::uint16_t>> agents_{};
  std::map<leg_id, call_ptr> calls_{};
  std::map<ua_call_id, leg_id> legs_{};
  std::map<leg_id, ua_account_id> account_of_{};
  std::uint64_t last_call_ = 0;
  std::size_t unregistered_ = 0;
  bool stopped_ = false;
  std::unique_ptr<engine> media_{};
  std::unique_ptr<user_agent> ua_{};
  later delays_{};
};

}  // namespace

result<std::unique_ptr<robot_phones>> robot_phones::start(const robot_options& options, robot_log log) {
  auto made = std::make_unique<phones>(options, std::move(log));
  if (auto opened = made->open(); !opened) return tl::unexpected{opened.error()};
  return made;
}

}  // namespace seatgrid
