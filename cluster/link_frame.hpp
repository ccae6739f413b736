#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fields.hpp"
#include "base/result.hpp"
#include "cluster/links.hpp"

/// What goes over a connection between two processes: frames. Each is a length (4 bytes, big-endian, of what follows it), a type
/// (1 byte) and a body. The first of either side is a hello. Pure.
namespace seatgrid::cluster {

/// Numbers are on the wire: add, never change. An unknown type ends the connection: hello's `version` must say first that both
/// know it.
enum class link_frame_type : std::uint8_t {
  hello = 1,         ///< mark, then protobuf of link_hello
  refused = 2,       ///< text: why this connection cannot be a link; the last frame
  part = 3,          ///< seq (8), kind (1), more (1), bytes: a message, or a part of one
  beat = 4,          ///< kind (1), bytes: not numbered, not acknowledged
  acknowledged = 5,  ///< seq (8): all up to it have arrived
  ping = 6,          ///< nothing else was to be said
};

inline constexpr std::uint32_t link_version = 1;
inline constexpr std::size_t link_part_bytes_max = 64 * 1'024;  ///< so that a heartbeat waits for no longer part than this
inline constexpr std::size_t link_hello_bytes_max = 1'024;      ///< a stranger's frame
inline constexpr std::size_t link_frame_bytes_max = link_part_bytes_max + 16;
inline constexpr std::size_t link_reason_bytes_max = 300;

/// Who speaks, whom it means, and where each direction goes on. A stream is one process's memory of another, from set_peers on:
/// its messages are numbered from 1.
struct link_hello {
  std::uint32_t version = link_version;
  std::string cluster{};
  std::string node{};
  std::uint64_t process_high = 0, process_low = 0;
  std::uint64_t to_high = 0, to_low = 0;  ///< the process that is meant; the answer repeats who asked
  std::uint64_t stream = 0;               ///< of the speaker's messages
  std::uint64_t first = 1;                ///< the oldest that it can still send
  std::uint64_t heard_stream = 0;         ///< of the other's messages, 0 = none yet
  std::uint64_t heard = 0;                ///< the last of those that arrived
  std::uint32_t silence_ms = 0;           ///< the speaker counts a link as down after so long without a word
  bool operator==(const link_hello&) const = default;
  static constexpr auto fields() {
    return members{field{1, "version", &link_hello::version},
                   field{2, "cluster", &link_hello::cluster},
                   field{3, "node", &link_hello::node},
                   field{4, "process_high", &link_hello::process_high},
                   field{5, "process_low", &link_hello::process_low},
                   field{6, "to_high", &link_hello::to_high},
                   field{7, "to_low", &link_hello::to_low},
                   field{8, "stream", &link_hello::stream},
                   field{9, "first", &link_hello::first},
                   field{10, "heard_stream", &link_hello::heard_stream},
                   field{11, "heard", &link_hello::heard},
                   field{12, "silence_ms", &link_hello::silence_ms}};
  }
  lane_owner who() const { return {node, {process_high, process_low}}; }
  process_id to() const { return {to_high, to_low}; }
};

void write_hello(std::string& out, const link_hello& hello);
/// The body of a hello frame. @error corrupt  without the mark, not protobuf, or without a process or node
/// @error unsupported  of another `link_version`
result<link_hello> read_hello(std::string_view body);
void write_refused(std::string& out, std::string_view reason);
void write_part(std::string& out, std::uint64_t seq, link_kind kind, bool more, std::string_view bytes);
void write_beat(std::string& out, link_kind kind, std::string_view bytes);
void write_acknowledged(std::string& out, std::uint64_t seq);
void write_ping(std::string& out);

struct link_frame {
  link_frame_type type = link_frame_type::ping;
  std::uint64_t seq = 0;
  std::uint8_t kind = 0;  ///< a link_kind, or one that this program does not know
  bool more = false;
  std::string_view bytes{};
};

/// Cuts what comes from a connection into frames. Keeps at most one frame and what came behind it.
class link_frame_reader {
 public:
  void add(std::string_view bytes);
  /// The next whole frame, whose bytes stay until the next add(). After an error there is nothing more to read.
  /// @error corrupt  too long (a hello's length before greeted(), a part's after), an unknown type, or too short for its type
  result<std::optional<link_frame>> next();
  void greeted() { frame_max_ = link_frame_bytes_max; }

 private:
  std::string buffer_{};
  std::size_t at_ = 0;
  std::size_t frame_max_ = link_hello_bytes_max;
};

/// Whether this program knows the kind.
bool is_known(std::uint8_t kind) noexcept;

}  // namespace seatgrid::cluster
