#include <nlohmann/json.hpp>
#include <string>

#include "actors/shell_row.hpp"
#include "domain/agent.hpp"
#include "domain/call_rules.hpp"
#include "domain/queue.hpp"
#include "domain/registration.hpp"
#include "domain/tenant_config_rows.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace seatgrid;

namespace {

template <class T>
void check_refusal(const result<T>& read) {
  must(read.error().code == errc::corrupt && !read.error().what.empty(), "bytes are read or corrupt");
}
void check_json(const std::string& text) { must(nlohmann::json::accept(text), "what is shown is JSON"); }

/// What was read is written and read again as the same.
template <class Value, class Encode, class Decode>
void check_round(const result<Value>& read, Encode encode, Decode decode) {
  if (!read) return check_refusal(read);
  const std::string bytes = encode(*read);
  const auto again = decode(bytes);
  must(again.has_value(), "what was written can be read");
  must(encode(*again) == bytes, "what was written says the same");
}

template <class Rules>
void check_rules(const std::string& bytes) {
  using command = typename Rules::command;
  using event = typename Rules::event;
  check_round(
      Rules::decode_command(bytes), [](const command& c) { return Rules::encode(c); },
      [](std::string_view b) { return Rules::decode_command(b); });
  const auto told = Rules::decode_event(bytes);
  check_round(
      told, [](const event& e) { return Rules::encode(e); }, [](std::string_view b) { return Rules::decode_event(b); });
  if (told) check_json(Rules::describe(*told));
  const auto row = Rules::load(7, {{"", bytes}, {"w1", bytes}});
  if (!row) check_refusal(row);
}

void check_configuration(const std::string& bytes) {
  const auto cut = bytes.find('|');
  const auto head = bytes.substr(0, cut);
  const auto chunk = cut == std::string::npos ? std::string{} : bytes.substr(cut + 1);
  entity_rows rows;
  rows.push_back({std::string{"h\0\0\0\0\0\0\0\1", 9}, head});
  rows.push_back({std::string{"c\0\0\0\0\0\0\0\1\0\0\0\0", 13}, chunk});
  const auto read = config_from_rows(1, rows);
  must(read.has_value() || !read.error().what.empty(), "a refusal says why");
}

}  // namespace

/// Bytes of a row, an input or an event as a journal gives them back: torn, turned over, or of another version.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  input_reader in{data, size};
  const auto kind = in.byte() % 7;
  const auto bytes = in.rest();
  switch (kind) {
    case 0: check_rules<call_rules>(bytes); break;
    case 1: check_rules<queue_rules>(bytes); break;
    case 2: check_rules<agent_rules>(bytes); break;
    case 3: check_rules<registration_rules>(bytes); break;
    case 4: {
      const auto read = decode_cdr(bytes);
      if (!read) check_refusal(read);
      if (read) check_json(describe(*read));
      break;
    }
    case 5: check_configuration(bytes); break;
    default:
      check_round(
          actors::decode_shell_row(bytes), [](const actors::shell_row& r) { return actors::encode(r); },
          actors::decode_shell_row);
      actors::entity_of_live_key(bytes);
      actors::place_of_cdr_key(bytes);
  }
  return 0;
}
