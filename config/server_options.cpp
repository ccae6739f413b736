#include "config/server_options.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <initializer_list>
#include <sstream>

#include "config/document.hpp"
#include "config/settings_tables.hpp"
#include "config/settings_tables_edge.hpp"
#include "config/settings_tables_kafka.hpp"

namespace seatgrid {
namespace {

/// The place of a setting in the text, for what only two settings together show.
place place_of(const doc_value& document, std::initializer_list<std::string_view> keys) {
  const auto* at = &document;
  for (const auto key : keys)
    if (const auto* next = at->member(key)) at = next;
  return at->at;
}

constexpr std::size_t cluster_name_max = 200, node_name_max = 64;  // a topic's name takes 249, a record's header 64
constexpr auto names_allowed = "a-z A-Z 0-9 . _ -";

bool is_name(std::string_view text, std::size_t most) {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !text.empty() && text.size() <= most && text.find_first_not_of(letters) == std::string_view::npos;
}

/// A node alone needs nothing of it; a node of a cluster needs names and brokers.
void check_cluster(const server_options& options, const doc_value& document, findings& found) {
  const auto& cluster = options.cluster;
  const auto refuse = [&](std::string_view key, const char* why, const std::string& allowed) {
    found.error(place_of(document, {"cluster", key}), "cluster." + std::string{key}, why, allowed);
  };
  if (cluster.name.empty()) {
    if (!cluster.node.empty()) refuse("name", "the node of a cluster needs the cluster's name", "1 to 200 of a-z A-Z 0-9 . _ -");
    return;
  }
  if (!is_name(cluster.name, cluster_name_max))
    refuse("name", "cannot begin the name of a topic", "1 to 200 of " + std::string{names_allowed});
  if (!is_name(cluster.node, node_name_max))
    refuse("node", "each node of a cluster needs a name of its own", "1 to 64 of " + std::string{names_allowed});
  constexpr std::array<std::string_view, 4> roles{"edge", "core", "media", "api"};
  const auto is_role = [&](const std::string& one) { return std::find(roles.begin(), roles.end(), one) != roles.end(); };
  if (cluster.roles.empty() || !std::all_of(cluster.roles.begin(), cluster.roles.end(), is_role))
    refuse("roles", "a node needs roles that exist", "edge, core, media, api");
  const auto has = [&](std::string_view one) {
    return std::find(cluster.roles.begin(), cluster.roles.end(), one) != cluster.roles.end();
  };
  if (has("edge") != has("media"))
    refuse("roles", "an edge and its media engine share the addresses of one slot", "both of edge and media, or neither");
  // A newcomer counts for one lease as heard; nobody may be put out for silence before that is over.
  if (cluster.lease > 2 * cluster.suspect_after)
    refuse("lease", "a node could be put out and still speak", "at most twice cluster.suspect_after");
  if (4 * cluster.heartbeat > std::min(cluster.lease, cluster.suspect_after))
    refuse("heartbeat", "three lost words would look like a death",
           "at most a quarter of cluster.lease and cluster.suspect_after");
  const auto& spare = cluster.spare;
  if (cluster.adoption == slot_adoption::reinvite && spare.sip_first == 0)
    refuse("adoption", "no port is named on which a dead node's calls go on", "with cluster.spare.sip_first");
  if (spare.rtp_last <= spare.rtp_first)
    refuse("spare", "cluster.spare.rtp_last is not above cluster.spare.rtp_first", "a range of ports");
  if (options.kafka.brokers.empty()) refuse("name", "no brokers are named", "kafka.brokers = \"host:9092\"");
}

/// What open_links would refuse.
void check_links(const cluster_link_options& link, const doc_value& document, findings& found) {
  const auto refuse = [&](std::string_view key, const char* why, const char* allowed) {
    found.error(place_of(document, {"cluster", "link", key}), "cluster.link." + std::string{key}, why, allowed);
  };
  const int given = !link.certificate.empty() + !link.key.empty() + !link.authority.empty();
  if (given != 0 && given != 3) refuse("certificate", "certificate, key and authority belong together", "all three or none");
  const bool loopback = link.host.starts_with("127.") || link.host == "::1";
  if (given == 0 && !loopback)
    refuse("host", "without certificates anybody could be a node of the cluster",
           "127.0.0.1, ::1, or with a certificate any address");
}

void check_kafka(const server_options& options, const doc_value& document, findings& found) {
  const auto one_of = [&](const std::string& value, std::initializer_list<std::string_view> allowed,
                          std::initializer_list<std::string_view> keys) {
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
    std::string name, words;
    for (const auto key : keys) name += (name.empty() ? "" : ".") + std::string{key};
    for (const auto word : allowed) words += (words.empty() ? "" : ", ") + std::string{word};
    found.error(place_of(document, keys), name, "'" + value + "' is not known", words);
  };
  one_of(options.events.compression, {"none", "lz4", "zstd", "gzip", "snappy"}, {"events", "compression"});
  one_of(options.kafka.security.protocol, {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"}, {"kafka", "security", "protocol"});
  if (!options.events_topic.empty() && options.kafka.brokers.empty())
    found.error(place_of(document, {"events", "topic"}), "events.topic", "no brokers are named", "kafka.brokers = \"host:9092\"");
  if (options.node.publisher.look_back < 2 * options.node.publisher.flying_max)
    found.error(place_of(document, {"events", "look_back"}), "events.look_back", "would not show what is under way",
                "at least twice events.flying_max (" + std::to_string(options.node.publisher.flying_max) + ")");
}

void check_together(const server_options& options, const doc_value& document, findings& found) {
  const auto& media = options.media;
  if (media.port_last <= media.port_first)
    found.error(place_of(document, {"media", "port_last"}), "media.port_last", "leaves no pair of ports",
                "more than media.port_first (" + std::to_string(media.port_first) + ")");
  if (options.journal.free_bytes_stop > options.journal.free_bytes_low)
    found.error(place_of(document, {"journal", "free_bytes_stop"}), "journal.free_bytes_stop",
                "steps would be refused before load is shed",
                "at most journal.free_bytes_low (" + std::to_string(options.journal.free_bytes_low) + ")");
  if (options.edge.register_max < options.edge.register_min)
    found.error(place_of(document, {"edge", "register_max"}), "edge.register_max", "is shorter than edge.register_min");
  if (options.edge.listen.empty())
    found.error(place_of(document, {"edge", "listen"}), "edge.listen", "nobody could call", "at least one sip: address");
  if (options.node.disk.calls_stop_below > options.node.disk.recordings_stop_below)
    found.error(place_of(document, {"node", "disk", "calls_stop_below"}), "node.disk.calls_stop_below",
                "calls would stop before recordings do", "at most node.disk.recordings_stop_below");
}

}  // namespace

settings_catalog settings_of(server_options& options) {
  settings_catalog all;
  all.add(options, tables::server);
  all.add(options.journal, tables::journal);
  all.add(options.node, tables::journal_waits);
  all.add(options.cluster.retention, tables::cluster_retention);
  all.add(options.media, tables::media);
  all.add(options.edge, tables::edge);
  all.add(options.edge.filter, tables::filter);
  all.add(options.edge.filter.challenges_per_source, tables::challenges_per_source);
  all.add(options.edge.filter.flow_rate, tables::flow_rate);
  all.add(options.edge.filter.strangers_total, tables::strangers_total);
  all.add(options.edge.digest_backoff, tables::digest_backoff);
  all.add(options.edge.names, tables::names);
  all.add(options.node, tables::node);
  all.add(options.node.retention, tables::retention);
  all.add(options.node.disk, tables::disk);
  all.add(options.kafka, tables::kafka);
  all.add(options.kafka.security, tables::kafka_access);
  all.add(options.kafka_secrets, tables::kafka_secrets);
  all.add(options.cluster, tables::cluster);
  all.add(options.cluster.link, tables::cluster_link);
  all.add(options.cluster.spare, tables::cluster_spare);
  all.add(options, tables::events);
  all.add(options.events, tables::kafka_events);
  all.add(options.node.publisher, tables::publisher);
  all.add(options.api, tables::api);
  all.add(options.api.http, tables::http);
  return all;
}

server_outcome read_server_options(std::string_view text, const std::string& file, const environment& overrides) {
  server_outcome out;
  findings found{file};
  const auto document = read_document(document_format::toml, text, found);
  if (!found.has_errors()) {
    const auto all = settings_of(out.options);
    all.read(document, found);
    all.read_environment(overrides, found);
    if (!found.has_errors()) {
      check_together(out.options, document, found);
      check_kafka(out.options, document, found);
      check_cluster(out.options, document, found);
      check_links(out.options.cluster.link, document, found);
    }
  }
  out.errors = found.errors();
  out.found = found.take();
  for (auto& one : out.found)
    if (one.line == 0 && one.path.starts_with("SEATGRID_")) one.file = "environment";
  return out;
}

server_outcome load_server_options(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    server_outcome out;
    out.errors = 1;
    out.found.push_back({.file = path, .what = "the file cannot be read"});
    return out;
  }
  return read_server_options(text.view(), path, seatgrid_environment());
}

std::string settings_page() {
  server_options defaults;
  return settings_of(defaults).page();
}

}  // namespace seatgrid
