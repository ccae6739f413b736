#pragma once

#include "storage/kafka/kafka_client_internal.hpp"

/// Questions and orders about a whole topic. All block. Inside storage/kafka only.
namespace seatgrid::kafka {

/// Makes the topic as a journal needs it, or checks the one that is there: as many partitions as `options.lanes`, enough
/// replicas, nothing removed or compacted by the brokers, no unclean elections, the brokers' time in each record.
/// @error conflict     it is there and unfit; `what` lists each difference and the cure
/// @error invalid      it cannot be made so: fewer brokers than replicas, a name that Kafka refuses
/// @error denied       the brokers' access rules forbid it
/// @error unavailable  no broker answered within `options.start_patience`
result<void> make_or_check_topic(rd_kafka_t* by, const kafka_options& options);

/// Makes the topic of public events, or checks the one that is there: at least `options.lanes` partitions, enough replicas, never
/// compacted. Its retention is the operator's; `keep` is what a new one gets. Errors as above.
result<void> make_or_check_events_topic(rd_kafka_t* by, const kafka_options& options, std::chrono::hours keep);

/// The first offset whose record was stored at `at_ms` (since 1970) or later; -1 when there is none.
result<std::int64_t> offset_at(rd_kafka_t* by, const std::string& name, lane_id lane, std::int64_t at_ms, milliseconds patience);

/// DeleteRecords: see lane_log::trim.
result<std::int64_t> delete_records(rd_kafka_t* by, const std::string& topic, lane_id lane, std::int64_t before,
                                    milliseconds patience);

}  // namespace seatgrid::kafka
