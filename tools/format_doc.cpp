#include <map>
#include <sstream>
#include <string>

#include "cluster/frame.hpp"
#include "cluster/snapshot.hpp"
#include "domain/acd_messages.hpp"
#include "domain/agent_internal.hpp"
#include "domain/call_rules.hpp"
#include "domain/leg_port.hpp"
#include "domain/media_port.hpp"
#include "domain/queue.hpp"
#include "domain/registrar_port.hpp"
#include "domain/registration.hpp"
#include "domain/tenant_config_rows.hpp"
#include "proto/schema.hpp"
#include "storage/step_codec.hpp"
#include "tools/pages.hpp"

/// format_doc DIRECTORY           writes the pages of docs/format from the declarations of fields
/// format_doc --check DIRECTORY   says which pages are not current; exit status 1 if any
namespace {

using namespace seatgrid;
using schema::catalog;

std::string anchor(const std::string& name) { return "[" + name + "](#" + name + ")"; }

std::string table(const schema::described_message& message) {
  std::ostringstream out;
  out << "## " << message.name << "\n";
  if (message.one_of) out << "Exactly one of these:\n";
  out << "\n| number | field | type | meaning |\n|---|---|---|---|\n";
  for (const auto& field : message.fields) {
    const auto* label = field.repeated ? "repeated " : field.optional ? "optional " : "";
    const auto type = field.message ? anchor(field.type) : field.type;
    out << "| " << field.number << " | `" << field.name << "` | " << label << type << " | " << field.meaning << " |\n";
  }
  return out.str() + "\n";
}

std::string page(const std::string& title, const std::string& about, const catalog& messages) {
  std::string text =
      "# " + title + "\n\n" + about +
      "\n\nWritten by `format_doc` from the declarations in the headers; do not edit. Encoding: protobuf (proto3 rules for "
      "what is left out, no packed fields); `sint64` is zigzag; numbers are never used again.\n\n";
  for (const auto& message : messages) text += table(message);
  text.pop_back();
  return text;
}

/// Rows, events and commands of one entity kind.
template <class Rules, class... Rows>
std::string entity_page(const std::string& title, const std::string& about, const std::string& event,
                        const std::string& command) {
  catalog all;
  (schema::describe_message<Rows>(all), ...);
  schema::describe_message<typename Rules::event>(all, event);
  schema::describe_message<typename Rules::command>(all, command);
  return page(title, about, all);
}

std::map<std::string, std::string> entity_pages() {
  catalog tenant;
  schema::describe_message<tenant_config>(tenant);
  schema::describe_message<config_head>(tenant);
  catalog call;
  schema::describe_message<calls::call_state>(call);
  schema::describe_message<session_cdr>(call);
  schema::describe_message<calls::call_event>(call, "call_event");
  return {
      {"call.md", page("Call",
                       "Row \"\" is a `call_state`, row \"cdr\" a `session_cdr`; what happened is a `call_event` "
                       "(`domain/call_events.hpp`). A recorded command is one field: 1 a leg_event, 2 a media_event, 3 an "
                       "acd_message, 4 an order or a wait that fired (`domain/call_codec.cpp`).",
                       call)},
      {"queue.md", entity_page<queue_rules, queue_totals, queue_entry>(
                       "Queue",
                       "Row \"\" is `queue_totals`; each waiting call has a row \"w\" + call id (8 bytes, big endian) with a "
                       "`queue_entry` (`domain/queue_codec.cpp`).",
                       "queue_event", "queue_command")},
      {"agent.md", entity_page<agent_rules, agent_row>("Agent", "Row \"\" is an `agent_row` (`domain/agent_codec.cpp`).",
                                                       "agent_event", "agent_command")},
      {"registration.md",
       entity_page<registration_rules, registration_state>(
           "Registration",
           "Row \"\" is a `registration_state`: the bindings of one address of record (`domain/registration.hpp`).",
           "registration_event", "registration_command")},
      {"tenant.md",
       page("Tenant",
            "A version of a tenant's configuration: a `config_head` in row \"h\" + version (8 bytes, big endian), its "
            "`tenant_config` cut into chunks; row \"\" points at the current version (`domain/tenant_config_rows.hpp`).",
            tenant)},
  };
}

std::map<std::string, std::string> port_pages() {
  catalog leg;
  schema::describe_message<leg_event>(leg, "leg_event");
  catalog media;
  schema::describe_message<media_event>(media, "media_event");
  catalog acd;
  schema::describe_message<acd_message>(acd, "acd_message");
  catalog registrar;
  schema::describe_message<register_request>(registrar);
  schema::describe_message<binding>(registrar);
  catalog journal;
  schema::describe_message<stored_step>(journal);
  schema::describe_message<lane_state>(journal);
  catalog frame;
  schema::describe_message<cluster::frame_body>(frame);
  catalog snapshot;
  schema::describe_message<cluster::snapshot_chunk>(snapshot);
  return {
      {"leg_port.md", page("Leg port", "What a SIP edge tells a call (`domain/leg_port.hpp`).", leg)},
      {"media_port.md", page("Media port", "What the media engine tells a call (`domain/media_port.hpp`).", media)},
      {"acd_messages.md",
       page("Messages of call, queue and agent", "The reserve-confirm-release protocol (`domain/acd_messages.hpp`).", acd)},
      {"registrar_port.md",
       page("Registrar port", "What the edge asks of a registration (`domain/registrar_port.hpp`).", registrar)},
      {"frame.md",
       page("Frame",
            "Body of a frame in a lane's log (`cluster/frame.hpp`); its header is in `lane.md`. Another version stops "
            "the lane on this node: every reader must fold alike.",
            frame)},
      {"snapshot.md",
       page("Snapshot of a lane",
            "Records of the topic `<cluster>.snapshots`, a partition per lane (`cluster/snapshot.hpp`). A record is `SGS`, one "
            "byte "
            "1 (another one: passed over), CRC-32C of the body (4 bytes, big endian), the body: one `snapshot_chunk`. A snapshot "
            "is "
            "the chunks 0, 1, 2 ... of one lane, offset and head, each naming the CRC of the one before, up to the one that is "
            "the "
            "last; only then it is used. What was folded up to `offset` decides every byte. `fold` is `cluster::encode_fold`; "
            "rows "
            "are in key order, then event numbers, then the steps that may still be needed, at least the lane's last.",
            snapshot)},
      {"journal.md", page("Journal",
                          "Log records and lane ends of the embedded journal (`storage/step_codec.hpp`); keys: "
                          "`storage/rocks/rocks_database_internal.hpp`.",
                          journal)},
  };
}

std::map<std::string, std::string> pages() {
  auto all = port_pages();
  all.merge(entity_pages());
  return all;
}

}  // namespace

int main(int count, char** words) { return seatgrid::tools::pages_main("format_doc", pages(), false, count, words); }
