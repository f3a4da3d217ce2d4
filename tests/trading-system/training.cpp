// Each metric is an insert of its own, so their times differ a little, as in production.
#include "training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "prices.hpp"

namespace trading {

namespace {

struct Metric {
  const char* name;
  double relative;
};

constexpr std::array metrics{Metric{"accuracy", 1.0}, Metric{"precision", 0.98}, Metric{"recall", 0.95}, Metric{"f1_score", 0.965},
                             Metric{"roc_auc", 1.05}};

bool write_split(Database& database, Random& choices, const Training& training, const char* split, double level) {
  for (const Metric& metric : metrics) {
    const double value = std::clamp(level * metric.relative * choices.between(0.99, 1.01), 0.0, 1.0);
    const Parameter metadata = training.splits_named ? Parameter{nlohmann::json{{"dataset_split", split}}.dump()} : Parameter{};
    // An accuracy is what the active flag was decided by, so it stays exact.
    const double shown = metric.relative == 1.0 ? level : value;
    if (!database.write("INSERT INTO model_quality_metrics (model_version_id, metric_name, metric_value,"
                        " metric_type, evaluated_at, evaluation_dataset_size, metadata)"
                        " VALUES ($1, $2, $3, 'classification',"
                        " $4::timestamp + random() * interval '3 ms', $5, $6)",
                        {training.version_id, metric.name, decimal(shown), sql_time(training.trained_at),
                         std::to_string(400 + choices.index(1200)), metadata})) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool write_training(Database& database, Random& choices, const Training& training) {
  const bool active = training.accuracy >= accuracy_threshold;
  // NULL equals nothing, so a default model never takes the flag from the one before: as upstream.
  if (active && !database.write("UPDATE model_versions SET is_active = false, updated_at = $2"
                                " WHERE strategy_id = $1 AND is_active",
                                {training.strategy_id, sql_time(training.trained_at)})) {
    return false;
  }
  const auto second = static_cast<long long>(unix_seconds(training.trained_at));
  const std::string version = fmt::format("v{}", second);
  const nlohmann::json configuration{{"model_type", "xgboost"},
                                     {"task_type", "classification"},
                                     {"feature_count", 42},
                                     {"dataset_source", "feature-service"},
                                     {"dataset_id", training.version_id}};
  const std::string folder = training.strategy_id.value_or("default");
  if (!database.write("INSERT INTO model_versions (id, version, file_path, model_type, strategy_id, trained_at,"
                      " training_duration_seconds, training_dataset_size, training_config, is_active, created_at,"
                      " updated_at) VALUES ($1, $2, $3, 'xgboost', $4, $5, $6, $7, $8, $9, $5, $5)",
                      {training.version_id, version, fmt::format("/models/{}/{}.json", folder, version), training.strategy_id,
                       sql_time(training.trained_at), std::to_string(training.duration_s), std::to_string(4000 + choices.index(6000)),
                       configuration.dump(), active ? "true" : "false"})) {
    return false;
  }
  if (!write_split(database, choices, training, "validation", training.accuracy)) return false;
  return !training.with_test_split || write_split(database, choices, training, "test", training.accuracy * 0.985);
}

}  // namespace trading
