#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "cluster/links.hpp"

/// A process with links of its own, so that tests can kill and stop it: links_child PORT_OF_PARENT [CERTIFICATE KEY AUTHORITY].
/// It is node b, process 2; its parent node a, process 1. Writes its port (8 bytes) to standard output, then says every message
/// back to its parent.
int main(int count, char** words) {
  using namespace seatgrid::cluster;
  if (count != 2 && count != 5) return 2;
  const lane_owner parent{"a", {1, 1}};
  std::unique_ptr<links> link;
  link_options options{.cluster = "test", .me = {"b", {2, 2}}};
  if (count == 5) options.certificate = words[2], options.key = words[3], options.authority = words[4];
  auto opened = open_links(options, {.on_message = [&](const lane_owner& from, envelope what) {
                             if (!link->send(from, std::move(what))) std::fputs("links_child: an echo was refused\n", stderr);
                           }});
  if (!opened) return std::fprintf(stderr, "links_child: %s\n", opened.error().what.c_str()), 1;
  link = std::move(*opened);
  const std::uint64_t port = link->port();
  if (::write(STDOUT_FILENO, &port, sizeof port) != sizeof port) return 1;
  link->set_peers({{parent, "127.0.0.1", static_cast<std::uint16_t>(std::atoi(words[1]))}});
  std::this_thread::sleep_for(std::chrono::minutes{2});
}
