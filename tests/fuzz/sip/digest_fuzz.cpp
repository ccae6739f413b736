#include <optional>
#include <string>

#include "sip/digest.hpp"
#include "sip/text.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

constexpr time_point noon{1'763'900'000'000'000};
constexpr std::string_view source = "198.51.100.7:40000";
const challenge_options options{.realm = "demo.example", .key = "0123456789abcdef0123456789abcdef"};

std::optional<std::string> password_of(std::string_view user) {
  return user == "1001" ? std::optional<std::string>{"secret"} : std::nullopt;
}

std::string printed(const digest_parameters& p) {
  std::string out = "Digest ";
  const auto add = [&](const char* name, const std::string& value) {
    out.append(name).append("=\"").append(value).append("\", ");
  };
  add("username", p.username), add("realm", p.realm), add("nonce", p.nonce), add("uri", p.uri), add("response", p.response);
  add("algorithm", p.algorithm), add("cnonce", p.cnonce), add("opaque", p.opaque), add("qop", p.qop), add("nc", p.nc);
  add("stale", p.stale);
  return out;
}

bool same(const digest_parameters& a, const digest_parameters& b) { return printed(a) == printed(b); }

/// A client meets whatever challenge: what it answers is one header value that a server can read.
void check_client(const std::string& challenge) {
  const auto answer =
      make_authorization({challenge}, {.user = "1001", .password = "secret"}, "REGISTER", "sip:demo.example", 1, "abc");
  if (!answer) return must(answer.error().code == errc::unsupported, "a challenge is answered or not supported");
  for (const char c : *answer) must(!text::is_control(c), "an answer is one line");
  const auto asked = parse_digest(challenge);
  const auto read = parse_digest(*answer);
  if (answer->size() > authorization_bytes_max) return;
  must(asked && read, "an answer can be read");
  must(read->realm == asked->realm && read->nonce == asked->nonce && read->username == "1001", "an answer fits its challenge");
}

void check_window(input_reader in) {
  nonce_window used{8};
  std::string last;
  while (!in.empty()) {
    const std::string nonce(1, static_cast<char>('a' + in.byte() % 16));
    const time_point issued{noon.us + (nonce.front() - 'a')};
    const auto nc = in.byte() % 128U + 1U;
    if (used.take(nonce, issued, nc)) must(!used.take(nonce, issued, nc), "a pair is taken once");
    must(used.size() <= 8, "nonces are bounded");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string header{text_of(data, size)};
  const auto read = parse_digest(header);
  if (read) {
    const auto again = parse_digest(printed(*read));
    if (printed(*read).size() <= authorization_bytes_max) must(again && same(*read, *again), "what was printed says the same");
    must(header.size() <= authorization_bytes_max, "long headers are refused");
  }
  const auto verdict = check_digest(options, header, "REGISTER", source, noon, password_of);
  must(verdict != digest_verdict::ok, "nobody guesses a nonce of ours");
  must(verdict != digest_verdict::missing || !read || read->realm != options.realm, "credentials for our realm are judged");
  check_client(header);
  check_window({data, size});

  // A right answer to our own challenge passes with the parameters that the input names as user and cnonce.
  const auto offered = challenges(options, source, noon, false);
  const auto right = make_authorization(offered, {.user = header.substr(0, 64), .password = "p"}, "REGISTER", "sip:demo.example",
                                        1, header.substr(0, 16) + "x");
  must(right.has_value(), "our challenge can be answered");
  const auto judged =
      check_digest(options, *right, "REGISTER", source, noon, [](std::string_view) { return std::optional<std::string>{"p"}; });
  must(judged == digest_verdict::ok, "a right answer is taken");
  return 0;
}
