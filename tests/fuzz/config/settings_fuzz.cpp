#include <string>

#include "config/server_options.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

void check_outcome(const server_outcome& out) {
  must(out.ok() == (out.errors == 0), "errors are counted");
  must(out.ok() || !out.found.empty(), "an error is told");
  must(out.found.size() <= 2 * findings::errors_max, "findings are bounded");
  for (const auto& one : out.found) must(!to_text(one).empty() && !one.what.empty(), "a finding says what is wrong");
  if (!out.ok()) return;
  const auto& o = out.options;
  must(o.media.port_first < o.media.port_last, "there are ports");
  must(o.edge.register_min <= o.edge.register_max && !o.edge.listen.empty(), "the edge can work");
  must(o.api.http.connections_max != 0 && o.api.http.read_timeout.count() > 0, "HTTP is bounded");
  must(o.journal.frame_steps_max != 0 && o.node.lanes != 0 && o.node.threads != 0, "the node can work");
}

}  // namespace

/// The input is a settings file; one without a line's end is the value of two variables of the environment instead.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of(data, size)};
  if (text.find('\n') == std::string::npos) {
    check_outcome(read_server_options("", "input", {{"SEATGRID_MEDIA_PORT_FIRST", text}, {"SEATGRID_MEDIA_SILENCE", text}}));
    return 0;
  }
  auto out = read_server_options(text, "input", {});
  check_outcome(out);
  if (!out.ok() || size % 16 != 0) return 0;  // the way back costs ten times as much
  const auto written = settings_of(out.options).in_force();
  auto again = read_server_options(written, "again", {});
  must(again.ok(), "what is in force is a file that can be read");
  must(settings_of(again.options).in_force() == written, "what is in force comes back");
  return 0;
}
