#include "api/dispatcher.hpp"

#include <sodium.h>

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "api/problem.hpp"

namespace seatgrid {

/// Answers to POSTs that carried an Idempotency-Key, so that a repeated one is not done twice. Oldest out first.
class idempotency_table {
 public:
  explicit idempotency_table(std::uint32_t most) : most_(most) {}

  enum class found : std::uint8_t { none, in_progress, other_request, done };
  found begin(const std::string& key, std::uint64_t fingerprint, http_response& stored) {
    const std::lock_guard lock{mutex_};
    const auto it = entries_.find(key);
    if (it != entries_.end()) {
      if (it->second.fingerprint != fingerprint) return found::other_request;
      if (!it->second.done) return found::in_progress;
      stored = it->second.answer;
      return found::done;
    }
    entries_.emplace(key, entry{fingerprint, false, {}});
    order_.push_back(key);
    while (order_.size() > most_) {
      entries_.erase(order_.front());
      order_.pop_front();
    }
    return found::none;
  }
  void end(const std::string& key, const http_response& answer) {
    const std::lock_guard lock{mutex_};
    const auto it = entries_.find(key);
    if (it == entries_.end()) return;
    if (answer.status >= 500) return forget(it);  // outcome unknown or refused for now: the client may try again
    it->second.done = true;
    it->second.answer = answer;
  }

 private:
  struct entry {
    std::uint64_t fingerprint = 0;
    bool done = false;
    http_response answer{};
  };
  void forget(std::unordered_map<std::string, entry>::iterator it) {
    std::erase(order_, it->first);
    entries_.erase(it);
  }
  std::mutex mutex_{};
  std::uint32_t most_;
  std::unordered_map<std::string, entry> entries_{};
  std::deque<std::string> order_{};
};

namespace {

constexpr std::size_t idempotency_key_bytes_max = 255;

/// Remembers the answer on its way out.
class remembering_exchange final : public http_exchange {
 public:
  remembering_exchange(std::shared_ptr<http_exchange> inner, std::shared_ptr<idempotency_table> table, std::string key)
      : inner_(std::move(inner)), table_(std::move(table)), key_(std::move(key)) {}
  void respond(http_response response) override {
    table_->end(key_, response);
    inner_->respond(std::move(response));
  }
  void stream(std::function<void(std::shared_ptr<http_stream>)> open, std::function<void()> closed) override {
    inner_->stream(std::move(open), std::move(closed));
  }

 private:
  std::shared_ptr<http_exchange> inner_;
  std::shared_ptr<idempotency_table> table_;
  std::string key_;
};

bool token_fits(const http_request& request, const std::string& token) {
  const auto it = request.headers.find("authorization");
  static constexpr std::string_view scheme = "Bearer ";
  if (it == request.headers.end() || it->second.size() != scheme.size() + token.size() || it->second.rfind(scheme, 0) != 0)
    return false;
  return sodium_memcmp(it->second.data() + scheme.size(), token.data(), token.size()) == 0;
}

/// The route of a request, or the answer to one that has none.
struct found_route {
  const route* row = nullptr;
  std::map<std::string, std::string> variables{};
  http_response otherwise{};
};
found_route find_route(const http_request& request) {
  std::string allowed;
  const std::string method = request.method == "HEAD" ? "GET" : request.method;
  for (const auto& row : all_routes()) {
    auto variables = match_path(row.path, request.path);
    if (!variables) continue;
    if (row.method == method) return {&row, std::move(*variables), {}};
    allowed += (allowed.empty() ? "" : ", ") + std::string{row.method};
  }
  if (allowed.empty()) return {nullptr, {}, problem({errc::not_found, "no such path; /openapi.json lists them"})};
  auto answer = problem(405, errc::unsupported, "method not allowed", "allowed here: " + allowed);
  answer.headers["Allow"] = allowed;
  return {nullptr, {}, std::move(answer)};
}

http_response token_needed() {
  auto answer = problem(401, errc::denied, "a token is needed", "send Authorization: Bearer TOKEN");
  answer.headers["WWW-Authenticate"] = "Bearer";
  return answer;
}

/// What the head's Content-Type and Accept ask is what this row takes and gives; else the problem.
std::optional<http_response> media_problem(const http_request& head, const route& row) {
  const auto header = [&](const char* name) {
    const auto it = head.headers.find(name);
    return it == head.headers.end() ? std::string{} : it->second;
  };
  const auto length = header("content-length");
  const bool has_body = row.takes_body() && (head.headers.contains("transfer-encoding") || (!length.empty() && length != "0"));
  if (const auto given = media_type(header("content-type")); has_body && !row.takes(given))
    return problem(415, errc::unsupported, "the body's type is not taken",
                   "Content-Type '" + given + "' is not taken here: " + std::string{row.body_types});
  if (const auto wanted = header("accept"); !wanted.empty() && !row.gives(wanted))
    return problem(406, errc::unsupported, "no such representation", "this path gives " + std::string{row.answer_types});
  return std::nullopt;
}

void run(const std::shared_ptr<idempotency_table>& repeated, const std::shared_ptr<api_state>& state, const route& row,
         api_call call) {
  const auto key = call.request.headers.find("idempotency-key");
  if (row.method != "POST" || key == call.request.headers.end()) return row.handle(state, std::move(call));
  if (key->second.empty() || key->second.size() > idempotency_key_bytes_max)
    return call.exchange->respond(problem({errc::invalid, "Idempotency-Key must have 1 to 255 bytes"}));
  http_response stored;
  switch (repeated->begin(key->second, stable_hash(call.request.path + "\n" + call.request.body), stored)) {
    case idempotency_table::found::none: break;
    case idempotency_table::found::done: return call.exchange->respond(std::move(stored));
    case idempotency_table::found::in_progress:
      return call.exchange->respond(problem({errc::conflict, "the first request with this Idempotency-Key still runs"}));
    case idempotency_table::found::other_request:
      return call.exchange->respond(
          problem(422, errc::conflict, "key used before", "this Idempotency-Key came with another request"));
  }
  call.exchange = std::make_shared<remembering_exchange>(std::move(call.exchange), repeated, key->second);
  row.handle(state, std::move(call));
}

}  // namespace

dispatcher::dispatcher(std::shared_ptr<api_state> state)
    : state_(std::move(state)), repeated_(std::make_shared<idempotency_table>(state_->options.idempotency_keys_max)) {}

http_admission dispatcher::admit(const http_request& head) const {
  auto found = find_route(head);
  if (found.row == nullptr) return {.refusal = std::move(found.otherwise)};
  const auto& row = *found.row;
  if (!row.open && !token_fits(head, state_->options.token)) return {.refusal = token_needed()};
  const auto& most = state_->options.http;
  if (auto refused = media_problem(head, row)) return {.refusal = std::move(refused)};
  return {.body_bytes_max = !row.takes_body() ? 0
                            : row.large_body  ? most.body_bytes_max
                                              : most.order_bytes_max,
          .trusted = !row.open,
          .handle = [state = state_, repeated = repeated_, &row, variables = std::move(found.variables)](
                        http_request request, std::shared_ptr<http_exchange> exchange) {
            run(repeated, state, row, {std::move(request), variables, std::move(exchange)});
          }};
}

}  // namespace seatgrid
