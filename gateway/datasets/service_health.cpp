// NAME.health: what a service says of itself at its /health. The status text decides, not the HTTP status: the services
// answer 200 either way. What they say of their parts is `reported`; that we reached them is `probed`.
#include <fmt/format.h>

#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "datasets/connection.hpp"
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr std::size_t most_checks = 100;  // the contract's services have four

struct Verdict {
  std::string status;
  std::optional<std::string> error;
};

Verdict verdict(const std::string& said) {
  if (said == "healthy" || said == "unhealthy") return {said, std::nullopt};
  return {"degraded", shortened(one_line(said), 200)};
}

std::optional<Component> flag_component(const Fields& body, const char* key, const char* name) {
  const auto connected = body.boolean(key);
  if (!connected) return std::nullopt;
  return Component{name, *connected ? "healthy" : "unhealthy", "reported", std::nullopt};
}

// model-service's checks: {"status": text} or {"healthy": bool}, with an error when something is wrong.
Component check_component(const Fields& check, const std::string& name) {
  Component component{name == "message_queue" ? "queue" : name, "unknown", "reported", std::nullopt};
  if (const auto said = check.text("status")) {
    const auto judged = verdict(*said);
    component.status = judged.status;
    component.error = judged.error;
  } else if (const auto healthy = check.boolean("healthy")) {
    component.status = *healthy ? "healthy" : "unhealthy";
  }
  if (const auto error = check.text("error")) component.error = shortened(one_line(*error), 1000);
  return component;
}

std::vector<Component> components(const Fields& body) {
  std::vector<Component> found{{"connection", "healthy", "probed", std::nullopt}};
  const auto checks = body.object("checks");
  const auto names = checks.keys();
  for (const auto& name : names) {
    if (found.size() > most_checks) {
      found.push_back({"(more)", "unknown", "reported", fmt::format("{} more checks are not shown", names.size() - most_checks)});
      break;
    }
    auto part = check_component(checks.object(name), shortened(one_line(clean_utf8(name)), 100));
    if (part.name == found.front().name) part.name += " (reported)";  // not to be taken for what we probed
    found.push_back(std::move(part));
  }
  const auto add = [&](const std::optional<Component>& component) {
    if (!component) return;
    for (const auto& other : found) {
      if (other.name == component->name) return;  // a check says more than the flag beside it
    }
    found.push_back(*component);
  };
  add(flag_component(body, "database_connected", "database"));
  add(flag_component(body, "queue_connected", "queue"));
  add(flag_component(body, "websocket_connected", "websocket"));
  return found;
}

// The private connection, in the flat form that is sent and the nested one that is documented and wins where present.
std::optional<ConnectionSeen> private_connection(const Fields& body, const std::string& environment) {
  const auto nested = body.object("websocket_state");
  const auto either = [&](const char* inner, const char* flat) { return nested.has(inner) ? nested.text(inner) : body.text(flat); };
  ConnectionSeen seen;
  const auto said = either("status", "websocket_status");
  const auto connected = body.boolean("websocket_connected");
  if (!said && !connected) return std::nullopt;
  static const std::set<std::string, std::less<>> words{"connected", "disconnected", "connecting", "reconnecting"};
  if (said && words.contains(*said)) seen.status = *said;
  if (!said) seen.status = *connected ? "connected" : "disconnected";
  if (seen.status == "connected" && connected == false && !nested.has("status")) seen.status = "disconnected";
  seen.environment = nested.text("environment");
  if (!seen.environment && !environment.empty()) seen.environment = environment;
  const auto time = [&](const char* key) { return parse_time(nested.text(key).value_or("")); };
  seen.connected_at = time("connected_at");
  seen.last_heartbeat_at = time("last_heartbeat_at") ? time("last_heartbeat_at") : time("last_heartbeat");
  seen.reconnect_count = nested.has("reconnect_count") ? nested.integer("reconnect_count") : nested.integer("reconnection_count");
  if (const auto error = nested.text("last_error")) seen.last_error = shortened(one_line(*error), 1000);
  seen.active_subscriptions =
      nested.has("active_subscriptions") ? nested.integer("active_subscriptions") : body.integer("active_subscriptions");
  return seen;
}

Result<Batch> parse(const std::string& service, const std::string& environment, const std::string& path, const PriorState& prior,
                    const HttpAnswer& answer) {
  const auto what = fmt::format("GET {}", path);
  if (answer.status != 200 && answer.status < 500) return std::unexpected(http_error(answer.status, what));
  const auto document = parse_json(answer.body, what);
  std::optional<Error> fault;
  std::optional<std::string> said;
  if (document && document->is_object()) said = Fields(*document, what, fault).text("status");
  if (answer.status != 200 && !said) return std::unexpected(http_error(answer.status, what));
  if (!document) return std::unexpected(document.error());
  const Fields body(*document, what, fault);
  const auto parts = components(body);
  const auto connection = service == "ws-gateway" ? private_connection(body, environment) : std::nullopt;
  if (fault) return std::unexpected(*fault);
  if (!said) return failure(ErrorClass::malformed, what + ".status: expected string, got nothing");
  const auto judged = verdict(std::string(trimmed(*said)));
  auto error = judged.error;
  for (const auto& part : parts) {
    if (!error && judged.status != "healthy" && part.error) error = part.name + ": " + *part.error;
  }
  Batch batch{.writes = observed(service, judged.status, prior.now, answer.latency_ms, error, parts), .rows = 1};
  if (connection) {
    batch.writes.push_back(connection_row("private", prior.tables.at(0), *connection, "reported", prior.now));
  } else if (service == "ws-gateway" && !prior.tables.at(0).empty()) {
    batch.writes.push_back(connection_not_reported("private", "reported", prior.now));
  }
  return batch;
}

}  // namespace

Source service_health(const ServiceSettings& service, const std::string& environment) {
  const bool connects = service.name == "ws-gateway";
  return {.name = service.name + ".health",
          .upstream = service.name,
          .tables = connects ? std::vector<std::string>{"service", "component", "ws_connection_row"}
                             : std::vector<std::string>{"service", "component"},
          .row_count_sql = fmt::format("SELECT count(*) FROM service WHERE service = '{}'", service.name),
          .prior_state_sql = connects ? std::vector{known_connection("private")} : std::vector<std::string>{},
          .on = service.url.has_value(),
          .ask = [path = service.health_path](const PriorState&) -> Result<std::vector<Request>> {
            return std::vector<Request>{HttpRequest{path}};
          },
          .parse = [name = service.name, environment, path = service.health_path](const PriorState& prior, std::span<const Answer> answers)
              -> Result<Batch> { return parse(name, environment, path, prior, std::get<HttpAnswer>(answers[0])); },
          .failed = refusal_is_unhealthy(service.name)};
}

}  // namespace gateway
