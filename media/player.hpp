#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "media/clips.hpp"

namespace seatgrid::media {

/// A play list on its way to one leg, frame by frame.
class player {
 public:
  player(std::uint32_t play_id, std::vector<clip_ptr> list, law from, bool loop, std::vector<std::string> missing)
      : list_(std::move(list)), missing_(std::move(missing)), play_id_(play_id), from_(from), loop_(loop) {
    std::erase_if(list_, [](const clip_ptr& c) { return !c || c->empty(); });
  }

  std::uint32_t play_id() const { return play_id_; }
  std::vector<std::string> take_missing() { return std::move(missing_); }

  /// Fills one frame, across clips; what is left of the last one is silence. False, and nothing written, at the end.
  bool fill(std::span<std::uint8_t> frame, law to) {
    std::size_t done = 0;
    while (done < frame.size()) {
      if (clip_ == list_.size() && loop_) clip_ = 0;
      if (clip_ >= list_.size()) break;
      const auto& sound = *list_[clip_];
      const auto take = std::min(frame.size() - done, sound.size() - at_);
      std::copy_n(sound.begin() + static_cast<std::ptrdiff_t>(at_), take, frame.begin() + static_cast<std::ptrdiff_t>(done));
      done += take;
      at_ += take;
      if (at_ < sound.size()) continue;
      at_ = 0;
      ++clip_;
    }
    if (done == 0) return false;
    std::fill(frame.begin() + static_cast<std::ptrdiff_t>(done), frame.end(), silence_of(from_));
    // A re-INVITE may have changed the leg's law since the clips were chosen.
    if (from_ != to)
      for (auto& code : frame) code = codes_between(from_, to)[code];
    return true;
  }

 private:
  std::vector<clip_ptr> list_{};
  std::vector<std::string> missing_{};
  std::size_t clip_ = 0;
  std::size_t at_ = 0;
  std::uint32_t play_id_ = 0;
  law from_ = law::alaw;
  bool loop_ = false;
};

}  // namespace seatgrid::media
