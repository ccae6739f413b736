#include "apps/node_app.hpp"

#include <spdlog/spdlog.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/answers.hpp"
#include "apps/checks.hpp"
#include "apps/cluster_seat.hpp"
#include "apps/data_backup.hpp"
#include "apps/edge_metrics.hpp"
#include "apps/events_out.hpp"
#include "apps/node_journal.hpp"
#include "apps/provisioned_lists.hpp"
#include "apps/provisioning_desk.hpp"
#include "apps/station.hpp"
#include "media/recordings.hpp"

namespace seatgrid {
namespace {

double free_percent_of(const std::string& directory) {
  struct statvfs disk {};
  if (statvfs(directory.c_str(), &disk) != 0 || disk.f_blocks == 0) return 100;
  return 100.0 * static_cast<double>(disk.f_bavail) / static_cast<double>(disk.f_blocks);
}

std::string read_token(const std::string& file) {
  std::ifstream in{file};
  const auto json = in ? nlohmann::json::parse(in, nullptr, false) : nlohmann::json{};
  return json.is_object() ? json.value("token", "") : "";
}

/// What a death left on the disk, said in a line each and a word of all.
void settle_files(const std::string& data, const node_ports::owner_of_file& owner, const std::function<bool()>& go_on) {
  const auto done = settle_recordings(data, owner, go_on);
  for (const auto& path : done.stray) spdlog::warn("{} belongs to no call: it is in lost+found/ now", path);
  for (const auto& path : done.empty) spdlog::warn("{} holds nothing: its process died as it was made", path);
  for (const auto& why : done.failed) spdlog::error("recordings: {}", why);
  if (done.seen != 0)
    spdlog::info("{} files of recordings looked at: {} repaired, {} moved to lost+found/", done.seen, done.repaired.size(),
                 done.stray.size());
}

class wired_node final : public node_app {
 public:
  explicit wired_node(node_app_options options) : options_(std::move(options)) {}
  wired_node(const wired_node&) = delete;
  wired_node& operator=(const wired_node&) = delete;
  ~wired_node() override {
    open_ = false;
    if (api_) api_.reset();
    if (seat_) seat_->stop();
    if (alone_) alone_->stop();
    if (journal_) journal_->close();
    if (node_) node_->stop();
  }

  result<void> open() {
    std::error_code ec;
    std::filesystem::create_directories(options_.data, ec);
    if (ec) return fail(errc::unavailable, "cannot make " + options_.data + ": " + ec.message());
    options_.node.disk.free_percent = [directory = options_.data] { return free_percent_of(directory); };
    if (auto opened = open_journal(); !opened) return opened;
    if (auto opened = open_store(); !opened) return opened;
    return lanes_ == nullptr ? open_alone() : open_as_one_of_many();
  }

  gateway& api() override { return seat_ ? seat_->api() : node_->api(); }
  config_ptr tenant(const std::string& name) const override { return store_->current(name); }
  std::string url() const override { return "http://" + options_.api.http.host + ":" + std::to_string(api_->port()); }
  std::string token() const override { return options_.api.token; }
  restore_progress restored() const override { return node_->restored(); }
  void drain(const std::function<bool()>& hurried) override {
    node_->drain();
    open_ = false;
    if (seat_) seat_->drain();
    for (const auto end = std::chrono::steady_clock::now() + options_.drain_max;
         legs() > 0 && !hurried() && std::chrono::steady_clock::now() < end;)
      std::this_thread::sleep_for(milliseconds{100});
    if (seat_) seat_->leave();
  }

 private:
  result<void> open_journal() {
    journal_ears ears;
    ears.on_folded = [this](const recorded_step& came) {
      if (auto* seat = hears_.load()) seat->on_folded(came);
    };
    ears.on_owner = [this](lane_id lane, const cluster::lane_owner& owner, std::uint64_t epoch) {
      if (auto* seat = hears_.load()) seat->on_owner(lane, owner, epoch);
    };
    ears.on_remade = [this](lane_id lane) {
      if (auto* seat = hears_.load()) seat->on_remade(lane);
    };
    auto opened = open_node_journal(options_.data, options_.journal, options_.cluster, options_.kafka,
                                    {!options_.events_topic.empty(), options_.node.retention.steps}, std::move(ears));
    if (!opened) return tl::unexpected{opened.error()};
    journal_ = std::move(opened->log);
    lanes_ = opened->lanes;
    me_ = opened->me;
    return {};
  }

  result<void> open_store() {
    config_store_options how;
    how.follows = lanes_ != nullptr;
    if (lanes_ != nullptr)
      how.is_folded = [this] {
        for (const auto& one : lanes_->lanes())
          if (one.lane == 0) return one.to_fold == 0;
        return false;
      };
    auto store = config_store::open(*journal_, clock_, std::move(how));
    if (!store) return tl::unexpected{store.error()};
    store_ = std::move(*store);
    return {};
  }

  // --- a node alone ----------------------------------------------------------------------------------------------

  result<void> open_alone() {
    options_.media.data_directory = options_.data;
    alone_ = std::make_unique<station>(station_options{options_.edge, options_.media, options_.assets}, ears_alone());
    provisioning_ = std::make_unique<provisioning_desk>(*store_, [this]() -> gateway& { return node_->api(); });
    if (auto applied = provisioning_->apply_file(options_.provision); !applied) return applied;
    if (auto media = alone_->open_media(store_->tenants()); !media) return media;
    node_ports ports;
    ports.to_leg = [this](leg_command what) { alone_->to_leg(std::move(what)); };
    ports.to_media = [this](media_command what) { alone_->to_media(std::move(what)); };
    ports.register_reply = [this](struct register_reply what) { alone_->to_register(std::move(what)); };
    ports.remove_recording = [data = options_.data](call_id, const std::string& path) { remove_recording(data, path); };
    ports.recording_exists = [data = options_.data](const std::string& path) { return has_recording(data, path); };
    if (auto actors = open_node(std::move(ports)); !actors) return actors;
    if (auto edge = alone_->open_edge(); !edge) return edge;
    store_->on_change([this](const std::vector<config_change>&) { alone_->take(store_->tenants()); });
    alone_->load_bindings(node_->api(), store_->tenants());  // restored legs know their phones by them
    alone_->begin();
    wait_until_restored();
    open_ = true;
    return open_api();
  }

  station_ears ears_alone() {
    return {.on_leg = [this](leg_event what) { node_->on(std::move(what)); },
            .on_media =
                [this](media_event what) {
                  if (node_) node_->on(std::move(what));
                },
            .on_register = [this](register_request what) { node_->on(std::move(what)); },
            .accepting_calls = [this] { return open_.load(); },
            .draining = {}};
  }

  // --- one of many -----------------------------------------------------------------------------------------------

  result<void> open_as_one_of_many() {
    seat_ = std::make_unique<cluster_seat>(options_, me_, *lanes_, *store_);
    node_ports ports;
    seat_->fill(ports);
    if (auto actors = open_node(std::move(ports)); !actors) return actors;
    seat_->attach(*node_);
    hears_ = seat_.get();
    provisioning_ = std::make_unique<provisioning_desk>(
        *store_, [this]() -> gateway& { return seat_->api(); },
        [this](const std::string& what, std::string payload) { return seat_->ask_configuration(what, std::move(payload)); });
    seat_->serve_configuration(
        [this](const std::string& what, const std::string& payload) { return provisioning_->answer(what, payload); });
    store_->on_change([this](const std::vector<config_change>&) { seat_->take(store_->tenants()); });
    if (auto api = open_api(); !api) return api;
    if (auto joined = seat_->join(url()); !joined) return joined;
    if (auto applied = apply_file_somewhere(); !applied) return applied;
    wait_until_restored();
    open_ = true;
    seat_->accept_calls();
    return {};
  }

  /// Lane 0 gets its owner a moment after the first node has joined.
  result<void> apply_file_somewhere() {
    for (const auto until = std::chrono::steady_clock::now() + options_.restore_max;;) {
      auto applied = provisioning_->apply_file(options_.provision);
      const bool waits = !applied && (applied.error().code == errc::unavailable || applied.error().code == errc::wrong_state);
      if (!waits || std::chrono::steady_clock::now() > until) return applied;
      std::this_thread::sleep_for(milliseconds{50});
    }
  }

  // --- both ------------------------------------------------------------------------------------------------------

  result<void> open_node(node_ports ports) {
    options_.node.log = [](const std::string& line) { spdlog::info("{}", line); };
    options_.node.fatal = [](const std::string& line) {
      spdlog::critical("{}", line);
      std::_Exit(70);
    };
    if (lanes_ != nullptr) options_.node.process = to_text(me_.process);
    if (!options_.events_topic.empty()) options_.node.publisher = publisher_of(options_);
    ports.recordings_allowed = [this](bool allowed) {
      seat_ ? seat_->allow_recordings(allowed) : alone_->allow_recordings(allowed);
    };
    ports.settle_recordings = [data = options_.data](const auto& owner, const auto& go_on) { settle_files(data, owner, go_on); };
    ports.metrics = [this] {
      std::vector<metric> all;
      if (alone_) all = edge_metrics(alone_->edge_state());
      if (seat_)
        for (const auto& [slot, state] : seat_->edge_states())
          for (auto& one : edge_metrics(state, slot)) all.push_back(std::move(one));
      if (lanes_ != nullptr)
        for (auto& one : lane_metrics(lanes_->lanes())) all.push_back(std::move(one));
      return all;
    };
    auto started = node::start(options_.node, *journal_, *store_, clock_, ports);
    if (!started) return tl::unexpected{started.error()};
    node_ = std::move(*started);
    return {};
  }

  edge_status edge_state() const { return seat_ ? seat_->edge_state() : alone_->edge_state(); }
  std::uint64_t legs() const { return seat_ ? seat_->legs() : alone_->edge_state().legs; }

  void wait_until_restored() {
    if (!node_->wait_ready(options_.restore_max))
      spdlog::warn("not every call was restored within {} s: new calls are taken all the same", options_.restore_max.count());
  }

  result<std::string> back_up_to(const std::string& directory, bool journal_only) const {
    if (journal_only) {
      if (auto copied = journal_->backup(directory); !copied) return tl::unexpected{copied.error()};
      return answers::text(answers::backup{.directory = directory});
    }
    const auto made = back_up(*journal_, options_.data, directory);
    if (!made) return tl::unexpected{made.error()};
    return answers::text(answers::backup{.directory = directory, .files = made->files, .bytes = made->bytes});
  }

  result<void> open_api() {
    const auto file = options_.data + "/api.json";
    if (options_.api.token.empty()) options_.api.token = read_token(file);
    if (options_.api.token.empty()) options_.api.token = make_token();
    auto started = seatgrid::api::start(options_.api, api(), hooks_of_api());
    if (!started) return tl::unexpected{started.error()};
    api_ = std::move(*started);
    const auto fresh = file + ".new";
    std::ofstream{fresh} << nlohmann::json{{"url", url()}, {"token", options_.api.token}}.dump(2) << "\n";
    std::error_code ec;
    std::filesystem::permissions(fresh, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ec);
    std::filesystem::rename(fresh, file, ec);
    if (ec) return fail(errc::unavailable, "cannot write " + file + ": " + ec.message());
    return {};
  }

  api_hooks hooks_of_api() {
    api_hooks hooks;
    hooks.check_number = check_number_json;
    hooks.apply_provisioning = [this](const std::string& text, provisioning_order how) {
      return provisioning_->apply(text, "body", how);
    };
    hooks.remove_tenant = [this](const std::string& name) { return provisioning_->remove(name); };
    hooks.back_up = [this](const std::string& to, bool journal_only) { return back_up_to(to, journal_only); };
    hooks.tenants = [this] { return answers::text(tenants_of(store_->tenants())); };
    hooks.trunks = [this] { return answers::text(trunks_of(store_->tenants(), edge_state().trunks)); };
    hooks.numbers = [this] { return answers::text(numbers_of(store_->tenants())); };
    hooks.schemas = answers::schemas;
    hooks.why_closed = [this] { return std::string{open_ ? "" : "the node does not take calls yet, or no longer"}; };
    if (seat_) {
      hooks.cluster = [this] { return seat_->state(); };
      hooks.find_file = [this](const std::string& path, const std::function<void(std::string)>& tell) {
        seat_->find_file(path, tell);
      };
      hooks.order_cluster = [this](const cluster_order& what) { return seat_->order(what); };
    }
    hooks.data_directory = options_.data;
    return hooks;
  }

  node_app_options options_;
  system_clock clock_{};
  std::unique_ptr<journal> journal_{};
  cluster::lane_journal* lanes_ = nullptr;  ///< the journal, in a cluster
  cluster::lane_owner me_{};                ///< likewise
  std::unique_ptr<config_store> store_{};
  std::unique_ptr<provisioning_desk> provisioning_{};
  std::unique_ptr<station> alone_{};
  std::unique_ptr<cluster_seat> seat_{};
  std::atomic<cluster_seat*> hears_{nullptr};  ///< what the journal tells
  std::unique_ptr<node> node_{};
  std::unique_ptr<seatgrid::api> api_{};
  std::atomic<bool> open_{false};
};

}  // namespace

result<std::unique_ptr<node_app>> node_app::start(node_app_options options) {
  auto app = std::make_unique<wired_node>(std::move(options));
  if (auto opened = app->open(); !opened) return tl::unexpected{opened.error()};
  return app;
}

}  // namespace seatgrid
