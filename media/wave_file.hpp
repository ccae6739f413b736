#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "media/bytes.hpp"
#include "media/options.hpp"
#include "media/recordings.hpp"

/// WAV files that grow: sizes in the header are "unknown" (0xFFFFFFFF: players read to the end) until finish or repair.
namespace seatgrid::media {

struct wave_layout {
  record_format format = record_format::alaw;
  unsigned channels = 2;
  constexpr unsigned sample_bytes() const { return format == record_format::alaw ? 1 : 2; }
  constexpr unsigned frame_bytes() const { return sample_bytes() * channels; }
};

/// Owns the descriptor of one growing file. Every function may block on the disk.
class wave_file {
 public:
  /// Makes the file and missing directories above it. @error conflict  it exists.  @error unavailable  the disk says no.
  static result<wave_file> create(const std::string& path, wave_layout layout);
  wave_file(wave_file&& other) noexcept;
  wave_file& operator=(wave_file&& other) noexcept;
  ~wave_file();

  /// @error unavailable  disk full or failing: what came before stays readable.
  result<void> append(byte_view frames);
  /// Writes the sizes, syncs file and directory, reads the file once for its checksum.
  result<recording_summary> finish();

 private:
  wave_file(int fd, std::string path, wave_layout layout) : fd_(fd), path_(std::move(path)), layout_(layout) {}

  int fd_ = -1;
  std::string path_{};
  wave_layout layout_{};
  std::uint64_t data_bytes_ = 0;
};

/// Repairs one file; nothing when it is complete or no recording of ours. @error corrupt  shorter than a header.
result<std::optional<recording_summary>> repair_wave(const std::string& path);

/// What the file is, repaired when a death left it unfinished. @error not_found; corrupt  no recording of ours; unavailable.
result<recording_summary> settle_wave(const std::string& path);

}  // namespace seatgrid::media
