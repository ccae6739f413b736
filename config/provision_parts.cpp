#include "config/provision_parts.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace seatgrid::provisioning {
namespace {

constexpr std::size_t shown_names_max = 12;
constexpr std::array<std::string_view, 3> tones{"ringback", "beep", "busy"};
constexpr unsigned silence_ms_max = 60'000;
constexpr std::string_view prompt_allowed =
    "the name of a prompt, digits:428, number:3, tone:ringback|beep|busy, silence:500 (ms), file:<path below the data directory>";

std::string listed(const name_set& names) {
  std::string out;
  std::size_t shown = 0;
  for (const auto name : names) {
    if (++shown > shown_names_max) return out + ", ...";
    out.append(out.empty() ? "" : ", ").append(name);
  }
  return out;
}

bool are_digits(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool stays_below(std::string_view path) {
  return !path.empty() && path.front() != '/' && path.find("..") == std::string_view::npos;
}

/// A source with a scheme; what is no scheme is the name of a prompt and false.
bool is_made_source(std::string_view source) {
  const auto colon = source.find(':');
  if (colon == std::string_view::npos) return false;
  const auto scheme = source.substr(0, colon), rest = source.substr(colon + 1);
  if (scheme == "digits" || scheme == "number") return are_digits(rest);
  if (scheme == "tone") return std::find(tones.begin(), tones.end(), rest) != tones.end();
  if (scheme == "file") return stays_below(rest);
  if (scheme != "silence" || !are_digits(rest)) return false;
  unsigned ms = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), ms);
  return failure == std::errc{} && end == rest.data() + rest.size() && ms <= silence_ms_max;
}

void check_source(scope& in, const doc_value& at, const doc_path& path, const std::string& source) {
  if (in.prompts.contains(source) || is_made_source(source)) return;
  const bool is_plain = source.find(':') == std::string::npos;
  if (const auto& built_in = in.all.options.built_in_prompts) {
    if (std::find(built_in->begin(), built_in->end(), source) != built_in->end()) return;
    name_set all = in.prompts;
    all.insert(built_in->begin(), built_in->end());
    in.found().error(at.at, path.text(), "no prompt '" + source + "'", std::string{prompt_allowed}, nearest(source, all));
  } else if (is_plain && is_name(source)) {
    in.found().warning(at.at, path.text(), "prompt '" + source + "' is not defined here: it must be a built-in one", {},
                       nearest(source, in.prompts));
  } else {
    in.found().error(at.at, path.text(), "no prompt '" + source + "'", std::string{prompt_allowed}, nearest(source, in.prompts));
  }
}

prompt_ref read_prompt(scope& in, const doc_value& value, const doc_path& path) {
  prompt_ref prompt;
  if (value.members() == nullptr) {
    if (auto source = text_in(value, path, in.found())) {
      prompt.source = std::move(*source);
      check_source(in, value, path, prompt.source);
    }
    return prompt;
  }
  table_reader reader{value, path, in.found()};
  if (const auto* source = reader.need("source", prompt_allowed))
    if (auto text = text_in(*source, doc_path{path, "source"}, in.found())) {
      prompt.source = std::move(*text);
      check_source(in, *source, doc_path{path, "source"}, prompt.source);
    }
  reader.choice("language", prompt.language, word_list<std::string>{{"zh", "zh"}, {"en", "en"}});
  return prompt;
}

/// Calls `each` with every element of a list; a single value counts as a list of one.
template <class Each>
void each_element(scope& in, const doc_value& held, const doc_path& path, const Each& each) {
  if (held.items() == nullptr) return each(held, path);
  if (held.items()->size() > in.all.options.limits.list_max)
    return in.found().error(held.at, path.text(),
                            "holds more than " + std::to_string(in.all.options.limits.list_max) + " entries");
  for (std::size_t i = 0; i < held.items()->size(); ++i) each((*held.items())[i], doc_path{path, i});
}

}  // namespace

number_info world::number(std::string_view text) const {
  return classify(text, options.plan == nullptr ? number_plan::embedded() : *options.plan, {.day = options.day});
}

bool check_reference(scope& in, const doc_value& at, const doc_path& path, std::string_view what, const std::string& name,
                     const name_set& names) {
  if (names.contains(name)) return true;
  in.found().error(at.at, path.text(), "no " + std::string{what} + " '" + name + "'",
                   names.empty() ? "none is defined" : listed(names), nearest(name, names));
  return false;
}

void read_reference(scope& in, table_reader& from, std::string_view key, std::string& into, std::string_view what,
                    const name_set& names) {
  const auto* held = from.find(key);
  if (held == nullptr) return;
  const doc_path path{from.path(), key};
  auto name = text_in(*held, path, in.found());
  if (!name) return;
  if (!name->empty()) check_reference(in, *held, path, what, *name, names);
  into = std::move(*name);
}

void read_prompts(scope& in, table_reader& from, std::string_view key, std::vector<prompt_ref>& into) {
  const auto* held = from.find(key);
  if (held == nullptr) return;
  each_element(in, *held, doc_path{from.path(), key},
               [&](const doc_value& one, const doc_path& path) { into.push_back(read_prompt(in, one, path)); });
}

void read_skills(scope& in, table_reader& from, std::string_view key, std::vector<skill_level>& into) {
  const auto* held = from.find(key);
  if (held == nullptr) return;
  each_element(in, *held, doc_path{from.path(), key}, [&](const doc_value& one, const doc_path& path) {
    skill_level skill;
    if (one.members() != nullptr) {
      table_reader reader{one, path, in.found()};
      reader.need("skill", "the name of a skill");
      reader.text("skill", skill.skill);
      reader.number("level", skill.level, 1, 10);
    } else if (auto name = text_in(one, path, in.found())) {
      skill.skill = std::move(*name);
    }
    if (!is_name(skill.skill)) {
      in.found().error(one.at, path.text(), "a skill has a name", "letters, digits, '_', '-', '.'; at most 64 bytes");
      return;
    }
    const bool twice = std::any_of(into.begin(), into.end(), [&](const auto& other) { return other.skill == skill.skill; });
    if (twice) in.found().error(one.at, path.text(), "skill '" + skill.skill + "' stands twice");
    into.push_back(std::move(skill));
  });
}

}  // namespace seatgrid::provisioning
