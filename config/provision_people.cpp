#include <algorithm>
#include <charconv>

#include "config/provision_parts.hpp"

/// Queues, the agents who serve them, and what both keep: mailboxes and prompts.
namespace seatgrid::provisioning {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t short_password = 8;
constexpr std::size_t range_digits_max = 12;

const word_list<queue_strategy> strategies{{"longest_idle", queue_strategy::longest_idle},
                                           {"fewest_calls", queue_strategy::fewest_calls},
                                           {"round_robin", queue_strategy::round_robin},
                                           {"linear", queue_strategy::linear},
                                           {"random", queue_strategy::random},
                                           {"skill_first", queue_strategy::skill_first}};

void read_memberships(scope& in, table_reader& from, std::vector<queue_membership>& into) {
  const auto* held = from.find("queues");
  if (held == nullptr) return;
  const doc_path path{from.path(), "queues"};
  if (held->items() == nullptr)
    return in.found().error(held->at, path.text(), "is " + std::string{held->kind()}, "a list of queues");
  if (held->items()->size() > in.all.options.limits.list_max)
    return in.found().error(held->at, path.text(),
                            "holds more than " + std::to_string(in.all.options.limits.list_max) + " queues");
  for (std::size_t i = 0; i < held->items()->size(); ++i) {
    const auto& one = (*held->items())[i];
    const doc_path at{path, i};
    queue_membership made;
    if (one.members() != nullptr) {
      table_reader reader{one, at, in.found()};
      reader.need("queue", "the name of a queue");
      read_reference(in, reader, "queue", made.queue, "queue", in.queues);
      reader.number("level", made.level, 1, 10);
    } else if (auto name = text_in(one, at, in.found())) {
      check_reference(in, one, at, "queue", *name, in.queues);
      made.queue = std::move(*name);
    }
    const bool twice = std::any_of(into.begin(), into.end(), [&](const auto& other) { return other.queue == made.queue; });
    if (twice) in.found().error(one.at, at.text(), "queue '" + made.queue + "' stands twice");
    if (const auto used = in.queues.find(made.queue); used != in.queues.end()) in.queues_with_agents.insert(*used);
    into.push_back(std::move(made));
  }
}

void read_agent_members(scope& in, table_reader& from, agent_config& into) {
  from.text("display", into.display, 128);
  into.device = "register";
  from.text("device", into.device);
  from.text("password", into.password, 128);
  read_memberships(in, from, into.queues);
  read_skills(in, from, "skills", into.skills);
  from.duration("wrap_up", into.wrap_up, 0ms, 1h);
  from.flag("auto_login", into.auto_login);
}

/// What holds for one agent also holds for a pattern: it is checked with {n} in place.
void check_device(scope& in, table_reader& from, const agent_config& agent) {
  const auto* written = from.find("device");
  const auto& at = written == nullptr ? from.value() : *written;
  if (agent.device == "register") {
    if (in.self.domain.empty())
      from.error(at, "device", "a device that registers needs the tenant's 'domain'", "set domain, or a fixed sip: URI here");
    if (agent.password.empty())
      from.error(at, "password", "a device that registers needs a password", "a text; at least 8 characters are better");
    else if (agent.password.size() < short_password || agent.password == agent.name)
      from.warning(at, "password", "is easy to guess", "at least 8 characters that are not the agent's name");
    return;
  }
  if (in.all.number(agent.device).kind != number_kind::sip_uri || !agent.device.starts_with("sip"))
    from.error(at, "device", "'" + agent.device + "' is no device", "register, or sip:user@host:port",
               nearest(agent.device, std::vector<std::string>{"register"}));
}

bool has_room(scope& in, const doc_value& at, const doc_path& path, std::size_t more) {
  const auto most = in.all.options.limits.agents_max;
  if (in.all.agents + more > most) {
    in.found().error(at.at, path.text(), "the text holds more than " + std::to_string(most) + " agents");
    return false;
  }
  in.all.agents += more;
  return true;
}

std::string filled(const std::string& pattern, const std::string& number) {
  std::string out;
  for (std::size_t from = 0;;) {
    const auto at = pattern.find("{n}", from);
    out.append(pattern, from, at == std::string::npos ? at : at - from);
    if (at == std::string::npos) return out;
    out += number;
    from = at + 3;
  }
}

struct number_range {
  std::uint64_t first = 0, last = 0;
  std::size_t width = 0;
};

std::optional<number_range> range_in(const std::string& text) {
  const auto dash = text.find('-');
  if (dash == std::string::npos || dash == 0 || dash > range_digits_max || text.size() - dash - 1 != dash) return std::nullopt;
  number_range out{.width = dash};
  const auto whole = [](const char* begin, const char* end, std::uint64_t& into) {
    const auto [stop, failure] = std::from_chars(begin, end, into);
    return failure == std::errc{} && stop == end;
  };
  const char* begin = text.data();
  if (!whole(begin, begin + dash, out.first) || !whole(begin + dash + 1, begin + text.size(), out.last)) return std::nullopt;
  if (out.last < out.first) return std::nullopt;
  return out;
}

void read_range(scope& in, const doc_value& value, const doc_path& path, tenant_config& into) {
  constexpr std::string_view allowed = "two numbers of equal length, as \"1001-1600\"";
  table_reader reader{value, path, in.found()};
  agent_config pattern;
  const auto* held = reader.need("range", allowed);
  read_agent_members(in, reader, pattern);
  check_device(in, reader, pattern);
  if (held == nullptr) return;
  const doc_path at{path, "range"};
  const auto text = text_in(*held, at, in.found());
  if (!text) return;
  const auto range = range_in(*text);
  if (!range) return in.found().error(held->at, at.text(), "'" + *text + "' is no range", std::string{allowed});
  const auto count = range->last - range->first + 1;
  if (!has_room(in, *held, at, count)) return;
  const bool same_device = pattern.device != "register" && pattern.device.find("{n}") == std::string::npos && count > 1;
  if (same_device) in.found().error(held->at, path.text(), "all agents of the range would share one device", "{n} in 'device'");
  for (auto number = range->first; number <= range->last; ++number) {
    auto name = std::to_string(number);
    name.insert(0, range->width - name.size(), '0');
    auto agent = pattern;
    agent.name = name;
    agent.display = filled(pattern.display, name);
    agent.device = filled(pattern.device, name);
    agent.password = filled(pattern.password, name);
    if (into.agents.try_emplace(name, std::move(agent)).second) continue;
    in.found().error(held->at, at.text(), "agent '" + name + "' is defined before");
    return;
  }
}

}  // namespace

void read_queues(scope& in, table_reader& from, tenant_config& into) {
  each_named(in, from, "queues", "a queue", [&](const std::string& name, const doc_value& value, const doc_path& at) {
    table_reader reader{value, at, in.found()};
    queue_config q{.name = name};
    reader.choice("strategy", q.strategy, strategies);
    reader.number("waiting_max", q.waiting_max, 0, 1'000'000);
    reader.duration("wait_max", q.wait_max, 1s, 24h);
    reader.duration("wait_max_no_agent", q.wait_max_no_agent, 0s, 24h);
    reader.flag("join_empty", q.join_empty);
    reader.duration("ring_timeout", q.ring_timeout, 1s, 120s);
    reader.duration("wrap_up", q.wrap_up, 0s, 1h);
    read_prompts(in, reader, "music", q.music);
    reader.duration("announce_every", q.announce_every, 0s, 1h);
    reader.flag("announce_position", q.announce_position);
    // Keys may name nodes of any flow that leads here: they are checked when the tenant is whole.
    read_keys(in, reader, "keys", q.keys, [](const doc_value&, const doc_path&, const std::string&) {});
    reader.duration("no_answer_delay", q.no_answer_delay, 0s, 1h);
    reader.duration("busy_delay", q.busy_delay, 0s, 1h);
    reader.duration("reject_delay", q.reject_delay, 0s, 1h);
    reader.duration("unreachable_delay", q.unreachable_delay, 0s, 1h);
    reader.number("no_answer_max", q.no_answer_max, 1, 1'000);
    reader.choice("record", q.record,
                  word_list<record_policy>{{"never", record_policy::never}, {"on_agent", record_policy::on_agent}});
    reader.duration("service_level", q.service_level, 1s, 1h);
    reader.number("weight", q.weight, 1, 10);
    into.queues.emplace(name, std::move(q));
  });
}

void read_agents(scope& in, table_reader& from, tenant_config& into) {
  each_named(in, from, "agents", "an agent", [&](const std::string& name, const doc_value& value, const doc_path& at) {
    if (!has_room(in, value, at, 1)) return;
    table_reader reader{value, at, in.found()};
    agent_config agent{.name = name};
    read_agent_members(in, reader, agent);
    check_device(in, reader, agent);
    into.agents.insert_or_assign(into.agents.end(), name, std::move(agent));
  });
}

void read_agent_ranges(scope& in, table_reader& from, tenant_config& into) {
  const auto* held = from.find("agent_ranges");
  if (held == nullptr) return;
  const doc_path path{from.path(), "agent_ranges"};
  if (held->items() == nullptr)
    return in.found().error(held->at, path.text(), "is " + std::string{held->kind()}, "a list: [[tenant.agent_ranges]]");
  for (std::size_t i = 0; i < held->items()->size(); ++i) read_range(in, (*held->items())[i], doc_path{path, i}, into);
}

void read_mailboxes(scope& in, table_reader& from, tenant_config& into) {
  each_named(in, from, "mailboxes", "a mailbox", [&](const std::string& name, const doc_value& value, const doc_path& at) {
    table_reader reader{value, at, in.found()};
    mailbox_config box{.name = name};
    reader.number("messages_max", box.messages_max, 1, 100'000);
    into.mailboxes.emplace(name, std::move(box));
  });
}

void read_prompt_files(scope& in, table_reader& from, tenant_config& into) {
  each_named(in, from, "prompts", "a prompt", [&](const std::string& name, const doc_value& value, const doc_path& at) {
    prompt_config prompt{.name = name};
    const doc_value* file = &value;
    if (value.members() != nullptr) {
      table_reader reader{value, at, in.found()};
      file = reader.need("file", "a WAV file, absolute or beside this text");
      reader.text("file", prompt.file, 1'024);
    } else if (auto text = text_in(value, at, in.found(), 1'024)) {
      prompt.file = std::move(*text);
    }
    if (file != nullptr && file->text() != nullptr && prompt.file.empty())
      in.found().error(value.at, at.text(), "names no file", "a WAV file, absolute or beside this text");
    if (!prompt.file.empty() && in.all.options.has_file && !in.all.options.has_file(prompt.file))
      in.found().error(file->at, at.text(), "there is no file '" + prompt.file + "'", "a WAV file, absolute or beside this text");
    into.prompts.emplace(name, std::move(prompt));
  });
}

}  // namespace seatgrid::provisioning
