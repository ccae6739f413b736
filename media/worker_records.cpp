#include "media/worker.hpp"

namespace seatgrid::media {

void worker::obey(const media_record& c) {
  const auto refuse = [&](std::string why) {
    parts_.recordings_failed.fetch_add(1);
    parts_.sink(media_record_failed{.call = c.left.call, .recording = c.recording, .why = std::move(why)});
  };
  if (const auto found = recordings_.find(c.recording); found != recordings_.end()) {
    auto& running = *found->second;  // goes on, perhaps with another leg on the right
    detach(running);
    running.order.left = c.left;
    running.order.right = c.right;
    attach(running, c.left, 0);
    return attach(running, c.right, 1);
  }
  if (!is_below(c.path)) return refuse("the path must be relative and stay below the data directory");
  if (find(c.left) == nullptr) return refuse("the left leg is not open");
  if (parts_.recordings.load() >= parts_.options.recordings_max) return refuse("media.recordings_max run");
  const wave_layout layout{.format = parts_.options.format, .channels = c.right ? 2U : 1U};
  auto made = std::make_unique<recording>();
  made->order = c;
  made->file = std::make_shared<recording_file>(
      c, layout,
      recording_file::surroundings{
          .data_directory = parts_.options.data_directory, .allowed = parts_.recordings_allowed, .sink = parts_.sink});
  const auto give = [this, file = made->file](std::vector<std::uint8_t> block) {
    if (file->failed()) return;
    const auto bytes = block.size();
    auto job = [file, held = std::move(block)] { file->append(held); };
    if (!parts_.writer.post(bytes, std::move(job))) file->fail_with("the disk is slower than the recordings");
  };
  made->line = std::make_unique<recorder>(layout, now_ns_, c.max_length, c.stop_after_silence, give);
  if (!parts_.writer.post(0, [file = made->file] { file->open(); })) return refuse("the disk is slower than the recordings");
  attach(*made, c.left, 0);
  attach(*made, c.right, 1);
  parts_.recordings.fetch_add(1);
  recordings_.emplace(c.recording, std::move(made));
}

void worker::attach(recording& r, leg_id leg, std::uint8_t channel) {
  auto* e = leg ? find(leg) : nullptr;
  if (e == nullptr) return;
  e->tape = &r;
  e->tape_channel = channel;
}

void worker::detach(recording& r) {
  for (const auto leg : {r.order.left, r.order.right})
    if (auto* e = find(leg); e != nullptr && e->tape == &r) e->tape = nullptr;
}

void worker::obey(const media_record_stop& c) {
  if (recordings_.contains(c.recording)) return finish_recording(c.recording);
  if (!is_below(c.path)) return;  // also: none
  parts_.writer.post(
      0, [c, data = parts_.options.data_directory, sink = parts_.sink] { settle_stopped(c, data, sink); }, true);
}

void worker::finish_recording(std::uint64_t id) {
  const auto found = recordings_.find(id);
  auto& r = *found->second;
  detach(r);
  r.line->finish(now_ns_);
  parts_.writer.post(
      0, [file = r.file] { file->finish(); }, true);
  if (r.file->failed()) parts_.recordings_failed.fetch_add(1);
  parts_.recordings.fetch_sub(1);
  recordings_.erase(found);
}

void worker::sweep_recordings() {
  std::vector<std::uint64_t> over;
  for (auto& [id, r] : recordings_)
    if (r->line->tick(now_ns_) || r->file->failed()) over.push_back(id);
  for (const auto id : over) finish_recording(id);
}

}  // namespace seatgrid::media
