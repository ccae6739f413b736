#include "cluster/event_audit.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

namespace seatgrid::cluster {
namespace {

constexpr std::size_t lane_digits = 5, step_digits = 20, index_digits = 4;
constexpr std::size_t id_length = lane_digits + 1 + step_digits + 1 + index_digits;

struct rule_words {
  std::string_view name{}, meaning{};
};
constexpr std::array<rule_words, static_cast<std::size_t>(event_rule::count)> words{{
    {"form", "attributes are there and well formed, the key is the subject"},
    {"partition", "the record is in the partition of its lane"},
    {"value", "the value is a JSON object with the members that its schema names"},
    {"order", "nothing new comes behind a later event of its lane"},
    {"gap", "no hole in a step's events, none in an entity's sequence"},
    {"twice", "an entity's number comes once after the filter"},
}};

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || done.ec != std::errc{} || done.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

struct id_parts {
  std::uint64_t lane = 0, index = 0;
  std::string_view step{};
};
std::optional<id_parts> parts_of(std::string_view id) {
  if (id.size() != id_length || id[lane_digits] != '-' || id[lane_digits + 1 + step_digits] != '-') return std::nullopt;
  const auto lane = number_in(id.substr(0, lane_digits)), index = number_in(id.substr(id_length - index_digits));
  const auto step = id.substr(lane_digits + 1, step_digits);
  if (!lane || !index || !number_in(step)) return std::nullopt;
  return id_parts{*lane, *index, step};
}

/// Whether `id` may follow `highest` in its lane: the next of the same step, or the first of a later one.
bool follows(std::string_view highest, std::string_view id) {
  const auto now = parts_of(id), before = parts_of(highest);
  if (!now || !before) return true;
  if (now->step == before->step) return now->index == before->index + 1;
  return now->index == 0;
}

}  // namespace

std::string_view name_of(event_rule rule) { return words.at(static_cast<std::size_t>(rule)).name; }
std::string_view meaning_of(event_rule rule) { return words.at(static_cast<std::size_t>(rule)).meaning; }

event_audit::event_audit(event_audit_options options) : options_(std::move(options)) {}

std::uint64_t event_audit::faults() const { return std::accumulate(found_.begin(), found_.end(), std::uint64_t{0}); }

void event_audit::complain(event_rule rule, const topic_event& record, lane_tally& tally, const std::string& what) {
  ++found_[static_cast<std::size_t>(rule)];
  ++tally.faults;
  if (texts_.size() < options_.texts_max)
    texts_.push_back(std::string{name_of(rule)} + ": partition " + std::to_string(record.partition) + ", offset " +
                     std::to_string(record.offset) + ", " + (record.id.empty() ? "no id" : record.id) + ": " + what);
}

bool event_audit::is_well_formed(const topic_event& record, lane_tally& tally) {
  std::string what;
  if (!parts_of(record.id))
    what = "ce_id is '" + record.id + "'";
  else if (record.source.empty() || record.type.empty() || record.subject.empty())
    what = "ce_source, ce_type or ce_subject is not there";
  else if (!number_in(record.sequence))
    what = "ce_sequence is '" + record.sequence + "'";
  else if (record.key != record.subject)
    what = "the key is '" + record.key + "', the subject '" + record.subject + "'";
  if (!what.empty()) complain(event_rule::form, record, tally, what);
  return what.empty();
}

void event_audit::look_at_value(const topic_event& record, lane_tally& tally) {
  const auto wanted = options_.members.find(record.type);
  if (!record.members) return complain(event_rule::value, record, tally, "the value is no JSON object");
  if (wanted == options_.members.end()) {
    ++unknown_;
    return;
  }
  std::string missing;
  for (const auto& one : wanted->second)
    if (std::find(record.members->begin(), record.members->end(), one) == record.members->end())
      missing += (missing.empty() ? "" : ", ") + one;
  if (!missing.empty()) complain(event_rule::value, record, tally, record.type + " without " + missing);
}

void event_audit::look_at_number(const topic_event& record, std::uint64_t number, seen_lane& seen, lane_tally& tally) {
  const auto known = seen.entities.find(record.subject);
  if (known == seen.entities.end()) {
    if (followed_ >= options_.entities_max) {
      ++unchecked_;
      return;
    }
    ++followed_;
    seen.entities.emplace(record.subject, number);
    return;
  }
  auto& last = known->second;
  if (number <= last)
    complain(event_rule::twice, record, tally,
             record.subject + " " + std::to_string(number) + " comes behind " + std::to_string(last));
  else if (number != last + 1)
    complain(event_rule::gap, record, tally,
             record.subject + " goes from " + std::to_string(last) + " to " + std::to_string(number));
  last = std::max(last, number);
}

void event_audit::take(const topic_event& record) {
  ++records_;
  auto& tally = lanes_[record.partition];
  ++tally.records;
  if (!is_well_formed(record, tally)) return;
  if (parts_of(record.id)->lane != record.partition) complain(event_rule::partition, record, tally, "it belongs elsewhere");
  auto& seen = seen_[record.source + " " + record.id.substr(0, lane_digits)];
  const auto number = *number_in(record.sequence);
  if (record.id <= seen.highest) {
    ++tally.repeats;
    const auto known = seen.entities.find(record.subject);
    if (known == seen.entities.end() ? followed_ < options_.entities_max && record.id >= tally.first : number > known->second)
      complain(event_rule::order, record, tally, "it was never seen, and readers that have seen " + seen.highest + " drop it");
    return;
  }
  if (!seen.highest.empty() && !follows(seen.highest, record.id))
    complain(event_rule::gap, record, tally, "what lies between it and " + seen.highest + " in its step is missing");
  seen.highest = record.id;
  ++tally.events;
  if (tally.first.empty()) tally.first = record.id;
  tally.last = record.id;
  if (std::find(tally.sources.begin(), tally.sources.end(), record.source) == tally.sources.end())
    tally.sources.push_back(record.source);
  look_at_value(record, tally);
  look_at_number(record, number, seen, tally);
}

}  // namespace seatgrid::cluster
