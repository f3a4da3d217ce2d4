// postgres.models: the newest 500 model versions and all active ones, each with the metrics of its test split, or of
// validation where there is no test. The table is small: a row a completed training.
#include <fmt/format.h>

#include "datasets/catalogue.hpp"
#include "datasets/datasets.hpp"
#include "datasets/time_order.hpp"

namespace gateway {
namespace {

// Each metric is a row of its own; a version's are grouped by split, never by time. Of repeats the newest counts.
std::string measured(const Catalogue& catalogue, const std::vector<std::string>& needs) {
  if (missing_columns(catalogue, "model_quality_metrics", needs)) {
    return "CROSS JOIN (SELECT NULL::text AS split, NULL::numeric AS accuracy, NULL::numeric AS precision, NULL::numeric AS recall, "
           "NULL::numeric AS f1_score, NULL::numeric AS roc_auc) q";
  }
  const Columns q(catalogue, "model_quality_metrics", "q"), m(catalogue, "model_versions", "m");
  std::string metrics;
  for (const std::string metric : {"accuracy", "precision", "recall", "f1_score", "roc_auc"}) {
    metrics += fmt::format(", (array_agg(value ORDER BY evaluated_at DESC) FILTER (WHERE metric = '{0}'))[1] AS {0}", metric);
  }
  return fmt::format(
      "LEFT JOIN LATERAL (SELECT split{} FROM (SELECT {} AS value, {} AS metric, {} AS evaluated_at, coalesce({}, 'unsplit') AS split "
      "FROM model_quality_metrics q WHERE {} AND {} = 'classification') q "
      "GROUP BY split ORDER BY array_position(ARRAY['test', 'validation'], split) NULLS LAST LIMIT 1) q ON true",
      metrics, q.number("metric_value"), q.text("metric_name"), q.time("evaluated_at"), q.json_text("metadata", "dataset_split"),
      q.equals("model_version_id", m, "id"), q.text("metric_type"));
}

}  // namespace

Source models() {
  return {
      .name = "postgres.models",
      .upstream = "postgres",
      .tables = {"model_version"},
      .row_count_sql = "SELECT count(*) FROM model_version",
      .prior_state_sql = {},
      .reads = {"model_versions", "model_quality_metrics"},
      .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
        if (auto error = missing_columns(*prior.catalogue, "model_versions",
                                         {"id", "version", "strategy_id", "model_type", "trained_at", "training_duration_seconds",
                                          "training_dataset_size", "is_active"})) {
          return std::unexpected(*error);
        }
        const std::vector<std::string> needs{"model_version_id", "metric_name", "metric_value", "metric_type", "evaluated_at", "metadata"};
        if (auto error = forbidden(*prior.catalogue, "model_quality_metrics", needs)) return std::unexpected(*error);
        if (auto error = unsuitable_columns(*prior.catalogue, "model_versions", {{"trained_at", As::time}, {"is_active", As::flag}}))
          return std::unexpected(*error);
        const Columns m(*prior.catalogue, "model_versions", "m");
        const TimeOrder order(*prior.catalogue, "model_versions", "n", "trained_at", "id");
        return std::vector<Request>{SqlRequest{
            .sql = fmt::format(
                "SELECT {} AS version, coalesce({}, '(default)') AS strategy_id, {} AS model_type, {} AS trained_at, "
                "{} AS training_duration_s, {} AS training_dataset_size, {} AS is_active, "
                "f.is_first, q.accuracy, q.precision, q.recall, q.f1_score, q.roc_auc, q.split AS metrics_split FROM model_versions m "
                // One pass over the table: a look back for each version would be quadratic.
                "JOIN (SELECT id, row_number() OVER (PARTITION BY strategy_id ORDER BY trained_at, id) = 1 AS is_first "
                "FROM model_versions) f ON f.id = m.id {} "
                "WHERE {} OR m.id IN (SELECT n.id FROM {} WHERE {} ORDER BY n.trained_at DESC LIMIT 500)",
                m.text("version"), m.text("strategy_id"), m.text("model_type"), m.time("trained_at"), m.number("training_duration_seconds"),
                m.whole("training_dataset_size"), m.flag("is_active"), measured(*prior.catalogue, needs), m.flag("is_active"), order.from(),
                order.not_ahead()),
            .parameters = {}}};
      },
      .parse = [](const PriorState&, std::span<const Answer> answers) -> Result<Batch> {
        const auto& versions = std::get<Table>(answers[0]);
        return Batch{
            .writes = {{.table = "model_version", .mode = Mode::replace, .columns = versions.columns, .rows = versions.rows, .scope = {}}},
            .rows = static_cast<std::int64_t>(versions.rows.size())};
      },
      .failed = {}};
}

}  // namespace gateway
