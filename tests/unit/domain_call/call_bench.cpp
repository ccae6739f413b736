#include "tests/unit/domain_call/call_bench.hpp"

#include <algorithm>

#include "domain/negotiation.hpp"
#include "domain/recording_path.hpp"

namespace seatgrid::test {

tenant_config demo_config() {
  tenant_config c;
  c.tenant = "demo";
  c.version = 3;
  c.domain = "demo.example";
  c.numbers["4008123123"] = {.number = "4008123123", .flow = "main"};
  flow main{.name = "main", .start = "hello"};
  main.nodes["hello"] = play_node{.prompts = {{.source = "welcome"}}, .next = "menu"};
  main.nodes["menu"] = menu_node{.prompts = {{.source = "menu"}},
                                 .choices = {{'1', "support"}, {'2', "mail"}, {'3', "phone"}, {'4', "pin"}, {'9', "loop"}},
                                 .invalid = {{.source = "invalid"}},
                                 .otherwise = "bye"};
  main.nodes["support"] = queue_node{.queue = "support", .on_timeout = "mail", .on_full = "bye"};
  main.nodes["mail"] = voicemail_node{.mailbox = "box", .greeting = {{.source = "leave"}}};
  main.nodes["phone"] = bridge_node{.target = "13900139000", .trunk = "carrier", .on_busy = "mail", .on_no_answer = "bye"};
  main.nodes["pin"] = collect_node{.prompts = {{.source = "pin"}},
                                   .variable = "pin",
                                   .digits_min = 4,
                                   .digits_max = 6,
                                   .sensitive = true,
                                   .next = "check",
                                   .otherwise = "bye"};
  main.nodes["check"] = branch_node{.variable = "pin", .cases = {{"12*", "support"}}, .otherwise = "bye"};
  main.nodes["loop"] = branch_node{.variable = "called", .otherwise = "loop"};
  main.nodes["bye"] = hangup_node{.prompts = {{.source = "bye"}}, .cause = {.q850 = 16}};
  c.flows["main"] = main;
  queue_config support{.name = "support"};
  support.keys = {{'2', "voicemail:box"}, {'0', "bye"}};
  c.queues["support"] = support;
  agent_config agent{.name = "1001", .device = "register"};
  agent.queues = {{.queue = "support"}};
  c.agents["1001"] = agent;
  trunk_config trunk{.name = "carrier"};
  trunk.outbound = "sip:10.9.9.9:5060";
  c.trunks["carrier"] = trunk;
  c.mailboxes["box"] = {.name = "box"};
  return c;
}

bool call_bench::tell(const call_command& order) {
  const turn at{now, 1};
  out.clear();
  events.clear();
  auto decided = call_rules::decide(call, order, at, config);
  if (!decided) return false;
  events = std::move(*decided);
  told entry{order, at};
  for (const auto& e : events) {
    entry.events.push_back(call_rules::encode(e));
    call_rules::apply(call, e);
    call_rules::derive(call, e, out);
  }
  call_rules::rows(call, events, rows);
  all.insert(all.end(), out.begin(), out.end());
  log.push_back(std::move(entry));
  return true;
}

void call_bench::fire(calls::call_timer timer) {
  const auto* running = call.timer(timer);
  if (running == nullptr) {
    out.clear();
    events.clear();
    return;
  }
  const auto generation = running->generation;
  now = std::max(now, running->began_at + running->length);
  tell(timer_fired{static_cast<std::uint32_t>(timer), generation});
}

session_description call_bench::their_sdp(std::uint16_t port) { return make_offer({"10.1.1.1", port}, 99); }

dialog call_bench::dialog_of(const std::string& name, bool incoming) {
  return {.sip_call_id = name + "@far", .local_tag = "ours", .remote_tag = "theirs", .incoming = incoming};
}

leg_incoming call_bench::invite() const {
  return {.leg = leg(1),
          .tenant = "demo",
          .trunk = "carrier",
          .called = "4008123123",
          .dialled = "4008123123",
          .caller = {.number = "13800138000"},
          .offer = their_sdp(),
          .early = dialog_of("caller", true)};
}

void call_bench::arrive() {
  tell(invite());
  open(1);
}

void call_bench::to_queue() {
  arrive();
  played();
  press('1');
  tell(queued{.call = id(), .queue = config.queue_of("support"), .position = 1});
}

offer call_bench::offer_of(attempt_no n, std::vector<destination> contacts) const {
  return {.call = id(),
          .attempt = n,
          .agent = config.agent_of("1001"),
          .queue = config.queue_of("support"),
          .agent_name = "1001",
          .contacts = std::move(contacts)};
}

void call_bench::offered(attempt_no n) {
  tell(offer_of(n));
  open(call.last_leg);
}

void call_bench::answered_by(std::uint32_t index) {
  tell(leg_answered{.leg = leg(index), .media = their_sdp(41'000), .confirmed = dialog_of("agent")});
}

void call_bench::talk() {
  to_queue();
  offered();
  answered_by(2);
  tell(leg_confirmed{.leg = leg(1), .confirmed = dialog_of("caller", true)});
}

void call_bench::close_all() {
  for (const auto& r : std::vector{call.recordings})
    if (r.is_open())
      tell(media_recorded{.call = id(),
                          .recording = r.id,
                          .path = segment_path(r.path, r.segment),
                          .bytes = 44,
                          .length_ms = 900,
                          .sha256 = "ab",
                          .segment = r.segment});
  for (std::uint32_t index = 1; index <= call.last_leg; ++index) tell(media_closed{.leg = leg(index)});
}

std::vector<std::string> call_bench::published() const {
  std::vector<std::string> types;
  for (const auto& one : all)
    if (const auto* event = std::get_if<publish>(&one.what)) types.push_back(event->type);
  return types;
}

bool call_bench::has_published(const std::string& type) const {
  const auto types = published();
  return std::find(types.begin(), types.end(), type) != types.end();
}

session_cdr call_bench::cdr() const {
  for (const auto& row : rows)
    if (row.key == "cdr" && row.value) return decode_cdr(*row.value).value_or(session_cdr{});
  return {};
}

}  // namespace seatgrid::test
