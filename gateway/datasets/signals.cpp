// postgres.signals: the newest 200 signals of every strategy. A cycle reads what came since the watermark; a refill, which
// finds each strategy's newest rows by index, comes first, after a truncation, and every ten minutes, for what was deleted.
#include <fmt/format.h>

#include <algorithm>

#include "datasets/catalogue.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"

namespace gateway {
namespace {

constexpr std::int64_t refill_after_s = 600;
constexpr std::int64_t chunk = 5000;
// Rows are written a moment after their timestamp, by clocks of their own: look back that far below the watermark.
constexpr double overlap_s = 120;

const std::string name = "postgres.signals";
const std::string columns = "t.signal_id::text AS signal_id, " + epoch("t.timestamp") + R"( AS time,
  t.strategy_id, t.asset, t.side, t.price, t.confidence,
  CASE WHEN t.is_warmup THEN 'warmup' WHEN t.model_version IS NULL THEN 'rule' ELSE 'model' END AS kind,
  t.model_version, t.is_warmup,
  CASE WHEN jsonb_typeof(t.metadata->'reasoning') = 'string' THEN left(t.metadata->>'reasoning', 4000) END AS reasoning,
  CASE WHEN jsonb_typeof(t.market_data_snapshot->'spread') = 'number' THEN (t.market_data_snapshot->>'spread')::numeric END AS spread,
  CASE WHEN jsonb_typeof(t.market_data_snapshot->'volume_24h') = 'number' THEN (t.market_data_snapshot->>'volume_24h')::numeric END AS volume_1m,
  CASE WHEN jsonb_typeof(t.market_data_snapshot->'volatility') = 'number' THEN (t.market_data_snapshot->>'volatility')::numeric END AS volatility_1m,
  t.trace_id)";

SqlRequest newest() {
  return {
      "SELECT extract(epoch FROM max(timestamp)) AS newest, extract(epoch FROM now()) AS now FROM trading_signals "
      "WHERE timestamp <= now() AT TIME ZONE 'UTC'",
      {}};
}

// Strategies are found by hopping through the index, not by reading the table.
SqlRequest refill() {
  return {fmt::format(R"(WITH RECURSIVE s AS (
    (SELECT strategy_id FROM trading_signals ORDER BY strategy_id LIMIT 1)
    UNION ALL
    SELECT (SELECT strategy_id FROM trading_signals WHERE strategy_id > s.strategy_id ORDER BY strategy_id LIMIT 1)
      FROM s WHERE s.strategy_id IS NOT NULL)
  SELECT {} FROM (SELECT strategy_id FROM s WHERE strategy_id IS NOT NULL LIMIT 200) s
  CROSS JOIN LATERAL (SELECT * FROM trading_signals t WHERE t.strategy_id = s.strategy_id AND isfinite(t.timestamp)
                       ORDER BY t.timestamp DESC LIMIT 200) t)",
                      columns),
          {}};
}

SqlRequest since(double watermark) {
  return {fmt::format("SELECT {} FROM trading_signals t WHERE t.timestamp >= to_timestamp($1::float8) AT TIME ZONE 'UTC' "
                      "AND isfinite(t.timestamp) ORDER BY t.timestamp FETCH FIRST {} ROWS WITH TIES",
                      columns, chunk),
          {fmt::format("{:.6f}", watermark - overlap_s)}};
}

struct Reading {
  std::optional<double> watermark;
  std::optional<double> newest_held;
  bool refill = true;

  explicit Reading(const PriorState& prior) {
    watermark = number(prior.tables.at(0).at(0, "watermark"));
    const auto filled_at = number(prior.tables.at(0).at(0, "filled_at"));
    newest_held = number(prior.tables.at(1).rows.at(0).at(0));
    const auto since_fill = static_cast<double>(prior.now) - filled_at.value_or(0);
    refill = !watermark || !filled_at || since_fill > refill_after_s || since_fill < 0;
  }
};

}  // namespace

Source signals() {
  return {.name = name,
          .upstream = "postgres",
          .tables = {"signal", "cursor"},
          .row_count_sql = "SELECT count(*) FROM signal",
          .prior_state_sql =
              {read_cursors(name, {"watermark", "filled_at"}),
               // Of those that were not dated in the future. The watermark may be ahead of them, while a burst is read.
               "SELECT max(time) FROM signal WHERE time <= (SELECT value FROM cursor WHERE source = 'postgres.signals' AND name = "
               "'newest')"},
          .reads = {"trading_signals"},
          .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
            if (auto error = missing_columns(*prior.catalogue, "trading_signals",
                                             {"signal_id", "strategy_id", "asset", "side", "price", "confidence", "timestamp",
                                              "model_version", "is_warmup", "market_data_snapshot", "metadata", "trace_id"})) {
              return std::unexpected(*error);
            }
            const Reading reading(prior);
            std::vector<Request> requests{newest()};
            // A refill takes each strategy's newest rows; what came in between since the watermark is events all the same.
            if (reading.watermark) requests.emplace_back(since(*reading.watermark));
            if (reading.refill) requests.emplace_back(refill());
            return requests;
          },
          .parse = [](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
            const Reading reading(prior);
            const auto& head = std::get<Table>(answers[0]);
            if (head.empty()) return failure(ErrorClass::malformed, "trading_signals: expected a row with the newest time");
            const auto newest = number(head.at(0, "newest"));
            Batch batch;
            // The newest row of ours is gone upstream: rows were deleted, and only a refill knows which.
            constexpr double rounding = 0.001;
            const bool shrunk = !reading.refill && reading.newest_held && newest.value_or(0) < *reading.newest_held - rounding;
            if (shrunk) {
              batch.writes.push_back(write_cursor(name, "filled_at", std::int64_t{0}));
              batch.more = true;
              batch.answered = false;
              return batch;
            }
            auto watermark = newest;
            std::size_t next = 1;
            if (reading.watermark) {
              const auto& rows = std::get<Table>(answers[next++]);
              batch.rows += static_cast<std::int64_t>(rows.rows.size());
              batch.writes.push_back({.table = "signal", .mode = Mode::upsert, .columns = rows.columns, .rows = rows.rows, .scope = {}});
              if (const auto last = end_of_burst(rows, chunk, newest.value_or(0))) {
                batch.more = true;
                watermark = *last + overlap_s;
              }
            }
            if (reading.refill) {
              const auto& rows = std::get<Table>(answers[next]);
              batch.rows += static_cast<std::int64_t>(rows.rows.size());
              batch.writes.push_back({.table = "signal", .mode = Mode::replace, .columns = rows.columns, .rows = rows.rows, .scope = {}});
            }
            batch.writes.push_back(write_cursor(name, "newest", maybe(newest)));
            batch.writes.push_back(write_cursor(name, "watermark", watermark ? Value{*watermark} : Value{0.0}));
            if (reading.refill) batch.writes.push_back(write_cursor(name, "filled_at", prior.now));
            return batch;
          },
          .failed = {}};
}

}  // namespace gateway
