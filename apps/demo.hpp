#pragma once

#include <string>

#include "apps/node_app.hpp"
#include "base/result.hpp"

namespace seatgrid {

struct demo_options {
  std::string sip{"127.0.0.1:5060"};
  std::string assets{"build/assets"};
  std::string data{"data/dev"};
  std::string number{"4008123123"};
  std::string from{"13800138000"};
  std::string tenant{"demo"};
};

/// Robot agents for the demo tenant and one robot call through IVR, queue and agent; prints the timeline as it happens, then the
/// CDR and the recording. @error what of the call did not work.
class demo {
 public:
  virtual ~demo() = default;
  static result<std::unique_ptr<demo>> start(demo_options options, node_app& node);
  /// Places the call and checks everything it should have left behind.
  virtual result<void> call() = 0;
};

}  // namespace seatgrid
