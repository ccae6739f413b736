#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/input.hpp"
#include "domain/effect.hpp"
#include "domain/entity.hpp"
#include "domain/tenant_config.hpp"

namespace seatgrid::actors {

/// What one command came to.
struct outcome {
  bool heard = false;              ///< the entity's rules have a command for this input
  std::optional<error> refused{};  ///< decide said no; nothing changed
  std::string command{};           ///< encoded; only when there are events
  std::vector<std::string> events{};
  entity_rows rows{};  ///< each key once
  effects what_follows{};
};

/// One entity's state under its rules, without actor, clock or journal: the shell, the replayer and tests run it.
class entity_core {
 public:
  virtual ~entity_core() = default;
  virtual result<void> load(std::uint64_t id, const entity_rows& stored) = 0;
  virtual void resume(const turn& now, effects& out) = 0;
  /// decide, then apply, rows and effects event by event. Takes what it needs out of `in`. The rules' exceptions pass through:
  /// state is then undefined.
  virtual outcome take(entity_input& in, const turn& now, const tenant_config& config) = 0;
  /// The same for a recorded command. @error corrupt
  virtual result<outcome> take_recorded(std::string_view command, const turn& now, const tenant_config& config) = 0;
  virtual result<std::string> describe_event(std::string_view event) const = 0;
  virtual bool finished() const = 0;
  /// The actor may leave memory while nobody speaks to it: rows and the lane's waits hold everything.
  virtual bool resting() const = 0;
  /// A state read back from rows after `resting` must be resumed, because its waits carry generations that rows do not hold.
  virtual bool resumes_on_load() const = 0;
  /// JSON of the whole state, for `show` and lists.
  virtual std::string show() const = 0;
};

template <entity_rules Rules>
class rules_core final : public entity_core {
 public:
  result<void> load(std::uint64_t id, const entity_rows& stored) override {
    auto loaded = Rules::load(id, stored);
    if (!loaded) return tl::unexpected(loaded.error());
    state_ = std::move(*loaded);
    return {};
  }
  void resume(const turn& now, effects& out) override { Rules::resume(state_, now, out); }

  outcome take(entity_input& in, const turn& now, const tenant_config& config) override {
    const auto command = input_adapter<Rules>::make(in);
    if (!command) return {};
    return run(*command, now, config);
  }

  result<outcome> take_recorded(std::string_view bytes, const turn& now, const tenant_config& config) override {
    const auto command = Rules::decode_command(bytes);
    if (!command) return tl::unexpected(command.error());
    return run(*command, now, config);
  }

  result<std::string> describe_event(std::string_view bytes) const override {
    if constexpr (requires { Rules::decode_event(bytes); }) {
      const auto event = Rules::decode_event(bytes);
      if (!event) return tl::unexpected(event.error());
      return Rules::describe(*event);
    } else {
      return fail(errc::unsupported, "these rules cannot read events back");
    }
  }

  bool finished() const override { return Rules::finished(state_); }
  bool resting() const override {
    if constexpr (requires { input_adapter<Rules>::resting(state_); })
      return input_adapter<Rules>::resting(state_);
    else
      return Rules::finished(state_);
  }
  bool resumes_on_load() const override {
    if constexpr (requires { input_adapter<Rules>::resumes_on_load; })
      return input_adapter<Rules>::resumes_on_load;
    else
      return false;
  }
  std::string show() const override {
    if constexpr (requires { Rules::show(state_); })
      return Rules::show(state_);
    else if constexpr (requires { Rules::describe(state_); })
      return Rules::describe(state_);
    else
      return "{}";
  }
  const typename Rules::state& state() const { return state_; }

 private:
  outcome run(const typename Rules::command& command, const turn& now, const tenant_config& config) {
    outcome done{.heard = true};
    auto events = Rules::decide(state_, command, now, config);
    if (!events) {
      done.refused = std::move(events.error());
      return done;
    }
    if (events->empty()) {
      if constexpr (requires { Rules::answer(state_, command, now, config, done.what_follows); })
        Rules::answer(state_, command, now, config, done.what_follows);
      return done;
    }
    if constexpr (requires { Rules::encode(command, state_); })
      done.command = Rules::encode(command, state_);  // without what journals must not keep
    else
      done.command = Rules::encode(command);
    done.events.reserve(events->size());
    done.what_follows.reserve(2 * events->size());
    for (const auto& event : *events) {
      Rules::apply(state_, event);
      done.events.push_back(Rules::encode(event));
      Rules::derive(state_, event, done.what_follows);
    }
    Rules::rows(state_, *events, done.rows);
    return done;
  }

  typename Rules::state state_{};
};

}  // namespace seatgrid::actors
