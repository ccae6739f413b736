#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "api/url.hpp"
#include "apps/cli.hpp"
#include "apps/server_settings.hpp"
#include "apps/wait_for_end.hpp"
#include "cluster/event_audit.hpp"
#include "domain/published_schema.hpp"
#include "storage/kafka/kafka_reader.hpp"

/// `seatgrid event ...`: public events, from a node or from their topic on Kafka.
namespace seatgrid {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds progress_every{1};
constexpr auto topic_marks = "beginning, end or an offset";

struct event_options {
  std::string id{}, from{}, type{}, call{};
  std::uint32_t limit = 50;
  std::string brokers{}, topic{}, config{};
  bool until_end = false;
};

void add_topic_options(CLI::App& command, event_options& options) {
  command.add_option("--brokers", options.brokers,
                     "HOST:PORT of Kafka brokers, several by commas: reads the topic, asks no node");
  command.add_option("--topic", options.topic, "topic of the events (default: events.topic of --config)");
  command.add_option("--config", options.config, "a node's settings file: its brokers, topic, SASL and TLS")
      ->check(CLI::ExistingFile);
}

bool reads_topic(const event_options& options) {
  return !options.brokers.empty() || !options.topic.empty() || !options.config.empty();
}

result<read_from> place_of(const std::string& text) {
  if (text == "beginning") return read_from{};
  if (text == "end") return read_from{.at = read_from::place::end};
  std::int64_t offset = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (text.empty() || done.ec != std::errc{} || done.ptr != text.data() + text.size() || offset < 0)
    return fail(errc::invalid, "--from '" + text + "' must be " + topic_marks + " when the topic is read");
  return read_from{.at = read_from::place::offset, .offset = offset};
}

result<topic_reading> reading_of(const event_options& options, const std::string& from) {
  auto place = place_of(from);
  if (!place) return tl::unexpected{place.error()};
  auto settings = options.config.empty() ? environment_settings() : load_server_settings(options.config);
  if (!settings) return tl::unexpected{settings.error()};
  topic_reading out{.kafka = std::move(settings->kafka), .from = *place};
  if (!options.brokers.empty()) out.kafka.brokers = options.brokers;
  out.kafka.topic = options.topic.empty() ? settings->events_topic : options.topic;
  if (out.kafka.brokers.empty()) return fail(errc::invalid, "no brokers: give --brokers HOST:PORT or --config FILE");
  if (out.kafka.topic.empty()) return fail(errc::invalid, "no topic: give --topic NAME, or --config FILE with events.topic");
  return out;
}

const std::string& header_of(const topic_record& in, std::string_view name) {
  static const std::string none;
  for (const auto& [key, value] : in.headers)
    if (key == name) return value;
  return none;
}

cluster::topic_event event_of(const read_record& from, const json& value) {
  cluster::topic_event out{.partition = from.partition,
                           .offset = from.offset,
                           .key = from.what.key,
                           .source = header_of(from.what, "ce_source"),
                           .id = header_of(from.what, "ce_id"),
                           .type = header_of(from.what, "ce_type"),
                           .subject = header_of(from.what, "ce_subject"),
                           .sequence = header_of(from.what, "ce_sequence")};
  if (!value.is_object()) return out;
  out.members.emplace();
  for (const auto& [name, unused] : value.items()) out.members->push_back(name);
  return out;
}

// --- tail --------------------------------------------------------------------------------------------------------

/// The filter of docs/events, and what the reader asked for.
class chosen_events {
 public:
  explicit chosen_events(const event_options& options) : options_(options), type_(options.type) {
    if (type_.ends_with('*')) type_.pop_back();
  }
  bool take(const topic_record& one) {
    const auto& id = header_of(one, "ce_id");
    auto& highest = highest_[header_of(one, "ce_source") + " " + id.substr(0, id.find('-'))];
    if (id <= highest) return false;
    highest = id;
    if (header_of(one, "ce_type").rfind(type_, 0) != 0) return false;
    return options_.call.empty() || header_of(one, "ce_subject") == "call/" + options_.call ||
           json::parse(one.value, nullptr, false).value("call", std::string{}) == options_.call;
  }

 private:
  const event_options& options_;
  std::string type_;
  std::map<std::string, std::string> highest_{};
};

void print_event(const cli_context& context, const read_record& came) {
  if (!context.as_json()) {
    std::printf("%s  %s  %s\n", header_of(came.what, "ce_id").c_str(), header_of(came.what, "ce_type").c_str(),
                came.what.value.c_str());
    return;
  }
  json all{{"partition", came.partition}, {"offset", came.offset}, {"key", came.what.key}};
  for (const auto& [name, value] : came.what.headers) all[name.rfind("ce_", 0) == 0 ? name.substr(3) : name] = value;
  all["data"] = json::parse(came.what.value, nullptr, false);
  std::puts(all.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
}

void tail_topic(cli_context& context, const event_options& options) {
  auto how = reading_of(options, options.from.empty() ? "end" : options.from);
  if (!how) return context.complain(how.error());
  chosen_events chosen{options};
  how->until_end = options.until_end;
  how->record = [&](const read_record& came) {
    if (chosen.take(came.what)) print_event(context, came);
    return !end_requested();
  };
  how->idle = [] {
    std::fflush(stdout);
    return !end_requested();
  };
  if (const auto done = read_topic(*how); !done) context.complain(done.error());
}

void tail_node(cli_context& context, const event_options& options) {
  const auto to = context.target();
  if (!to) return;
  std::string path = "/v1/events?follow=true";
  if (!options.type.empty()) path += "&type=" + url_escape(options.type);
  if (!options.call.empty()) path += "&call=" + url_escape(options.call);
  const auto done =
      follow_api(*to, path, options.from, [&](const std::string& id, const std::string& type, const std::string& data) {
        std::puts(context.as_json() ? data.c_str() : (id + "  " + type + "  " + data).c_str());
        std::fflush(stdout);
        return true;
      });
  if (!done) context.complain(done.error());
}

// --- verify ------------------------------------------------------------------------------------------------------

cluster::event_audit_options declared() {
  cluster::event_audit_options out;
  for (const auto& one : published::event_types()) {
    const auto schema = json::parse(one.schema);
    auto& members = out.members[std::string{one.type}];
    for (const auto& [name, unused] : schema.at("properties").items()) members.push_back(name);
  }
  return out;
}

json verdict_of(const cluster::event_audit& audit) {
  auto lanes = json::array(), rules = json::array();
  for (const auto& [number, one] : audit.lanes())
    lanes.push_back({{"lane", number},
                     {"records", one.records},
                     {"events", one.events},
                     {"repeats", one.repeats},
                     {"faults", one.faults},
                     {"first", one.first},
                     {"last", one.last},
                     {"sources", one.sources}});
  for (std::size_t i = 0; i < static_cast<std::size_t>(cluster::event_rule::count); ++i) {
    const auto rule = static_cast<cluster::event_rule>(i);
    rules.push_back({{"rule", cluster::name_of(rule)}, {"meaning", cluster::meaning_of(rule)}, {"faults", audit.found(rule)}});
  }
  return {{"records", audit.records()},     {"faults", audit.faults()}, {"unknown_types", audit.unknown_types()},
          {"unchecked", audit.unchecked()}, {"lanes", lanes},           {"rules", rules},
          {"texts", audit.texts()}};
}

void print_verdict(const json& verdict) {
  std::fputs(render_table(verdict["lanes"],
                          {{"LANE", "lane"},
                           {"RECORDS", "records"},
                           {"EVENTS", "events"},
                           {"REPEATS", "repeats"},
                           {"FAULTS", "faults"},
                           {"FIRST", "first"},
                           {"LAST", "last"}},
                          "the topic is empty")
                 .c_str(),
             stdout);
  std::puts("");
  std::fputs(render_table(verdict["rules"], {{"RULE", "rule"}, {"MEANING", "meaning"}, {"FAULTS", "faults"}}, "").c_str(),
             stdout);
  for (const auto& text : verdict["texts"]) std::printf("  %s\n", text.get<std::string>().c_str());
  std::printf("\n%llu faults in %llu records; %llu of types that this program does not know\n",
              verdict["faults"].get<unsigned long long>(), verdict["records"].get<unsigned long long>(),
              verdict["unknown_types"].get<unsigned long long>());
}

/// On a terminal, once a second: how much of the topic is read.
class progress {
 public:
  void begins(const std::vector<partition_span>& spans) {
    for (const auto& one : spans) all_ += static_cast<std::uint64_t>(one.end - one.begin);
  }
  void one() {
    ++read_;
    const auto now = std::chrono::steady_clock::now();
    if (!shows_ || now < next_) return;
    next_ = now + progress_every;
    std::fprintf(stderr, "\r%llu of %llu records", static_cast<unsigned long long>(read_), static_cast<unsigned long long>(all_));
    was_shown_ = true;
  }
  void ends() const {
    if (was_shown_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  const bool shows_ = isatty(STDERR_FILENO) == 1;
  bool was_shown_ = false;
  std::uint64_t all_ = 0, read_ = 0;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + progress_every;
};

void verify_topic(cli_context& context, const event_options& options) {
  auto how = reading_of(options, options.from.empty() ? "beginning" : options.from);
  if (!how) return context.complain(how.error());
  cluster::event_audit audit{declared()};
  progress shown;
  bool is_cut = false;
  how->until_end = true;
  how->begins = [&](const auto& spans) { shown.begins(spans); };
  how->record = [&](const read_record& came) {
    audit.take(event_of(came, json::parse(came.what.value, nullptr, false)));
    shown.one();
    is_cut = end_requested();
    return !is_cut;
  };
  how->idle = [&] { return !(is_cut = end_requested()); };
  const auto done = read_topic(*how);
  shown.ends();
  if (!done) return context.complain(done.error());
  const auto verdict = verdict_of(audit);
  if (context.as_json())
    context.print(verdict);
  else
    print_verdict(verdict);
  if (is_cut) return context.complain({errc::unavailable, "ended before the end of the topic: the rest was not looked at"});
  if (audit.faults() != 0) context.exit_code = 1;
}

}  // namespace

void add_tail_command(CLI::App& group, cli_context& context, const std::string& types, const std::string& help) {
  auto options = std::make_shared<event_options>();
  options->type = types;
  const bool of_all = types.empty();
  auto* tail = group.add_subcommand("tail", help);
  add_node_options(*tail, context);
  tail->add_option("--from", options->from,
                   std::string{"id after which to begin, 0 = the oldest kept"} +
                       (of_all ? std::string{"; of the topic: "} + topic_marks : ""));
  if (of_all) tail->add_option("--type", options->type, "only types that begin so, as call.");
  if (of_all || types == "call.") tail->add_option("--call", options->call, "only this call");
  if (of_all) {
    add_topic_options(*tail, *options);
    tail->add_flag("--until-end", options->until_end, "of the topic: end where it ends now");
  }
  tail->callback([&context, options] { reads_topic(*options) ? tail_topic(context, *options) : tail_node(context, *options); });
}

void add_event_commands(CLI::App& app, cli_context& context) {
  auto options = std::make_shared<event_options>();
  auto* event = app.add_subcommand("event", "Public events, as other systems consume them / 事件")->require_subcommand(1);
  add_tail_command(*event, context, {}, "Follow live events of a node, or of the topic; --from goes back first");
  auto* verify = event->add_subcommand("verify", "Reads the topic: gaps, disorder, doubles, members; status 1 if any is wrong");
  add_output_option(*verify, context);
  add_topic_options(*verify, *options);
  verify->add_option("--from", options->from, std::string{topic_marks} + " (default: beginning)");
  verify->callback([&context, options] { verify_topic(context, *options); });
  auto* show = event->add_subcommand("show", "One event");
  add_node_options(*show, context);
  show->add_option("id", options->id, "event id from list or tail")->required();
  show->callback([&context, options] { context.print_object("/v1/events/" + url_escape(options->id)); });
  auto* list = event->add_subcommand("list", "The newest events");
  add_node_options(*list, context);
  list->add_option("--limit", options->limit, "at most this many")->check(CLI::Range(1, 1000))->capture_default_str();
  list->add_option("--call", options->call, "only this call");
  list->add_option("--type", options->type, "only types that begin so, as node.");
  list->callback([&context, options] {
    std::string path = "/v1/events?limit=" + std::to_string(options->limit);
    if (!options->call.empty()) path += "&call=" + url_escape(options->call);
    if (!options->type.empty()) path += "&type=" + url_escape(options->type);
    context.print_list(
        path, {{"ID", "id"}, {"AT", "at"}, {"TYPE", "type"}, {"ENTITY", "entity"}, {"SEQ", "sequence"}, {"DATA", "data"}},
        "no events yet");
  });
}

}  // namespace seatgrid
