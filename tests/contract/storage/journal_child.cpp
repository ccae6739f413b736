#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "storage/rocks/rocks_journal.hpp"
#include "tests/contract/storage/journal_bed.hpp"

/// journal_child append DIRECTORY            appends for ever; writes each counted sequence (8 bytes) to standard output
/// journal_child hold DIRECTORY              opens, writes one byte, waits to be killed
/// journal_child limited DIRECTORY BYTES     like append, but no file may grow beyond BYTES (a disk that fails)
namespace {

using namespace seatgrid;

int append_for_ever(journal& to) {
  const auto epoch = claim_and_wait(to, 3);
  if (!epoch) return std::fprintf(stderr, "claim: %s\n", epoch.error().what.c_str()), 3;
  for (auto n = to.end(3).first.sequence + 1;; ++n) {
    to.append(*epoch, seatgrid::testing::step_number(n), [](const result<step_position>& counted) {
      if (!counted) return;
      if (::write(STDOUT_FILENO, &counted->sequence, sizeof counted->sequence) < 0) std::_Exit(4);
    });
    while (to.status().waiting > 300) std::this_thread::yield();
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 2;
  const std::string mode = words[1];
  if (mode == "limited" && count == 4) {
    std::signal(SIGXFSZ, SIG_IGN);
    const auto bytes = std::strtoull(words[3], nullptr, 10);
    const rlimit limit{bytes, bytes};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 5;
  }
  rocks_options options;
  options.journal.reserve_bytes = mode == "limited" ? 0 : 1 << 20;
  auto opened = open_rocks_journal(words[2], options);
  if (!opened) return std::fprintf(stderr, "%s\n", opened.error().what.c_str()), 1;
  if (mode != "hold") return append_for_ever(**opened);
  if (::write(STDOUT_FILENO, "x", 1) != 1) return 4;
  for (;;) ::pause();
}
