#include "storage/step_codec.hpp"

#include "proto/wire.hpp"

namespace seatgrid {

void encode_record(std::string& out, const stored_step& record) { wire::encode_into(out, record); }
result<stored_step> decode_record(std::string_view bytes) { return wire::decode<stored_step>(bytes); }
std::string encode_lane(const lane_state& lane) { return wire::encode(lane); }
result<lane_state> decode_lane(std::string_view bytes) { return wire::decode<lane_state>(bytes); }

}  // namespace seatgrid
