#include "apps/server_settings.hpp"

#include <fstream>

#include "config/server_options.hpp"

namespace seatgrid {
namespace {

/// Puts the first line of `file` into `secret`; nothing when no file is named.
result<void> read_secret(const std::string& file, std::string& secret) {
  if (file.empty()) return {};
  std::ifstream in{file};
  if (!in || !std::getline(in, secret)) return fail(errc::not_found, "cannot read the secret in " + file);
  if (!secret.empty() && secret.back() == '\r') secret.pop_back();
  return {};
}

result<node_app_options> taken(server_outcome outcome, const std::string& file) {
  if (!outcome.ok()) {
    std::string text = file + " has errors";
    for (const auto& one : outcome.found) text += "\n  " + to_text(one);
    return fail(errc::invalid, text);
  }
  node_app_options out;
  out.data = std::move(outcome.options.data);
  out.assets = std::move(outcome.options.assets);
  out.provision = std::move(outcome.options.provision);
  out.restore_max = outcome.options.restore_max;
  out.drain_max = outcome.options.drain_max;
  out.journal = outcome.options.journal;
  out.media = std::move(outcome.options.media);
  out.edge = std::move(outcome.options.edge);
  out.node = std::move(outcome.options.node);
  out.api = std::move(outcome.options.api);
  out.kafka = std::move(outcome.options.kafka);
  out.events_topic = std::move(outcome.options.events_topic);
  out.events_source = std::move(outcome.options.events_source);
  out.events = std::move(outcome.options.events);
  const auto& secrets = outcome.options.kafka_secrets;
  if (auto read = read_secret(secrets.password, out.kafka.security.password); !read) return tl::unexpected{read.error()};
  if (auto read = read_secret(secrets.key_password, out.kafka.security.key_password); !read) return tl::unexpected{read.error()};
  out.cluster = std::move(outcome.options.cluster);
  if (!out.cluster.name.empty()) {
    out.node.name = out.cluster.node;
    out.node.lanes = out.cluster.lanes;
  }
  return out;
}

}  // namespace

result<node_app_options> load_server_settings(const std::string& file) { return taken(load_server_options(file), file); }

result<node_app_options> environment_settings() {
  return taken(read_server_options("", "environment", seatgrid_environment()), "the environment");
}

}  // namespace seatgrid
