#include "tests/sip/edge/edge_fixture.hpp"

namespace seatgrid::test {

void listening_sink::on_leg(leg_event event) {
  const std::lock_guard hold{mutex_};
  events_.push_back(std::move(event));
  news_.notify_all();
}
void listening_sink::on_register(register_request request) {
  const std::lock_guard hold{mutex_};
  registers_.push_back(std::move(request));
  news_.notify_all();
}
register_request listening_sink::expect_register(milliseconds wait) {
  std::unique_lock hold{mutex_};
  EXPECT_TRUE(news_.wait_for(hold, wait, [&] { return !registers_.empty(); })) << "never told: REGISTER";
  if (registers_.empty()) return {};
  auto first = std::move(registers_.front());
  registers_.pop_front();
  return first;
}
bool listening_sink::is_asked_to_register(milliseconds wait) {
  std::unique_lock hold{mutex_};
  return news_.wait_for(hold, wait, [&] { return !registers_.empty(); });
}

small_directory::small_directory() {
  by_address[trunk_ip] = {.name = "carrier"};
  by_address[trunk_to_ip] = {.name = "to", .dialled = dialled_from::to, .caller = caller_from::from};
  by_address[trunk_div_ip] = {.name = "div", .dialled = dialled_from::diversion};
  by_address[trunk_party_ip] = {.name = "party", .dialled = dialled_from::p_called_party_id};
  by_address[trunk_tight_ip] = {.name = "tight", .calls_max = 1, .calls_per_second_max = 2};
  numbers["4008001234"] = {.number = "4008001234", .flow = "main"};
  numbers["4008005555"] = {.number = "4008005555", .flow = "main", .calls_max = 1};
}
std::optional<trunk_match> small_directory::trunk_at(const std::string& ip, std::uint16_t) const {
  const auto it = by_address.find(ip);
  return it == by_address.end() ? std::nullopt : std::optional{trunk_match{"demo", &it->second}};
}
std::vector<trunk_match> small_directory::trunks() const {
  std::vector<trunk_match> all;
  for (const auto& t : extra) all.push_back({"demo", &t});
  return all;
}
std::optional<number_match> small_directory::number(const std::string& canonical) const {
  const auto it = numbers.find(canonical);
  return it == numbers.end() ? std::nullopt : std::optional{number_match{"demo", &it->second}};
}
std::optional<credential> small_directory::user(const std::string& domain, const std::string& user) const {
  if (domain != "demo.example" || (user != "1001" && user != "1002")) return std::nullopt;
  return credential{.tenant = "demo",
                    .aor = "sip:" + user + "@" + domain,
                    .password = "secret-" + user,
                    .agent = agent_id::named("demo", user)};
}

void EdgeTest::SetUp() {
  // Tests run as processes side by side: each has ten ports of its own, by its place in the list.
  const auto& all = *::testing::UnitTest::GetInstance();
  int slot = 0;
  for (int i = 0; i < all.total_test_suite_count(); ++i)
    for (int j = 0; j < all.GetTestSuite(i)->total_test_count(); ++j, ++slot)
      if (all.GetTestSuite(i)->GetTestInfo(j) == all.current_test_info()) {
        port_ = static_cast<std::uint16_t>(21'000 + slot * 10);
        last_port_ = port_;
        return;
      }
}

edge_options EdgeTest::options() const {
  edge_options o;
  const auto at = "sip:127.0.0.1:" + std::to_string(port_);
  o.listen = {at + ";transport=udp", at + ";transport=tcp"};
  o.t1 = milliseconds{100};
  o.t2 = milliseconds{400};
  o.t4 = milliseconds{500};
  o.t1x64 = milliseconds{1'500};
  o.ended_repeat = milliseconds{200};
  o.quiet_start = milliseconds{0};
  o.offer_wait = milliseconds{1'000};
  o.register_wait = milliseconds{500};
  o.nonce_key = "a key of sixteen bytes and more";
  o.canonical_number = [](std::string_view n) {
    std::string digits;
    for (const char c : n)
      if (c >= '0' && c <= '9') digits += c;
    if (digits.rfind("86", 0) == 0 && digits.size() > 10) digits.erase(0, 2);
    return digits.empty() ? std::string{n} : digits;
  };
  return o;
}

void EdgeTest::start(edge_options with) {
  auto started = edge::start(std::move(with), sink_);
  ASSERT_TRUE(started) << started.error().what;
  edge_ = std::move(*started);
  edge_->set_directory(directory_);
}

session_description EdgeTest::our_media(std::uint16_t port) {
  session_description s;
  s.audio = {.host = "127.0.0.1", .port = port};
  s.codecs = {{.payload_type = 8, .name = "PCMA"}};
  return s;
}

peer_dialog EdgeTest::incoming_call(sip_peer& peer, leg_incoming& told, const std::string& extra) {
  peer_dialog d{.peer = &peer};
  peer.send(d.request("INVITE", std::string{offer_pcma}, extra));
  peer.expect_status(100);
  told = sink_.expect<leg_incoming>();
  return d;
}

peer_dialog EdgeTest::talking_call(sip_peer& peer, leg_id& leg, const std::string& extra) {
  leg_incoming told;
  auto d = incoming_call(peer, told, extra);
  leg = told.leg;
  EXPECT_TRUE(edge_->command(leg_answer{.leg = leg, .media = our_media()}));
  d.learn(peer.expect_status(200, "INVITE"));
  peer.send(d.request("ACK"));
  sink_.expect<leg_confirmed>();
  return d;
}

leg_invite EdgeTest::order_to(const sip_peer& peer, std::uint32_t index) const {
  return {.leg = {call_id::make(7, 77), index},
          .to = {.target = "sip:1001@" + peer.host_port()},
          .presented = {.number = "13800138000", .display = "Zhang \"San\""},
          .called = "1001",
          .offer = our_media(),
          .expires = milliseconds{20'000},
          .early = named_by_the_rules(index, "sip:1001@" + peer.host_port())};
}

dialog EdgeTest::named_by_the_rules(std::uint32_t index, const std::string& target) {
  return {.sip_call_id = "c" + std::to_string(index) + unique(),
          .local_tag = "t" + unique(),
          .local_cseq = 100,
          .remote_target = target,
          .invite = "z9hG4bK" + unique()};
}

}  // namespace seatgrid::test
