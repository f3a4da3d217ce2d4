// NAME.health: what a service says of itself at its /health: the worse of its word and the HTTP status. What it says of its parts is
// `reported`; that we reached it is `probed`.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "datasets/connection.hpp"
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"
#include "datasets/health_document.hpp"
#include "datasets/health_words.hpp"

namespace gateway {
namespace {

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

// A field that cannot be read costs itself.
std::vector<Write> connection_writes(const Json& body, const std::string& environment, const PriorState& prior, const std::string& what) {
  std::optional<Error> odd;
  if (const auto seen = private_connection(Fields(body, what, odd), environment)) {
    return {connection_row("private", prior.tables.at(0), *seen, "reported", prior.now)};
  }
  if (prior.tables.at(0).empty()) return {};
  return {connection_not_reported("private", "reported", prior.now)};
}

Result<Batch> parse(const std::string& service, const std::string& environment, const std::string& path, const PriorState& prior,
                    const HttpAnswer& answer) {
  const auto what = fmt::format("GET {}", path);
  if (answer.status != 200 && answer.status < 500) return std::unexpected(http_error(answer.status, what));
  const auto document = read_health(answer.body, what);
  if (answer.status != 200 && (!document || !document->word)) return std::unexpected(http_error(answer.status, what));
  if (!document) return std::unexpected(document.error());
  if (!document->word) return failure(ErrorClass::malformed, what + ".status: missing required field (string)");
  const auto verdict = health_of_answer(answer.status, *document->word);
  std::vector<Component> parts{{"connection", "healthy", "probed", std::nullopt}};
  parts.insert(parts.end(), document->parts.begin(), document->parts.end());
  Batch batch{.writes = observed(service, verdict, prior.now, answer.latency_ms, reason_of(*document, answer.status, verdict), parts),
              .rows = 1};
  if (service == "ws-gateway")
    std::ranges::move(connection_writes(document->body, environment, prior, what), std::back_inserter(batch.writes));
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
