#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "api/http_session.hpp"
#include "api/served_file.hpp"

namespace seatgrid {

/// A file on its way to a client, a bounded block at a time; one of `downloads_max` while it lives.
class outgoing_file {
 public:
  static constexpr std::uint64_t block_bytes = 64 * 1'024;

  /// Nothing when too many are being sent.
  static std::shared_ptr<outgoing_file> begin(const http_file& part, http_server_state& server) {
    if (server.downloads >= server.options.downloads_max) return nullptr;
    return std::make_shared<outgoing_file>(part, http_share{server.downloads, 1});
  }
  outgoing_file(http_file part, http_share place) : part_(std::move(part)), place_(std::move(place)) {}

  bool is_done() const { return part_.bytes == 0; }
  /// False when the file has become shorter, or the disk fails.
  bool read_block() {
    block_.resize(std::min(block_bytes, part_.bytes));
    block_.resize(part_.file->read(part_.first, block_));
    part_.first += block_.size();
    part_.bytes -= block_.size();
    return !block_.empty();
  }
  const std::vector<char>& block() const { return block_; }

 private:
  http_file part_;
  http_share place_;
  std::vector<char> block_{};
};

}  // namespace seatgrid
