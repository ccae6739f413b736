#include "actors/cluster_gateway.hpp"

#include <utility>

#include "actors/router_messages.hpp"

namespace seatgrid::actors {
namespace {

constexpr const char* order_server = "order";
constexpr const char* list_server = "list";
constexpr const char* show_server = "show";
constexpr const char* replay_server = "replay";
constexpr unsigned read_tries_max = 40;  // a tick of the router each, so some 2 s: a takeover takes less

list_query query_of(look_question&& asked) {
  return {.tenant = std::move(asked.tenant),
          .filters = std::move(asked.filters),
          .limit = asked.limit,
          .cursor = std::move(asked.cursor)};
}

}  // namespace

cluster_gateway::cluster_gateway(gateway& local, router& ways) : local_(local), router_(ways) {
  router_.serve(order_server, [this](std::string payload, answer done) {
    auto asked = decode_order_question(payload);
    if (!asked || !asked->order) return done(fail(errc::corrupt, "an order that cannot be read"));
    local_.submit(std::move(*asked->order), std::move(asked->tenant), std::move(done));
  });
  const auto look = [this](const char* name, void (*how)(gateway&, look_question&&, answer)) {
    router_.serve(name, [this, how](std::string payload, answer done) {
      auto asked = decode_look_question(payload);
      if (!asked) return done(tl::unexpected(asked.error()));
      how(local_, std::move(*asked), std::move(done));
    });
  };
  look(list_server, [](gateway& at, look_question&& asked, answer done) {
    const auto what = static_cast<collection>(asked.what);
    at.list(what, query_of(std::move(asked)), std::move(done));
  });
  look(show_server, [](gateway& at, look_question&& asked, answer done) {
    at.show(static_cast<collection>(asked.what), std::move(asked.tenant), std::move(asked.id), std::move(done));
  });
  look(replay_server, [](gateway& at, look_question&& asked, answer done) { at.replay(asked.entity, std::move(done)); });
}

lane_id cluster_gateway::lane_of_tenant(const std::string& tenant) const {
  return router_.lane_of({entity_kind::tenant, std::uint64_t{shard_of_tenant(tenant)} << (64 - shard_bits)});
}

void cluster_gateway::submit(control::command order, std::string tenant, answer done) {
  const auto lane = router_.lane_of(control::target_of(order));
  if (is_here(lane)) return local_.submit(std::move(order), std::move(tenant), std::move(done));
  router_.ask_owner(lane, order_server, encode(order_question{std::move(tenant), std::move(order)}), std::move(done));
}

/// An owner that cannot be reached may be dying: our replica is a moment behind, and better than nothing. What lives in actors
/// has no replica: while the lane moves, it is asked again.
void cluster_gateway::read(lane_id lane, const char* server, const std::string& payload, const std::function<void(answer)>& here,
                           const answer& done, unsigned tries) const {
  const auto again = [this, lane, server, payload, here, done, tries](result<std::string> came) {
    const bool may_ask = !came && came.error().code == errc::unavailable && tries + 1 < read_tries_max;
    if (!may_ask || !router_.later([=, this] { read(lane, server, payload, here, done, tries + 1); })) done(std::move(came));
  };
  if (is_here(lane)) return here(again);
  router_.ask_owner(lane, server, payload, [here, done, again](result<std::string> came) {
    if (came || came.error().code != errc::unavailable) return done(std::move(came));
    here(again);
  });
}

void cluster_gateway::list(collection what, list_query query, answer done) const {
  if (query.tenant.empty()) return local_.list(what, std::move(query), std::move(done));
  look_question asked{.what = static_cast<std::uint32_t>(what),
                      .tenant = query.tenant,
                      .id = {},
                      .filters = query.filters,
                      .limit = query.limit,
                      .cursor = query.cursor,
                      .entity = {}};
  const auto lane = lane_of_tenant(query.tenant);
  read(
      lane, list_server, encode(asked),
      [this, what, query = std::move(query)](answer to) { local_.list(what, query, std::move(to)); }, done);
}

void cluster_gateway::show(collection what, std::string tenant, std::string id, answer done) const {
  look_question asked{.what = static_cast<std::uint32_t>(what),
                      .tenant = tenant,
                      .id = id,
                      .filters = {},
                      .limit = 0,
                      .cursor = {},
                      .entity = {}};
  const auto lane = lane_of_tenant(tenant);
  read(
      lane, show_server, encode(asked),
      [this, what, tenant = std::move(tenant), id = std::move(id)](answer to) { local_.show(what, tenant, id, std::move(to)); },
      done);
}

void cluster_gateway::replay(entity_ref entity, answer done) const {
  look_question asked{.what = 0, .tenant = {}, .id = {}, .filters = {}, .limit = 0, .cursor = {}, .entity = entity};
  read(
      router_.lane_of(entity), replay_server, encode(asked), [this, entity](answer to) { local_.replay(entity, std::move(to)); },
      done);
}

std::vector<metric> cluster_gateway::metrics() const {
  auto all = local_.metrics();
  const auto& c = router_.count();
  const auto add = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
    all.push_back({name, help, true, {}, static_cast<double>(value.load(std::memory_order_relaxed))});
  };
  add("seatgrid_router_inputs_sent_total", "Inputs handed to the owners of their lanes.", c.inputs_sent);
  add("seatgrid_router_inputs_taken_total", "Inputs that other nodes handed to this one.", c.inputs_taken);
  add("seatgrid_router_calls_repeated_total", "New calls handed to another owner because the first one died.", c.calls_repeated);
  add("seatgrid_router_commands_sent_total", "Commands for legs and media sent to the holders of their slots.", c.commands_sent);
  add("seatgrid_router_commands_taken_total", "Commands for legs and media that other nodes sent to this one.", c.commands_taken);
  add("seatgrid_router_without_holder_total", "Commands for slots that nobody held; their calls are made anew.",
      c.without_holder);
  add("seatgrid_router_too_many_hops_total", "Inputs dropped because too many nodes had handed them on.", c.too_many_hops);
  add("seatgrid_router_dropped_total", "Commands dropped at a slot that took too long to open.", c.dropped);
  add("seatgrid_router_malformed_total", "Messages of other nodes that could not be read.", c.malformed);
  add("seatgrid_router_questions_total", "Questions to other nodes and to this one.", c.questions);
  return all;
}

}  // namespace seatgrid::actors
