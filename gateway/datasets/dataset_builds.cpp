// postgres.dataset_builds: the datasets that are being built for a training, or whose building failed: the newest 100.
#include <fmt/format.h>

#include "datasets/catalogue.hpp"
#include "datasets/datasets.hpp"

namespace gateway {

Source dataset_builds() {
  return {
      .name = "postgres.dataset_builds",
      .upstream = "postgres",
      .tables = {"dataset_build_row"},
      .row_count_sql = "SELECT count(*) FROM dataset_build_row",
      .prior_state_sql = {},
      .reads = {"datasets"},
      .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
        if (auto error = missing_columns(*prior.catalogue, "datasets", {"id", "status", "created_at"})) return std::unexpected(*error);
        const Columns of(*prior.catalogue, "datasets");
        return std::vector<Request>{SqlRequest{
            fmt::format("SELECT {} AS id, {} AS symbol, {} AS status, {} AS created_at, {} AS completed_at, {} AS error FROM datasets "
                        "WHERE {} IN ('building', 'failed') ORDER BY created_at DESC LIMIT 100",
                        of.text("id"), of.text("symbol"), of.text("status"), of.time("created_at"), of.time("completed_at"),
                        of.text("error_message"), of.text("status")),
            {}}};
      },
      .parse = [](const PriorState&, std::span<const Answer> answers) -> Result<Batch> {
        const auto& builds = std::get<Table>(answers[0]);
        return Batch{
            .writes = {{.table = "dataset_build_row", .mode = Mode::replace, .columns = builds.columns, .rows = builds.rows, .scope = {}}},
            .rows = static_cast<std::int64_t>(builds.rows.size())};
      },
      .failed = {}};
}

}  // namespace gateway
