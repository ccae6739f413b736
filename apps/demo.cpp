#include "apps/demo.hpp"

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "apps/robot.hpp"

namespace seatgrid {
namespace {

constexpr seconds answer_max{10};
constexpr seconds records_max{15};
constexpr std::uint16_t robot_rtp_first = 42'000;
constexpr std::uint16_t robot_rtp_last = 42'199;

std::string clock_text(time_point at) {
  const auto seconds_of_day = (at.us / 1'000'000) % 86'400;
  char text[32];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld.%03lld", static_cast<long long>(seconds_of_day / 3'600),
                static_cast<long long>(seconds_of_day / 60 % 60), static_cast<long long>(seconds_of_day % 60),
                static_cast<long long>(at.us / 1'000 % 1'000));
  return text;
}

/// Waits for one answer of the gateway.
result<nlohmann::json> ask(const std::function<void(gateway::answer)>& question) {
  auto answered = std::make_shared<std::promise<result<std::string>>>();
  auto future = answered->get_future();
  question([answered](result<std::string> r) { answered->set_value(std::move(r)); });
  if (future.wait_for(answer_max) != std::future_status::ready) return fail(errc::timed_out, "the node does not answer");
  auto text = future.get();
  if (!text) return tl::unexpected{text.error()};
  auto json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_discarded()) return fail(errc::corrupt, "the node's answer is not JSON");
  return json;
}

/// Prints public events of the tenant as they come and remembers the ended call.
class timeline {
 public:
  timeline(gateway& from, std::string tenant) : tenant_(std::move(tenant)) {
    auto subscription = from.subscribe(tenant_, "", [this] { wake(); });
    if (subscription) events_ = std::move(*subscription);
    thread_ = std::thread([this] { run(); });
  }
  timeline(const timeline&) = delete;
  timeline& operator=(const timeline&) = delete;
  ~timeline() {
    {
      const std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  /// The CDR event of the first call that ended, or nothing within `longest`.
  std::optional<live_event> cdr(seconds longest) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, longest, [this] { return cdr_.has_value(); });
    return cdr_;
  }

 private:
  void wake() {
    {
      const std::lock_guard lock{mutex_};
      awake_ = true;
    }
    changed_.notify_all();
  }
  void run() {
    std::unique_lock lock{mutex_};
    while (!stopped_) {
      changed_.wait_for(lock, milliseconds{500}, [this] { return awake_ || stopped_; });
      awake_ = false;
      lock.unlock();
      const auto batch = events_ ? events_->take(100) : std::vector<live_event>{};
      lock.lock();
      for (const auto& e : batch) {
        if (e.type.find("cdr") == std::string::npos)
          std::printf("  %s  %-24s %s\n", clock_text(e.at).c_str(), e.type.c_str(), e.data.c_str());
        else if (!cdr_)
          cdr_ = e;
      }
      std::fflush(stdout);
      changed_.notify_all();
    }
  }

  std::string tenant_;
  std::shared_ptr<event_subscription> events_{};
  std::mutex mutex_{};
  std::condition_variable changed_{};
  bool awake_ = false;
  bool stopped_ = false;
  std::optional<live_event> cdr_{};
  std::thread thread_{};
};

class robot_demo final : public demo {
 public:
  robot_demo(demo_options options, node_app& node, config_ptr tenant)
      : options_(std::move(options)), node_(node), tenant_(std::move(tenant)) {}
  robot_demo(const robot_demo&) = delete;
  robot_demo& operator=(const robot_demo&) = delete;
  ~robot_demo() override {
    if (phones_) phones_->stop();
  }

  result<void> open() {
    robot_options phones{.server = options_.sip,
                         .rtp_first = robot_rtp_first,
                         .rtp_last = robot_rtp_last,
                         .data_directory = options_.data + "/robots",
                         .assets = options_.assets};
    std::error_code ec;
    std::filesystem::create_directories(phones.data_directory, ec);
    auto started = robot_phones::start(phones, [](const std::string& who, const std::string& what) {
      std::printf("                %-22s %s\n", who.c_str(), what.c_str());
      std::fflush(stdout);
    });
    if (!started) return tl::unexpected{started.error()};
    phones_ = std::move(*started);
    for (const auto& [name, agent] : tenant_->agents) {
      if (agent.device != "register") continue;
      if (auto added = phones_->add_agent({.user = name, .password = agent.password, .domain = tenant_->domain}); !added)
        return fail(added.error().code, "robot agent " + name + " cannot register: " + added.error().what);
    }
    return {};
  }

  result<void> call() override {
    timeline events{node_.api(), options_.tenant};
    std::printf("\n%s calls %s and presses 1\n", options_.from.c_str(), options_.number.c_str());
    const auto heard = phones_->call({.number = options_.number, .from = options_.from, .press = "1", .wav = "caller.wav"});
    if (!heard) return fail(heard.error().code, "the call: " + heard.error().what);
    if (!heard->answered)
      return fail(errc::wrong_state, "no agent answered: " + std::to_string(heard->status) + " " + heard->text);
    if (heard->packets_received < 100)
      return fail(errc::wrong_state, "the caller heard only " + std::to_string(heard->packets_received) + " RTP packets");
    const auto cdr = events.cdr(records_max);
    if (!cdr) return fail(errc::timed_out, "no CDR within " + std::to_string(records_max.count()) + " s");
    std::printf("\nCDR\n%s\n", nlohmann::json::parse(cdr->data, nullptr, false).dump(2).c_str());
    return check_recording(to_text(cdr->entity.id));
  }

 private:
  result<void> check_recording(const std::string& call) {
    const auto list = ask([&](gateway::answer done) {
      node_.api().list(collection::recordings, {.tenant = options_.tenant, .filters = {{"call", call}}}, std::move(done));
    });
    if (!list) return tl::unexpected{list.error()};
    const auto items = list->value("items", nlohmann::json::array());
    if (items.empty()) return fail(errc::not_found, "call " + call + " has no recording");
    const auto path = std::filesystem::absolute(options_.data + "/" + items.front().value("path", ""));
    std::error_code ec;
    const auto bytes = std::filesystem::file_size(path, ec);
    if (ec || bytes < 8'000) return fail(errc::corrupt, "the recording " + path.string() + " is missing or empty");
    std::printf("recording  %s (%ju bytes; caller left, agent right)\n", path.c_str(), static_cast<std::uintmax_t>(bytes));
    return {};
  }

  demo_options options_;
  node_app& node_;
  config_ptr tenant_;
  std::unique_ptr<robot_phones> phones_{};
};

}  // namespace

result<std::unique_ptr<demo>> demo::start(demo_options options, node_app& node) {
  auto tenant = node.tenant(options.tenant);
  if (!tenant)
    return fail(errc::not_found, "the tenant '" + options.tenant +
                                     "' is not provisioned: the demo needs config/demo/demo.toml, or start with --no-demo");
  auto made = std::make_unique<robot_demo>(std::move(options), node, std::move(tenant));
  if (auto opened = made->open(); !opened) return tl::unexpected{opened.error()};
  return made;
}

}  // namespace seatgrid
