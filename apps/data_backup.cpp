#include "apps/data_backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

#include "base/crc32c.hpp"
#include "storage/rocks/rocks_journal.hpp"

namespace seatgrid {
namespace {

namespace fs = std::filesystem;

constexpr const char* list_name = "BACKUP";
constexpr std::string_view first_line = "seatgrid-backup ";
constexpr unsigned backup_format = 1;
constexpr std::size_t block_bytes = 1 << 20;
constexpr std::array<std::string_view, 3> audio_directories{"recordings", "voicemail", "lost+found"};

struct listed_file {
  std::string path{};  ///< below the data directory
  std::uint64_t bytes = 0;
  std::uint32_t sum = 0;
};

class descriptor {
 public:
  descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

tl::unexpected<error> io_error(const char* doing, const fs::path& path, int number) {
  return fail(errc::unavailable, std::string{doing} + " " + path.string() + ": " + std::strerror(number));
}

/// Reads `from` to its end and, when `to` is open, writes it there.
result<listed_file> read_through(const descriptor& from, const fs::path& name, const descriptor* to) {
  listed_file out{.path = name.string()};
  std::vector<char> block(block_bytes);
  while (true) {
    const auto got = ::read(from.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("reading", name, errno);
    if (got == 0) return out;
    out.sum = crc32c({block.data(), static_cast<std::size_t>(got)}, out.sum);
    out.bytes += static_cast<std::uint64_t>(got);
    for (ssize_t done = 0; to != nullptr && done < got;) {
      const auto put = ::write(to->get(), block.data() + done, static_cast<std::size_t>(got - done));
      if (put <= 0) return io_error("writing", name, errno);
      done += put;
    }
  }
}

result<listed_file> copy_one(const fs::path& from, const fs::path& to, const fs::path& name) {
  std::error_code ec;
  fs::create_directories((to / name).parent_path(), ec);
  if (ec) return fail(errc::unavailable, "making " + (to / name).parent_path().string() + ": " + ec.message());
  const descriptor source{from / name, O_RDONLY};
  if (!source) return errno == ENOENT ? fail(errc::not_found, "gone") : io_error("opening", from / name, errno);
  const descriptor target{to / name, O_WRONLY | O_CREAT | O_EXCL};
  if (!target) return io_error("making", to / name, errno);
  return read_through(source, name, &target);
}

/// Everything written below `directory` is on its disk.
result<void> sync_all(const fs::path& directory) {
  const descriptor at{directory, O_RDONLY | O_DIRECTORY};
  if (!at || ::syncfs(at.get()) != 0) return io_error("syncing", directory, errno);
  return {};
}

result<std::vector<fs::path>> files_below(const fs::path& top, std::string_view directory) {
  std::vector<fs::path> found;
  std::error_code ec;
  if (!fs::exists(top / directory, ec)) return found;
  for (fs::recursive_directory_iterator at{top / directory, ec}, end; !ec && at != end; at.increment(ec))
    if (at->is_regular_file(ec)) found.push_back(at->path().lexically_relative(top));
  if (ec) return fail(errc::unavailable, "reading " + (top / directory).string() + ": " + ec.message());
  std::sort(found.begin(), found.end());
  return found;
}

std::string list_text(const std::vector<listed_file>& files) {
  std::string text = fmt::format("{}{}\n", first_line, backup_format);
  for (const auto& f : files) text += fmt::format("{:08x} {} {}\n", f.sum, f.bytes, f.path);
  return text + fmt::format("end {:08x} {}\n", crc32c(text), files.size());
}

/// One line of the list. False when it is none.
bool read_line(const std::string& line, listed_file& into) {
  int path_at = 0;
  unsigned long long bytes = 0;
  if (std::sscanf(line.c_str(), "%8x %llu %n", &into.sum, &bytes, &path_at) != 2 || path_at == 0) return false;
  into.bytes = bytes;
  into.path = line.substr(static_cast<std::size_t>(path_at));
  return !into.path.empty() && into.path.front() != '/' && into.path.find("..") == std::string::npos;
}

result<std::vector<listed_file>> read_list(const fs::path& backup) {
  std::ifstream in{backup / list_name};
  if (!in) return fail(errc::not_found, backup.string() + " is no backup, or one that did not end: it has no file " + list_name);
  const auto damaged = [&](const std::string& why) {
    return fail(errc::corrupt, "the backup is damaged: " + (backup / list_name).string() + " " + why);
  };
  std::string line;
  std::getline(in, line);
  unsigned format = 0;
  if (!line.starts_with(first_line) || std::sscanf(line.c_str() + first_line.size(), "%u", &format) != 1)
    return damaged("does not begin with '" + std::string{first_line} + "1'");
  if (format > backup_format)
    return fail(errc::unsupported, "the backup has format " + std::to_string(format) + ", this program reads up to " +
                                       std::to_string(backup_format) + ": restore it with the program that made it");
  std::vector<listed_file> files;
  while (std::getline(in, line) && !line.starts_with("end ")) {
    listed_file one;
    if (!read_line(line, one)) return damaged("has the line '" + line + "'");
    files.push_back(std::move(one));
  }
  const auto whole = list_text(files);
  if (line + "\n" != whole.substr(whole.rfind("end "))) return damaged("was cut or changed");
  return files;
}

result<void> compare(const fs::path& backup, const listed_file& wanted) {
  const auto damaged = [&](const std::string& why) {
    return fail(errc::corrupt, "the backup is damaged: " + (backup / wanted.path).string() + " " + why);
  };
  const descriptor file{backup / wanted.path, O_RDONLY};
  if (!file && errno == ENOENT) return damaged("is missing");
  if (!file) return io_error("opening", backup / wanted.path, errno);
  const auto found = read_through(file, wanted.path, nullptr);
  if (!found) return tl::unexpected{found.error()};
  if (found->bytes != wanted.bytes)
    return damaged("has " + std::to_string(found->bytes) + " bytes, not " + std::to_string(wanted.bytes));
  if (found->sum != wanted.sum) return damaged("has another checksum than when it was written");
  return {};
}

result<void> must_be_empty(const fs::path& directory, const char* advice) {
  std::error_code ec;
  if (fs::exists(directory, ec) && !fs::is_empty(directory, ec))
    return fail(errc::conflict, directory.string() + " is not empty: " + advice);
  return {};
}

backup_size size_of(const std::vector<listed_file>& files) {
  backup_size size{.files = files.size()};
  for (const auto& f : files) size.bytes += f.bytes;
  return size;
}

/// FORMAT goes last: a journal without it is refused, so that half a restored directory never serves.
void put_format_last(std::vector<listed_file>& files) {
  std::stable_partition(files.begin(), files.end(), [](const auto& f) { return f.path != "journal/FORMAT"; });
}

}  // namespace

result<backup_size> back_up(const journal& from, const std::string& data, const std::string& to) {
  const auto source = fs::weakly_canonical(fs::absolute(data)), target = fs::weakly_canonical(to);
  const auto within = target.lexically_relative(source).string();
  if (!within.empty() && !within.starts_with(".."))
    return fail(errc::invalid, to + " lies within the data directory " + source.string() + ": choose another");
  if (auto empty = must_be_empty(target, "a backup needs a directory of its own"); !empty) return tl::unexpected{empty.error()};
  if (auto copied = from.backup((target / "journal").string()); !copied) return tl::unexpected{copied.error()};
  std::vector<listed_file> files;
  const auto journal_files = files_below(target, "journal");
  if (!journal_files) return tl::unexpected{journal_files.error()};
  for (const auto& name : *journal_files) {
    const descriptor file{target / name, O_RDONLY};
    auto read = file ? read_through(file, name, nullptr) : io_error("opening", target / name, errno);
    if (!read) return tl::unexpected{read.error()};
    files.push_back(std::move(*read));
  }
  // The journal came first: every recording that it knows is there by now, complete or growing.
  for (const auto directory : audio_directories) {
    const auto names = files_below(source, directory);
    if (!names) return tl::unexpected{names.error()};
    for (const auto& name : *names) {
      auto copied = copy_one(source, target, name);
      if (copied)
        files.push_back(std::move(*copied));
      else if (copied.error().code != errc::not_found)  // retention may remove one meanwhile
        return tl::unexpected{copied.error()};
    }
  }
  if (auto synced = sync_all(target); !synced) return tl::unexpected{synced.error()};
  const auto fresh = target / (std::string{list_name} + ".new");
  if (!(std::ofstream{fresh} << list_text(files)).flush()) return fail(errc::unavailable, "writing " + fresh.string());
  std::error_code ec;
  fs::rename(fresh, target / list_name, ec);
  if (ec) return fail(errc::unavailable, "renaming " + fresh.string() + ": " + ec.message());
  if (auto synced = sync_all(target); !synced) return tl::unexpected{synced.error()};
  return size_of(files);
}

result<backup_size> restore_backup(const std::string& from, const std::string& data) {
  const fs::path source{from}, target{data};
  auto files = read_list(source);
  if (!files) return tl::unexpected{files.error()};
  if (auto empty = must_be_empty(target, "restore into a new directory, or move that one away first"); !empty)
    return tl::unexpected{empty.error()};
  for (const auto& one : *files)
    if (auto same = compare(source, one); !same) return tl::unexpected{same.error()};
  put_format_last(*files);
  for (const auto& one : *files) {
    const auto copied = copy_one(source, target, one.path);
    if (!copied) return tl::unexpected{copied.error()};
    if (copied->sum != one.sum) return fail(errc::corrupt, one.path + " changed while it was read: " + data + " is unfinished");
  }
  if (auto synced = sync_all(target); !synced) return tl::unexpected{synced.error()};
  auto opened = open_rocks_journal((target / "journal").string());
  if (!opened) return tl::unexpected{opened.error()};
  (*opened)->close();
  return size_of(*files);
}

bool is_backup(const std::string& directory) {
  std::error_code ec;
  const auto at = fs::absolute(directory).lexically_normal();
  const auto own = at.has_filename() ? at : at.parent_path();
  return fs::exists(own / list_name, ec) || fs::exists(own.parent_path() / list_name, ec);
}

}  // namespace seatgrid
