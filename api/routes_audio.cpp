#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "api/byte_range.hpp"
#include "api/call_summary.hpp"
#include "api/problem.hpp"
#include "api/routes.hpp"
#include "api/served_file.hpp"
#include "api/url.hpp"

/// The files of recordings and voicemails, whole or in part.
namespace seatgrid {
namespace {

using state_ptr = std::shared_ptr<api_state>;

constexpr std::string_view audio_type = "audio/wav";

/// A number from 1 on; 1 when the query has none. @error invalid
result<std::uint32_t> count_of(const api_call& call, const char* name) {
  const auto text = call.query(name, "1");
  std::uint32_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec == std::errc{} && read.ptr == text.data() + text.size() && value >= 1) return value;
  return fail(errc::invalid, std::string{name} + " must be a number from 1 on");
}

std::string header_of(const http_request& request, const char* name) {
  const auto it = request.headers.find(name);
  return it == request.headers.end() ? std::string{} : it->second;
}

http_response whole_or_part(const http_request& request, std::shared_ptr<const served_file> file, const recorded_file& named) {
  const auto size = file->bytes();
  const auto tag = named.sha256.empty() ? std::string{} : "\"" + named.sha256 + "\"";
  http_response out{200, std::string{audio_type}};
  out.headers["Accept-Ranges"] = "bytes";
  out.headers["Content-Disposition"] = "attachment; filename=\"" + std::filesystem::path{named.path}.filename().string() + "\"";
  if (!tag.empty()) out.headers["ETag"] = tag;
  byte_range part{0, size};
  const auto unless_changed = header_of(request, "if-range");
  if (unless_changed.empty() || unless_changed == tag) {
    const auto wish = wanted_range(header_of(request, "range"), size);
    if (wish.unsatisfiable) {
      auto refused = problem(416, errc::invalid, "no such bytes", "the file has " + std::to_string(size) + " bytes");
      refused.headers["Content-Range"] = "bytes */" + std::to_string(size);
      return refused;
    }
    if (wish.part) {
      part = *wish.part;
      out.status = 206;
      out.headers["Content-Range"] =
          "bytes " + std::to_string(part.first) + "-" + std::to_string(part.first + part.bytes - 1) + "/" + std::to_string(size);
    }
  }
  out.file = http_file{std::move(file), part.first, part.bytes};
  return out;
}

result<recorded_file> wanted_file(const api_call& call, const std::string& cdr, std::string_view kind) {
  const auto recording = count_of(call, "recording"), segment = count_of(call, "segment");
  if (!recording) return tl::unexpected{recording.error()};
  if (!segment) return tl::unexpected{segment.error()};
  return recorded_file_of(nlohmann::json::parse(cdr, nullptr, false), kind, *recording, *segment);
}

/// Another node recorded it: the client goes there (RFC 9110 15.4.8); all nodes of a cluster take one token.
void send_elsewhere(const api_hooks& hooks, const api_call& call, const recorded_file& named, const error& why) {
  auto target = call.request.path;
  std::string mark = "?";
  for (const auto& [name, value] : call.request.query) {
    target += mark + url_escape(name) + "=" + url_escape(value);
    mark = "&";
  }
  hooks.find_file(named.path, [exchange = call.exchange, target, why](const std::string& url) {
    if (url.empty()) return exchange->respond(problem(why));
    http_response out{307, "application/json", {}, "{}"};
    out.headers["Location"] = url + target;
    exchange->respond(std::move(out));
  });
}

void send_file(const api_hooks& hooks, const api_call& call, const std::string& cdr, std::string_view kind) {
  const auto named = wanted_file(call, cdr, kind);
  if (!named) return call.exchange->respond(problem(named.error()));
  auto file = served_file::open((std::filesystem::path{hooks.data_directory} / named->path).string());
  if (file) return call.exchange->respond(whole_or_part(call.request, std::move(*file), *named));
  const auto why = named->missing.empty() ? file.error() : error{errc::not_found, named->missing};
  if (named->missing.empty() && hooks.find_file) return send_elsewhere(hooks, call, *named, why);
  call.exchange->respond(problem(why));
}

template <collection What>
void send_audio(const state_ptr& state, api_call call) {
  constexpr std::string_view kind = What == collection::voicemails ? "voicemail" : "talk";
  auto id = call.variables["id"];
  const auto tenant = tenant_of(state, call);
  if (tenant.empty()) return call.exchange->respond(problem(unknown_call(id)));
  auto done = [state, call = std::move(call), kind](result<std::string> found) {
    if (!found) return call.exchange->respond(problem(found.error()));
    send_file(state->hooks, call, *found, kind);
  };
  state->to->show(What, tenant, std::move(id), std::move(done));
}

}  // namespace

std::vector<route> audio_routes() {
  const std::vector<route_parameter> which{{"recording", "which of the call's files of this kind, from 1 (1)"},
                                           {"segment", "which segment, from 1 (1): `files` in the CDR lists them"}};
  const auto of = [&](std::string_view path, std::string_view summary, auto handle) {
    return route{.method = "GET",
                 .path = path,
                 .summary = summary,
                 .query = which,
                 .answer_types = audio_type,
                 .in_parts = true,
                 .handle = handle};
  };
  return {
      of("/v1/recordings/{id}/audio", "The WAV of one segment, whole or a range of bytes", send_audio<collection::recordings>),
      of("/v1/voicemails/{id}/audio", "The WAV, whole or a range of bytes", send_audio<collection::voicemails>)};
}

}  // namespace seatgrid
