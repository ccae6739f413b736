#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "storage/kafka/kafka_topic_internal.hpp"

namespace seatgrid::kafka {

namespace {

using clock_type = std::chrono::steady_clock;
using admin_options = std::unique_ptr<rd_kafka_AdminOptions_t, destroyed_by<&rd_kafka_AdminOptions_destroy>>;
using new_topic = std::unique_ptr<rd_kafka_NewTopic_t, destroyed_by<&rd_kafka_NewTopic_destroy>>;
using config_resource = std::unique_ptr<rd_kafka_ConfigResource_t, destroyed_by<&rd_kafka_ConfigResource_destroy>>;
using deletion = std::unique_ptr<rd_kafka_DeleteRecords_t, destroyed_by<&rd_kafka_DeleteRecords_destroy>>;

constexpr milliseconds between_questions{50};

int whole(milliseconds time) { return static_cast<int>(std::max<std::int64_t>(1, time.count())); }

using settings = std::vector<std::pair<std::string, std::string>>;

/// What a topic must be, and what more a new one is told.
struct topic_wishes {
  settings musts{};  ///< empty values would be wrong for any topic of ours
  settings firsts{};
  bool may_have_more_partitions = false;
};

settings safe(const kafka_options& options) {
  return {{"cleanup.policy", "delete"},
          {"min.insync.replicas", std::to_string(options.replicas >= 3 ? options.replicas - 1 : 1)},
          {"unclean.leader.election.enable", "false"},
          {"max.message.bytes", std::to_string(options.record_bytes_max)}};
}

topic_wishes journal_wishes(const kafka_options& options) {
  topic_wishes made{.musts = safe(options)};
  made.musts.insert(made.musts.end(),
                    {{"retention.ms", "-1"}, {"retention.bytes", "-1"}, {"message.timestamp.type", "LogAppendTime"}});
  return made;
}

bool is_fit(const std::string& name, const std::string& wanted, const std::string& found) {
  if (name != "min.insync.replicas" && name != "max.message.bytes") return found == wanted;
  return found.size() > wanted.size() || (found.size() == wanted.size() && found >= wanted);
}

admin_options admin(rd_kafka_t* by, rd_kafka_admin_op_t operation, milliseconds patience, bool has_operation_timeout) {
  admin_options made{rd_kafka_AdminOptions_new(by, operation)};
  std::array<char, 128> why{};
  rd_kafka_AdminOptions_set_request_timeout(made.get(), whole(patience), why.data(), why.size());
  if (has_operation_timeout) rd_kafka_AdminOptions_set_operation_timeout(made.get(), whole(patience), why.data(), why.size());
  return made;
}

/// The answer of one admin request, or what went wrong with it as a whole.
result<event> answer(rd_kafka_queue_t* answers, milliseconds patience, const std::string& doing) {
  event came{rd_kafka_queue_poll(answers, whole(patience + milliseconds{1'000}))};
  if (!came) return fail(errc::unavailable, doing + ": no answer");
  if (const auto code = rd_kafka_event_error(came.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(error_of(code, doing));
  return came;
}

/// Partitions of the topic and the fewest replicas of one; nothing when there is no such topic.
struct shape {
  int partitions = 0;
  int replicas = 0;
  bool is_led = false;  ///< every partition has a leader
};
result<std::optional<shape>> look(rd_kafka_t* by, const kafka_options& options, milliseconds patience) {
  const topic named{rd_kafka_topic_new(by, options.topic.c_str(), nullptr)};
  if (!named) return fail(errc::invalid, "Kafka refuses the topic name '" + options.topic + "'");
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(by, 0, named.get(), &raw, whole(patience));
  const metadata_ptr found{raw};
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return fail(errc::unavailable, "no Kafka broker of " + options.brokers + " answers: " + text_of(code));
  if (found->topic_cnt != 1) return fail(errc::unavailable, "Kafka's answer does not speak of " + options.topic);
  const auto& told = found->topics[0];
  if (told.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::optional<shape>{};
  if (told.err != RD_KAFKA_RESP_ERR_NO_ERROR && told.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    return tl::unexpected(error_of(told.err, "topic " + options.topic));
  shape made{.partitions = told.partition_cnt, .replicas = 1'000, .is_led = told.partition_cnt > 0};
  for (int i = 0; i < told.partition_cnt; ++i) {
    made.replicas = std::min(made.replicas, told.partitions[i].replica_cnt);
    made.is_led = made.is_led && told.partitions[i].leader >= 0;
  }
  return std::optional{made};
}

result<void> create(rd_kafka_t* by, const kafka_options& options, const topic_wishes& wishes) {
  std::array<char, 256> why{};
  const new_topic wanted{rd_kafka_NewTopic_new(options.topic.c_str(), options.lanes, options.replicas, why.data(), why.size())};
  if (!wanted) return fail(errc::invalid, "topic " + options.topic + ": " + why.data());
  for (const auto* all : {&wishes.musts, &wishes.firsts})
    for (const auto& [name, value] : *all) rd_kafka_NewTopic_set_config(wanted.get(), name.c_str(), value.c_str());
  const auto how = admin(by, RD_KAFKA_ADMIN_OP_CREATETOPICS, options.start_patience, true);
  const queue answers{rd_kafka_queue_new(by)};
  auto* one = wanted.get();
  rd_kafka_CreateTopics(by, &one, 1, how.get(), answers.get());
  const auto doing = "making topic " + options.topic;
  auto came = answer(answers.get(), options.start_patience, doing);
  if (!came) return tl::unexpected(came.error());
  std::size_t count = 0;
  const auto* const* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(came->get()), &count);
  if (count != 1) return fail(errc::unavailable, doing + ": an answer about other topics");
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return {};
  const auto* said = rd_kafka_topic_result_error_string(results[0]);
  if (code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
    return fail(errc::invalid, doing + " with " + std::to_string(options.replicas) +
                                   " replicas: there are fewer brokers; start them, or ask for fewer replicas on a trial system");
  if (code == RD_KAFKA_RESP_ERR_INVALID_PARTITIONS || code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION ||
      code == RD_KAFKA_RESP_ERR_INVALID_CONFIG || code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION)
    return fail(errc::invalid, doing + ": " + (said != nullptr ? said : text_of(code)));
  return tl::unexpected(error_of(code, doing));
}

/// Each setting of the topic that does not fit, as "name is X instead of Y".
/// @error not_found  the broker that was asked has not heard of the topic, or not yet
result<std::vector<std::string>> unfit_settings(rd_kafka_t* by, const kafka_options& options, const settings& musts) {
  const config_resource asked{rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, options.topic.c_str())};
  const auto how = admin(by, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, options.start_patience, false);
  const queue answers{rd_kafka_queue_new(by)};
  auto* one = asked.get();
  rd_kafka_DescribeConfigs(by, &one, 1, how.get(), answers.get());
  const auto doing = "reading the settings of topic " + options.topic;
  auto came = answer(answers.get(), options.start_patience, doing);
  if (!came) return tl::unexpected(came.error());
  std::size_t count = 0;
  const auto* const* told = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(came->get()), &count);
  if (count != 1) return fail(errc::unavailable, doing + ": an answer about other topics");
  const auto code = rd_kafka_ConfigResource_error(told[0]);
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return fail(errc::not_found, doing + ": " + text_of(code));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(code, doing));
  std::size_t entries = 0;
  const auto* const* all = rd_kafka_ConfigResource_configs(told[0], &entries);
  std::vector<std::string> unfit;
  for (const auto& [name, value] : musts) {
    const auto* const* const end = all + entries;
    const auto* const* const found =
        std::find_if(all, end, [&wanted = name](const auto* entry) { return wanted == rd_kafka_ConfigEntry_name(entry); });
    const auto* is = found == end ? nullptr : rd_kafka_ConfigEntry_value(*found);
    if (is == nullptr || !is_fit(name, value, is))
      unfit.push_back(
          std::string{name}.append(" is ").append(is == nullptr ? "unknown" : is).append(" instead of ").append(value));
  }
  return unfit;
}

result<void> make_or_check(rd_kafka_t* by, const kafka_options& options, const topic_wishes& wishes) {
  const auto until = clock_type::now() + options.start_patience;
  const auto left = [&] { return std::chrono::ceil<milliseconds>(until - clock_type::now()); };
  bool was_asked = false;
  std::optional<shape> found;
  for (;;) {
    auto looked = look(by, options, std::max(left(), between_questions));
    if (!looked) return tl::unexpected(looked.error());
    found = *looked;
    if (found && found->is_led) break;
    if (!found && !was_asked) {
      if (auto made = create(by, options, wishes); !made) return made;
      was_asked = true;
    }
    if (left() <= milliseconds{0})
      return fail(errc::unavailable, "topic " + options.topic + " has no leader for every lane; are all brokers up?");
    std::this_thread::sleep_for(between_questions);
  }
  if (found->partitions < options.lanes || (found->partitions > options.lanes && !wishes.may_have_more_partitions))
    return fail(errc::conflict, "topic " + options.topic + " has " + std::to_string(found->partitions) +
                                    " lanes, this start asks for " + std::to_string(options.lanes) +
                                    "; the number of lanes is fixed when a cluster is made");
  if (found->replicas < options.replicas)
    return fail(errc::conflict, "topic " + options.topic + " has " + std::to_string(found->replicas) + " replicas instead of " +
                                    std::to_string(options.replicas) + "; add replicas with kafka-reassign-partitions");
  auto unfit = unfit_settings(by, options, wishes.musts);
  // One broker of several answered where the topic is; another, asked for its settings, may hear of it a moment later.
  for (; !unfit && unfit.error().code == errc::not_found && left() > milliseconds{0};
       unfit = unfit_settings(by, options, wishes.musts))
    std::this_thread::sleep_for(between_questions);
  if (!unfit) return tl::unexpected(unfit.error());
  if (unfit->empty()) return {};
  std::string all;
  for (const auto& one : *unfit) all += "\n  " + one;
  return fail(errc::conflict, "topic " + options.topic + " does not fit; set with kafka-configs --alter:" + all);
}

}  // namespace

result<void> make_or_check_topic(rd_kafka_t* by, const kafka_options& options) {
  return make_or_check(by, options, journal_wishes(options));
}

result<void> make_or_check_events_topic(rd_kafka_t* by, const kafka_options& options, std::chrono::hours keep) {
  const auto keep_ms = std::chrono::duration_cast<milliseconds>(keep).count();
  return make_or_check(
      by, options,
      {.musts = safe(options), .firsts = {{"retention.ms", std::to_string(keep_ms)}}, .may_have_more_partitions = true});
}

result<std::int64_t> offset_at(rd_kafka_t* by, const std::string& name, lane_id lane, std::int64_t at_ms, milliseconds patience) {
  const topic_list asked{rd_kafka_topic_partition_list_new(1)};
  auto* one = rd_kafka_topic_partition_list_add(asked.get(), name.c_str(), lane);
  one->offset = at_ms;
  auto code = rd_kafka_offsets_for_times(by, asked.get(), whole(patience));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = one->err;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::unexpected(error_of(code, "asking for an offset of lane " + std::to_string(lane) + " by its time"));
  return std::max<std::int64_t>(one->offset, -1);
}

result<std::int64_t> delete_records(rd_kafka_t* by, const std::string& name, lane_id lane, std::int64_t before,
                                    milliseconds patience) {
  const topic_list wanted{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(wanted.get(), name.c_str(), lane)->offset = before;
  const deletion order{rd_kafka_DeleteRecords_new(wanted.get())};
  const auto how = admin(by, RD_KAFKA_ADMIN_OP_DELETERECORDS, patience, true);
  const queue answers{rd_kafka_queue_new(by)};
  auto* one = order.get();
  rd_kafka_DeleteRecords(by, &one, 1, how.get(), answers.get());
  const auto doing = "removing records of lane " + std::to_string(lane) + " below " + std::to_string(before);
  auto came = answer(answers.get(), patience, doing);
  if (!came) return tl::unexpected(came.error());
  const auto* offsets = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(came->get()));
  if (offsets == nullptr || offsets->cnt != 1) return fail(errc::unavailable, doing + ": an answer about other lanes");
  const auto& told = offsets->elems[0];
  if (told.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) return fail(errc::invalid, doing + ": beyond the end");
  if (told.err != RD_KAFKA_RESP_ERR_NO_ERROR) return tl::unexpected(error_of(told.err, doing));
  return told.offset;
}

}  // namespace seatgrid::kafka
