#include "actors/config_store.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <future>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "actors/config_reader.hpp"
#include "base/thread_name.hpp"

namespace seatgrid {
namespace {

constexpr std::size_t listeners_max = 16;

/// What is still to be looked at; shared with callbacks that may outlive the store.
struct config_news {
  std::mutex mutex{};
  std::condition_variable_any changed{};
  bool pointers_moved = false;
  std::optional<lane_epoch> owned{};
  std::string owner{};
  bool sweep_due = true;  ///< what a dead writer left half done

  void set_moved(bool is_half_done = false) {
    const std::lock_guard lock{mutex};
    pointers_moved = true;
    sweep_due = sweep_due || is_half_done;
    changed.notify_all();
  }
};

class stored_config final : public config_store {
 public:
  stored_config(journal& log, const clock& time, config_store_options options)
      : log_(log), time_(time), options_(std::move(options)), reader_(log) {}
  ~stored_config() override {
    follower_.request_stop();
    if (follower_.joinable()) follower_.join();
  }

  result<void> load() {
    if (!options_.follows) {
      auto claimed = claim_and_wait(log_, config_lane, options_.claim_wait);
      if (!claimed) return tl::unexpected(claimed.error());
      own(*claimed);
    } else if (auto folded = wait_folded(); !folded) {
      return folded;
    }
    if (auto read = refresh(); !read) return read;
    if (options_.follows) follower_ = std::jthread{[this](const std::stop_token& stop) { follow(stop); }};
    return {};
  }

  result<std::vector<config_change>> apply(std::vector<config_ptr> given, std::vector<std::string> removed) override {
    const std::lock_guard only_one{apply_mutex_};
    const auto at = owned();
    if (!at) return tl::unexpected(not_ours());
    if (auto fresh = take_news(); !fresh) return tl::unexpected(fresh.error());
    std::vector<config_change> changes;
    std::vector<step> steps;
    step last;
    last.entity = config_directory;
    for (const auto& config : given)
      if (auto done = prepare(*config, changes, steps, last); !done) return tl::unexpected(done.error());
    for (const auto& name : removed)
      if (auto before = current(name)) {
        last.rows.push_back({row_key(tenant_ref(name)), std::nullopt});
        changes.push_back({name, std::move(before), nullptr});
      }
    if (changes.empty()) return changes;
    if (auto swept = sweep(steps); !swept) return tl::unexpected(swept.error());
    std::map<std::string, config_ptr> next;
    {
      const std::shared_lock lock{mutex_};
      next = current_;
    }
    for (const auto& change : changes)
      if (change.after)
        next[change.tenant] = change.after;
      else
        next.erase(change.tenant);
    if (next.size() > options_.tenants_max) return fail(errc::full, std::to_string(options_.tenants_max) + " tenants at most");
    std::string names;
    for (const auto& [name, unused] : next) names += name + "\n";
    last.rows.push_back({row_key(config_directory), std::move(names)});
    steps.push_back(std::move(last));
    if (auto stored = store(*at, steps); !stored) return tl::unexpected(stored.error());
    publish(std::move(next), changes);
    return changes;
  }

  std::vector<config_ptr> tenants() const override {
    const std::shared_lock lock{mutex_};
    std::vector<config_ptr> all;
    for (const auto& [unused, config] : current_) all.push_back(config);
    return all;
  }

  void on_change(std::function<void(const std::vector<config_change>&)> tell) override {
    const std::lock_guard only_one{apply_mutex_};
    std::vector<config_change> all;
    for (auto& config : tenants()) all.push_back({config->tenant, nullptr, config});
    tell(all);
    if (listeners_.size() < listeners_max) listeners_.push_back(std::move(tell));
  }

  config_ptr current(const std::string& tenant) const override {
    const std::shared_lock lock{mutex_};
    const auto it = current_.find(tenant);
    return it == current_.end() ? nullptr : it->second;
  }

  config_ptr version(const std::string& tenant, std::uint64_t wanted) const override {
    auto newest = current(tenant);
    if (newest && newest->version == wanted) return newest;
    {
      const std::shared_lock lock{mutex_};
      if (const auto it = pinned_.find({tenant, wanted}); it != pinned_.end())
        if (auto held = it->second.lock()) return held;
    }
    auto old = reader_.read(tenant, wanted);
    if (!old) return newest;
    const std::unique_lock lock{mutex_};
    pinned_[{tenant, wanted}] = *old;
    return *old;
  }

  config_ptr by_shard_entity(entity_ref entity) const override {
    const std::shared_lock lock{mutex_};
    const auto [from, to] = by_shard_.equal_range(entity.shard());
    for (auto it = from; it != to; ++it)
      if ((entity.kind == entity_kind::agent && it->second->agent(agent_id{entity.id}) != nullptr) ||
          (entity.kind == entity_kind::queue && it->second->queue(queue_id{entity.id}) != nullptr))
        return it->second;
    return nullptr;
  }

  void own(lane_epoch at) override {
    const std::lock_guard lock{news_->mutex};
    news_->owned = at;
    news_->sweep_due = true;
  }
  void lost() override {
    const std::lock_guard lock{news_->mutex};
    news_->owned.reset();
  }
  void on_owner(const std::string& node) override {
    const std::lock_guard lock{news_->mutex};
    news_->owner = node;
  }
  void on_folded(const recorded_step& came) override {
    if (came.position.lane == config_lane && came.step.entity == config_directory) news_->set_moved();
  }
  void on_remade(lane_id lane) override {
    if (lane == config_lane) news_->set_moved();
  }

 private:
  std::optional<lane_epoch> owned() const {
    const std::lock_guard lock{news_->mutex};
    return news_->owned;
  }
  error not_ours() const {
    const std::lock_guard lock{news_->mutex};
    return {errc::wrong_state, news_->owner.empty() ? "lane 0 has no owner yet" : "lane 0 is owned by " + news_->owner};
  }

  bool is_folded() const { return !options_.is_folded || options_.is_folded(); }
  result<void> wait_folded() const {
    const auto until = std::chrono::steady_clock::now() + options_.claim_wait;
    while (!is_folded()) {
      if (std::chrono::steady_clock::now() > until) return fail(errc::timed_out, "lane 0 was not folded in time");
      std::this_thread::sleep_for(options_.look_again);
    }
    return {};
  }

  /// Reads what other nodes applied, as it comes.
  void follow(const std::stop_token& stop) {
    name_this_thread("config");
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock{news_->mutex};
        if (!news_->changed.wait(lock, stop, [this] { return news_->pointers_moved; })) return;
      }
      const auto fresh = is_folded() ? take_news_alone() : fail(errc::unavailable, "lane 0 is being folded");
      if (fresh) continue;
      std::unique_lock lock{news_->mutex};
      news_->changed.wait_for(lock, stop, options_.look_again, [] { return false; });
    }
  }
  result<void> take_news_alone() {
    const std::lock_guard only_one{apply_mutex_};
    return take_news();
  }
  result<void> take_news() {
    {
      const std::lock_guard lock{news_->mutex};
      if (!std::exchange(news_->pointers_moved, false)) return {};
    }
    auto fresh = refresh();
    if (!fresh) news_->set_moved();
    return fresh;
  }

  /// Makes what calls begin with what the rows say.
  result<void> refresh() {
    const auto pointed = reader_.pointed();
    if (!pointed) return tl::unexpected(pointed.error());
    std::vector<config_change> changes;
    std::map<std::string, config_ptr> next;
    for (const auto& [name, version] : *pointed) {
      auto before = current(name);
      auto& now = next[name] = before;
      if (before && before->version == version) continue;
      auto read = reader_.read(name, version);
      if (!read) return tl::unexpected(read.error());
      now = *read;
      changes.push_back({name, std::move(before), now});
    }
    for (const auto& gone : tenants())
      if (!next.contains(gone->tenant)) changes.push_back({gone->tenant, gone, nullptr});
    if (!changes.empty()) publish(std::move(next), changes);
    return {};
  }

  /// What a writer that died left half done goes with the first change that its successor makes.
  result<void> sweep(std::vector<step>& steps) {
    {
      const std::lock_guard lock{news_->mutex};
      if (!std::exchange(news_->sweep_due, false)) return {};
    }
    auto half = reader_.half_written();
    if (!half) return tl::unexpected(half.error());
    std::vector<step> gone;
    for (auto& [entity, rows] : *half) pack(entity, std::move(rows), gone);
    steps.insert(steps.begin(), std::make_move_iterator(gone.begin()), std::make_move_iterator(gone.end()));
    return {};
  }

  /// The steps of one tenant's next version, and its pointer in `last`; nothing when it is the same.
  result<void> prepare(const tenant_config& given, std::vector<config_change>& changes, std::vector<step>& steps, step& last) {
    if (given.tenant.empty() || given.tenant.find('\n') != std::string::npos)
      return fail(errc::invalid, "a tenant needs a name of one line");
    const auto entity = tenant_ref(given.tenant);
    const auto before = current(given.tenant);
    auto next = std::make_shared<tenant_config>(given);
    if (before) {
      next->version = before->version;
      const auto same = config_rows(*next);
      if (!same) return tl::unexpected(same.error());
      const auto head = log_.get(config_lane, row_key(entity, same->back().key));
      if (head && *head == same->back().value.value_or("")) return {};
    }
    std::vector<config_head> heads;
    if (auto found = reader_.heads(entity); found)
      heads = std::move(*found);
    else
      return tl::unexpected(found.error());
    next->version = std::max(before ? before->version : 0, heads.empty() ? 0 : heads.back().version) + 1;
    if (auto indexed = next->index(); !indexed) return indexed;
    auto rows = config_rows(*next);
    if (!rows) return tl::unexpected(rows.error());
    pack(entity, std::move(*rows), steps);
    const auto pointer = config_pointer(next->version);
    last.rows.push_back({row_key(entity, pointer.key), pointer.value});
    remove_old(entity, given.tenant, heads, steps);
    changes.push_back({given.tenant, before, std::move(next)});
    return {};
  }

  void pack(entity_ref entity, entity_rows rows, std::vector<step>& steps) const {
    std::size_t bytes = options_.step_bytes;
    for (auto& one : rows) {
      const auto more = one.key.size() + (one.value ? one.value->size() : 0);
      if (bytes + more > options_.step_bytes) {
        steps.emplace_back();
        steps.back().entity = entity;
        bytes = 0;
      }
      bytes += more;
      steps.back().rows.push_back({row_key(entity, one.key), std::move(one.value)});
    }
  }

  void remove_old(entity_ref entity, const std::string& tenant, const std::vector<config_head>& heads,
                  std::vector<step>& steps) const {
    if (heads.size() < options_.versions_kept) return;
    const std::shared_lock lock{mutex_};
    for (std::size_t i = 0; i + options_.versions_kept <= heads.size(); ++i) {
      const auto held = pinned_.find({tenant, heads[i].version});
      if (held == pinned_.end() || held->second.expired()) pack(entity, config_removal(heads[i]), steps);
    }
  }

  result<void> store(lane_epoch at, const std::vector<step>& steps) {
    auto outcome = append_all(at, steps);
    const bool is_over = !outcome && outcome.error().code == errc::wrong_state;
    if (is_over && options_.follows) {
      lost();
      outcome = tl::unexpected(not_ours());
    } else if (is_over) {  // our claim is over: take it again and say it once more
      const auto claimed = claim_and_wait(log_, config_lane, options_.claim_wait);
      if (!claimed) return tl::unexpected(claimed.error());
      own(*claimed);
      outcome = append_all(*claimed, steps);
    }
    if (!outcome) news_->set_moved(true);
    return outcome;
  }

  result<void> append_all(lane_epoch at, const std::vector<step>& steps) {
    // Shared with the callbacks: they may come after we gave up waiting.
    struct outcome {
      std::promise<result<void>> done{};
      std::atomic<std::size_t> left;
      std::atomic<bool> failed{false}, is_late{false};
      explicit outcome(std::size_t steps) : left(steps) {}
    };
    const auto shared = std::make_shared<outcome>(steps.size());
    auto waited = shared->done.get_future();
    for (auto one : steps) {
      one.at = time_.now();
      log_.append(at, std::move(one), [shared, news = news_](const result<step_position>& counted) {
        if (!counted && !shared->failed.exchange(true)) shared->done.set_value(tl::unexpected(counted.error()));
        if (shared->left.fetch_sub(1) != 1) return;
        if (!shared->failed.load()) shared->done.set_value({});
        if (shared->is_late) news->set_moved();
      });
    }
    if (waited.wait_for(options_.append_wait) == std::future_status::ready) return waited.get();
    shared->is_late = true;
    return fail(errc::unavailable, "the journal did not take the configuration in time: look which version is current");
  }

  void publish(std::map<std::string, config_ptr> next, const std::vector<config_change>& changes) {
    {
      const std::unique_lock lock{mutex_};
      for (const auto& [name, old] : current_) pinned_[{name, old->version}] = old;
      current_ = std::move(next);
      std::erase_if(pinned_, [](const auto& item) { return item.second.expired(); });
    }
    index();
    for (const auto& tell : listeners_) tell(changes);
  }

  void index() {
    const std::unique_lock lock{mutex_};
    by_shard_.clear();
    for (const auto& [name, config] : current_) by_shard_.emplace(shard_of_tenant(name), config);
  }

  journal& log_;
  const clock& time_;
  const config_store_options options_;
  const config_reader reader_;
  const std::shared_ptr<config_news> news_ = std::make_shared<config_news>();
  std::mutex apply_mutex_;
  std::vector<std::function<void(const std::vector<config_change>&)>> listeners_{};
  mutable std::shared_mutex mutex_;
  std::map<std::string, config_ptr> current_{};
  std::unordered_multimap<shard_id, config_ptr> by_shard_{};
  mutable std::map<std::pair<std::string, std::uint64_t>, std::weak_ptr<const tenant_config>> pinned_{};
  std::jthread follower_{};
};

}  // namespace

result<std::unique_ptr<config_store>> config_store::open(journal& log, const clock& time, config_store_options options) {
  auto made = std::make_unique<stored_config>(log, time, std::move(options));
  if (auto loaded = made->load(); !loaded) return tl::unexpected(loaded.error());
  return std::unique_ptr<config_store>{std::move(made)};
}

}  // namespace seatgrid
