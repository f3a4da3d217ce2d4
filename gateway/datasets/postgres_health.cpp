// NAME.health of a PostgreSQL database: a connection and one SELECT, judged by itself, so that a locked table is no outage.
#include "datasets/datasets.hpp"
#include "datasets/health.hpp"

namespace gateway {

Source postgres_health(const std::string& name) {
  return {.name = name + ".health",
          .upstream = name,
          .tables = {"service", "component"},
          .row_count_sql = "SELECT count(*) FROM service WHERE service = '" + name + "'",
          .prior_state_sql = {},
          .judged_alone = true,
          .ask = [](const PriorState&) -> Result<std::vector<Request>> { return std::vector<Request>{SqlRequest{"SELECT 1 AS one", {}}}; },
          .parse = [name](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
            const auto& answer = std::get<Table>(answers[0]);
            if (answer.rows.size() != 1 || integer(answer.rows[0].at(0)) != 1) {
              return failure(ErrorClass::malformed, "SELECT 1: expected one row with 1");
            }
            return Batch{.writes = observed(name, "healthy", prior.now, std::nullopt, std::nullopt,
                                            {{"connection", "healthy", "probed", std::nullopt}}),
                         .rows = 1};
          },
          .failed = refusal_is_unhealthy(name)};
}

}  // namespace gateway
