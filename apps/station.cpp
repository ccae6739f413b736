#include "apps/station.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "apps/saved_bindings.hpp"
#include "domain/number.hpp"

namespace seatgrid {
namespace {

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

bool has_phones(const tenant_config& tenant) {
  return std::any_of(tenant.agents.begin(), tenant.agents.end(), [](const auto& a) { return a.second.device == "register"; });
}

}  // namespace

station::station(station_options options, station_ears ears) : options_(std::move(options)), ears_(std::move(ears)) {}

station::~station() { stop(); }

result<void> station::open_media(const std::vector<config_ptr>& tenants) {
  auto started = engine::start(options_.media, prompts_of(options_.assets, tenants),
                               [this](media_event e) { ears_.on_media(std::move(e)); });
  if (!started) return tl::unexpected{started.error()};
  media_ = std::move(*started);
  return {};
}

result<void> station::open_edge() {
  options_.edge.canonical_number = [](std::string_view number) { return canonical_number(number); };
  auto started = edge::start(options_.edge, *this);
  if (!started) return tl::unexpected{started.error()};
  edge_ = std::move(*started);
  return {};
}

/// Commands of restored calls came before edge and actors could hear the answers: they go first, in their order.
void station::begin() {
  const std::lock_guard lock{held_mutex_};
  for (auto& order : held_media_) media_->command(std::move(order));
  for (auto& order : held_orders_) send(std::move(order));
  held_media_.clear();
  held_orders_.clear();
  held_ = false;
}

void station::stop() {
  if (media_) media_->stop();
  // Last: who takes its addresses on this machine waits for the SIP ports, and then finds those of RTP free.
  if (edge_) edge_->stop();
}

void station::to_media(media_command what) {
  if (held_) {
    const std::lock_guard lock{held_mutex_};
    if (held_) return held_media_.push_back(std::move(what));
  }
  media_->command(std::move(what));
}

void station::to_leg(leg_command what) {
  if (held_) {
    const std::lock_guard lock{held_mutex_};
    if (held_) return held_orders_.push_back(std::move(what));
  }
  send(std::move(what));
}

void station::send(leg_command what) {
  if (const auto sent = edge_->command(std::move(what)); !sent) spdlog::warn("edge: {}", sent.error().what);
}

void station::to_register(register_reply what) {
  if (!held_ && !edge_->answer_register(std::move(what))) spdlog::warn("the edge takes no register replies");
}

void station::take(const std::vector<config_ptr>& tenants) {
  auto directory = make_edge_directory(tenants);
  if (!directory) return spdlog::error("edge directory: {}", directory.error().what);
  edge_->set_directory(std::move(*directory));
  media_->replace_prompts(prompts_of(options_.assets, tenants));
}

void station::load_bindings(const gateway& rows, const std::vector<config_ptr>& tenants) {
  for (const auto& tenant : tenants) {
    if (!has_phones(*tenant)) continue;
    auto saved = saved_bindings(rows, tenant->tenant);
    if (!saved) {
      spdlog::warn("phones of {} must register again: {}", tenant->tenant, saved.error().what);
      continue;
    }
    for (auto& [aor, bindings] : *saved) {
      std::erase_if(bindings, [&](const binding& one) { return one.contact.edge != options_.edge.slot; });
      if (bindings.empty()) continue;
      if (const auto loaded = edge_->load_bindings(aor, std::move(bindings)); !loaded)
        spdlog::warn("{}: {}", aor, loaded.error().what);
    }
  }
}

void station::allow_recordings(bool allowed) { media_->allow_recordings(allowed); }

}  // namespace seatgrid
