#pragma once

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "domain/media_port.hpp"
#include "media/options.hpp"
#include "media/prompt_library.hpp"
#include "media/recordings.hpp"

namespace seatgrid {

/// The media of one node: implements domain/media_port.hpp on real sockets.
///
/// Beyond what the port's comments say: a play that is stopped, replaced or ended by a bridge is not told as media_played; a
/// repeated order (same leg open, same play_id, same recording) changes nothing and is answered again. A stop with the play_id
/// of the play stops it. Legs of one call share a thread; legs of different calls can only be bridged while `threads` is 1.
class engine {
 public:
  /// `sink` hears every event, in order per leg, on threads of the engine (and on the caller's for an open that is refused):
  /// it must be thread-safe, not block and not throw. Recordings are told on the disk thread.
  /// @error invalid      an option is out of its bounds; `what` says which and what is allowed.
  /// @error unavailable  no descriptor left.
  static result<std::unique_ptr<engine>> start(media_options options, prompt_library prompts,
                                               std::function<void(media_event)> sink);
  ~engine();
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  /// Any thread, never blocks. What is refused because `commands_max` orders wait is counted; an open is answered with
  /// media_open_failed, a close (which has twice the bound) with media_closed without figures.
  void command(media_command order);
  /// From the next play on; what plays goes on with the old sounds.
  void replace_prompts(prompt_library prompts);
  /// False while the disk has no room: what records stops with media_record_failed, new orders to record fail. Any thread.
  void allow_recordings(bool allowed);
  media_status status() const;
  /// Completes the files of recordings, closes every leg, ends the threads. Later orders are refused. Nothing is told from here
  /// on: calls go on in the next process, and an end that is only ours must not end them.
  void stop();

 private:
  struct body;
  explicit engine(std::unique_ptr<body> b);
  std::unique_ptr<body> body_;
};

}  // namespace seatgrid
