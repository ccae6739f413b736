#include "cluster/record.hpp"

#include <sys/random.h>

#include <array>
#include <cstdlib>

#include "base/crc32c.hpp"

namespace seatgrid::cluster {

namespace {

constexpr std::string_view mark = "SGL";
constexpr char header_version = '1';
constexpr std::size_t crc_at = record_header_bytes - 4;
constexpr std::size_t claim_bytes_min = 2 + 1 + 1;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint64_t take(std::string_view& from, std::size_t bytes) {
  std::uint64_t value = 0;
  for (const char byte : from.substr(0, bytes)) value = value << 8 | static_cast<unsigned char>(byte);
  from.remove_prefix(bytes);
  return value;
}

/// Everything but the CRC itself.
std::uint32_t sum_of(std::string_view bytes) {
  return crc32c(bytes.substr(record_header_bytes), crc32c(bytes.substr(0, crc_at)));
}

result<void> read_claim(record& into, std::string_view body) {
  if (body.size() < claim_bytes_min) return fail(errc::corrupt, "a claim of " + std::to_string(body.size()) + " bytes");
  into.lanes = static_cast<std::uint16_t>(take(body, 2));
  const auto name_bytes = static_cast<std::size_t>(take(body, 1));
  if (name_bytes == 0 || name_bytes > node_name_bytes_max || name_bytes > body.size())
    return fail(errc::corrupt, "a claim whose node name has " + std::to_string(name_bytes) + " bytes");
  into.node = body.substr(0, name_bytes);
  into.body = body.substr(name_bytes);
  return {};
}

}  // namespace

process_id random_process_id() {
  process_id id;
  while (!id)
    if (::getrandom(&id, sizeof id, 0) != static_cast<ssize_t>(sizeof id)) std::abort();  // no kernel of ours lacks it
  return id;
}

std::string to_text(process_id id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto half : {id.high, id.low})
    for (int shift = 60; shift >= 0; shift -= 4) text.push_back(digits[half >> shift & 15U]);
  return text;
}

bool is_record(std::string_view bytes) { return bytes.starts_with(mark); }

result<record> read_record(std::string_view bytes) {
  if (!is_record(bytes) || bytes.size() < record_header_bytes || bytes.size() > record_bytes_max)
    return fail(errc::corrupt, "a record of " + std::to_string(bytes.size()) + " bytes");
  if (bytes[mark.size()] != header_version)
    return fail(errc::unsupported,
                "a record with header version " + std::string(1, bytes[mark.size()]) + ": a later program wrote it");
  auto rest = bytes.substr(mark.size() + 1);
  record read;
  const auto kind = take(rest, 1);
  take(rest, 1);  // kept for later: written as 0, not looked at
  read.lane = static_cast<lane_id>(take(rest, 2));
  read.owner.high = take(rest, 8);
  read.owner.low = take(rest, 8);
  read.epoch = take(rest, 8);
  read.seq = take(rest, 8);
  read.prev = static_cast<std::uint32_t>(take(rest, 4));
  const auto body_bytes = take(rest, 4);
  read.crc = static_cast<std::uint32_t>(take(rest, 4));
  if (body_bytes != rest.size() || read.crc != sum_of(bytes))
    return fail(errc::corrupt, "a record whose checksum or length differs");
  if (kind == static_cast<std::uint64_t>(record_kind::frame)) {
    read.kind = record_kind::frame;
    read.body = rest;
    return read;
  }
  if (kind != static_cast<std::uint64_t>(record_kind::claim))
    return fail(errc::unsupported, "a record of kind " + std::to_string(kind) + ": a later program wrote it");
  if (auto fine = read_claim(read, rest); !fine) return tl::unexpected(fine.error());
  return read;
}

std::string write_record(record& what) {
  std::string claim;
  if (what.kind == record_kind::claim) {
    put(claim, what.lanes, 2);
    put(claim, what.node.size(), 1);
    claim += what.node;
  }
  std::string out{mark};
  out.reserve(record_header_bytes + claim.size() + what.body.size());
  out.push_back(header_version);
  put(out, static_cast<std::uint64_t>(what.kind), 1);
  put(out, 0, 1);
  put(out, what.lane, 2);
  put(out, what.owner.high, 8);
  put(out, what.owner.low, 8);
  put(out, what.epoch, 8);
  put(out, what.seq, 8);
  put(out, what.prev, 4);
  put(out, claim.size() + what.body.size(), 4);
  put(out, 0, 4);
  out += claim;
  out += what.body;
  what.crc = sum_of(out);
  for (std::size_t n = 0; n < 4; ++n) out[crc_at + n] = static_cast<char>(what.crc >> (24 - 8 * n));
  return out;
}

}  // namespace seatgrid::cluster
