#include "datasets/quality_sql.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "datasets/catalogue.hpp"

namespace gateway {
namespace {

// Where no signal tells, an execution of it may.
std::string strategy_of(const QualityTable& table, const Catalogue& catalogue) {
  const Columns t(catalogue, table.table, "t");
  if (table.kind == "executions") return fmt::format("nullif({}, 'unknown')", t.text("strategy_id"));
  std::string sources;
  if (!missing_columns(catalogue, "trading_signals", {"signal_id", "strategy_id"})) {
    const Columns s(catalogue, "trading_signals", "s");
    sources +=
        fmt::format("(SELECT {} FROM trading_signals s WHERE {} LIMIT 1), ", s.text("strategy_id"), s.equals("signal_id", t, "signal_id"));
  }
  if (!missing_columns(catalogue, "execution_events", {"signal_id", "strategy_id"})) {
    const Columns e(catalogue, "execution_events", "e");
    sources += fmt::format("(SELECT nullif({}, 'unknown') FROM execution_events e WHERE {} ORDER BY e.executed_at DESC LIMIT 1), ",
                           e.text("strategy_id"), e.equals("signal_id", t, "signal_id"));
  }
  return "coalesce(" + sources + "NULL::text)";
}

std::string columns_of(const QualityTable& table, const Catalogue& catalogue) {
  const Columns t(catalogue, table.table, "t");
  const auto strategy = fmt::format("coalesce({}, '(unknown)') AS strategy_id", strategy_of(table, catalogue));
  if (table.kind == "orders") {
    return fmt::format("{}, {} AS status, NOT coalesce({}, false) AND {} IS DISTINCT FROM 'dry_run' AS is_real, NULL::numeric AS pnl",
                       strategy, t.text("status"), t.flag("is_dry_run"), t.text("status"));
  }
  return fmt::format("{}, NULL::text AS status, true AS is_real, {} AS pnl", strategy, t.json_number("performance", "realized_pnl"));
}

}  // namespace

const std::vector<QualityTable>& quality_tables() {
  static const std::vector<QualityTable> tables{
      {"orders", "orders", "created_at", {"id", "signal_id", "status", "is_dry_run", "created_at"}},
      {"executions", "execution_events", "executed_at", {"id", "signal_id", "strategy_id", "executed_at", "performance"}},
  };
  return tables;
}

QualitySql::QualitySql(const QualityTable& table, const Catalogue& catalogue)
    : table_(table), order_(catalogue, table.table, "t", table.time, "id"), columns_(columns_of(table, catalogue)) {}

std::string QualitySql::hour_of(const std::string& time) { return fmt::format("extract(epoch FROM date_trunc('hour', {}))::bigint", time); }

// `from`: rows with at, hour, and the columns above. A number that no sum of doubles can hold is none: one such row must not
// take the whole hour away.
std::string QualitySql::sums(const std::string& hour, const std::string& from) const {
  return fmt::format(
      "SELECT '{0}'::text AS kind, hour, strategy_id, {1} AS orders, count(*) FILTER (WHERE status = 'filled') AS filled_orders, "
      "{2} AS open_orders, count(pnl) AS pnl_orders, count(*) FILTER (WHERE pnl > 0) AS successful_orders, coalesce(sum(pnl), 0)::float8 "
      "AS "
      "pnl FROM (SELECT {3} AS hour, strategy_id, status, CASE WHEN abs(pnl) < 1e300 THEN pnl END AS pnl FROM {4} WHERE is_real) r "
      "GROUP BY hour, strategy_id",
      table_.kind, table_.kind == "orders" ? "count(*)" : "0::bigint",
      table_.kind == "orders" ? "count(*) FILTER (WHERE status IS NULL OR status NOT IN ('filled', 'cancelled', 'rejected'))" : "0::bigint",
      hour, from);
}

// `keys`: those of TimeOrder; `end`: the way that leads from the last of them to the first.
SqlRequest QualitySql::run(std::string name, const std::string& keys, const char* end, const std::string& hour,
                           Parameters& parameters) const {
  return {.sql = fmt::format(
              "WITH {0}, step AS MATERIALIZED (SELECT {1} AS row_hour, {2} FROM {3} WHERE {4} = ANY(ARRAY(SELECT key FROM keys))), "
              "sums AS ({5}), ended AS (SELECT at, key FROM keys ORDER BY at {6}, key {6} LIMIT 1) "
              "SELECT s.*, extract(epoch FROM e.at) AS step_end, e.key AS step_end_id, {7} AS step_end_hour, "
              "(SELECT taken FROM reach) AS step_rows FROM (SELECT 1) one LEFT JOIN ended e ON true LEFT JOIN sums s ON true",
              keys, hour_of(order_.time()), columns_, order_.from(), order_.id(), sums(hour, "step"), end, hour_of("e.at")),
          .parameters = parameters.take(),
          .name = std::move(name)};
}

SqlRequest QualitySql::after(const Place& place, std::int64_t rows) const {
  Parameters parameters;
  const auto keys = order_.forward(place, rows, parameters);
  return run(table_.kind + ".after", keys, "DESC", "row_hour", parameters);
}

SqlRequest QualitySql::before(const Place& place, std::int64_t rows, std::int64_t settled_before) const {
  Parameters parameters;
  const auto keys = order_.backward(place, rows, {}, parameters);
  return run(table_.kind + ".pass", keys, "ASC", fmt::format("CASE WHEN row_hour < {} THEN 0 ELSE row_hour END", settled_before),
             parameters);
}

SqlRequest QualitySql::of_hours(const std::vector<std::int64_t>& hours) const {
  std::vector<std::string> ranges;
  for (const auto hour : hours) {
    ranges.push_back(fmt::format("{0} >= {1} AND {0} < {2}", order_.time(), order_.moment(std::to_string(hour)),
                                 order_.moment(std::to_string(hour + 3600))));
  }
  return {.sql = sums("row_hour", fmt::format("(SELECT {} AS row_hour, {} FROM {} WHERE {}) rows", hour_of(order_.time()), columns_,
                                              order_.from(), fmt::join(ranges, " OR "))),
          .parameters = {},
          .name = table_.kind + ".unfinished"};
}

}  // namespace gateway
