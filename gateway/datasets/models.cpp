// postgres.models: the newest 500 model versions and all active ones, each with the metrics of its test split, or of
// validation where there is no test. The table is small: a row a completed training.
#include <fmt/format.h>

#include "datasets/catalogue.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"

namespace gateway {
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
        const bool metrics = !missing_columns(*prior.catalogue, "model_quality_metrics", needs);
        // Each metric is a row of its own; a version's are grouped by split, never by time. Of repeats the newest counts.
        const std::string measured =
            metrics ? "LEFT JOIN LATERAL (SELECT split, "
                      "(array_agg(metric_value ORDER BY evaluated_at DESC) FILTER (WHERE metric_name = 'accuracy'))[1] AS accuracy, "
                      "(array_agg(metric_value ORDER BY evaluated_at DESC) FILTER (WHERE metric_name = 'precision'))[1] AS precision, "
                      "(array_agg(metric_value ORDER BY evaluated_at DESC) FILTER (WHERE metric_name = 'recall'))[1] AS recall, "
                      "(array_agg(metric_value ORDER BY evaluated_at DESC) FILTER (WHERE metric_name = 'f1_score'))[1] AS f1_score, "
                      "(array_agg(metric_value ORDER BY evaluated_at DESC) FILTER (WHERE metric_name = 'roc_auc'))[1] AS roc_auc "
                      "FROM (SELECT *, coalesce(metadata->>'dataset_split', 'unsplit') AS split FROM model_quality_metrics q "
                      "WHERE q.model_version_id = m.id AND q.metric_type = 'classification') q "
                      "GROUP BY split ORDER BY array_position(ARRAY['test', 'validation'], split) NULLS LAST LIMIT 1) q ON true"
                    : "CROSS JOIN (SELECT NULL::text AS split, NULL::numeric AS accuracy, NULL::numeric AS precision, NULL::numeric AS "
                      "recall, NULL::numeric AS f1_score, NULL::numeric AS roc_auc) q";
        return std::vector<Request>{SqlRequest{
            fmt::format(
                "SELECT m.version, coalesce(m.strategy_id, '(default)') AS strategy_id, m.model_type, {} AS trained_at, "
                "m.training_duration_seconds AS training_duration_s, m.training_dataset_size, m.is_active, "
                "f.is_first, q.accuracy, q.precision, q.recall, q.f1_score, q.roc_auc, q.split AS metrics_split FROM model_versions m "
                // One pass over the table: a look back for each version would be quadratic.
                "JOIN (SELECT id, row_number() OVER (PARTITION BY strategy_id ORDER BY trained_at, id) = 1 AS is_first "
                "FROM model_versions) f ON f.id = m.id {} "
                "WHERE m.is_active OR m.id IN (SELECT id FROM model_versions WHERE isfinite(trained_at) ORDER BY "
                "trained_at DESC LIMIT 500)",
                epoch("m.trained_at"), measured),
            {}}};
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
