#include "apps/events_out.hpp"

#include <sodium.h>

#include <array>
#include <fstream>

namespace seatgrid {
namespace {

std::string incarnation_of(const std::string& data) {
  const auto file = data + "/incarnation";
  std::string word;
  if (std::ifstream in{file}; in >> word && !word.empty()) return word;
  std::array<unsigned char, 8> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 2 * bytes.size() + 1> text{};
  word = sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  std::ofstream{file} << word << "\n";
  return word;
}

}  // namespace

publisher_options publisher_of(const node_app_options& options) {
  auto made = options.node.publisher;
  made.source = options.events_source;
  made.source_of_journal = options.events_source.empty() && !options.cluster.name.empty();
  if (made.source_of_journal) made.source = "/seatgrid/" + options.cluster.name;
  if (made.source.empty()) made.source = "/seatgrid/" + options.node.name + "/" + incarnation_of(options.data);
  auto kafka = options.kafka;
  kafka.topic = options.events_topic;
  kafka.lanes = static_cast<lane_id>(options.node.lanes + 1);  // a partition per lane; lane 0 has no public events
  made.open = [kafka, events = options.events] { return open_kafka_events(kafka, events); };
  return made;
}

}  // namespace seatgrid
