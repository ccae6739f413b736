#pragma once

#include <limits>
#include <tuple>

#include "api/api.hpp"
#include "config/settings.hpp"
#include "sip/edge.hpp"

/// The settings of the rooms that speak to the outside: SIP edge and API.
namespace seatgrid::tables {

using namespace std::chrono_literals;

inline constexpr auto edge = std::tuple{
    setting{"edge.listen", &edge_options::listen, "where SIP is received: sip:HOST:PORT;transport=udp or tcp"},
    setting{"edge.advertised_host", &edge_options::advertised_host, "host in Via, Contact and SDP; empty = the bound address"},
    setting{"edge.user_agent", &edge_options::user_agent, "User-Agent and Server header"},
    setting{"edge.t1", &edge_options::t1, "round-trip time estimate, timer T1 (RFC 3261 17.1.1.1)", 50ms, 5s},
    setting{"edge.t2", &edge_options::t2, "longest repetition of requests, timer T2", 500ms, 60s},
    setting{"edge.t4", &edge_options::t4, "longest life of a message in the network, timer T4", 500ms, 60s},
    setting{"edge.t1x64", &edge_options::t1x64, "longest wait for a response or an ACK: timers B, F and H", 1s, 5min},
    setting{"edge.message_bytes_max", &edge_options::message_bytes_max, "largest SIP message; beyond it 513", 1'300, 65'535,
            "bytes"},
    setting{"edge.udp_receive_bytes", &edge_options::udp_receive_bytes, "receive buffer of the UDP socket", 65'536, 1 << 30,
            "bytes"},
    setting{"edge.commands_max", &edge_options::commands_max, "orders that wait for the edge's thread", 1'000, 10'000'000,
            "orders"},
    setting{"edge.legs_max", &edge_options::legs_max, "legs at a time; beyond it new calls get 503", 1, 1'000'000, "legs"},
    setting{"edge.ended_repeat", &edge_options::ended_repeat, "the end of a leg is told again until its call has kept it", 100ms,
            60s},
    setting{"edge.flow_return", &edge_options::flow_return,
            "what we have to say to a phone on TCP whose connection died with the former edge waits so long for it to register "
            "again; "
            "then its Contact is tried",
            1s, 5min},
    setting{"edge.offer_wait", &edge_options::offer_wait,
            "longest wait for a call's answer to a re-INVITE, UPDATE or REFER; then 500", 500ms, 30s},
    setting{"edge.session_expires", &edge_options::session_expires, "session timer that we offer (RFC 4028)", 90s, 24h},
    setting{"edge.session_expires_min", &edge_options::session_expires_min, "shortest session timer that we accept (Min-SE)", 90s,
            24h},
    setting{"edge.overload_retry_after", &edge_options::overload_retry_after, "Retry-After of a 503", 1s, 1h},
    setting{"edge.register_min", &edge_options::register_min, "shortest registration; shorter ones get 423", 1s, 24h},
    setting{"edge.register_max", &edge_options::register_max, "longest registration; longer ones are cut", 60s, 168h},
    setting{"edge.register_wait", &edge_options::register_wait, "longest wait for a registration to be kept; then 503", 100ms,
            30s},
    setting{"edge.registrations_max", &edge_options::registrations_max, "registered addresses of record", 1, 10'000'000},
    setting{"edge.contacts_max", &edge_options::contacts_max, "devices of one address of record", 1, 100, "contacts"},
    setting{"edge.register_waiting_max", &edge_options::register_waiting_max, "registrations that wait to be kept; beyond it 503",
            1, 1'000'000},
    setting{"edge.name_timeout", &edge_options::name_timeout, "longest wait for DNS about a trunk's name", 100ms, 30s},
    setting{"edge.nonce_lifetime", &edge_options::nonce_lifetime, "how long a digest nonce holds", 10s, 24h},
    setting{"edge.nonce_key", &edge_options::nonce_key,
            "secret of digest nonces, shared by all edges; empty = random at each start", 0, 0, "", reload::restart, true},
};

inline constexpr auto digest_backoff = std::tuple{
    setting{"edge.digest_backoff.entries_max", &backoff_options::entries_max, "sources that are remembered", 100, 10'000'000},
    setting{"edge.digest_backoff.free_failures", &backoff_options::free_failures, "wrong passwords that cost nothing", 0, 1'000},
    setting{"edge.digest_backoff.first_delay", &backoff_options::first_delay, "wait after the next one; doubles with each", 100ms,
            1h},
    setting{"edge.digest_backoff.delay_max", &backoff_options::delay_max, "longest wait", 1s, 24h},
    setting{"edge.digest_backoff.forget_after", &backoff_options::forget_after, "without a further failure", 1s, 168h},
};

inline constexpr auto names = std::tuple{
    setting{"edge.names.ttl_min", &name_book_options::ttl_min, "shortest time to live of a trunk's name that is believed", 1s,
            1h},
    setting{"edge.names.ttl_max", &name_book_options::ttl_max, "longest one", 1s, 168h},
    setting{"edge.names.failed_retry", &name_book_options::failed_retry, "until a name without an answer is asked again", 1s, 1h},
    setting{"edge.names.names_max", &name_book_options::names_max, "names of trunks; further ones have no address", 1, 100'000},
};

inline constexpr auto filter = std::tuple{
    setting{"edge.filter.datagram_bytes_max", &datagram_filter_options::datagram_bytes_max, "larger datagrams are dropped unread",
            1'300, 65'535, "bytes"},
    setting{"edge.filter.headers_max", &datagram_filter_options::headers_max, "header lines of a message", 16, 10'000, "lines"},
    setting{"edge.filter.line_bytes_max", &datagram_filter_options::line_bytes_max, "longest header line", 256, 65'535, "bytes"},
    setting{"edge.filter.flows_max", &datagram_filter_options::flows_max, "addresses of bound phones and of dialogs' peers", 100,
            10'000'000},
    setting{"edge.filter.peers_max", &datagram_filter_options::peers_max, "addresses to which requests of ours left lately", 100,
            10'000'000},
    setting{"edge.filter.peer_memory", &datagram_filter_options::peer_memory, "how long those are remembered", 1s, 1h},
    setting{"edge.filter.loopback_unlimited", &datagram_filter_options::loopback_unlimited,
            "no rate limit for this machine's processes"},
};

inline constexpr auto challenges_per_source = std::tuple{
    setting{"edge.filter.challenges_per_source.per_minute", &token_buckets::limits::per_minute,
            "REGISTERs of strangers from one address that are answered", 1, 100'000'000, "a minute"},
    setting{"edge.filter.challenges_per_source.burst", &token_buckets::limits::burst, "of them at once", 1, 10'000'000},
};

inline constexpr auto flow_rate = std::tuple{
    setting{"edge.filter.flow_rate.per_minute", &token_buckets::limits::per_minute, "datagrams from one bound phone", 1,
            100'000'000, "a minute"},
    setting{"edge.filter.flow_rate.burst", &token_buckets::limits::burst, "of them at once", 1, 10'000'000},
};

inline constexpr auto strangers_total = std::tuple{
    setting{"edge.filter.strangers_total.per_minute", &token_buckets::limits::per_minute,
            "REGISTERs of all strangers together that are answered", 1, 100'000'000, "a minute"},
    setting{"edge.filter.strangers_total.burst", &token_buckets::limits::burst, "of them at once", 1, 10'000'000},
};

inline constexpr auto api = std::tuple{
    setting{"api.token", &api_options::token,
            "the administrator's token; empty = made at the first start; give all nodes of a cluster the same", 0, 0, "",
            reload::restart, true},
    setting{"api.idempotency_keys_max", &api_options::idempotency_keys_max, "answers kept for a repeated Idempotency-Key", 0,
            10'000'000, "answers"},
    setting{"api.event_batch", &api_options::event_batch, "events written to a stream at a time", 1, 100'000, "events"},
};

inline constexpr auto http = std::tuple{
    setting{"api.http.host", &http_options::host, "address of the API"},
    setting{"api.http.port", &http_options::port, "port of the API; 0 = any free one", 0, 65'535},
    setting{"api.http.connections_max", &http_options::connections_max,
            "connections at a time; beyond it one without a token's request gives way, else the new one gets 503", 1, 100'000,
            "connections"},
    setting{"api.http.target_bytes_max", &http_options::target_bytes_max, "path and query of a request; beyond it 414", 256,
            65'536, "bytes"},
    setting{"api.http.header_bytes_max", &http_options::header_bytes_max, "header of a request; beyond it 431", 1'024, 1'048'576,
            "bytes"},
    setting{"api.http.order_bytes_max", &http_options::order_bytes_max, "body of an order; beyond it 413", 1'024, 1 << 24,
            "bytes"},
    setting{"api.http.body_bytes_max", &http_options::body_bytes_max, "body of a provisioning; beyond it 413", 1'024, 1 << 30,
            "bytes"},
    setting{"api.http.bodies_bytes_max", &http_options::bodies_bytes_max,
            "bodies of all requests under way; beyond it 503, but one is always taken", 1'024, 1 << 30, "bytes"},
    setting{"api.http.idle_timeout", &http_options::idle_timeout, "of a connection between requests; then it is closed", 1s, 1h},
    setting{"api.http.header_timeout", &http_options::header_timeout, "for the head of a request, once it began; then 408", 100ms,
            10min},
    setting{"api.http.read_timeout", &http_options::read_timeout,
            "for the body of a request, and the time of its size at api.http.bytes_per_second_min more; then 408", 100ms, 10min},
    setting{"api.http.answer_timeout", &http_options::answer_timeout, "for the answer; then 504", 100ms, 10min},
    setting{"api.http.write_timeout", &http_options::write_timeout,
            "for the client to take an answer, and the time of its size at api.http.bytes_per_second_min more; then it is closed",
            100ms, 10min},
    setting{"api.http.bytes_per_second_min", &http_options::bytes_per_second_min, "of a slow client that is waited for", 1'024,
            1 << 30, "bytes"},
    setting{"api.http.linger", &http_options::linger, "for the client to read the last answer of a connection", 10ms, 1min},
    setting{"api.http.downloads_max", &http_options::downloads_max, "recordings being sent at a time; beyond it 503", 1, 10'000},
    setting{"api.http.stream_bytes_max", &http_options::stream_bytes_max,
            "unread bytes of an event stream; beyond it it is closed", 65'536, 1 << 30, "bytes"},
    setting{"api.http.stream_ping", &http_options::stream_ping, "comment that keeps proxies from closing a stream", 1s, 5min},
};

}  // namespace seatgrid::tables
