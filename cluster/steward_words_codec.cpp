#include "cluster/steward_words.hpp"

#include "proto/wire.hpp"

namespace seatgrid::cluster {

std::string encode_word(const process_word& word) { return wire::encode(word); }
std::string encode_word(const lane_word& word) { return wire::encode(word); }
result<process_word> decode_process_word(std::string_view bytes) { return wire::decode<process_word>(bytes); }
result<lane_word> decode_lane_word(std::string_view bytes) { return wire::decode<lane_word>(bytes); }

}  // namespace seatgrid::cluster
