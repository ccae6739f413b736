#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "storage/journal.hpp"

/// What stands in a lane's log: claims and frames. The header and the claim are frozen (docs/format/lane.md): every version that
/// was ever released reads them, so that two versions can share a lane.
namespace seatgrid::cluster {

/// One process, from its start to its end: 128 random bits. A restart is another process.
struct process_id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  constexpr explicit operator bool() const { return high != 0 || low != 0; }
  auto operator<=>(const process_id&) const = default;
  static constexpr auto fields() { return members{field{1, "high", &process_id::high}, field{2, "low", &process_id::low}}; }
};
/// 128 bits from the operating system; never zero.
process_id random_process_id();
/// 32 hexadecimal digits.
std::string to_text(process_id id);

/// Who may own lanes: the process; the node's name says whose successor it is.
struct lane_owner {
  std::string node{};  ///< 1 to `node_name_bytes_max` bytes
  process_id process{};
  auto operator<=>(const lane_owner&) const = default;
  static constexpr auto fields() {
    return members{field{1, "node", &lane_owner::node}, field{2, "process", &lane_owner::process}};
  }
};

/// Numbers stand in logs: add, never change.
enum class record_kind : std::uint8_t { claim = 1, frame = 2 };

inline constexpr std::size_t node_name_bytes_max = 64;
inline constexpr std::size_t record_header_bytes = 52;
inline constexpr std::size_t frame_bytes_max = 512 * 1'024;  ///< of a frame's body
inline constexpr std::size_t record_bytes_max = record_header_bytes + frame_bytes_max;

/// One record, read. `body` of a frame: its steps (cluster/frame.hpp); of a claim: what comes after the frozen part, for later.
struct record {
  record_kind kind = record_kind::claim;
  lane_id lane = 0;
  process_id owner{};
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;    ///< frames: 1, 2, 3 ... of the lane, whoever owns it; claims: 0
  std::uint32_t prev = 0;   ///< frames: head of all that counted before (cluster/fold.hpp); claims: 0
  std::uint32_t crc = 0;    ///< of the whole record; set by reading and by writing
  std::uint16_t lanes = 0;  ///< claims: how many lanes the cluster was made with
  std::string node{};       ///< claims: the claiming node's name
  std::string body{};
  bool operator==(const record&) const = default;
};

/// Whether `bytes` begin as a record of ours. What does not is foreign: every reader passes over it alike.
bool is_record(std::string_view bytes);
/// @error unsupported  a header version or kind of a later program: this reader must not go on, it would fold other than others
/// @error corrupt      too short, wrong lengths, or the CRC differs
result<record> read_record(std::string_view bytes);
/// The bytes of `what`; its `crc` is set to what they carry.
std::string write_record(record& what);

}  // namespace seatgrid::cluster
