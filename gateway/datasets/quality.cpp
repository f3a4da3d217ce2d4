// postgres.quality: hourly sums of orders and of execution events, from which totals follow. Closed hours are read once, in
// bounded steps back in time; what can still change is read each cycle: the last hours, and those with open orders.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/catalogue.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"

namespace gateway {
namespace {

const std::string name = "postgres.quality";
constexpr int step_rows = 20000;
constexpr std::int64_t open_hours = 2;  // the current one and the one before: executions are written with a delay

// The two tables summed. Both give the same columns, so that one mapping serves.
struct Kind {
  const char* name;
  const char* table;
  const char* time;
  std::vector<std::string> needs;
};

const Kind kinds[] = {
    {"orders", "orders", "created_at", {"id", "signal_id", "status", "is_dry_run", "created_at"}},
    {"executions", "execution_events", "executed_at", {"id", "signal_id", "strategy_id", "executed_at", "performance"}},
};

std::string strategy_of(const Kind& kind, const Catalogue& catalogue) {
  if (kind.name == std::string("executions")) return "nullif(t.strategy_id, 'unknown')";
  std::string sources;
  if (!missing_columns(catalogue, "trading_signals", {"signal_id", "strategy_id"})) {
    sources += "(SELECT s.strategy_id FROM trading_signals s WHERE s.signal_id = t.signal_id LIMIT 1), ";
  }
  if (!missing_columns(catalogue, "execution_events", {"signal_id", "strategy_id"})) {
    sources +=
        "(SELECT nullif(e.strategy_id, 'unknown') FROM execution_events e WHERE e.signal_id = t.signal_id ORDER BY e.executed_at DESC "
        "LIMIT 1), ";
  }
  return "coalesce(" + sources + "NULL::text)";
}

std::string sums(const Kind& kind, const Catalogue& catalogue, const std::string& where) {
  const bool orders = kind.name == std::string("orders");
  const std::string counted =
      orders ? "count(*) AS orders, count(*) FILTER (WHERE t.status = 'filled') AS filled_orders, "
               "count(*) FILTER (WHERE t.status NOT IN ('filled', 'cancelled', 'rejected')) AS open_orders, "
               "0::bigint AS pnl_orders, 0::bigint AS successful_orders, 0::float8 AS pnl"
             : "0::bigint AS orders, 0::bigint AS filled_orders, 0::bigint AS open_orders, count(p.pnl) AS pnl_orders, "
               "count(*) FILTER (WHERE p.pnl > 0) AS successful_orders, coalesce(sum(p.pnl), 0) AS pnl";
  // A number that no sum of doubles can hold is none: one such row must not take the whole hour away.
  const std::string pnl = orders ? ""
                                 : "CROSS JOIN LATERAL (SELECT CASE WHEN jsonb_typeof(t.performance->'realized_pnl') = 'number' "
                                   "THEN CASE WHEN abs((t.performance->>'realized_pnl')::numeric) < 1e300 THEN "
                                   "(t.performance->>'realized_pnl')::numeric END END AS pnl) p ";
  const std::string real = orders ? " AND NOT t.is_dry_run AND t.status <> 'dry_run'" : "";
  return fmt::format(
      "SELECT '{}'::text AS kind, extract(epoch FROM date_trunc('hour', t.{}))::bigint AS hour, coalesce({}, '(unknown)') AS strategy_id, "
      "{} "
      "FROM {} t {}WHERE isfinite(t.{}) AND ({}){} GROUP BY 2, 3",
      kind.name, kind.time, strategy_of(kind, catalogue), counted, kind.table, pnl, kind.time, where, real);
}

struct Reading {
  bool first = true;                // nothing read yet, or too long ago
  std::optional<double> fill_from;  // the hours from here on are read; NULL: all are
  std::optional<double> newest;     // row, when last looked
  std::int64_t now_hour = 0;
  std::vector<std::int64_t> hours;  // to be read again

  Reading(const PriorState& prior, std::size_t kind) {
    const std::string prefix = kinds[kind].name;
    const auto& cursors = prior.tables.at(0);
    // Beyond the longest pause all is read anew, in steps, instead of very many hours at once.
    constexpr std::int64_t longest_pause_s = 14 * std::int64_t{86400};
    const auto read_at = integer(cursors.at(0, prefix + ".read_at"));
    first = !read_at || *read_at < prior.now - longest_pause_s;
    if (!first) fill_from = number(cursors.at(0, prefix + ".fill_from"));
    newest = number(cursors.at(0, prefix + ".newest"));
    now_hour = prior.now / 3600 * 3600;
    for (std::int64_t h = 0; h < open_hours; ++h) hours.push_back(now_hour - h * 3600);
    for (const auto& row : prior.tables.at(1).rows) {
      if (!first && text(row.at(0)) == prefix) hours.push_back(integer(row.at(1)).value_or(0));
    }
    // After a pause: every hour since the last look.
    if (!first) {
      for (auto h = *read_at / 3600 * 3600 - 3600; h < now_hour; h += 3600) hours.push_back(h);
    }
    std::ranges::sort(hours);
    hours.erase(std::unique(hours.begin(), hours.end()), hours.end());
  }
};

std::string in_hours(const Kind& kind, const std::vector<std::int64_t>& hours) {
  // Neighbouring hours are one range: the condition stays short however long the pause was.
  std::string where;
  for (std::size_t i = 0; i < hours.size();) {
    std::size_t j = i;
    while (j + 1 < hours.size() && hours[j + 1] == hours[j] + 3600) ++j;
    where += fmt::format("{}t.{} >= to_timestamp({}) AT TIME ZONE 'UTC' AND t.{} < to_timestamp({}) AT TIME ZONE 'UTC'",
                         where.empty() ? "" : " OR ", kind.time, hours[i], kind.time, hours[j] + 3600);
    i = j + 1;
  }
  return where;
}

// What a step back covers: from the start of the hour of the row 20,000 rows earlier.
std::string step_start(const Kind& kind, double before) {
  return fmt::format(
      "coalesce((SELECT date_trunc('hour', {0}) FROM {1} WHERE isfinite({0}) AND {0} < to_timestamp({2:.0f}) AT TIME ZONE 'UTC' "
      "ORDER BY {0} DESC OFFSET {3} LIMIT 1), '-infinity'::timestamp)",
      kind.time, kind.table, before, step_rows);
}

Result<std::vector<Request>> ask(const PriorState& prior) {
  const auto& catalogue = *prior.catalogue;
  // Only where a table is absent the other does alone; what is forbidden is a fault. So are forbidden signals: hours summed
  // without them would lack the strategy for good.
  if (auto error = forbidden(catalogue, "trading_signals", {"signal_id", "strategy_id"})) return std::unexpected(*error);
  std::optional<Error> error;
  int readable = 0;
  for (const auto& kind : kinds) {
    const auto fault = missing_columns(catalogue, kind.table, kind.needs);
    if (fault && fault->kind != ErrorClass::missing) return std::unexpected(*fault);
    if (fault) error = fault;
    readable += fault ? 0 : 1;
  }
  if (readable == 0) return std::unexpected(*error);
  std::vector<Request> requests;
  for (std::size_t k = 0; k < std::size(kinds); ++k) {
    const auto& kind = kinds[k];
    if (missing_columns(catalogue, kind.table, kind.needs)) {
      const std::string none =
          "SELECT NULL::text AS kind, 0::bigint AS hour, NULL::text AS strategy_id, 0::bigint AS orders, 0::bigint AS filled_orders, "
          "0::bigint AS open_orders, "
          "0::bigint AS pnl_orders, 0::bigint AS successful_orders, 0::float8 AS pnl WHERE false";
      requests.emplace_back(SqlRequest{"SELECT NULL::numeric AS newest, NULL::numeric AS step_from", {}});
      requests.emplace_back(SqlRequest{none, {}});
      requests.emplace_back(SqlRequest{none, {}});
      continue;
    }
    const Reading reading(prior, k);
    const bool filling = reading.first || reading.fill_from;
    const double before = reading.fill_from.value_or(static_cast<double>(reading.hours.front()));
    requests.emplace_back(SqlRequest{
        fmt::format(
            "SELECT (SELECT extract(epoch FROM max({0})) FROM {1} WHERE {0} <= now() AT TIME ZONE 'UTC') AS newest, {2} AS step_from",
            kind.time, kind.table,
            filling ? fmt::format("(SELECT CASE WHEN isfinite(s) THEN extract(epoch FROM s) END FROM (SELECT {} AS s) x)",
                                  step_start(kind, before))
                    : "NULL::numeric"),
        {}});
    requests.emplace_back(SqlRequest{sums(kind, catalogue, in_hours(kind, reading.hours)), {}});
    requests.emplace_back(SqlRequest{sums(kind, catalogue,
                                          filling ? fmt::format("t.{0} >= {1} AND t.{0} < to_timestamp({2:.0f}) AT TIME ZONE 'UTC'",
                                                                kind.time, step_start(kind, before), before)
                                                  : "false"),
                                     {}});
  }
  return requests;
}

Result<Batch> parse(const PriorState& prior, std::span<const Answer> answers) {
  Batch batch;
  for (std::size_t k = 0; k < std::size(kinds); ++k) {
    const std::string prefix = kinds[k].name;
    const Reading reading(prior, k);
    const auto& head = std::get<Table>(answers[3 * k]);
    const auto& current = std::get<Table>(answers[3 * k + 1]);
    const auto& step = std::get<Table>(answers[3 * k + 2]);
    if (head.empty()) return failure(ErrorClass::malformed, prefix + ": expected a row with the newest time");
    const auto newest = number(head.at(0, "newest"));
    const auto cursor = [&](const char* which, Value value) {
      batch.writes.push_back(write_cursor(name, prefix + which, std::move(value)));
    };
    constexpr double rounding = 0.001;
    if (!reading.first && reading.newest && newest.value_or(0) < *reading.newest - rounding) {
      // Rows were deleted: what is summed up cannot be trusted any more; begin anew at once.
      cursor(".read_at", {});
      cursor(".fill_from", {});
      cursor(".newest", {});
      batch.more = true;
      batch.answered = false;
      continue;
    }
    if (reading.first) {  // what a reset left behind goes with the first sums that replace it
      batch.writes.push_back({.table = "quality_hour",
                              .mode = Mode::replace,
                              .columns = {"kind", "hour", "strategy_id"},
                              .rows = {},
                              .scope = {{"kind", prefix}}});
    }
    for (const auto hour : reading.hours) {
      Write hourly{.table = "quality_hour",
                   .mode = Mode::replace,
                   .columns = current.columns,
                   .rows = {},
                   .scope = {{"kind", prefix}, {"hour", hour}}};
      for (std::size_t i = 0; i < current.rows.size(); ++i) {
        if (integer(current.at(i, "hour")) == hour) hourly.rows.push_back(current.rows[i]);
      }
      batch.writes.push_back(std::move(hourly));
    }
    batch.writes.push_back({.table = "quality_hour", .mode = Mode::upsert, .columns = step.columns, .rows = step.rows, .scope = {}});
    batch.rows += static_cast<std::int64_t>(current.rows.size() + step.rows.size());
    if (reading.first || reading.fill_from) {
      const auto step_from = number(head.at(0, "step_from"));
      cursor(".fill_from", step_from ? Value{*step_from} : Value{});
      batch.more |= step_from.has_value();
    }
    cursor(".newest", newest ? Value{*newest} : Value{});
    cursor(".read_at", prior.now);
  }
  return batch;
}

}  // namespace

Source quality() {
  return {.name = name,
          .upstream = "postgres",
          .tables = {"quality_hour", "cursor"},
          .row_count_sql = "SELECT count(*) FROM quality_hour",
          .prior_state_sql =
              {read_cursors(name, {"orders.read_at", "orders.fill_from", "orders.newest", "executions.read_at", "executions.fill_from",
                                   "executions.newest"}),
               // The newest, and some of the others in turn, however many orders never end.
               "WITH unfinished AS (SELECT DISTINCT kind, hour FROM quality_hour WHERE open_orders > 0 AND hour > 0) "
               "SELECT * FROM (SELECT * FROM unfinished ORDER BY hour DESC LIMIT 50) UNION SELECT * FROM (SELECT * FROM unfinished "
               "ORDER BY random() "
               "LIMIT 50)"},
          .reads = {"orders", "execution_events", "trading_signals"},
          .ask = ask,
          .parse = parse,
          .failed = {}};
}

}  // namespace gateway
