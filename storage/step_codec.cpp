#include "storage/step_codec.hpp"

#include "proto/wire.hpp"

namespace seatgrid {

namespace {

/// stored_step, byte for byte.
struct encoded_step {
  std::uint64_t epoch = 0;
  std::string step{};
  static constexpr auto fields() {
    return members{field{1, "epoch", &encoded_step::epoch}, field{2, "step", &encoded_step::step}};
  }
};

}  // namespace

void encode_record(std::string& out, const stored_step& record) { wire::encode_into(out, record); }
void encode_record(std::string& out, std::uint64_t epoch, std::string_view step) {
  wire::encode_into(out, encoded_step{epoch, std::string{step}});
}
result<stored_step> decode_record(std::string_view bytes) { return wire::decode<stored_step>(bytes); }
std::string encode_lane(const lane_state& lane) { return wire::encode(lane); }
result<lane_state> decode_lane(std::string_view bytes) { return wire::decode<lane_state>(bytes); }

}  // namespace seatgrid
