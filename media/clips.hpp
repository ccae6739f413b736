#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/media_port.hpp"
#include "media/g711.hpp"
#include "media/prompt_library.hpp"
#include "media/tones.hpp"

/// Encoded sounds, one copy for all legs that hear them.
namespace seatgrid::media {

/// 8,000 bytes a second in one law.
using clip = std::vector<std::uint8_t>;
using clip_ptr = std::shared_ptr<const clip>;

/// Where one sound comes from.
struct clip_request {
  enum class kind : std::uint8_t { file = 0, tone = 1, silence = 2, music = 3, absent = 4 };
  kind from = kind::absent;
  std::string name{};                ///< as media_played reports it when missing
  std::vector<std::string> paths{};  ///< candidates, best first; music falls back to the built-in piece
  std::uint32_t length_ms = 0;       ///< of silence
  law codec = law::alaw;
  bool keep = true;  ///< false: the file may change, it is read each time
};

struct expand_context {
  const prompt_library& library;
  std::string_view tenant{};
  std::string_view data_directory{};
  law codec = law::alaw;
  std::size_t requests_max = 64;
};
/// The sounds of a play list in order; what is unknown or beyond `requests_max` becomes `absent`.
std::vector<clip_request> expand(const std::vector<prompt_ref>& list, const expand_context& context);

/// True when `path` stays below the directory it is put behind: relative, without "..", NUL and empty parts.
bool is_below(std::string_view path);

/// Least recently used clips go when the bound is passed; legs that still play one keep it alive.
class clip_cache {
 public:
  clip_cache(std::uint64_t bytes_max, std::chrono::seconds length_max) : bytes_max_(bytes_max), length_max_(length_max) {}

  /// Only what is there: never touches the disk.
  clip_ptr find(const clip_request& request);
  /// Reads or makes the sound and keeps it; nullptr when no candidate is a sound file. Blocks: not for media threads.
  clip_ptr load(const clip_request& request);
  /// Forgets everything (files were replaced). Loads that began before do not come back.
  void clear();
  std::uint64_t bytes() const;

 private:
  struct entry {
    clip_ptr sound{};
    std::list<std::string>::iterator place{};
  };
  void keep(const std::string& key, clip_ptr sound, std::uint64_t epoch);

  const std::uint64_t bytes_max_;
  const std::chrono::seconds length_max_;
  mutable std::mutex lock_{};
  std::unordered_map<std::string, entry> entries_{};
  std::list<std::string> order_{};  ///< most recently used first
  std::uint64_t bytes_ = 0;
  std::uint64_t epoch_ = 0;
};

}  // namespace seatgrid::media
