#pragma once

#include "storage/event_topic.hpp"
#include "storage/kafka/kafka_client_internal.hpp"

/// Records as librdkafka gives them. Inside storage/kafka only.
namespace seatgrid::kafka {

using message = std::unique_ptr<rd_kafka_message_t, destroyed_by<&rd_kafka_message_destroy>>;

enum class with_value : bool { no, yes };

inline topic_record record_of(const rd_kafka_message_t& from, with_value value) {
  topic_record made;
  made.key.assign(static_cast<const char*>(from.key), from.key == nullptr ? 0 : from.key_len);
  if (value == with_value::yes && from.payload != nullptr) made.value.assign(static_cast<const char*>(from.payload), from.len);
  rd_kafka_headers_t* all = nullptr;
  if (rd_kafka_message_headers(&from, &all) != RD_KAFKA_RESP_ERR_NO_ERROR) return made;
  const char* name = nullptr;
  const void* content = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(all, i, &name, &content, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    made.headers.emplace_back(name, std::string{static_cast<const char*>(content), content == nullptr ? 0 : size});
  return made;
}

}  // namespace seatgrid::kafka
