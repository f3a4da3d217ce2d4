// NAME.health of what has no /health: it is healthy while it accepts connections. A process that accepts and then hangs is not found.
#include <fmt/format.h>

#include "datasets/datasets.hpp"
#include "datasets/health.hpp"

namespace gateway {

Source tcp_health(const ServiceSettings& service) {
  return {.name = service.name + ".health",
          .upstream = service.name,
          .tables = {"service", "component"},
          .row_count_sql = fmt::format("SELECT count(*) FROM service WHERE service = '{}'", service.name),
          .prior_state_sql = {},
          .on = service.url.has_value(),
          .ask = [](const PriorState&) -> Result<std::vector<Request>> { return std::vector<Request>{}; },
          .parse = [name = service.name](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
            const auto latency = std::get<ConnectAnswer>(answers[0]).latency_ms;
            return Batch{
                .writes = observed(name, "healthy", prior.now, latency, std::nullopt, {{"connection", "healthy", "probed", std::nullopt}}),
                .rows = 1};
          },
          .failed = refusal_is_unhealthy(service.name)};
}

}  // namespace gateway
