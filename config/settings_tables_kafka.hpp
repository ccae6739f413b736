#pragma once

#include <array>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

#include "config/cluster_options.hpp"
#include "config/server_options.hpp"
#include "config/settings.hpp"
#include "storage/kafka/kafka_events.hpp"
#include "storage/kafka/kafka_options.hpp"

/// How Kafka is reached, and what goes there.
namespace seatgrid::tables {

using namespace std::chrono_literals;

inline constexpr auto kafka = std::tuple{
    setting{"kafka.brokers", &kafka_options::brokers, "host:port of brokers, several by commas; one that lives finds the others"},
    setting{"kafka.replicas", &kafka_options::replicas,
            "copies of each record; with 3 or more, all but one must have it before it counts", 1, 7, "copies"},
    setting{"kafka.record_bytes_max", &kafka_options::record_bytes_max, "largest record; the topic must allow it", 65'536,
            64 << 20, "bytes"},
    setting{"kafka.appends_max", &kafka_options::appends_max, "records that wait for the brokers' report", 1, 1'000'000,
            "records"},
    setting{"kafka.read_ahead_bytes", &kafka_options::read_ahead_bytes, "fetched and not yet read, of all lanes", 1 << 20,
            2'000'000'000, "bytes"},
    setting{"kafka.start_patience", &kafka_options::start_patience, "longest wait for brokers and topic at the start", 100ms,
            10min},
    setting{"kafka.report_patience", &kafka_options::report_patience,
            "a record without a report for so long is in doubt: its lane is claimed again", 1s, 10min},
    setting{"kafka.request_timeout", &kafka_options::request_timeout, "longest wait of a broker for a record's copies", 100ms,
            60s},
    setting{"kafka.socket_timeout", &kafka_options::socket_timeout,
            "longest wait for any answer; then the connection is made anew", 100ms, 60s},
    setting{"kafka.retry_backoff", &kafka_options::retry_backoff, "before a request is repeated", 1ms, 10s},
    setting{"kafka.reconnect_backoff", &kafka_options::reconnect_backoff, "before a broken connection is made anew, doubling",
            1ms, 10s},
    setting{"kafka.reconnect_backoff_max", &kafka_options::reconnect_backoff_max, "the longest of these pauses", 10ms, 60s},
    setting{"kafka.leader_search", &kafka_options::leader_search, "between questions for a lane's new leader", 10ms, 10s},
    setting{"kafka.fetch_wait", &kafka_options::fetch_wait, "a broker without news answers a reader after this", 10ms, 10s},
    setting{"kafka.fetch_error_backoff", &kafka_options::fetch_error_backoff, "before a failed fetch is repeated", 1ms, 10s},
};

inline constexpr auto kafka_secrets = std::tuple{
    setting{"kafka.security.password_file", &secret_files::password,
            "file whose first line is the password; instead of kafka.security.password"},
    setting{"kafka.security.key_password_file", &secret_files::key_password,
            "file whose first line opens kafka.security.key_file; instead of kafka.security.key_password"},
};

inline constexpr std::array<std::pair<std::string_view, slot_adoption>, 2> slot_adoptions{
    {{"address", slot_adoption::address}, {"reinvite", slot_adoption::reinvite}}};

inline constexpr auto cluster = std::tuple{
    setting{"cluster.name", &cluster_options::name,
            "the cluster that this node belongs to: its journal is the topic <name>.journal at kafka.brokers; empty = the node "
            "stands alone"},
    setting{"cluster.node", &cluster_options::node, "name of this node, unlike that of any other node of the cluster"},
    setting{"cluster.lanes", &cluster_options::lanes,
            "lanes of calls, queues and agents; fixed when the cluster is made, another number is refused", 1, 63, "lanes"},
    setting{"cluster.address_command", &cluster_options::address_command,
            "program run as PROGRAM take NODE HOST before the addresses of a dead or leaving node are opened here; empty: they "
            "can be "
            "bound as they are"},
    word_setting<cluster_options, slot_adoption>{
        .name = "cluster.adoption",
        .field = &cluster_options::adoption,
        .help =
            "how dialogs of a dead node go on here: its addresses come here, or we send re-INVITE from cluster.spare.* of our "
            "own hosts",
        .words = slot_adoptions},
    setting{"cluster.roles", &cluster_options::roles, "what this node does: edge, core, media, api"},
    setting{"cluster.heartbeat", &cluster_options::heartbeat, "between two words to each other node", 10ms, 1s},
    setting{
        "cluster.suspect_after", &cluster_options::suspect_after,
        "a node silent for so long is suspected: another one is asked, or without a third it is waited as long again; a killed "
        "process is noticed at once",
        100ms, 60s},
    setting{"cluster.lease", &cluster_options::lease,
            "a node that half of the others have not echoed for so long sends no datagram; at most twice cluster.suspect_after",
            100ms, 60s},
    setting{"cluster.lease_margin", &cluster_options::lease_margin,
            "addresses of a silent node are adopted so long after its lease; how late nodes may read the roster", 50ms, 60s},
    setting{"cluster.give_up", &cluster_options::give_up,
            "a node that could not write for so long, while another can, loses its lanes", 200ms, 5min},
    setting{"cluster.skew_max", &cluster_options::skew_max, "a node whose clock is further off from most others' owns no lanes",
            10ms, 60s},
    setting{"cluster.settle", &cluster_options::settle,
            "after its join a node waits so long for others before it takes lanes that nobody owned", 0ms, 60s},
    setting{"cluster.drain_max", &cluster_options::drain_max,
            "a node that an operator drains ends when it is empty, at the latest after so long; its calls then go on elsewhere",
            1s, 24h},
    setting{"cluster.move_every", &cluster_options::move_every, "between looks for lanes that lie better on another node", 100ms,
            1h},
    setting{"cluster.rest_patience", &cluster_options::rest_patience,
            "longest wait for the owner of a lane that shall move; then the move is put off", 50ms, 60s},
};

inline constexpr auto cluster_spare = std::tuple{
    setting{
        "cluster.spare.sip_first", &spare_ports::sip_first,
        "with cluster.adoption = reinvite: port of the hosts in edge.listen on which slot 1 is adopted, the next for slot 2 and "
        "so on; peers and firewalls must let them speak",
        0, 64'513},
    setting{"cluster.spare.rtp_first", &spare_ports::rtp_first, "first RTP port of adopted slots; even", 1'024, 65'534},
    setting{"cluster.spare.rtp_last", &spare_ports::rtp_last, "last of them", 1'025, 65'535},
};

inline constexpr auto cluster_link = std::tuple{
    setting{
        "cluster.link.host", &cluster_link_options::host,
        "IPv4 or IPv6 address on which other nodes are heard, and which they are told; beyond loopback certificates are needed"},
    setting{"cluster.link.port", &cluster_link_options::port, "its port; 0 = any free one, the others are told which", 0, 65'535},
    setting{"cluster.link.certificate", &cluster_link_options::certificate,
            "PEM file of this node's certificate, which carries cluster.node as a DNS name; read again when it changes"},
    setting{"cluster.link.key", &cluster_link_options::key, "PEM file of its key"},
    setting{"cluster.link.authority", &cluster_link_options::authority,
            "PEM file of the authorities whose certificates other nodes may show"},
    setting{"cluster.link.waiting_bytes_max", &cluster_link_options::waiting_bytes_max,
            "what waits for one node's acknowledgement; beyond it that node counts as dead until less than half waits", 1 << 20,
            std::int64_t{16} << 30, "bytes"},
};

inline constexpr auto cluster_retention = std::tuple{
    setting{"journal.snapshot_every", &cluster_retention_options::snapshot_every,
            "in a cluster: age of a lane's newest snapshot at which another is made", 1s, 24h},
    setting{"journal.snapshot_records", &cluster_retention_options::snapshot_records,
            "in a cluster: records behind the newest snapshot at which another is made", 1'000, 1'000'000'000, "records"},
    setting{"journal.snapshot_rate", &cluster_retention_options::snapshot_rate,
            "in a cluster: bytes a second of a snapshot that is made", 65'536, 1 << 30, "bytes"},
    setting{"journal.keep", &cluster_retention_options::keep, "in a cluster: no record younger than this is removed from the log",
            0s, 24h * 365},
    setting{
        "journal.gather", &cluster_retention_options::gather,
        "in a cluster: what was folded is seen at once and written to this node's replica after so long, the last value of each "
        "row; a killed node folds it again",
        0ms, 10s},
    setting{"journal.gather_bytes", &cluster_retention_options::gather_bytes, "in a cluster: or when so much waits to be written",
            65'536, 1 << 28, "bytes"},
    setting{"journal.fetch_gather", &cluster_retention_options::fetch_gather,
            "in a cluster: steps wait so long for more before a node that follows their lane fetches them; claims wait with "
            "them; 0 = "
            "fetched one by one",
            0ms, 100ms},
};

inline constexpr auto events = std::tuple{
    setting{"events.topic", &server_options::events_topic,
            "topic into which public events go as CloudEvents (docs/events); empty = they are not published"},
    setting{"events.source", &server_options::events_source,
            "CloudEvents source; empty = /seatgrid/<node.name>/<random word made with the data directory>, in a cluster "
            "/seatgrid/<cluster.name>/<random word that the lane's journal holds>; alike on all nodes of a cluster"},
};

inline constexpr auto kafka_events = std::tuple{
    setting{"events.keep", &kafka_events_options::keep,
            "how long a topic that we make keeps events; one that is there keeps its own", 1h, 24h * 3'650},
    setting{"events.linger", &kafka_events_options::linger, "an event waits so long for others to share a batch", 0ms, 1s},
    setting{"events.compression", &kafka_events_options::compression, "none, lz4, zstd, gzip or snappy"},
};

inline constexpr auto publisher = std::tuple{
    setting{"events.flying_max", &publisher_options::flying_max,
            "events given to the topic and not stored yet, per lane; beyond it they wait in the journal", 1, 100'000, "events"},
    setting{"events.look_back", &publisher_options::look_back,
            "records read at the topic's end at a start; several times events.flying_max", 10, 1'000'000, "records"},
    setting{"events.patience", &publisher_options::patience, "longest wait for that reading", 100ms, 10min},
    setting{"events.retry_after", &publisher_options::retry_after, "before a topic that failed is opened again", 10ms, 10min},
    setting{"events.journal_every", &publisher_options::journal_every, "between two notes in the journal of what is published",
            10ms, 1h},
};

inline constexpr auto kafka_access = std::tuple{
    setting{"kafka.security.protocol", &kafka_security::protocol, "plaintext, ssl, sasl_plaintext or sasl_ssl"},
    setting{"kafka.security.mechanism", &kafka_security::mechanism, "of SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"},
    setting{"kafka.security.user", &kafka_security::user, "name at the brokers"},
    setting{"kafka.security.password", &kafka_security::password, "of that user", 0, 0, "", reload::restart, true},
    setting{"kafka.security.ca_file", &kafka_security::ca_file, "PEM file of trusted authorities; empty = the system's"},
    setting{"kafka.security.certificate_file", &kafka_security::certificate_file, "PEM file of our certificate"},
    setting{"kafka.security.key_file", &kafka_security::key_file, "PEM file of its key"},
    setting{"kafka.security.key_password", &kafka_security::key_password, "of that file", 0, 0, "", reload::restart, true},
};

}  // namespace seatgrid::tables
