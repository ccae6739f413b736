#include "media/clips.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "media/speech.hpp"
#include "media/wave_loader.hpp"

namespace seatgrid::media {
namespace {

using kind = clip_request::kind;
constexpr std::uint32_t silence_ms_max = 60'000;

template <class Int>
std::optional<Int> parse(std::string_view text) {
  Int value{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class expander {
 public:
  explicit expander(const expand_context& context) : context_(context) {}

  void add(const prompt_ref& ref) {
    const std::string_view source = ref.source;
    const auto language = ref.language.empty() ? context_.library.language_of(context_.tenant) : std::string_view{ref.language};
    const auto colon = source.find(':');
    const auto scheme = colon == std::string_view::npos ? std::string_view{} : source.substr(0, colon);
    const auto rest = colon == std::string_view::npos ? source : source.substr(colon + 1);
    if (scheme == "digits")
      add_words(digit_words(rest), language, source);
    else if (scheme == "number" || scheme == "count")
      add_number(rest, scheme == "count" ? number_style::count : number_style::number, language, source);
    else if (scheme == "tone")
      put({.from = kind::tone, .name = std::string{rest}}, source);
    else if (scheme == "silence")
      put({.from = kind::silence, .length_ms = std::min(parse<std::uint32_t>(rest).value_or(0), silence_ms_max)}, source);
    else if (scheme == "file")
      add_file(rest, source);
    else if (scheme.empty())
      add_prompt(source, language, source);
    else
      put({}, source);
  }
  std::vector<clip_request> take() { return std::move(requests_); }

 private:
  void put(clip_request request, std::string_view source) {
    if (requests_.size() > context_.requests_max) return;
    if (requests_.size() == context_.requests_max) request = {};  // one entry says that the list was cut
    if (request.name.empty() || request.from == kind::absent) request.name = source;
    request.codec = context_.codec;
    requests_.push_back(std::move(request));
  }
  void add_prompt(std::string_view name, std::string_view language, std::string_view source) {
    auto paths = context_.library.candidates(context_.tenant, name, language);
    const auto from = name == "music" ? kind::music : paths.empty() ? kind::absent : kind::file;
    put({.from = from, .name = std::string{name}, .paths = std::move(paths)}, source);
  }
  void add_words(const std::optional<std::vector<std::string>>& words, std::string_view language, std::string_view source) {
    if (!words) return put({}, source);
    for (const auto& w : *words) add_prompt(w, language, source);
  }
  void add_number(std::string_view text, number_style style, std::string_view language, std::string_view source) {
    const auto value = parse<std::int64_t>(text);
    if (!value) return put({}, source);
    add_words(number_words(*value, language, style), language, source);
  }
  void add_file(std::string_view path, std::string_view source) {
    if (!is_below(path)) return put({}, source);
    auto full = std::string{context_.data_directory} + "/" + std::string{path};
    put({.from = kind::file, .name = std::string{source}, .paths = {std::move(full)}, .keep = false}, source);
  }

  const expand_context& context_;
  std::vector<clip_request> requests_{};
};

std::string key_of_request(const clip_request& r) {
  const auto number = std::to_string(static_cast<unsigned>(r.codec));
  if (r.from == kind::tone) return number + "tone:" + r.name;
  if (r.from == kind::music && r.paths.empty()) return number + "music:";
  return r.paths.empty() ? std::string{} : number + "file:" + r.paths.front();
}

std::optional<pcm> make_samples(const clip_request& r, std::chrono::seconds length_max) {
  for (const auto& path : r.paths)
    if (auto loaded = load_wave(path, length_max)) return std::move(*loaded);
  switch (r.from) {
    case kind::tone: return make_tone(r.name);
    case kind::silence: return pcm(std::size_t{r.length_ms} * (sample_rate_hz / 1'000), 0);
    case kind::music: return make_music();
    case kind::file:
    case kind::absent: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

bool is_below(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::vector<clip_request> expand(const std::vector<prompt_ref>& list, const expand_context& context) {
  expander work{context};
  for (const auto& ref : list) work.add(ref);
  return work.take();
}

clip_ptr clip_cache::find(const clip_request& request) {
  if (!request.keep) return nullptr;
  const auto key = key_of_request(request);
  const std::lock_guard hold{lock_};
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  order_.splice(order_.begin(), order_, found->second.place);
  return found->second.sound;
}

clip_ptr clip_cache::load(const clip_request& request) {
  if (auto there = find(request)) return there;
  std::uint64_t epoch = 0;
  {
    const std::lock_guard hold{lock_};
    epoch = epoch_;
  }
  const auto linear = make_samples(request, length_max_);
  if (!linear) return nullptr;
  auto sound = std::make_shared<clip>(linear->size());
  std::transform(linear->begin(), linear->end(), sound->begin(), [&](std::int16_t s) { return from_linear(request.codec, s); });
  const auto key = key_of_request(request);
  if (request.keep && !key.empty()) keep(key, sound, epoch);
  return sound;
}

void clip_cache::keep(const std::string& key, clip_ptr sound, std::uint64_t epoch) {
  const std::lock_guard hold{lock_};
  if (epoch != epoch_ || sound->size() > bytes_max_ || entries_.contains(key)) return;
  bytes_ += sound->size();
  order_.push_front(key);
  entries_.emplace(key, entry{.sound = std::move(sound), .place = order_.begin()});
  while (bytes_ > bytes_max_) {
    const auto oldest = entries_.find(order_.back());
    bytes_ -= oldest->second.sound->size();
    entries_.erase(oldest);
    order_.pop_back();
  }
}

void clip_cache::clear() {
  const std::lock_guard hold{lock_};
  entries_.clear();
  order_.clear();
  bytes_ = 0;
  ++epoch_;
}

std::uint64_t clip_cache::bytes() const {
  const std::lock_guard hold{lock_};
  return bytes_;
}

}  // namespace seatgrid::media
