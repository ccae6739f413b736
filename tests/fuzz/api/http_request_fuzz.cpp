#include <algorithm>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/dispatcher.hpp"
#include "api/url.hpp"
#include "config/provision.hpp"
#include "tests/fuzz/api/recording_gateway.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

const std::set<int> refusals{404, 405, 406, 415};

void check(const http_response& response) {
  must(response.status >= 200 && response.status < 600, "an answer has a status");
  must(response.status < 500 || response.status == 503, "no request breaks the node");
  for (const auto& [name, value] : response.headers)
    must(value.find_first_of("\r\n") == std::string::npos, "a header is one line");
  if (response.content_type != "application/problem+json" && response.content_type != "application/json") return;
  const auto body = nlohmann::json::parse(response.body, nullptr, false);
  must(!body.is_discarded(), "an answer is JSON");
  if (response.content_type == "application/problem+json") must(body["status"] == response.status, "a problem says its status");
}

/// Checks the one answer of one request.
class one_answer final : public http_exchange {
 public:
  ~one_answer() override { must(answers_ == 1, "a request is answered"); }
  void respond(http_response response) override {
    check(response);
    count();
  }
  void stream(std::function<void(std::shared_ptr<http_stream>)>, std::function<void()> closed) override {
    closed();
    count();
  }
  /// Provisioning and backup answer on threads of their own.
  void wait() const { answers_.wait(0); }

 private:
  void count() {
    must(++answers_ == 1, "a request is answered once");
    answers_.notify_all();
  }
  std::atomic<int> answers_{0};
};

api_hooks hooks() {
  api_hooks all;
  all.check_number = [](const std::string&) { return std::string{"{}"}; };
  all.apply_provisioning = [](const std::string& text, provisioning_order) -> result<std::string> {
    provision_options options;
    options.limits.agents_max = 500;
    const auto out = provision(text.starts_with("{") ? document_format::json : document_format::toml, text, "body", options);
    if (!out.ok()) return fail(errc::invalid, "the file has errors\n" + to_text(out.found.front()));
    return to_json(out.found);
  };
  all.remove_tenant = [](const std::string& tenant) -> result<std::string> { return fail(errc::not_found, tenant); };
  all.back_up = [](const std::string& directory, bool) -> result<std::string> { return fail(errc::conflict, directory); };
  all.tenants = all.numbers = all.trunks = [] { return std::string{"[]"}; };
  all.data_directory = "/nonexistent";
  return all;
}

std::shared_ptr<api_state> make_state(gateway& node) {
  auto state = std::make_shared<api_state>();
  state->options.token = "0123456789abcdef";
  state->hooks = hooks();
  state->to = &node;
  return state;
}

/// Method, target and lines of a header; what follows the empty line is the body.
http_request read_request(input_reader in, bool& good) {
  http_request request;
  request.method = std::string{in.until(' ')};
  const auto target = split_target(in.until('\n'));
  good = target.has_value();
  if (!good) return request;
  request.path = target->path;
  request.query = target->query;
  while (!in.empty()) {
    const auto line = in.until('\n');
    if (line.empty()) break;
    const auto colon = std::min(line.find(':'), line.size());
    request.headers.insert_or_assign(std::string{line.substr(0, colon)},
                                     std::string{line.substr(std::min(colon + 1, line.size()))});
  }
  request.body = in.rest();
  if (!request.body.empty()) request.headers["content-length"] = std::to_string(request.body.size());
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bool good = false;
  auto request = read_request({data, size}, good);
  if (!good) return 0;
  static fuzz::recording_gateway node;
  static const auto state = make_state(node);
  node.orders = 0;
  const dispatcher to{state};
  auto admitted = to.admit(request);
  if (admitted.refusal && admitted.refusal->status == 401) {
    check(*admitted.refusal);
    request.headers["authorization"] = "Bearer " + state->options.token;
    admitted = to.admit(request);
  }
  if (admitted.refusal) {
    check(*admitted.refusal);
    must(refusals.contains(admitted.refusal->status), "who has the token is refused by path, method and media types alone");
    return 0;
  }
  if (request.body.size() > admitted.body_bytes_max) return 0;
  const auto answer = std::make_shared<one_answer>();
  admitted.handle(std::move(request), answer);
  answer->wait();
  must(node.orders <= 1, "a request is one order");
  return 0;
}
