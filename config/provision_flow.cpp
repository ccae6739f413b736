#include "config/flow_graph.hpp"
#include "config/provision_parts.hpp"

namespace seatgrid::provisioning {
namespace {

using namespace std::chrono_literals;

enum class node_kind : std::uint8_t { play, menu, collect, branch, set, queue, voicemail, bridge, hangup };
const word_list<node_kind> node_kinds{
    {"play", node_kind::play},           {"menu", node_kind::menu},     {"collect", node_kind::collect},
    {"branch", node_kind::branch},       {"set", node_kind::set},       {"queue", node_kind::queue},
    {"voicemail", node_kind::voicemail}, {"bridge", node_kind::bridge}, {"hangup", node_kind::hangup}};

/// Reads the members of one node; `nodes` are those that its edges may name.
class node_reader {
 public:
  node_reader(scope& in, table_reader& from, const name_set& nodes) : in_(in), from_(from), nodes_(nodes) {}

  flow_node read(node_kind kind) {
    switch (kind) {
      case node_kind::play: return play();
      case node_kind::menu: return menu();
      case node_kind::collect: return collect();
      case node_kind::branch: return branch();
      case node_kind::set: return set();
      case node_kind::queue: return queue();
      case node_kind::voicemail: return voicemail();
      case node_kind::bridge: return bridge();
      case node_kind::hangup: return hangup();
    }
    return hangup();
  }

 private:
  void edge(std::string_view key, std::string& into) { read_reference(in_, from_, key, into, "node", nodes_); }
  void prompts(std::string_view key, std::vector<prompt_ref>& into) { read_prompts(in_, from_, key, into); }
  void variable(std::string& into) {
    if (from_.need("variable", "caller, called, digits or a name of your own") == nullptr) return;
    from_.text("variable", into, 64);
    if (!is_name(into)) from_.error(*from_.find("variable"), "variable", "is no name", "letters, digits, '_', '-', '.'");
  }

  flow_node play() {
    play_node n;
    from_.need("prompts", "what is said");
    prompts("prompts", n.prompts);
    edge("next", n.next);
    return n;
  }

  flow_node menu() {
    menu_node n;
    prompts("prompts", n.prompts);
    from_.need("choices", "a table of telephone keys, as { \"1\" = \"node\" }");
    read_keys(in_, from_, "choices", n.choices, [&](const doc_value& at, const doc_path& path, const std::string& to) {
      if (!to.empty()) check_reference(in_, at, path, "node", to, nodes_);
    });
    from_.duration("timeout", n.timeout, 500ms, 60s);
    from_.number("tries", n.tries, 1, 10);
    prompts("invalid", n.invalid);
    edge("otherwise", n.otherwise);
    return n;
  }

  flow_node collect() {
    collect_node n;
    prompts("prompts", n.prompts);
    variable(n.variable);
    from_.number("digits_min", n.digits_min, 1, 64);
    from_.number("digits_max", n.digits_max, 1, 64);
    if (n.digits_min > n.digits_max)
      from_.error(from_.value(), "digits_min", "is more than digits_max (" + std::to_string(n.digits_max) + ")");
    from_.choice("terminator", n.terminator, word_list<char>{{"#", '#'}, {"*", '*'}, {"", '\0'}});
    from_.duration("first_digit", n.first_digit, 500ms, 60s);
    from_.duration("next_digit", n.next_digit, 200ms, 60s);
    from_.number("tries", n.tries, 1, 10);
    from_.flag("sensitive", n.sensitive);
    edge("next", n.next);
    edge("otherwise", n.otherwise);
    return n;
  }

  flow_node branch() {
    branch_node n;
    variable(n.variable);
    if (const auto* cases = from_.need("cases", "a list of { value = \"...\", next = \"node\" }")) read_cases(*cases, n);
    edge("otherwise", n.otherwise);
    return n;
  }

  void read_cases(const doc_value& cases, branch_node& n) {
    const doc_path path{from_.path(), "cases"};
    if (cases.items() == nullptr)
      return in_.found().error(cases.at, path.text(), "is " + std::string{cases.kind()}, "a list of { value, next }");
    if (cases.items()->size() > in_.all.options.limits.list_max)
      return in_.found().error(cases.at, path.text(),
                               "holds more than " + std::to_string(in_.all.options.limits.list_max) + " cases");
    for (std::size_t i = 0; i < cases.items()->size(); ++i) {
      const doc_path at{path, i};
      table_reader one{(*cases.items())[i], at, in_.found()};
      std::pair<std::string, std::string> made;
      one.need("value", "a text; * at its end matches any ending");
      one.text("value", made.first);
      read_reference(in_, one, "next", made.second, "node", nodes_);
      if (made.first.find('*') < made.first.size() - 1 && !made.first.empty())
        one.error(one.value(), "value", "* stands only at the end", "a text, or its beginning and *");
      n.cases.push_back(std::move(made));
    }
  }

  flow_node set() {
    set_node n;
    variable(n.variable);
    from_.need("value", "a text");
    from_.text("value", n.value);
    edge("next", n.next);
    return n;
  }

  flow_node queue() {
    queue_node n;
    from_.need("queue", "the name of a queue");
    read_reference(in_, from_, "queue", n.queue, "queue", in_.queues);
    if (const auto used = in_.queues.find(n.queue); used != in_.queues.end()) in_.queues_used.insert(*used);
    from_.number("priority", n.priority, -1'000, 1'000);
    read_skills(in_, from_, "skills", n.skills);
    edge("on_timeout", n.on_timeout);
    edge("on_full", n.on_full);
    edge("on_key", n.on_key);
    return n;
  }

  flow_node voicemail() {
    voicemail_node n;
    from_.need("mailbox", "the name of a mailbox");
    read_reference(in_, from_, "mailbox", n.mailbox, "mailbox", in_.mailboxes);
    prompts("greeting", n.greeting);
    from_.duration("length_max", n.length_max, 5s, 1h);
    from_.duration("silence", n.silence, 1s, 60s);
    edge("next", n.next);
    return n;
  }

  flow_node bridge() {
    bridge_node n;
    if (const auto* held = from_.need("target", "a number or a sip: URI")) read_target(*held, n);
    from_.need("trunk", "the name of a trunk of this tenant or of one above");
    read_reference(in_, from_, "trunk", n.trunk, "trunk", in_.trunks);
    if (const auto* held = from_.find("presented")) read_presented(*held, n);
    from_.duration("ring_timeout", n.ring_timeout, 1s, 180s);
    edge("on_busy", n.on_busy);
    edge("on_no_answer", n.on_no_answer);
    edge("on_fail", n.on_fail);
    edge("next", n.next);
    return n;
  }

  void read_target(const doc_value& held, bridge_node& n) {
    const doc_path path{from_.path(), "target"};
    const auto text = text_in(held, path, in_.found());
    if (!text) return;
    const auto info = in_.all.number(*text);
    if (!may_be_access_number(info.kind))
      in_.found().error(held.at, path.text(), "'" + *text + "' cannot be called" + (info.why.empty() ? "" : ": it " + info.why),
                        "a number with area, a mobile number, an access number, or a sip: URI");
    else if (in_.all.number_owner.contains(info.canonical))
      in_.found().warning(held.at, path.text(), "leads back to an access number of ours: make sure that calls do not go round");
    n.target = info.canonical;
  }

  void read_presented(const doc_value& held, bridge_node& n) {
    const doc_path path{from_.path(), "presented"};
    const auto text = text_in(held, path, in_.found());
    if (!text || text->empty()) return;
    const auto info = in_.all.number(*text);
    constexpr std::string_view allowed =
        "a landline or mobile number that is not an access number, or nothing for the true caller";
    if (info.kind == number_kind::shared_400)
      in_.found().error(held.at, path.text(), "a 400 number may never be the caller of an outgoing call", std::string{allowed});
    else if (in_.all.number_owner.contains(info.canonical))
      in_.found().error(held.at, path.text(), "an access number may never be the caller of an outgoing call",
                        std::string{allowed});
    else if (!may_be_presented(info.kind))
      in_.found().error(held.at, path.text(), "'" + *text + "' cannot be shown as caller", std::string{allowed});
    n.presented = info.canonical;
  }

  flow_node hangup() {
    hangup_node n;
    prompts("prompts", n.prompts);
    from_.number("q850", n.cause.q850, 1, 127);
    from_.number("sip", n.cause.sip, 400, 699);
    from_.text("text", n.cause.text, 128);
    return n;
  }

  scope& in_;
  table_reader& from_;
  const name_set& nodes_;
};

/// Only the kind decides which keys there are: without it they are not checked, or all would be called unknown.
flow_node read_node(scope& in, const doc_value& value, const doc_path& path, const name_set& nodes) {
  const auto* kind = value.member("kind");
  std::vector<std::string_view> words;
  for (const auto& [word, meaning] : node_kinds) {
    words.push_back(word);
    if (kind == nullptr || kind->text() == nullptr || *kind->text() != word) continue;
    table_reader reader{value, path, in.found()};
    reader.find("kind");
    return node_reader{in, reader, nodes}.read(meaning);
  }
  std::string allowed;
  for (const auto word : words) allowed.append(allowed.empty() ? "" : ", ").append(word);
  if (kind == nullptr)
    in.found().error(value.at, path.text(), "'kind' is missing", allowed);
  else if (const auto* typed = kind->text())
    in.found().error(kind->at, doc_path{path, "kind"}.text(), "'" + *typed + "' is no kind of node", allowed,
                     nearest(*typed, words));
  else
    in.found().error(kind->at, doc_path{path, "kind"}.text(), "is " + std::string{kind->kind()}, allowed);
  return hangup_node{};
}

flow read_flow(scope& in, const std::string& name, const doc_value& value, const doc_path& path) {
  table_reader reader{value, path, in.found()};
  flow made{.name = name};
  name_set names;
  const auto* nodes = reader.need("nodes", "a table of nodes");
  if (nodes != nullptr && nodes->members() != nullptr)
    for (const auto& [node, unused] : *nodes->members()) names.insert(node);
  reader.need("start", "the name of the first node");
  read_reference(in, reader, "start", made.start, "node", names);
  if (const auto* start = reader.find("start"); start != nullptr && start->text() != nullptr && start->text()->empty())
    reader.error(*start, "start", "names no node", "the name of the first node");
  if (nodes == nullptr) return made;
  const doc_path below{path, "nodes"};
  if (nodes->members() == nullptr) {
    in.found().error(nodes->at, below.text(), "is " + std::string{nodes->kind()}, "a table of nodes");
    return made;
  }
  if (nodes->members()->size() > in.all.options.limits.nodes_max) {
    in.found().error(nodes->at, below.text(), "holds more than " + std::to_string(in.all.options.limits.nodes_max) + " nodes");
    return made;
  }
  for (const auto& [node, held] : *nodes->members()) {
    const doc_path at{below, node};
    if (!is_name(node)) in.found().error(held.at, at.text(), "is no name", "letters, digits, '_', '-', '.'; at most 64 bytes");
    made.nodes.emplace(node, read_node(in, held, at, names));
  }
  return made;
}

}  // namespace

void read_flows(scope& in, table_reader& from, tenant_config& into) {
  each_named(in, from, "flows", "a flow", [&](const std::string& name, const doc_value& value, const doc_path& at) {
    into.flows.emplace(name, read_flow(in, name, value, at));
  });
}

}  // namespace seatgrid::provisioning
