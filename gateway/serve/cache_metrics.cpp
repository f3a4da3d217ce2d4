#include "serve/cache_metrics.hpp"

#include <array>

#include "cache/cache_file.hpp"
#include "cache/database.hpp"
#include "serve/metric.hpp"

namespace gateway {
namespace {

using Families = std::vector<prometheus::MetricFamily>;
constexpr auto counter = prometheus::MetricType::Counter;
constexpr auto gauge = prometheus::MetricType::Gauge;

struct Column {
  const char *column, *metric, *help;
  prometheus::MetricType type = gauge;
  double unit = 1;
};

// One metric a column, one sample a row. `label`: the column that tells rows apart; nullptr: there is one row.
void add_columns(Families& families, const Table& table, const char* label, std::span<const Column> columns) {
  for (const auto& [column, name, help, type, unit] : columns) {
    Metric metric(name, help, type);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      Metric::Labels labels;
      if (label != nullptr) labels.emplace_back(label, text(table.at(row, label)).value_or(""));
      metric.add(labels, table.at(row, column), unit);
    }
    families.push_back(std::move(metric).family());
  }
}

// A word as one sample for each word that it can be, 1 for the one that it is: an alert then needs no number to mean a word.
void add_word(Families& families, const Table& table, const char* label, const char* column, std::span<const char* const> words,
              Metric metric) {
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto found = text(table.at(row, column));
    for (const auto* word : words) {
      Metric::Labels labels;
      if (label != nullptr) labels.emplace_back(label, text(table.at(row, label)).value_or(""));
      labels.emplace_back(column, word);
      metric.add(labels, found == word ? 1.0 : 0.0);
    }
  }
  families.push_back(std::move(metric).family());
}

constexpr std::array freshness_words{"fresh", "stale", "never", "off", "missing"};
constexpr std::array status_words{"healthy", "degraded", "unhealthy", "unknown"};

constexpr std::array gateway_columns{
    Column{"started_at", "cache_gateway_start_timestamp_seconds", "When the gateway that published the cache started."},
    Column{"published_at", "cache_gateway_published_timestamp_seconds", "When the cache was published."},
    Column{"age_s", "cache_gateway_publish_age_seconds", "Time since the cache was published."},
    Column{"publish_count", "cache_gateway_publishes_total", "Publishes since the start.", counter},
    Column{"published_bytes", "cache_gateway_published_bytes_total", "Bytes published since the start, to memory as a rule.", counter},
    Column{"saved_bytes", "cache_gateway_saved_bytes_total", "Bytes saved to the disk since the start.", counter},
    Column{"file_bytes", "cache_gateway_cache_size_bytes", "Size of the cache file."},
    Column{"saved_at", "cache_gateway_saved_timestamp_seconds", "When the cache was last saved to disk."},
    Column{"unsaved_s", "cache_gateway_unsaved_seconds", "How much of the published data a power cut would lose."},
    Column{"in_maintenance", "cache_gateway_maintenance", "1 during a planned outage announced by an operator."},
    Column{"loop_max_ms", "cache_gateway_loop_longest_turn_seconds", "Longest time that one task blocked the loop.", gauge, 1e-3}};

constexpr std::array source_columns{
    Column{"age_s", "cache_gateway_source_age_seconds",
           "Time since the request of a source's last success was sent, plus the age of the answer."},
    Column{"last_success_at", "cache_gateway_source_last_success_timestamp_seconds",
           "When the request of the last success was sent, less the age of the answer."},
    Column{"stale_after_s", "cache_gateway_source_stale_after_seconds", "Age at which a source counts as stale."},
    Column{"rows", "cache_gateway_source_rows", "Rows of a source in the cache."},
    Column{"consecutive_failures", "cache_gateway_source_consecutive_failures", "Failed attempts since the last success."}};

constexpr std::array outage_columns{Column{"open", "cache_gateway_outage_open", "1 while an outage of the upstream lasts."}};
constexpr std::array queue_columns{
    Column{"queues", "cache_gateway_queues", "Queues by verdict: ok, lagging, or unknown (also while their source is not fresh)."}};

void read_cache(Families& families, SQLite::Database& database) {
  add_columns(families,
              read_table(database,
                         "SELECT g.*, s.published_bytes, s.saved_bytes, g.maintenance IS NOT NULL AS in_maintenance FROM gateway g CROSS "
                         "JOIN gateway_state s"),
              nullptr, gateway_columns);
  const auto sources = read_table(database, "SELECT * FROM source_status LIMIT 500");
  add_columns(families, sources, "source", source_columns);
  add_word(families, sources, "source", "freshness", freshness_words,
           {"cache_gateway_source_freshness", "1 for the freshness that a source has, 0 for the others."});
  add_word(families,
           read_table(database, "SELECT service, effective_status AS status FROM service_health WHERE freshness <> 'off' LIMIT 500"),
           "service", "status", status_words, {"cache_gateway_service_status", "1 for the status that a service has, 0 for the others."});
  add_word(families, read_table(database, "SELECT status FROM system_health"), nullptr, "status", status_words,
           {"cache_gateway_system_status", "1 for the status that the whole system has, 0 for the others."});
  add_columns(families,
              read_table(database,
                         "SELECT upstream, EXISTS (SELECT 1 FROM outage o WHERE o.upstream = s.upstream AND ended_at IS NULL) AS open "
                         "FROM (SELECT DISTINCT upstream FROM source_status) s LIMIT 500"),
              "upstream", outage_columns);
  add_columns(families,
              read_table(database,
                         "SELECT column1 AS lag, (SELECT count(*) FROM queue_now WHERE lag = column1) AS queues "
                         "FROM (VALUES ('ok'), ('lagging'), ('unknown'))"),
              "lag", queue_columns);
}

}  // namespace

std::vector<prometheus::MetricFamily> cache_metrics(const std::filesystem::path& cache) {
  Families families;
  bool readable = true;
  try {
    auto database = open_published(cache);
    read_cache(families, database);
  } catch (const SQLite::Exception&) {
    families.clear();
    readable = false;
  }
  Metric metric("cache_gateway_cache_readable", "Whether the published cache file can be read.");
  metric.add({}, readable ? 1.0 : 0.0);
  families.push_back(std::move(metric).family());
  return families;
}

}  // namespace gateway
