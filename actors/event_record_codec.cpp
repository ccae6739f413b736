#include "actors/event_publisher.hpp"
#include "proto/json.hpp"

namespace seatgrid::actors {
namespace {

constexpr std::size_t sequence_digits = 20;

}  // namespace

topic_record record_of(live_event event, const std::string& source) {
  auto sequence = std::to_string(event.sequence);
  sequence.insert(0, sequence_digits - sequence.size(), '0');
  topic_record made;
  made.key = std::string{to_string(event.entity.kind)} + "/" + to_text(event.entity.id);
  made.value = event.data.empty() ? "{}" : std::move(event.data);
  made.headers = {{"ce_specversion", "1.0"},
                  {"ce_id", std::move(event.id)},
                  {"ce_source", source},
                  {"ce_type", event.type},
                  {"ce_subject", made.key},
                  {"ce_time", json::rfc3339(event.at)},
                  {"ce_dataschema", "urn:seatgrid:event:" + event.type},
                  {"ce_sequence", std::move(sequence)},
                  {"ce_tenant", std::move(event.tenant)},
                  {"content-type", "application/json"}};
  return made;
}

}  // namespace seatgrid::actors
