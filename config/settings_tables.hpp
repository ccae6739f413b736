#pragma once

#include <array>
#include <limits>
#include <tuple>

#include "actors/node.hpp"
#include "config/server_options.hpp"
#include "config/settings.hpp"
#include "media/options.hpp"
#include "storage/journal.hpp"

/// The settings of every room, as data. Names of tables are the rooms'; names of keys are the fields'.
namespace seatgrid::tables {

using namespace std::chrono_literals;

inline constexpr std::int64_t kilobyte = 1'024, megabyte = 1'024 * 1'024, gigabyte = 1'024 * megabyte;
inline constexpr std::int64_t threads_max = 256;

inline constexpr auto server = std::tuple{
    setting{"server.data", &server_options::data, "directory of journal, recordings and voicemails; what lives in it goes on"},
    setting{"server.assets", &server_options::assets, "directory of the built-in prompts, <language>/<name>.wav"},
    setting{"server.provision", &server_options::provision,
            "provisioning file applied at start when it differs from what is in force; empty = none"},
    setting{"server.restore_max", &server_options::restore_max, "longest wait for restored calls before new ones are taken", 1s,
            1h},
    setting{"server.drain_max", &server_options::drain_max,
            "how long calls may end by themselves at SIGTERM, while new ones get 503; the others go on at the next start", 0s,
            1h},
};

inline constexpr auto journal = std::tuple{
    setting{"journal.waiting_max", &journal_options::waiting_max,
            "steps that wait for their frame; beyond it new ones are refused", 1, 10'000'000, "steps"},
    setting{"journal.step_bytes_max", &journal_options::step_bytes_max, "largest step", kilobyte, 16 * megabyte, "bytes"},
    setting{"journal.frame_steps_max", &journal_options::frame_steps_max, "steps of one sync to the disk", 1, 100'000, "steps"},
    setting{"journal.sync_spacing", &journal_options::sync_spacing, "shortest time between the begins of two syncs", 0ms, 100ms},
    setting{"journal.frame_bytes_max", &journal_options::frame_bytes_max, "bytes of one sync to the disk", kilobyte,
            64 * megabyte, "bytes"},
    setting{"journal.reserve_bytes", &journal_options::reserve_bytes,
            "a file kept so that a full disk can still take the last steps", 0, 16 * gigabyte, "bytes"},
    setting{"journal.free_bytes_low", &journal_options::free_bytes_low,
            "free space below which the reserve is given back and load is shed", 0, 1'024 * gigabyte, "bytes"},
    setting{"journal.free_bytes_stop", &journal_options::free_bytes_stop, "free space below which steps are refused", 0,
            1'024 * gigabyte, "bytes"},
    setting{"journal.trim_steps_max", &journal_options::trim_steps_max, "steps that one sweep removes at a time", 1, 1'000'000,
            "steps"},
};

inline constexpr auto journal_waits = std::tuple{
    setting{"journal.stall_limit", &node_options::stall_limit,
            "when the journal has taken no step for so long, new calls get 503, also those that wait", 100ms, 60s},
    setting{"journal.reinvite_wait", &node_options::reinvite_wait,
            "a re-INVITE whose step does not count after so long is answered without it; new calls wait from then on", 50ms, 10s},
};

inline constexpr std::array<std::pair<std::string_view, record_format>, 2> record_formats{
    {{"alaw", record_format::alaw}, {"pcm16", record_format::pcm16}}};

inline constexpr auto media = std::tuple{
    setting{"media.bind_host", &media_options::bind_host, "IPv4 or IPv6 address on which RTP is received"},
    setting{"media.advertised_host", &media_options::advertised_host, "address told to peers; empty = bind_host"},
    setting{"media.port_first", &media_options::port_first, "first RTP port; even ones carry RTP, the odd one above it RTCP",
            1'024, 65'534},
    setting{"media.port_last", &media_options::port_last, "last RTP port", 1'025, 65'535},
    setting{"media.silence", &media_options::silence, "no RTP from a leg for so long is told to its call", 1s, 1h},
    setting{"media.rtcp_every", &media_options::rtcp_every, "mean distance of our RTCP reports (RFC 3550 6.2)", 500ms, 60s},
    setting{"media.rtcp_always", &media_options::rtcp_always,
            "RTCP also for peers that do not ask for it; one descriptor more a leg"},
    setting{"media.dscp", &media_options::dscp, "mark of RTP packets; 46 = expedited forwarding, 0 = none", 0, 63},
    setting{"media.threads", &media_options::threads, "media threads; a call's legs share one", 1, threads_max, "threads"},
    setting{"media.endpoints_max", &media_options::endpoints_max, "legs with media; beyond it calls are refused", 1, 1'000'000,
            "legs"},
    setting{"media.commands_max", &media_options::commands_max, "orders that wait for the media threads", 1'000, 10'000'000,
            "orders"},
    setting{"media.prompts_per_play_max", &media_options::prompts_per_play_max, "prompts of one list; the rest is left out", 1,
            1'000, "prompts"},
    setting{"media.loads_max", &media_options::loads_max, "plays that wait for files; beyond it their prompts are left out", 1,
            100'000, "plays"},
    setting{"media.clip_cache_bytes_max", &media_options::clip_cache_bytes_max, "prompts and music kept in memory", megabyte,
            16 * gigabyte, "bytes"},
    setting{"media.clip_length_max", &media_options::clip_length_max, "a longer prompt file is cut here", 1s, 24h},
    word_setting<media_options, record_format>{.name = "media.format",
                                               .field = &media_options::format,
                                               .help = "how samples are stored in recordings",
                                               .words = record_formats},
    setting{"media.recordings_max", &media_options::recordings_max, "recordings at a time", 0, 1'000'000, "recordings"},
    setting{"media.record_queue_bytes_max", &media_options::record_queue_bytes_max,
            "audio that waits for the disk; beyond it recordings fail and calls go on", megabyte, 16 * gigabyte, "bytes"},
};

inline constexpr auto node = std::tuple{
    setting{"node.name", &node_options::name, "name of this node in logs and the cluster"},
    setting{"node.lanes", &node_options::lanes, "lanes of calls, queues and agents; fixed when the data directory is made", 1, 64,
            "lanes"},
    setting{"node.threads", &node_options::threads, "actor threads", 1, threads_max, "threads"},
    setting{"node.backlog_max", &node_options::backlog_max, "inputs waiting in a lane; beyond it new calls get 503", 100,
            10'000'000, "inputs"},
    setting{"node.unsynced_max", &node_options::unsynced_max, "steps of a lane not yet on disk; beyond it new calls get 503", 100,
            10'000'000, "steps"},
    setting{"node.held_max", &node_options::held_max, "inputs held while a lane is claimed again; beyond it they are dropped",
            100, 10'000'000, "inputs"},
    setting{"node.resume_parallel", &node_options::resume_parallel, "calls, agents and queues restored at a time after a start",
            1, 100'000},
    setting{"node.claim_tries", &node_options::claim_tries, "tries to claim a lane before the process ends", 1, 10'000, "tries"},
    setting{"node.retry_after", &node_options::retry_after, "Retry-After of a 503", 1s, 1h},
    setting{"node.events_ring", &node_options::events_ring, "live events kept in memory for subscribers", 100, 10'000'000,
            "events"},
    setting{"node.subscribers_max", &node_options::subscribers_max, "subscribers to events at a time", 1, 100'000, "subscribers"},
    setting{"node.requests_max", &node_options::requests_max, "orders and queries of the API that wait for an answer", 1,
            1'000'000, "requests"},
    setting{"node.deadline", &node_options::deadline, "longest wait for the answer to an order or query", 100ms, 5min},
    setting{"node.seed", &node_options::seed, "seed of chance for tests; 0 = from the operating system", 0,
            std::numeric_limits<std::int64_t>::max()},
};

inline constexpr auto retention = std::tuple{
    setting{"node.retention.steps", &retention_options::steps, "the log of steps: events, replay, timelines; 0 = for ever", 0s,
            876'000h},
    setting{"node.retention.cdrs", &retention_options::cdrs,
            "ended calls: CDRs with their recordings and voicemails; 0 = for ever", 0s, 876'000h},
    setting{"node.retention.recordings", &retention_options::recordings,
            "files of recorded talks, whose CDRs then say so; 0 = as long as the CDR", 0s, 876'000h},
    setting{"node.retention.voicemails", &retention_options::voicemails,
            "files of messages, whose CDRs then say so; 0 = as long as the CDR", 0s, 876'000h},
    setting{"node.retention.every", &retention_options::every, "between two sweeps", 1s, 24h},
    setting{"node.retention.entities_per_sweep", &retention_options::entities_per_sweep, "bounds the work of one sweep", 1,
            10'000'000, "entities"},
};

inline constexpr auto disk = std::tuple{
    setting{"node.disk.every", &disk_options::every, "how often the free space is looked at", 1s, 1h},
    setting{"node.disk.recordings_stop_below", &disk_options::recordings_stop_below,
            "no new recording with less of the disk free", 0.0, 90.0, "per cent"},
    setting{"node.disk.calls_stop_below", &disk_options::calls_stop_below, "no new call with less of the disk free", 0.0, 90.0,
            "per cent"},
};

}  // namespace seatgrid::tables
