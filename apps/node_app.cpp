#include "apps/node_app.hpp"

#include <spdlog/spdlog.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "api/answers.hpp"
#include "api/call_summary.hpp"
#include "apps/checks.hpp"
#include "apps/data_backup.hpp"
#include "apps/edge_metrics.hpp"
#include "apps/events_out.hpp"
#include "apps/node_journal.hpp"
#include "apps/provisioned_lists.hpp"
#include "apps/saved_bindings.hpp"
#include "domain/number.hpp"
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

prompt_library prompts_of(const std::string& assets, const std::vector<config_ptr>& tenants) {
  prompt_library library{assets};
  for (const auto& tenant : tenants) {
    library.set_language(tenant->tenant, tenant->language);
    for (const auto& [name, prompt] : tenant->prompts)
      if (const auto set = library.set(tenant->tenant, name, "", prompt.file); !set)
        spdlog::warn("prompt {} of {}: {}", name, tenant->tenant, set.error().what);
  }
  return library;
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

class wired_node final : public node_app, private edge_sink {
 public:
  explicit wired_node(node_app_options options) : options_(std::move(options)) {}
  wired_node(const wired_node&) = delete;
  wired_node& operator=(const wired_node&) = delete;
  ~wired_node() override {
    open_ = false;
    if (api_) api_.reset();
    if (edge_) edge_->stop();
    if (media_) media_->stop();
    if (journal_) journal_->close();
    if (node_) node_->stop();
  }

  result<void> open() {
    std::error_code ec;
    std::filesystem::create_directories(options_.data, ec);
    if (ec) return fail(errc::unavailable, "cannot make " + options_.data + ": " + ec.message());
    auto opened = open_node_journal(options_.data, options_.journal, options_.cluster, options_.kafka,
                                    {!options_.events_topic.empty(), options_.node.retention.steps});
    if (!opened) return tl::unexpected{opened.error()};
    journal_ = std::move(opened->log);
    lanes_ = opened->lanes;
    auto store = config_store::open(*journal_, clock_);
    if (!store) return tl::unexpected{store.error()};
    store_ = std::move(*store);
    if (auto applied = apply_file(); !applied) return applied;
    if (auto media = open_media(); !media) return media;
    if (auto actors = open_node(); !actors) return actors;
    if (auto edge = open_edge(); !edge) return edge;
    store_->on_change([this](const std::vector<config_change>&) { take(store_->tenants()); });
    begin();
    return open_api();
  }

  gateway& api() override { return node_->api(); }
  config_ptr tenant(const std::string& name) const override { return store_->current(name); }
  std::string url() const override { return "http://" + options_.api.http.host + ":" + std::to_string(api_->port()); }
  std::string token() const override { return options_.api.token; }
  restore_progress restored() const override { return node_->restored(); }
  void drain(const std::function<bool()>& hurried) override {
    node_->drain();
    open_ = false;
    for (const auto end = std::chrono::steady_clock::now() + options_.drain_max;
         edge_->status().legs > 0 && !hurried() && std::chrono::steady_clock::now() < end;)
      std::this_thread::sleep_for(milliseconds{100});
  }

 private:
  /// Every tenant of the text, or none.
  result<std::string> apply_text(const std::string& text, const std::string& file, provisioning_order how) {
    // What goes must not be referred to by what comes: it is not there when the text is checked.
    auto made = parse_provisioning(text, file, how.prune ? std::vector<config_ptr>{} : store_->tenants());
    if (!made) return tl::unexpected{made.error()};
    const auto removed = how.prune ? absent_from(made->tenants) : std::vector<std::string>{};
    for (const auto& name : removed)
      if (auto idle = has_no_calls(name); !idle) return tl::unexpected{idle.error()};
    std::uint64_t changed = 0;
    if (!how.check_only) {
      const auto stay = how.prune ? std::vector<config_ptr>{} : store_->tenants();
      const auto applied = node_->api().apply(with_trunks_above(std::move(made->tenants), stay), removed);
      if (!applied) return tl::unexpected{applied.error()};
      changed = *applied - removed.size();
    }
    return answers::text(answers::provisioned{.changed = changed,
                                              .removed = removed,
                                              .warnings = nlohmann::json::parse(made->warnings).get<std::vector<std::string>>()});
  }

  std::vector<std::string> absent_from(const std::vector<config_ptr>& given) const {
    std::vector<std::string> out;
    for (const auto& kept : store_->tenants())
      if (std::none_of(given.begin(), given.end(), [&](const auto& one) { return one->tenant == kept->tenant; }))
        out.push_back(kept->tenant);
    return out;
  }

  /// A call that begins between this look and the removal keeps the version that it pinned.
  result<void> has_no_calls(const std::string& tenant) const {
    std::string cursor;
    do {
      const auto calls = page_of(node_->api(), collection::calls, tenant, 1'000, cursor);
      if (!calls) return tl::unexpected{calls.error()};
      const auto active = nlohmann::json::parse(summarise_calls(calls->dump(), "active"));
      if (!active.at("items").empty())
        return fail(errc::wrong_state, "tenant '" + tenant + "' has calls: it can be removed when they have ended");
      cursor = calls->value("next_cursor", "");
    } while (!cursor.empty());
    return {};
  }

  result<std::string> remove_tenant(const std::string& name) {
    if (!store_->current(name)) return fail(errc::not_found, "no tenant '" + name + "'");
    for (const auto& other : store_->tenants())
      if (other->parent == name)
        return fail(errc::conflict, "tenant '" + name + "' stands above tenant '" + other->tenant + "': remove that one first");
    if (auto idle = has_no_calls(name); !idle) return tl::unexpected{idle.error()};
    if (const auto removed = node_->api().apply({}, {name}); !removed) return tl::unexpected{removed.error()};
    return answers::text(answers::removed{.removed = {name}});
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

  result<void> apply_file() {
    if (options_.provision.empty()) return {};
    std::ifstream in{options_.provision, std::ios::binary};
    if (!in) return fail(errc::not_found, "cannot read the provisioning file " + options_.provision);
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    auto made = parse_provisioning(text, options_.provision, store_->tenants());
    if (!made) return tl::unexpected{made.error()};
    const auto changed = store_->apply(with_trunks_above(std::move(made->tenants), store_->tenants()));
    if (!changed) return tl::unexpected{changed.error()};
    if (!changed->empty()) spdlog::info("{} tenants provisioned from {}", changed->size(), options_.provision);
    return {};
  }

  result<void> open_media() {
    options_.media.data_directory = options_.data;
    auto started = engine::start(options_.media, prompts_of(options_.assets, store_->tenants()), [this](media_event event) {
      if (node_) node_->on(std::move(event));
    });
    if (!started) return tl::unexpected{started.error()};
    media_ = std::move(*started);
    return {};
  }

  result<void> open_node() {
    options_.node.disk.free_percent = [directory = options_.data] { return free_percent_of(directory); };
    options_.node.log = [](const std::string& line) { spdlog::info("{}", line); };
    options_.node.fatal = [](const std::string& line) {
      spdlog::critical("{}", line);
      std::_Exit(70);
    };
    if (!options_.events_topic.empty()) options_.node.publisher = publisher_of(options_);
    held_ = true;
    node_ports ports;
    ports.to_leg = [this](leg_command order) { to_edge(std::move(order)); };
    ports.to_media = [this](media_command order) { to_media(std::move(order)); };
    ports.register_reply = [this](struct register_reply reply) {
      if (edge_ready_ && !edge_->answer_register(std::move(reply))) spdlog::warn("the edge takes no register replies");
    };
    ports.recordings_allowed = [this](bool allowed) { media_->allow_recordings(allowed); };
    ports.remove_recording = [data = options_.data](call_id, const std::string& path) { remove_recording(data, path); };
    if (lanes_ == nullptr)
      ports.recording_exists = [data = options_.data](const std::string& path) { return has_recording(data, path); };
    ports.settle_recordings = [data = options_.data](const auto& owner, const auto& go_on) { settle_files(data, owner, go_on); };
    ports.metrics = [this] {
      auto all = edge_ready_ ? edge_metrics(edge_->status()) : std::vector<metric>{};
      if (lanes_ != nullptr)
        for (auto& one : lane_metrics(lanes_->lanes())) all.push_back(std::move(one));
      return all;
    };
    auto started = node::start(options_.node, *journal_, *store_, clock_, std::move(ports));
    if (!started) return tl::unexpected{started.error()};
    node_ = std::move(*started);
    return {};
  }

  result<void> open_edge() {
    options_.edge.canonical_number = [](std::string_view number) { return canonical_number(number); };
    auto started = edge::start(options_.edge, *this);
    if (!started) return tl::unexpected{started.error()};
    edge_ = std::move(*started);
    return {};
  }

  /// Commands of restored calls came before edge and node could hear the answers: they go first, in their order.
  void begin() {
    const std::lock_guard lock{held_mutex_};
    for (auto& order : held_media_) media_->command(std::move(order));
    for (auto& order : held_orders_) send(std::move(order));
    held_media_.clear();
    held_orders_.clear();
    edge_ready_ = true;
    held_ = false;
  }
  void to_media(media_command order) {
    if (held_) {
      const std::lock_guard lock{held_mutex_};
      if (held_) return held_media_.push_back(std::move(order));
    }
    media_->command(std::move(order));
  }
  void to_edge(leg_command order) {
    if (held_) {
      const std::lock_guard lock{held_mutex_};
      if (held_) return held_orders_.push_back(std::move(order));
    }
    send(std::move(order));
  }
  void send(leg_command order) {
    if (const auto sent = edge_->command(std::move(order)); !sent) spdlog::warn("edge: {}", sent.error().what);
  }

  void take(const std::vector<config_ptr>& tenants) {
    auto directory = make_edge_directory(tenants);
    if (!directory) return spdlog::error("edge directory: {}", directory.error().what);
    edge_->set_directory(std::move(*directory));
    media_->replace_prompts(prompts_of(options_.assets, tenants));
  }

  void load_bindings() {
    for (const auto& tenant : store_->tenants()) {
      const bool registers =
          std::any_of(tenant->agents.begin(), tenant->agents.end(), [](const auto& a) { return a.second.device == "register"; });
      if (!registers) continue;
      auto saved = saved_bindings(node_->api(), tenant->tenant);
      if (!saved) {
        spdlog::warn("phones of {} must register again: {}", tenant->tenant, saved.error().what);
        continue;
      }
      for (auto& [aor, bindings] : *saved)
        if (const auto loaded = edge_->load_bindings(aor, std::move(bindings)); !loaded)
          spdlog::warn("{}: {}", aor, loaded.error().what);
    }
  }

  result<void> open_api() {
    if (!node_->wait_ready(options_.restore_max))
      spdlog::warn("not every call was restored within {} s: new calls are taken all the same", options_.restore_max.count());
    load_bindings();
    open_ = true;
    const auto file = options_.data + "/api.json";
    if (options_.api.token.empty()) options_.api.token = read_token(file);
    if (options_.api.token.empty()) options_.api.token = make_token();
    api_hooks hooks;
    hooks.check_number = check_number_json;
    hooks.apply_provisioning = [this](const std::string& text, provisioning_order how) { return apply_text(text, "body", how); };
    hooks.remove_tenant = [this](const std::string& name) { return remove_tenant(name); };
    hooks.back_up = [this](const std::string& to, bool journal_only) { return back_up_to(to, journal_only); };
    hooks.tenants = [this] { return answers::text(tenants_of(store_->tenants())); };
    hooks.trunks = [this] { return answers::text(trunks_of(store_->tenants(), edge_->status().trunks)); };
    if (lanes_ != nullptr) hooks.lanes = [this] { return lanes_json(lanes_->lanes()); };
    hooks.numbers = [this] { return answers::text(numbers_of(store_->tenants())); };
    hooks.schemas = answers::schemas;
    hooks.data_directory = options_.data;
    auto started = seatgrid::api::start(options_.api, node_->api(), std::move(hooks));
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

  // edge_sink, on the edge's thread
  void on_leg(leg_event event) override { node_->on(std::move(event)); }
  void on_register(register_request request) override { node_->on(std::move(request)); }
  bool accepting_calls() override { return open_; }

  node_app_options options_;
  system_clock clock_{};
  std::unique_ptr<journal> journal_{};
  cluster::lane_journal* lanes_ = nullptr;  ///< the journal, in a cluster
  std::unique_ptr<config_store> store_{};
  std::unique_ptr<engine> media_{};
  std::unique_ptr<edge> edge_{};
  std::unique_ptr<node> node_{};
  std::unique_ptr<seatgrid::api> api_{};
  std::atomic<bool> open_{false};
  std::atomic<bool> held_{true};
  std::atomic<bool> edge_ready_{false};
  std::mutex held_mutex_{};
  std::vector<leg_command> held_orders_{};
  std::vector<media_command> held_media_{};
};

}  // namespace

result<std::unique_ptr<node_app>> node_app::start(node_app_options options) {
  auto app = std::make_unique<wired_node>(std::move(options));
  if (auto opened = app->open(); !opened) return tl::unexpected{opened.error()};
  return app;
}

}  // namespace seatgrid
