#include "actors/config_store.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "domain/tenant_config_rows.hpp"

namespace seatgrid {
namespace {

constexpr lane_id config_lane = 0;
constexpr std::size_t listeners_max = 16;

entity_ref tenant_ref(const std::string& tenant) {
  return {entity_kind::tenant, std::uint64_t{shard_of_tenant(tenant)} << (64 - shard_bits) |
                                   (stable_hash(tenant) & ((1ULL << (64 - shard_bits)) - 1)) | 2U};
}
/// The names of all tenants, one per line; its id is no tenant's (bit 1 of theirs is set).
constexpr entity_ref directory_ref{entity_kind::tenant, 1};

/// Keys of a version's rows begin with their letter and the version, as domain/tenant_config_rows.hpp lays them.
std::string version_prefix(char letter, std::uint64_t version) {
  std::string text(1, letter);
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>((version >> shift) & 0xFFU));
  return text;
}

class stored_config final : public config_store {
 public:
  stored_config(journal& log, const clock& time, config_store_options options) : log_(log), time_(time), options_(options) {}

  result<void> load() {
    auto claimed = claim_and_wait(log_, config_lane, options_.claim_wait);
    if (!claimed) return tl::unexpected(claimed.error());
    at_ = *claimed;
    const auto names = log_.get(config_lane, row_key(directory_ref));
    if (!names) return names.error().code == errc::not_found ? result<void>{} : tl::unexpected(names.error());
    for (std::size_t from = 0; from < names->size();) {
      const auto end = std::min(names->find('\n', from), names->size());
      const auto name = names->substr(from, end - from);
      from = end + 1;
      const auto pointed = log_.get(config_lane, row_key(tenant_ref(name)));
      if (!pointed) return tl::unexpected(pointed.error());
      const auto version = config_pointed(*pointed);
      if (!version) return tl::unexpected(version.error());
      auto config = read(name, *version);
      if (!config) return tl::unexpected(config.error());
      current_[name] = *config;
    }
    index();
    return {};
  }

  result<std::vector<config_change>> apply(std::vector<config_ptr> given, std::vector<std::string> removed) override {
    const std::lock_guard only_one{apply_mutex_};
    std::vector<config_change> changes;
    std::vector<step> steps;
    step last;
    last.entity = directory_ref;
    for (const auto& config : given)
      if (auto done = prepare(*config, changes, steps, last); !done) return tl::unexpected(done.error());
    for (const auto& name : removed)
      if (auto before = current(name)) {
        last.rows.push_back({row_key(tenant_ref(name)), std::nullopt});
        changes.push_back({name, std::move(before), nullptr});
      }
    if (changes.empty()) return changes;
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
    last.rows.push_back({row_key(directory_ref), std::move(names)});
    steps.push_back(std::move(last));
    if (auto stored = store(steps); !stored) return tl::unexpected(stored.error());
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
    auto old = read(tenant, wanted);
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

 private:
  result<config_ptr> read(const std::string& tenant, std::uint64_t version) const {
    const auto entity = tenant_ref(tenant);
    entity_rows rows;
    for (const char letter : {'h', 'c'}) {
      const auto scanned = log_.scan(config_lane, row_key(entity, version_prefix(letter, version)),
                                     [&](std::string_view key, std::string_view value) {
                                       rows.push_back({std::string{element_of(key)}, std::string{value}});
                                       return true;
                                     });
      if (!scanned) return tl::unexpected(scanned.error());
    }
    return config_from_rows(version, rows);
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
    if (auto found = heads_of(entity); found)
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

  result<std::vector<config_head>> heads_of(entity_ref entity) const {
    entity_rows rows;
    const auto scanned = log_.scan(config_lane, row_key(entity, "h"), [&](std::string_view key, std::string_view value) {
      rows.push_back({std::string{element_of(key)}, std::string{value}});
      return true;
    });
    if (!scanned) return tl::unexpected(scanned.error());
    return config_heads(rows);
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

  result<void> store(const std::vector<step>& steps) {
    auto outcome = append_all(steps);
    if (!outcome && outcome.error().code == errc::wrong_state) {  // our claim is over: take it again and say it once more
      const auto claimed = claim_and_wait(log_, config_lane, options_.claim_wait);
      if (!claimed) return tl::unexpected(claimed.error());
      at_ = *claimed;
      outcome = append_all(steps);
    }
    return outcome;
  }

  result<void> append_all(const std::vector<step>& steps) {
    // Shared with the callbacks: they may come after we gave up waiting.
    const auto done = std::make_shared<std::promise<result<void>>>();
    const auto left = std::make_shared<std::atomic<std::size_t>>(steps.size());
    const auto failed = std::make_shared<std::atomic<bool>>(false);
    auto waited = done->get_future();
    for (auto one : steps) {
      one.at = time_.now();
      log_.append(at_, std::move(one), [done, left, failed](const result<step_position>& counted) {
        if (!counted && !failed->exchange(true)) done->set_value(tl::unexpected(counted.error()));
        if (left->fetch_sub(1) == 1 && !failed->load()) done->set_value({});
      });
    }
    if (waited.wait_for(options_.append_wait) != std::future_status::ready)
      return fail(errc::unavailable, "the journal did not take the configuration in time: look which version is current");
    return waited.get();
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
  lane_epoch at_{};
  std::mutex apply_mutex_;
  std::vector<std::function<void(const std::vector<config_change>&)>> listeners_{};
  mutable std::shared_mutex mutex_;
  std::map<std::string, config_ptr> current_{};
  std::unordered_multimap<shard_id, config_ptr> by_shard_{};
  mutable std::map<std::pair<std::string, std::uint64_t>, std::weak_ptr<const tenant_config>> pinned_{};
};

}  // namespace

result<std::unique_ptr<config_store>> config_store::open(journal& log, const clock& time, config_store_options options) {
  auto made = std::make_unique<stored_config>(log, time, options);
  if (auto loaded = made->load(); !loaded) return tl::unexpected(loaded.error());
  return std::unique_ptr<config_store>{std::move(made)};
}

}  // namespace seatgrid
