#include "config/provision.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "config/provision_parts.hpp"
#include "domain/ip_prefix.hpp"

namespace seatgrid {
namespace provisioning {
namespace {

const word_list<digest_policy> digests{
    {"both", digest_policy::both}, {"md5", digest_policy::md5}, {"sha256", digest_policy::sha256}};
const word_list<tenant_role> roles{
    {"enterprise", tenant_role::enterprise}, {"agency", tenant_role::agency}, {"carrier", tenant_role::carrier}};
constexpr std::size_t parents_max = 8;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_tenant_name(std::string_view text) {
  const auto is_good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 63 && text.front() != '-' && std::all_of(text.begin(), text.end(), is_good);
}

bool is_host(std::string_view text) {
  const auto is_good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), is_good);
}

void outline_kept(world& all, const tenant_config& config) {
  tenant_outline out{
      .name = config.tenant, .parent = config.parent, .role = config.role, .domain = config.domain, .kept = &config};
  for (const auto& [name, trunk] : config.trunks) {
    out.trunks.insert(name);
    for (const auto& address : trunk.addresses)
      if (auto key = source_key(address); !key.empty()) all.address_owner.try_emplace(std::move(key), config.tenant + "/" + name);
  }
  for (const auto& [number, unused] : config.numbers) all.number_owner.try_emplace(number, config.tenant);
  if (!config.domain.empty()) all.domain_owner.try_emplace(lower(config.domain), config.tenant);
  all.tenants.insert_or_assign(config.tenant, std::move(out));
}

std::string quiet_text(const doc_value& value, std::string_view key) {
  const auto* held = value.member(key);
  return held == nullptr || held->text() == nullptr ? std::string{} : *held->text();
}

/// Names only; what is malformed here is told when the tenant is read.
tenant_outline outline_written(world& all, const doc_value& value, const std::string& name) {
  tenant_outline out{
      .name = name, .parent = quiet_text(value, "parent"), .domain = lower(quiet_text(value, "domain")), .at = value.at};
  out.value = &value;
  for (const auto& [word, role] : roles)
    if (quiet_text(value, "role") == word) out.role = role;
  if (const auto* trunks = value.member("trunks"); trunks != nullptr && trunks->members() != nullptr)
    for (const auto& [trunk, unused] : *trunks->members()) out.trunks.insert(trunk);
  if (const auto* numbers = value.member("numbers"); numbers != nullptr && numbers->members() != nullptr)
    for (const auto& [number, unused] : *numbers->members()) {
      const auto info = all.number(number);
      if (may_be_access_number(info.kind)) all.number_owner.try_emplace(info.canonical, name);
    }
  return out;
}

/// Trunks of the tenant and of everyone above it; says when the chain has no end.
void collect_trunks(scope& in, const doc_path& path) {
  const auto* at = &in.self;
  for (std::size_t i = 0; i < parents_max; ++i) {
    in.trunks.insert(at->trunks.begin(), at->trunks.end());
    if (at->parent.empty()) return;
    const auto above = in.all.tenants.find(at->parent);
    if (above == in.all.tenants.end()) return;
    at = &above->second;
  }
  in.found().error(in.self.at, doc_path{path, "parent"}.text(),
                   "no tenant without parent within " + std::to_string(parents_max) + " steps: parents go round");
}

void check_parent(scope& in, table_reader& from) {
  const auto* held = from.find("parent");
  if (held == nullptr || in.self.parent.empty()) return;
  std::vector<std::string_view> names;
  for (const auto& [name, unused] : in.all.tenants) names.push_back(name);
  const auto above = in.all.tenants.find(in.self.parent);
  if (above == in.all.tenants.end())
    return from.error(*held, "parent", "no tenant '" + in.self.parent + "'", "a tenant of role agency or carrier",
                      nearest(in.self.parent, names));
  if (in.self.role == tenant_role::carrier) return from.error(*held, "parent", "a carrier stands above all", "no parent");
  if (above->second.role == tenant_role::enterprise)
    from.error(*held, "parent", "tenant '" + in.self.parent + "' is an enterprise", "a tenant of role agency or carrier");
}

void check_domain(scope& in, table_reader& from, tenant_config& into) {
  const auto* held = from.find("domain");
  from.text("domain", into.domain, 253);
  into.domain = lower(into.domain);
  if (held == nullptr || held->text() == nullptr || into.domain.empty()) return;
  if (!is_host(into.domain))
    return from.error(*held, "domain", "'" + into.domain + "' is no domain", "a host name, as demo.example");
  const auto [owner, is_new] = in.all.domain_owner.try_emplace(into.domain, in.self.name);
  if (!is_new && owner->second != in.self.name)
    from.error(*held, "domain", "domain '" + into.domain + "' belongs to tenant '" + owner->second + "'");
}

void collect_names(scope& in, const doc_value& tenant) {
  const auto collect = [&](std::string_view key, name_set& into) {
    if (const auto* held = tenant.member(key); held != nullptr && held->members() != nullptr)
      for (const auto& [name, unused] : *held->members()) into.insert(name);
  };
  collect("flows", in.flows);
  collect("queues", in.queues);
  collect("mailboxes", in.mailboxes);
  collect("prompts", in.prompts);
}

tenant_config read_tenant(world& all, const tenant_outline& self, const doc_path& path) {
  const auto& value = *self.value;
  scope in{all, self};
  tenant_config config;
  {
    table_reader reader{value, path, all.found};
    reader.find("name");
    config.tenant = self.name;
    config.role = self.role;
    config.parent = self.parent;
    tenant_role told = self.role;
    reader.choice("role", told, roles);
    std::string parent;
    reader.text("parent", parent, 63);
    check_parent(in, reader);
    collect_trunks(in, path);
    check_domain(in, reader, config);
    reader.choice("digest", config.digest, digests);
    reader.choice("language", config.language, word_list<std::string>{{"zh", "zh"}, {"en", "en"}});
    collect_names(in, value);
    read_prompt_files(in, reader, config);
    read_mailboxes(in, reader, config);
    read_trunks(in, reader, config);
    read_queues(in, reader, config);
    read_flows(in, reader, config);
    read_agents(in, reader, config);
    read_agent_ranges(in, reader, config);
    read_numbers(in, reader, config);
  }
  check_whole(in, path, config);
  if (const auto indexed = config.index(); !indexed) all.found.error(value.at, path.text(), indexed.error().what);
  return config;
}

/// The tenants of the text in their order; what has no usable name is told and left out.
std::vector<std::string> outline_all(world& all, const doc_value::list& tenants, const doc_path& top) {
  std::vector<std::string> order;
  const doc_path path{top, "tenant"};
  std::set<std::string, std::less<>> named;
  for (std::size_t i = 0; i < tenants.size(); ++i) {
    const doc_path at{path, i};
    const auto* name = tenants[i].member("name");
    if (tenants[i].members() == nullptr || name == nullptr || name->text() == nullptr || !is_tenant_name(*name->text())) {
      all.found.error(name == nullptr ? tenants[i].at : name->at, at.text(), "a tenant needs a name",
                      "name = \"...\": lower-case letters, digits and '-', at most 63");
    } else if (!named.insert(*name->text()).second) {
      all.found.error(name->at, at.text(), "tenant '" + *name->text() + "' stands twice");
    } else {
      order.push_back(*name->text());
    }
  }
  for (const auto& kept : all.options.existing)
    if (kept != nullptr && !named.contains(kept->tenant)) outline_kept(all, *kept);
  for (const auto& tenant : tenants) {
    const auto name = quiet_text(tenant, "name");
    const bool is_taken = named.contains(name) && !all.tenants.contains(name);
    if (is_taken) all.tenants.emplace(name, outline_written(all, tenant, name));
  }
  return order;
}

std::vector<tenant_config> read_all(world& all, const doc_value& document) {
  const doc_path top;
  std::vector<tenant_config> out;
  table_reader reader{document, top, all.found};
  const auto* tenants = reader.need("tenant", "[[tenant]] tables");
  if (tenants == nullptr) return out;
  if (tenants->items() == nullptr) {
    reader.error(*tenants, "tenant", "is " + std::string{tenants->kind()}, "a list: [[tenant]]");
    return out;
  }
  if (tenants->items()->size() > all.options.limits.tenants_max) {
    reader.error(*tenants, "tenant", "holds more than " + std::to_string(all.options.limits.tenants_max) + " tenants");
    return out;
  }
  for (const auto& name : outline_all(all, *tenants->items(), top))
    out.push_back(read_tenant(all, all.tenants.find(name)->second, doc_path{top, "tenant", name}));
  return out;
}

}  // namespace
}  // namespace provisioning

provision_outcome provision(document_format format, std::string_view text, const std::string& file,
                            const provision_options& options) {
  findings found{file};
  const auto document = read_document(format, text, found);
  provision_outcome out;
  if (!found.has_errors()) {
    provisioning::world all{options, found};
    out.tenants = provisioning::read_all(all, document);
  }
  out.errors = found.errors();
  out.warnings = found.warnings();
  out.found = found.take();
  if (out.errors != 0) out.tenants.clear();
  return out;
}

provision_outcome provision_file(const std::string& path, provision_options options) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || text.fail()) {
    provision_outcome out{.errors = 1};
    out.found.push_back({.file = path, .what = "the file cannot be read"});
    return out;
  }
  const auto folder = std::filesystem::path{path}.parent_path();
  if (!options.has_file)
    options.has_file = [folder](const std::string& name) {
      std::error_code ignored;
      return std::filesystem::is_regular_file(folder / name, ignored);
    };
  const auto format = path.ends_with(".json") ? document_format::json : document_format::toml;
  return provision(format, text.view(), path, options);
}

}  // namespace seatgrid
