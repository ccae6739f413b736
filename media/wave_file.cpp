#include "media/wave_file.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "media/clips.hpp"
#include "media/g711.hpp"

namespace seatgrid::media {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t unknown_size = 0xFFFFFFFF;
constexpr std::uint16_t tag_pcm = 1;
constexpr std::uint16_t tag_alaw = 6;
// One header for both formats: RIFF, fmt with an empty extension, fact, data. Its size never changes.
constexpr std::size_t riff_size_at = 4;
constexpr std::size_t fact_at = 46;
constexpr std::size_t data_size_at = 54;
constexpr std::size_t header_bytes = 58;
using wave_header = std::array<std::uint8_t, header_bytes>;

result<void> disk_error(const std::string& path) {
  return fail(errc::unavailable, path + ": " + std::error_code{errno, std::system_category()}.message());
}

wave_header make_header(wave_layout layout, std::optional<std::uint64_t> data_bytes) {
  wave_header h{};
  const bool pcm = layout.format == record_format::pcm16;
  const auto frame = layout.frame_bytes();
  std::memcpy(&h[0], "RIFF", 4);
  std::memcpy(&h[8], "WAVEfmt ", 8);
  store_le32(&h[16], 18);
  store_le16(&h[20], pcm ? tag_pcm : tag_alaw);
  store_le16(&h[22], static_cast<std::uint16_t>(layout.channels));
  store_le32(&h[24], sample_rate_hz);
  store_le32(&h[28], sample_rate_hz * frame);
  store_le16(&h[32], static_cast<std::uint16_t>(frame));
  store_le16(&h[34], static_cast<std::uint16_t>(8 * layout.sample_bytes()));
  std::memcpy(&h[38], "fact", 4);
  store_le32(&h[42], 4);
  std::memcpy(&h[50], "data", 4);
  const bool known = data_bytes && *data_bytes < unknown_size - header_bytes;
  store_le32(&h[riff_size_at], known ? static_cast<std::uint32_t>(*data_bytes + header_bytes - 8) : unknown_size);
  store_le32(&h[fact_at], known ? static_cast<std::uint32_t>(*data_bytes / frame) : unknown_size);
  store_le32(&h[data_size_at], known ? static_cast<std::uint32_t>(*data_bytes) : unknown_size);
  return h;
}

/// The layout of a file of ours with so many bytes of data, none = unfinished; nothing for anything else.
std::optional<wave_layout> layout_of(const wave_header& h, std::optional<std::uint64_t> data_bytes) {
  wave_layout layout{.format = load_le16(&h[20]) == tag_alaw ? record_format::alaw : record_format::pcm16,
                     .channels = load_le16(&h[22])};
  if (layout.channels < 1 || layout.channels > 2) return std::nullopt;
  if (make_header(layout, data_bytes) != h) return std::nullopt;
  return layout;
}

recording_summary summary_of(const std::string& path, wave_layout layout, std::uint64_t data_bytes, std::string sha256) {
  return {.path = path,
          .bytes = header_bytes + data_bytes,
          .length_ms = static_cast<std::uint32_t>(data_bytes / layout.frame_bytes() * 1'000 / sample_rate_hz),
          .sha256 = std::move(sha256)};
}

std::optional<std::string> sha256_of(int fd, std::uint64_t bytes) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) return std::nullopt;
  std::array<std::uint8_t, 32'768> block{};
  std::uint64_t at = 0;
  while (at < bytes) {
    const auto got = pread(fd, block.data(), std::min<std::uint64_t>(block.size(), bytes - at), static_cast<off_t>(at));
    if (got <= 0) return std::nullopt;
    EVP_DigestUpdate(digest.get(), block.data(), static_cast<std::size_t>(got));
    at += static_cast<std::uint64_t>(got);
  }
  std::array<std::uint8_t, 32> sum{};
  EVP_DigestFinal_ex(digest.get(), sum.data(), nullptr);
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const auto b : sum) (text += hex[b >> 4]) += hex[b & 15];
  return text;
}

void sync_directory_of(const std::string& path) {
  const int fd = open(fs::path{path}.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

bool write_all(int fd, byte_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const auto done = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    at += static_cast<std::uint64_t>(done);
  }
  return true;
}

/// A write that broke off leaves half a frame or more than `data_bytes`: cut, then tell the truth in the header.
result<recording_summary> complete(int fd, const std::string& path, wave_layout layout, std::uint64_t data_bytes) {
  data_bytes -= data_bytes % layout.frame_bytes();
  const auto bytes = header_bytes + data_bytes;
  const auto header = make_header(layout, data_bytes);
  if (ftruncate(fd, static_cast<off_t>(bytes)) != 0 || !write_all(fd, header, 0) || fdatasync(fd) != 0)
    return tl::unexpected(disk_error(path).error());
  sync_directory_of(path);
  auto sum = sha256_of(fd, bytes);
  if (!sum) return fail(errc::unavailable, path + ": cannot be read back");
  return summary_of(path, layout, data_bytes, std::move(*sum));
}

}  // namespace

result<wave_file> wave_file::create(const std::string& path, wave_layout layout) {
  std::error_code ignored;  // a directory that cannot be made shows in open
  fs::create_directories(fs::path{path}.parent_path(), ignored);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0 && errno == EEXIST) return fail(errc::conflict, path + " exists");
  if (fd < 0) return tl::unexpected(disk_error(path).error());
  wave_file file{fd, path, layout};
  const auto header = make_header(layout, std::nullopt);
  if (!write_all(fd, header, 0)) return tl::unexpected(disk_error(path).error());
  return file;
}

wave_file::wave_file(wave_file&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), layout_(other.layout_), data_bytes_(other.data_bytes_) {}

wave_file& wave_file::operator=(wave_file&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(layout_, other.layout_);
  std::swap(data_bytes_, other.data_bytes_);
  return *this;
}

wave_file::~wave_file() {
  if (fd_ >= 0) close(fd_);
}

result<void> wave_file::append(byte_view frames) {
  if (!write_all(fd_, frames, header_bytes + data_bytes_)) return disk_error(path_);
  data_bytes_ += frames.size();
  return {};
}

result<recording_summary> wave_file::finish() { return complete(fd_, path_, layout_, data_bytes_); }

result<std::optional<recording_summary>> repair_wave(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(disk_error(path).error());
  const std::unique_ptr<const int, void (*)(const int*)> closer{&fd, [](const int* p) { close(*p); }};
  wave_header header{};
  const auto got = pread(fd, header.data(), header.size(), 0);
  if (got < static_cast<ssize_t>(header.size())) return fail(errc::corrupt, path + ": shorter than a header");
  const auto layout = layout_of(header, std::nullopt);
  struct stat about {};
  if (!layout || fstat(fd, &about) != 0) return std::nullopt;
  auto summary = complete(fd, path, *layout, static_cast<std::uint64_t>(about.st_size) - header_bytes);
  if (!summary) return tl::unexpected(summary.error());
  return std::optional{std::move(*summary)};
}

result<recording_summary> settle_wave(const std::string& path) {
  if (std::error_code ec; !fs::exists(path, ec)) return fail(errc::not_found, "there is no file");
  if (auto repaired = repair_wave(path); !repaired)
    return tl::unexpected(repaired.error());
  else if (*repaired)
    return std::move(**repaired);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(disk_error(path).error());
  const std::unique_ptr<const int, void (*)(const int*)> closer{&fd, [](const int* p) { close(*p); }};
  wave_header header{};
  const bool whole = pread(fd, header.data(), header.size(), 0) == static_cast<ssize_t>(header.size());
  const auto data_bytes = load_le32(&header[data_size_at]);
  const auto layout = whole ? layout_of(header, data_bytes) : std::nullopt;
  if (!layout) return fail(errc::corrupt, path + ": no recording of ours");
  auto sum = sha256_of(fd, header_bytes + std::uint64_t{data_bytes});
  if (!sum) return fail(errc::corrupt, path + ": shorter than its header says");
  return summary_of(path, *layout, data_bytes, std::move(*sum));
}

}  // namespace seatgrid::media
