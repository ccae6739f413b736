#include <array>

#include "base/crc32c.hpp"
#include "cluster/snapshot.hpp"
#include "proto/wire.hpp"

namespace seatgrid::cluster {

namespace {

constexpr std::string_view mark{"SGS\x01"};
constexpr std::size_t crc_bytes = 4;

std::string four_bytes(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

}  // namespace

std::pair<std::string, std::uint32_t> write_chunk(const snapshot_chunk& chunk) {
  const auto body = wire::encode(chunk);
  const auto crc = crc32c(body);
  return {std::string{mark} + four_bytes(crc) + body, crc};
}

result<std::pair<snapshot_chunk, std::uint32_t>> read_chunk(std::string_view bytes) {
  if (bytes.substr(0, mark.size() - 1) != mark.substr(0, mark.size() - 1)) return fail(errc::not_found, "no chunk of a snapshot");
  if (bytes.size() < mark.size() + crc_bytes) return fail(errc::corrupt, "a chunk's head is cut");
  if (bytes.substr(0, mark.size()) != mark) return fail(errc::unsupported, "a chunk of a later program");
  const auto body = bytes.substr(mark.size() + crc_bytes);
  const auto crc = crc32c(body);
  if (bytes.substr(mark.size(), crc_bytes) != four_bytes(crc)) return fail(errc::corrupt, "a chunk's CRC differs");
  auto chunk = wire::decode<snapshot_chunk>(body);
  if (!chunk) return tl::unexpected(chunk.error());
  if (chunk->version != snapshot_version) return fail(errc::unsupported, "a chunk of version " + std::to_string(chunk->version));
  if (chunk->lane > UINT16_MAX) return fail(errc::corrupt, "a chunk of lane " + std::to_string(chunk->lane));
  return std::pair{std::move(*chunk), crc};
}

}  // namespace seatgrid::cluster
