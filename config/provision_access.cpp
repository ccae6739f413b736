#include "config/provision_parts.hpp"
#include "domain/ip_prefix.hpp"

/// Where calls come in and go out: access numbers and trunks.
namespace seatgrid::provisioning {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view numbers_allowed =
    "400, 800, 1010xxxx, 95xxx, 96xxx, 100xx, 12xxx, a landline with area, a mobile number, +CC..., sip:";

/// Empty when the number cannot be used.
std::string canonical_access_number(scope& in, const std::string& text, const doc_value& value, const doc_path& at) {
  const auto info = in.all.number(text);
  if (!may_be_access_number(info.kind)) {
    const auto why = info.why.empty() ? std::string{"is "} + std::string{to_string(info.kind)} : info.why;
    in.found().error(value.at, at.text(), "'" + text + "' cannot be an access number: " + why, std::string{numbers_allowed});
    return {};
  }
  const auto said = "number " + text + ": ";
  for (const auto& warning : info.warnings) in.found().warning(value.at, at.text(), std::string{said}.append(warning));
  const auto owner = in.all.number_owner.find(info.canonical);
  if (owner != in.all.number_owner.end() && owner->second != in.self.name) {
    in.found().error(value.at, at.text(), "number " + info.canonical + " belongs to tenant '" + owner->second + "'");
    return {};
  }
  return info.canonical;
}

void read_address(scope& in, const doc_value& one, const doc_path& at, trunk_config& into) {
  auto text = text_in(one, at, in.found());
  if (!text) return;
  const auto key = source_key(*text);
  if (key.empty()) {
    in.found().error(one.at, at.text(), parse_ip_prefix(*text).error().what,
                     "192.0.2.1, 192.0.2.0/24, 192.0.2.1:5060, 2001:db8::1, [2001:db8::1]:5060, sbc.example");
    return;
  }
  const auto owner = in.self.name + "/" + into.name;
  const auto [held, is_new] = in.all.address_owner.try_emplace(key, owner);
  if (!is_new) in.found().error(one.at, at.text(), "address " + *text + " already stands in trunk '" + held->second + "'");
  into.addresses.push_back(std::move(*text));
}

void read_addresses(scope& in, table_reader& from, trunk_config& into) {
  const auto* held = from.find("addresses");
  if (held == nullptr) return;
  const doc_path path{from.path(), "addresses"};
  if (held->items() == nullptr)
    return in.found().error(held->at, path.text(), "is " + std::string{held->kind()}, "a list of addresses");
  if (held->items()->size() > in.all.options.limits.list_max)
    return in.found().error(held->at, path.text(),
                            "holds more than " + std::to_string(in.all.options.limits.list_max) + " addresses");
  for (std::size_t i = 0; i < held->items()->size(); ++i) read_address(in, (*held->items())[i], doc_path{path, i}, into);
}

void read_outbound(scope& in, table_reader& from, trunk_config& into) {
  const auto* held = from.find("outbound");
  if (held == nullptr) return;
  const doc_path path{from.path(), "outbound"};
  auto text = text_in(*held, path, in.found());
  if (!text || text->empty()) return;
  if (!text->starts_with("sip") || in.all.number(*text).kind != number_kind::sip_uri)
    in.found().error(held->at, path.text(), "'" + *text + "' is no SIP URI", "sip:host or sip:host:port");
  into.outbound = std::move(*text);
}

}  // namespace

std::string source_key(const std::string& address) {
  const auto prefix = parse_ip_prefix(address);
  if (!prefix) {
    std::string name{is_host_name(address) ? address : ""};
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return name;
  }
  std::string key(prefix->address.bytes.begin(), prefix->address.bytes.end());
  key += static_cast<char>(prefix->length);
  return key + ":" + std::to_string(prefix->port);
}

void read_numbers(scope& in, table_reader& from, tenant_config& into) {
  const word_list<answer_policy> policies{
      {"on_agent", answer_policy::on_agent}, {"at_once", answer_policy::at_once}, {"on_queue", answer_policy::on_queue}};
  each_named(in, from, "numbers", "a number", [&](const std::string& text, const doc_value& value, const doc_path& at) {
    if (++in.all.numbers == in.all.options.limits.numbers_max + 1)
      in.found().error(value.at, at.text(), "the text holds more than " + std::to_string(in.all.numbers - 1) + " numbers");
    table_reader reader{value, at, in.found()};
    access_number number{.number = canonical_access_number(in, text, value, at), .language = into.language};
    reader.need("flow", "the name of a flow");
    read_reference(in, reader, "flow", number.flow, "flow", in.flows);
    if (const auto used = in.flows.find(number.flow); used != in.flows.end()) in.flows_used.insert(*used);
    reader.choice("answer", number.answer, policies);
    read_prompts(in, reader, "ringback", number.ringback);
    reader.number("calls_max", number.calls_max, 1, 1'000'000);
    reader.choice("language", number.language, word_list<std::string>{{"zh", "zh"}, {"en", "en"}});
    reader.duration("call_length_max", number.call_length_max, 1s, 24h);
    if (number.number.empty()) return;
    const auto key = number.number;
    if (!into.numbers.try_emplace(key, std::move(number)).second)
      in.found().error(value.at, at.text(), "number " + key + " stands twice, written in two ways");
  });
}

void read_trunks(scope& in, table_reader& from, tenant_config& into) {
  const word_list<transport> transports{{"udp", transport::udp}, {"tcp", transport::tcp}, {"tls", transport::tls}};
  const word_list<dialled_from> dialled{{"request_uri", dialled_from::request_uri},
                                        {"to", dialled_from::to},
                                        {"p_called_party_id", dialled_from::p_called_party_id},
                                        {"diversion", dialled_from::diversion}};
  const word_list<caller_from> callers{{"p_asserted_identity", caller_from::p_asserted_identity}, {"from", caller_from::from}};
  const word_list<adoption_way> adoptions{{"reinvite", adoption_way::reinvite}, {"end", adoption_way::end}};
  each_named(in, from, "trunks", "a trunk", [&](const std::string& name, const doc_value& value, const doc_path& at) {
    table_reader reader{value, at, in.found()};
    trunk_config trunk{.name = name};
    read_addresses(in, reader, trunk);
    read_outbound(in, reader, trunk);
    reader.choice("via", trunk.via, transports);
    reader.choice("dialled", trunk.dialled, dialled);
    reader.choice("caller", trunk.caller, callers);
    reader.number("calls_max", trunk.calls_max, 1, 1'000'000);
    reader.number("calls_per_second_max", trunk.calls_per_second_max, 1, 100'000);
    reader.duration("probe_every", trunk.probe_every, 0s, 1h);
    reader.number("probe_misses", trunk.probe_misses, 1, 100);
    reader.choice("adopt", trunk.adopt, adoptions);
    if (trunk.probe_every.count() > 0 && trunk.probe_every < 1s)
      in.found().error(value.at, at.text(), "'probe_every' is shorter than a second", "0s (never), 1s to 1h");
    if (trunk.probe_every.count() > 0 && trunk.outbound.empty())
      in.found().error(value.at, at.text(), "'probe_every' asks where calls go to, and there is no 'outbound'");
    if (trunk.addresses.empty() && trunk.outbound.empty())
      in.found().error(value.at, at.text(), "takes no calls and makes none",
                       "'addresses' that may call us, 'outbound' that we call");
    into.trunks.emplace(name, std::move(trunk));
  });
}

}  // namespace seatgrid::provisioning
