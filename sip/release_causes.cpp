#include "sip/release_causes.hpp"

#include <array>

#include "sip/sofia.hpp"

namespace seatgrid::sip {
namespace {

struct pair_of_causes {
  int sip = 0;
  std::uint16_t q850 = 0;
};
constexpr std::array to_q850{
    pair_of_causes{400, 41},  pair_of_causes{401, 21}, pair_of_causes{402, 21},  pair_of_causes{403, 21},
    pair_of_causes{404, 1},   pair_of_causes{405, 63}, pair_of_causes{406, 79},  pair_of_causes{407, 21},
    pair_of_causes{408, 102}, pair_of_causes{410, 22}, pair_of_causes{413, 127}, pair_of_causes{415, 79},
    pair_of_causes{420, 127}, pair_of_causes{480, 18}, pair_of_causes{481, 41},  pair_of_causes{482, 25},
    pair_of_causes{483, 25},  pair_of_causes{484, 28}, pair_of_causes{485, 1},   pair_of_causes{486, 17},
    pair_of_causes{487, 16},  pair_of_causes{488, 88}, pair_of_causes{500, 41},  pair_of_causes{501, 79},
    pair_of_causes{502, 38},  pair_of_causes{503, 41}, pair_of_causes{504, 102}, pair_of_causes{513, 127},
    pair_of_causes{600, 17},  pair_of_causes{603, 21}, pair_of_causes{604, 1},   pair_of_causes{606, 88},
};
constexpr std::array to_sip{
    pair_of_causes{404, 1},   pair_of_causes{404, 2},  pair_of_causes{404, 3},   pair_of_causes{486, 17},
    pair_of_causes{408, 18},  pair_of_causes{480, 19}, pair_of_causes{480, 20},  pair_of_causes{403, 21},
    pair_of_causes{410, 22},  pair_of_causes{480, 25}, pair_of_causes{502, 27},  pair_of_causes{484, 28},
    pair_of_causes{501, 29},  pair_of_causes{480, 31}, pair_of_causes{503, 34},  pair_of_causes{503, 38},
    pair_of_causes{503, 41},  pair_of_causes{503, 42}, pair_of_causes{503, 47},  pair_of_causes{403, 55},
    pair_of_causes{403, 57},  pair_of_causes{503, 58}, pair_of_causes{488, 65},  pair_of_causes{501, 79},
    pair_of_causes{403, 87},  pair_of_causes{503, 88}, pair_of_causes{504, 102}, pair_of_causes{500, 111},
    pair_of_causes{500, 127},
};

}  // namespace

std::uint16_t q850_of(int sip_status) {
  for (const auto& p : to_q850)
    if (p.sip == sip_status) return p.q850;
  return sip_status >= 200 && sip_status < 300 ? 16 : 127;
}

int sip_of(std::uint16_t q850) {
  for (const auto& p : to_sip)
    if (p.q850 == q850) return p.sip;
  return 480;
}

int refusal_of(const release_cause& cause) { return cause.sip >= 300 && cause.sip < 700 ? cause.sip : sip_of(cause.q850); }

std::string reason_of(const release_cause& cause) {
  if (cause.text == "answered elsewhere") return "SIP;cause=200;text=\"Call completed elsewhere\"";
  auto value = "Q.850;cause=" + std::to_string(cause.q850);
  if (auto name = quoted(cause.text); !name.empty()) {
    name.pop_back();
    value += ";text=" + name;
  }
  return value;
}

}  // namespace seatgrid::sip
