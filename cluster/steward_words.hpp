#pragma once

#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "cluster/record.hpp"

/// What stewards say to each other beside heartbeats.
namespace seatgrid::cluster {

/// link_kind::opinion_asked and opinion.
struct process_word {
  process_id process{};
  bool hears_it = false;
  static constexpr auto fields() {
    return members{field{1, "process", &process_word::process}, field{2, "hears_it", &process_word::hears_it}};
  }
};
/// link_kind::lane_wanted and lane_rests.
struct lane_word {
  lane_id lane = 0;
  bool rests = false;
  static constexpr auto fields() { return members{field{1, "lane", &lane_word::lane}, field{2, "rests", &lane_word::rests}}; }
};
std::string encode_word(const process_word& word);
std::string encode_word(const lane_word& word);
/// @error corrupt
result<process_word> decode_process_word(std::string_view bytes);
result<lane_word> decode_lane_word(std::string_view bytes);

}  // namespace seatgrid::cluster
