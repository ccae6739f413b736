#include "domain/published.hpp"
#include "domain/published_schema.hpp"
#include "proto/json_schema.hpp"

namespace seatgrid::published {
namespace {

template <class... Ts>
std::vector<event_type> made(std::type_identity<std::tuple<Ts...>>) {
  std::vector<event_type> out;
  const auto one = [&]<class E>(std::type_identity<E>) {
    auto schema = json::schema_text<E>();
    std::string head =
        R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$id":")" + schema_id(E::type) + R"(","title":)";
    json::write_text(head, E::type);
    head += R"(,"description":)";
    json::write_text(head, E::about);
    out.push_back({E::type, E::about, head + "," + schema.substr(1)});
  };
  (one(std::type_identity<Ts>{}), ...);
  return out;
}

/// CloudEvents 1.0, Kafka protocol binding, binary mode: attributes are headers.
constexpr std::string_view headers =
    R"({"type":"object","properties":{)"
    R"("ce_specversion":{"const":"1.0"},)"
    R"("ce_id":{"type":"string","pattern":"^[0-9]{5}-[0-9]{20}-[0-9]{4}$",)"
    R"("description":"lane, position, index; grows within a lane. Drop what is not greater than the highest seen of its lane: then each event comes once"},)"
    R"("ce_source":{"type":"string","description":"the cluster and its journal's incarnation"},)"
    R"("ce_type":{"type":"string"},)"
    R"("ce_subject":{"type":"string","description":"kind/id of the entity; also the record's key"},)"
    R"("ce_time":{"type":"string","format":"date-time"},)"
    R"("ce_dataschema":{"type":"string"},)"
    R"("ce_sequence":{"type":"string","pattern":"^[0-9]{20}$","description":"of the entity: 1, 2, 3 ... without holes"},)"
    R"("ce_tenant":{"type":"string"},)"
    R"("content-type":{"const":"application/json"}},)"
    R"("required":["ce_specversion","ce_id","ce_source","ce_type","ce_subject","ce_time","ce_sequence","ce_tenant","content-type"]})";

std::string message_name(std::string_view type) {
  std::string out{type};
  for (auto& c : out)
    if (c == '.') c = '_';
  return out;
}

}  // namespace

const std::vector<event_type>& event_types() {
  static const auto all = made(std::type_identity<events>{});
  return all;
}

std::string schema_id(std::string_view type) { return "urn:seatgrid:event:" + std::string{type}; }

std::string asyncapi() {
  std::string channel, messages;
  for (const auto& event : event_types()) {
    const auto name = message_name(event.type);
    const auto* comma = channel.empty() ? "" : ",";
    channel.append(comma).append("\"").append(name).append(R"(":{"$ref":"#/components/messages/)").append(name).append("\"}");
    messages.append(comma).append("\"").append(name).append(R"(":{"name":)");
    json::write_text(messages, event.type);
    messages += R"(,"summary":)";
    json::write_text(messages, event.about);
    messages += R"(,"contentType":"application/json","headers":{"$ref":"#/components/schemas/cloudevent_headers"},)"
                R"("payload":{"schemaFormat":"application/schema+json;version=draft-2020-12","schema":)" +
                event.schema + "}}";
  }
  return R"({"asyncapi":"3.0.0","info":{"title":"Seatgrid events","version":"1","description":)"
         R"("Every state change of calls, legs, queue entries, agents, registrations, recordings and voicemails, and the CDRs. )"
         R"(At least once and in order; exactly once after the filter on ce_id. Types and members are only ever added."},)"
         R"("defaultContentType":"application/json","channels":{"events":{"address":"{cluster}.events",)"
         R"("description":"One partition per lane; the key is the entity.","parameters":{"cluster":{"description":"cluster.name"}},)"
         R"("messages":{)" +
         channel +
         R"(}}},"operations":{"publish":{"action":"send","channel":{"$ref":"#/channels/events"},)"
         R"("summary":"What the cluster publishes."}},"components":{"schemas":{"cloudevent_headers":)" +
         std::string{headers} + R"(},"messages":{)" + messages + "}}}";
}

}  // namespace seatgrid::published
