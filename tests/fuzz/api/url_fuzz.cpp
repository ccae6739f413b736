#include <string>

#include "api/routes.hpp"
#include "api/url.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string target{text_of(data, size)};
  const auto escaped = url_escape(target);
  const bool has_nul = target.find('\0') != std::string::npos;
  const auto whole = split_target("/" + escaped + "?" + escaped + "=" + escaped);
  must(whole.has_value() != has_nul, "what was escaped is read, but for NUL");
  if (whole && size != 0) must(whole->path == "/" + target && whole->query.at(target) == target, "what was escaped comes back");

  const auto read = split_target(target);
  if (!read) {
    must(read.error().code == errc::invalid && !read.error().what.empty(), "a refusal says why");
    return 0;
  }
  must(read->path.size() <= size && read->query.size() <= 64, "parts are bounded");
  must(read->path.front() == '/' && read->path.find('\0') == std::string::npos, "a path is a path");
  auto written = url_escape(read->path);
  for (const auto& [name, value] : read->query)
    written += (written.find('?') == std::string::npos ? "?" : "&") + url_escape(name) + "=" + url_escape(value);
  const auto again = split_target("/" + written);
  must(again && again->path == "/" + read->path && again->query == read->query, "what was written says the same");
  for (const auto* pattern : {"/v1/calls/{id}", "/v1/agents/{tenant}/{name}/pause", "/v1/queues"})
    if (const auto variables = match_path(pattern, read->path))
      for (const auto& variable : *variables)
        must(!variable.second.empty() && variable.second.find('/') == std::string::npos, "a variable is one segment");
  return 0;
}
