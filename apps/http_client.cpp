#include "apps/http_client.hpp"

#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/wait_for_end.hpp"

namespace seatgrid {
namespace {

constexpr long redirects_max = 2;

constexpr long connect_timeout_ms = 3'000;
constexpr std::size_t answer_bytes_max = 256U << 20;

struct curl_closer {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using curl_ptr = std::unique_ptr<CURL, curl_closer>;
struct list_closer {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using list_ptr = std::unique_ptr<curl_slist, list_closer>;

list_ptr headers_for(const api_target& to, const std::string& content_type, const std::string& extra) {
  curl_slist* list = nullptr;
  if (!to.token.empty()) list = curl_slist_append(list, ("Authorization: Bearer " + to.token).c_str());
  if (!content_type.empty()) list = curl_slist_append(list, ("Content-Type: " + content_type).c_str());
  if (!extra.empty()) list = curl_slist_append(list, extra.c_str());
  list = curl_slist_append(list, "Expect:");
  return list_ptr{list};
}

curl_ptr prepare(const api_target& to, const std::string& path, curl_slist* headers) {
  curl_ptr curl{curl_easy_init()};
  if (!curl) return curl;
  curl_easy_setopt(curl.get(), CURLOPT_URL, (to.url + path).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROXY, "*");
  return curl;
}

tl::unexpected<error> unreachable(const api_target& to, CURLcode code) {
  return fail(errc::unavailable, "no node answers at " + to.url + " (" + curl_easy_strerror(code) +
                                     "): start one with `./dev run` or `seatgrid server`, or name one with --api");
}

std::size_t collect(char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > answer_bytes_max) return 0;
  body.append(data, size * count);
  return size * count;
}

std::size_t write_to_file(char* data, std::size_t size, std::size_t count, void* into) {
  auto& file = *static_cast<std::ofstream*>(into);
  file.write(data, static_cast<std::streamsize>(size * count));
  return file ? size * count : 0;
}

errc code_for(long status) {
  switch (status) {
    case 401:
    case 403: return errc::denied;
    case 404: return errc::not_found;
    case 409:
    case 412: return errc::conflict;
    case 503: return errc::unavailable;
    case 504: return errc::timed_out;
    default: return errc::invalid;
  }
}

tl::unexpected<error> problem(long status, const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  std::string what = "HTTP " + std::to_string(status);
  if (json.is_object()) {
    what = json.value("detail", json.value("title", json.value("why", what)));
    if (json.contains("errors") && json["errors"].is_array())
      for (const auto& one : json["errors"])
        what += "\n  " + (one.is_string() ? one.get<std::string>() : one.value("text", one.dump()));
  }
  if (status == 401) what += " (give the node's token with --token or SEATGRID_TOKEN)";
  return fail(code_for(status), what);
}

/// Cuts an SSE stream into events.
struct sse_reader {
  const std::function<bool(const std::string&, const std::string&, const std::string&)>& each;
  std::string buffer{}, id{}, type{}, data{};
  bool stopped = false;

  void line(const std::string& text) {
    if (text.empty()) {
      if (!data.empty() && !each(id, type, data)) stopped = true;
      type.clear();
      data.clear();
    } else if (text.rfind("id: ", 0) == 0) {
      id = text.substr(4);
    } else if (text.rfind("event: ", 0) == 0) {
      type = text.substr(7);
    } else if (text.rfind("data: ", 0) == 0) {
      data += text.substr(6);
    }
  }
  static std::size_t take(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& reader = *static_cast<sse_reader*>(self);
    reader.buffer.append(bytes, size * count);
    std::size_t end = 0;
    while (!reader.stopped && (end = reader.buffer.find('\n')) != std::string::npos) {
      std::string text = reader.buffer.substr(0, end);
      reader.buffer.erase(0, end + 1);
      if (!text.empty() && text.back() == '\r') text.pop_back();
      reader.line(text);
    }
    return reader.stopped || reader.buffer.size() > answer_bytes_max ? 0 : size * count;
  }
};

int ask_for_end(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return end_requested() ? 1 : 0; }

}  // namespace

result<api_target> find_api(const std::string& url, const std::string& token, const std::string& data_directory) {
  api_target to;
  const char* env_url = std::getenv("SEATGRID_URL");
  const char* env_token = std::getenv("SEATGRID_TOKEN");
  to.url = !url.empty() ? url : env_url != nullptr ? env_url : "";
  to.token = !token.empty() ? token : env_token != nullptr ? env_token : "";
  if (!to.url.empty() && !to.token.empty()) return to;
  std::ifstream file{data_directory + "/api.json"};
  if (file) {
    const auto json = nlohmann::json::parse(file, nullptr, false);
    if (json.is_object()) {
      if (to.url.empty()) to.url = json.value("url", "");
      if (to.token.empty()) to.token = json.value("token", "");
    }
  }
  if (to.url.empty())
    return fail(errc::not_found,
                "no node known: start one with `./dev run`, name its data directory with --data, or its address with "
                "--api http://HOST:PORT and --token TOKEN");
  return to;
}

result<nlohmann::json> call_api(const api_target& to, const std::string& method, const std::string& path, const std::string& body,
                                const std::string& content_type, seconds longest) {
  const auto headers = headers_for(to, body.empty() ? "" : content_type, "");
  const auto curl = prepare(to, path, headers.get());
  if (!curl) return fail(errc::unavailable, "libcurl does not start");
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, static_cast<long>(longest.count()));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  if (!body.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  }
  if (const auto code = curl_easy_perform(curl.get()); code != CURLE_OK) return unreachable(to, code);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 400) return problem(status, answer);
  if (answer.empty()) return nlohmann::json(nullptr);
  auto json = nlohmann::json::parse(answer, nullptr, false);
  if (json.is_discarded()) return nlohmann::json(std::move(answer));
  return json;
}

result<void> follow_api(const api_target& to, const std::string& path, const std::string& last_event_id,
                        const std::function<bool(const std::string&, const std::string&, const std::string&)>& each) {
  const auto headers = headers_for(to, "", last_event_id.empty() ? "" : "Last-Event-ID: " + last_event_id);
  const auto curl = prepare(to, path, headers.get());
  if (!curl) return fail(errc::unavailable, "libcurl does not start");
  sse_reader reader{.each = each};
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, sse_reader::take);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reader);
  curl_easy_setopt(curl.get(), CURLOPT_TCP_KEEPALIVE, 1L);
  // SIGINT and SIGTERM are held (wait_for_end.hpp): curl asks about once a second whether one has come.
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, ask_for_end);
  const auto code = curl_easy_perform(curl.get());
  if (reader.stopped || code == CURLE_ABORTED_BY_CALLBACK) return {};
  if (code != CURLE_OK) return unreachable(to, code);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status >= 400) return problem(status, reader.buffer);
  return {};
}

result<std::size_t> download_api(const api_target& to, const std::string& path, const std::string& file) {
  const auto headers = headers_for(to, "", "");
  const auto curl = prepare(to, path, headers.get());
  if (!curl) return fail(errc::unavailable, "libcurl does not start");
  const auto partial = file + ".part";
  std::ofstream out{partial, std::ios::binary | std::ios::trunc};
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, write_to_file);
  // Another node of the cluster has it; all take one token.
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_UNRESTRICTED_AUTH, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, redirects_max);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &out);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, static_cast<long>(answer_wait.count()));
  const auto code = curl_easy_perform(curl.get());
  const auto bytes = out.tellp();
  out.close();
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  std::error_code not_moved, ignored;
  if (code == CURLE_OK && status < 400) std::filesystem::rename(partial, file, not_moved);
  std::string refused;
  if (status >= 400) {
    std::ifstream in{partial, std::ios::binary};
    refused.assign(std::istreambuf_iterator<char>{in}, {});
  }
  std::filesystem::remove(partial, ignored);
  if (code == CURLE_WRITE_ERROR || not_moved) return fail(errc::unavailable, "cannot write " + file);
  if (code != CURLE_OK) return unreachable(to, code);
  if (status >= 400) return problem(status, refused);
  return static_cast<std::size_t>(bytes);
}

}  // namespace seatgrid
