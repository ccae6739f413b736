#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/finding.hpp"
#include "config/provision.hpp"
#include "config/reader.hpp"
#include "domain/ip_prefix.hpp"
#include "domain/number.hpp"
#include "domain/tenant_config.hpp"

/// The pieces of `provision`: what is known before a tenant is read (so that every reference is checked where it stands), and
/// one reader for each kind of thing. Seen by provision*.cpp alone.
namespace seatgrid::provisioning {

using name_set = std::set<std::string_view>;

/// A tenant before its contents: from the text, or one that stays.
struct tenant_outline {
  std::string name{};
  std::string parent{};
  tenant_role role = tenant_role::enterprise;
  std::string domain{};
  place at{};
  const doc_value* value = nullptr;  ///< null = an existing one
  const tenant_config* kept = nullptr;
  name_set trunks{};
};

/// Everything of this text and of the tenants that stay.
struct world {
  const provision_options& options;
  findings& found;
  std::map<std::string, tenant_outline, std::less<>> tenants{};
  std::map<std::string, std::string, std::less<>> number_owner{};  ///< canonical -> tenant
  std::map<std::string, std::string, std::less<>> domain_owner{};
  std::map<std::string, std::string, std::less<>> address_owner{};  ///< printed ip_prefix -> "tenant/trunk"
  std::size_t agents = 0;
  std::size_t numbers = 0;

  number_info number(std::string_view text) const;
};

/// The names that things of one tenant may refer to.
struct scope {
  world& all;
  const tenant_outline& self;
  name_set flows{}, queues{}, mailboxes{}, prompts{}, trunks{};
  name_set queues_used{}, flows_used{}, queues_with_agents{};
  findings& found() { return all.found; }
};

/// A trunk's address as a key: two spellings of one prefix, or of one host name, have the same; empty = neither.
std::string source_key(const std::string& address);
/// A finding unless `names` holds `name`.
bool check_reference(scope& in, const doc_value& at, const doc_path& path, std::string_view what, const std::string& name,
                     const name_set& names);
/// Reads a member that names something; absent or "" = none.
void read_reference(scope& in, table_reader& from, std::string_view key, std::string& into, std::string_view what,
                    const name_set& names);
/// One prompt or a list of them: "welcome", or { source = "welcome", language = "en" }.
void read_prompts(scope& in, table_reader& from, std::string_view key, std::vector<prompt_ref>& into);
/// A list of "name" or { skill = "english", level = 2 }.
void read_skills(scope& in, table_reader& from, std::string_view key, std::vector<skill_level>& into);
/// { "1" = "node" }: one key of a telephone each. `check` sees value, path and target.
template <class Check>
void read_keys(scope& in, table_reader& from, std::string_view key, std::map<char, std::string>& into, const Check& check);
/// The elements of a table of named things: checks the table, the names and their number.
template <class Each>
void each_named(scope& in, table_reader& from, std::string_view key, std::string_view what, const Each& each);

void read_numbers(scope& in, table_reader& from, tenant_config& into);
void read_flows(scope& in, table_reader& from, tenant_config& into);
void read_queues(scope& in, table_reader& from, tenant_config& into);
void read_agents(scope& in, table_reader& from, tenant_config& into);
void read_agent_ranges(scope& in, table_reader& from, tenant_config& into);
void read_trunks(scope& in, table_reader& from, tenant_config& into);
void read_mailboxes(scope& in, table_reader& from, tenant_config& into);
void read_prompt_files(scope& in, table_reader& from, tenant_config& into);
/// What is seen only when the tenant is whole: keys of queues, unreachable nodes, circles, things that nobody uses.
void check_whole(scope& in, const doc_path& path, const tenant_config& config);

// --- templates -----------------------------------------------------------------------------------------------------

template <class Check>
void read_keys(scope& in, table_reader& from, std::string_view key, std::map<char, std::string>& into, const Check& check) {
  constexpr std::string_view keys = "0123456789*#ABCD";
  const auto* held = from.find(key);
  if (held == nullptr) return;
  const doc_path path{from.path(), key};
  if (held->members() == nullptr) {
    in.found().error(held->at, path.text(), "is " + std::string{held->kind()},
                     "a table of telephone keys, as { \"1\" = \"...\" }");
    return;
  }
  for (const auto& [name, target] : *held->members()) {
    const doc_path at{path, name};
    if (name.size() != 1 || keys.find(name[0]) == std::string_view::npos) {
      in.found().error(target.at, at.text(), "is no key of a telephone", "0 to 9, *, #, A to D");
      continue;
    }
    const auto to = text_in(target, at, in.found());
    if (!to) continue;
    check(target, at, *to);
    into[name[0]] = *to;
  }
}

template <class Each>
void each_named(scope& in, table_reader& from, std::string_view key, std::string_view what, const Each& each) {
  const auto* held = from.find(key);
  if (held == nullptr) return;
  const doc_path path{from.path(), key};
  if (held->members() == nullptr) {
    in.found().error(held->at, path.text(), "is " + std::string{held->kind()}, "a table of named entries");
    return;
  }
  if (held->members()->size() > in.all.options.limits.names_max && key != "agents" && key != "numbers") {
    in.found().error(held->at, path.text(), "holds more than " + std::to_string(in.all.options.limits.names_max) + " entries");
    return;
  }
  for (const auto& [name, value] : *held->members()) {
    const doc_path at{path, name};
    if (key != "numbers" && !is_name(name)) {
      in.found().error(value.at, at.text(), std::string{what} + " has a name that cannot be used",
                       "letters, digits, '_', '-', '.'; at most 64 bytes");
      continue;
    }
    each(name, value, at);
  }
}

}  // namespace seatgrid::provisioning
