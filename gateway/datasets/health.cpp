#include "datasets/health.hpp"

#include <fmt/format.h>

namespace gateway {
namespace {

const std::vector<std::string> component_columns{"service", "component", "status", "basis", "error"};

Row component_row(const std::string& service, const Component& component) {
  return {service, component.name, component.status, component.basis, maybe(component.error)};
}

Write service_row(const std::string& service, const std::string& status, std::int64_t at, std::optional<double> latency_ms,
                  const std::optional<std::string>& error) {
  return {.table = "service",
          .mode = Mode::upsert,
          .columns = {"service", "status", "observed_at", "latency_ms", "error"},
          .rows = {{service, status, at, maybe(latency_ms), maybe(error)}},
          .scope = {}};
}

}  // namespace

std::vector<Write> observed(const std::string& service, const std::string& status, std::int64_t at, std::optional<double> latency_ms,
                            const std::optional<std::string>& error, const std::vector<Component>& components) {
  Write parts{.table = "component", .mode = Mode::replace, .columns = component_columns, .rows = {}, .scope = {{"service", service}}};
  for (const auto& component : components) parts.rows.push_back(component_row(service, component));
  return {service_row(service, status, at, latency_ms, error), parts};
}

std::function<Batch(const PriorState&, const Error&)> refusal_is_unhealthy(std::string service) {
  return [service = std::move(service)](const PriorState& prior, const Error& error) -> Batch {
    if (implication(error.kind) != HealthImplication::unhealthy) return {};
    Batch batch;
    batch.writes.push_back(service_row(service, "unhealthy", prior.now, std::nullopt, error.text));
    batch.writes.push_back({.table = "component",
                            .mode = Mode::upsert,
                            .columns = component_columns,
                            .rows = {component_row(service, {"connection", "unhealthy", "probed", error.text})},
                            .scope = {}});
    return batch;
  };
}

Error http_error(int status, std::string_view what) {
  const auto text = fmt::format("{}: HTTP {}", what, status);
  if (status == 401 || status == 403) return {ErrorClass::auth, text + "; check the user, password or API key"};
  if (status == 404 || status == 501) return {ErrorClass::missing, text + "; there is no such endpoint"};
  if (status >= 500) return {ErrorClass::server_error, text};
  return {ErrorClass::http, text};
}

}  // namespace gateway
