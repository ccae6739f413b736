#include "audit/auditor.hpp"

namespace seatgrid::audit {

std::string_view name_of(invariant which) noexcept {
  switch (which) {
    case invariant::log: return "log";
    case invariant::rows: return "rows";
    case invariant::i1: return "I1";
    case invariant::i2: return "I2";
    case invariant::i3: return "I3";
    case invariant::i4: return "I4";
    case invariant::i5: return "I5";
    case invariant::i6: return "I6";
    case invariant::i7: return "I7";
    case invariant::i8: return "I8";
    case invariant::i11: return "I11";
    case invariant::i12: return "I12";
    case invariant::i14: return "I14";
    case invariant::i15: return "I15";
    case invariant::i17: return "I17";
    case invariant::i18: return "I18";
    case invariant::count: break;
  }
  return "?";
}

std::string_view meaning_of(invariant which) noexcept {
  switch (which) {
    case invariant::log: return "steps without holes, readable";
    case invariant::rows: return "rows equal the fold of their events";
    case invariant::i1: return "one offered or connected call per agent";
    case invariant::i2: return "one winner per call";
    case invariant::i3: return "nobody later is served before an earlier one";
    case invariant::i4: return "place in time is kept";
    case invariant::i5: return "one exit per entry, with a cause";
    case invariant::i6: return "entered = left + waiting";
    case invariant::i7: return "agent states tile the session";
    case invariant::i8: return "one CDR per accepted INVITE";
    case invariant::i11: return "epochs only grow";
    case invariant::i12: return "no eligible waiter beside a free agent";
    case invariant::i14: return "public events without holes";
    case invariant::i15: return "a missed call goes to another idle agent first";
    case invariant::i17: return "a wait fires once per generation";
    case invariant::i18: return "every busy state has cause and end";
    case invariant::count: break;
  }
  return "?";
}

}  // namespace seatgrid::audit
