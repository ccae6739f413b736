#include "config/number_plan_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace seatgrid {

result<number_plan_ptr> read_number_plan(const std::string& path) {
  std::error_code failure;
  const auto bytes = std::filesystem::file_size(path, failure);
  if (failure) return fail(errc::not_found, path + ": " + failure.message());
  if (bytes > number_plan_bytes_max)
    return fail(errc::full, path + " has more than " + std::to_string(number_plan_bytes_max) + " bytes");
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return fail(errc::not_found, path + " cannot be read");
  auto plan = number_plan::parse(text.view());
  if (!plan) return fail(plan.error().code, path + ": " + plan.error().what);
  return std::make_shared<const number_plan>(std::move(*plan));
}

number_plan_source::number_plan_source() : plan_(&number_plan::embedded(), [](const number_plan*) {}) {}

number_plan_ptr number_plan_source::current() const {
  const std::lock_guard hold{mutex_};
  return plan_;
}

result<void> number_plan_source::reload(const std::string& path) {
  auto fresh = read_number_plan(path);
  if (!fresh) return tl::unexpected(fresh.error());
  const std::lock_guard hold{mutex_};
  plan_ = std::move(*fresh);
  return {};
}

}  // namespace seatgrid
