#include <nlohmann/json.hpp>

#include "api/url.hpp"
#include "apps/cli.hpp"
#include "domain/recording_path.hpp"

namespace seatgrid {
namespace {

struct record_options {
  std::string id{};
  std::string to{};
  std::uint32_t limit = 50;
  std::uint32_t recording = 1;
  std::uint32_t segment = 0;  ///< 0 = every one
};

/// The segments of the recording asked for, from the call's CDR, that have a file; more than one only when none was named.
std::vector<std::uint32_t> segments_of(const nlohmann::json& cdr, const record_options& options, const std::string& noun) {
  if (options.segment != 0) return {options.segment};
  std::vector<std::uint32_t> out;
  std::uint32_t seen = 0;
  for (const auto& one : cdr.value("recordings", nlohmann::json::array())) {
    if (one.value("kind", "") != (noun == "voicemail" ? "voicemail" : "talk") || ++seen != options.recording) continue;
    std::uint32_t number = 0;
    for (const auto& file : one.value("files", nlohmann::json::array()))
      if (++number; file.value("missing", "").empty()) out.push_back(number);
  }
  return out.empty() ? std::vector<std::uint32_t>{1} : out;  // the node says what is wrong
}

void save_audio(cli_context& context, const record_options& options, const std::string& path, const std::string& noun) {
  const auto to = context.target();
  if (!to) return;
  const auto item = path + "/" + url_escape(options.id);
  const auto cdr = call_api(*to, "GET", item);
  if (!cdr) return context.complain(cdr.error());
  for (const auto segment : segments_of(*cdr, options, noun)) {
    const auto file = segment_path(options.to.empty() ? options.id + ".wav" : options.to, options.segment != 0 ? 1 : segment);
    const auto which = "/audio?recording=" + std::to_string(options.recording) + "&segment=" + std::to_string(segment);
    const auto bytes = download_api(*to, item + which, file);
    if (!bytes) return context.complain(bytes.error());
    std::printf("%s: %zu bytes\n", file.c_str(), *bytes);
  }
}

void add_kind(CLI::App& app, cli_context& context, const std::string& noun, const std::string& path, const std::string& help,
              const std::vector<column>& columns) {
  auto options = std::make_shared<record_options>();
  auto* group = app.add_subcommand(noun, help)->require_subcommand(1);
  auto* list = group->add_subcommand("list", "Newest first");
  add_node_options(*list, context);
  list->add_option("--limit", options->limit, "at most this many")->check(CLI::Range(1, 1000))->capture_default_str();
  list->callback([&context, options, path, columns, noun] {
    context.print_list(path + "?limit=" + std::to_string(options->limit), columns, "no " + noun + "s yet");
  });
  auto* show = group->add_subcommand("show", "One, with its file's checksum");
  add_node_options(*show, context);
  show->add_option("id", options->id, "call id from list")->required();
  show->callback([&context, options, path] { context.print_object(path + "/" + url_escape(options->id)); });
  add_tail_command(*group, context, noun + ".", "Follow what becomes of " + noun + "s as it happens");
  auto* get = group->add_subcommand("get", "Save the WAV, of a recording that went on after a death each of its segments");
  add_node_options(*get, context);
  get->add_option("id", options->id, "call id from list")->required();
  get->add_option("--recording", options->recording, "which of the call's, when it has several")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  get->add_option("--segment", options->segment, "only this segment")->check(CLI::Range(1, 1'000));
  get->add_option("--to", options->to, "file to write (default: ID.wav); segment 2 goes to ID.2.wav");
  get->callback([&context, options, path, noun] { save_audio(context, *options, path, noun); });
}

}  // namespace

void add_record_commands(CLI::App& app, cli_context& context) {
  add_kind(app, context, "recording", "/v1/recordings", "Recordings (stereo: caller left, agent right) / 录音",
           {{"CALL", "call"},
            {"STARTED", "started_at"},
            {"CALLER", "caller"},
            {"AGENT", "agent"},
            {"LENGTH ms", "length_ms"},
            {"BYTES", "bytes"},
            {"PATH", "path"}});
  add_kind(app, context, "voicemail", "/v1/voicemails", "Messages that callers left / 语音留言",
           {{"CALL", "call"},
            {"MAILBOX", "mailbox"},
            {"CALLER", "caller"},
            {"CALLED AT", "started_at"},
            {"LENGTH ms", "length_ms"},
            {"PATH", "path"}});
}

}  // namespace seatgrid
