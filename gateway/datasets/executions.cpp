// postgres.executions: the execution events of the filled orders we hold, found by signal, and the newest 200. Where there
// is no table `orders` at all, each of those events stands for an order of its own.
#include <fmt/format.h>

#include "datasets/catalogue.hpp"
#include "datasets/cursor.hpp"
#include "datasets/datasets.hpp"

namespace gateway {
namespace {

const std::string columns = fmt::format(
    "e.id::text AS event_id, e.signal_id::text AS signal_id, e.strategy_id, e.asset, lower(e.side) AS side, e.execution_price AS price, "
    "e.execution_quantity AS quantity, e.execution_fees AS fees, {} AS executed_at, "
    "CASE WHEN jsonb_typeof(e.performance->'realized_pnl') = 'number' THEN (e.performance->>'realized_pnl')::numeric END AS realized_pnl",
    epoch("e.executed_at"));

bool without_orders(const PriorState& prior) { return is_absent(*prior.catalogue, "orders"); }

Write orders_of(const Table& events) {
  Write write{.table = "trade_order",
              .mode = Mode::upsert,
              .columns = {"id", "order_id", "signal_id", "strategy_id", "time", "asset", "side", "quantity", "status", "closure",
                          "changed_at", "filled_quantity", "average_price", "fees", "executed_at", "is_dry_run"},
              .rows = {},
              .scope = {}};
  for (std::size_t i = 0; i < events.rows.size(); ++i) {
    const auto at = [&](const char* column) { return events.at(i, column); };
    const auto id = "event:" + text(at("event_id")).value_or("");
    const auto strategy = text(at("strategy_id")) == "unknown" ? Value{} : at("strategy_id");
    write.rows.push_back({id, id, at("signal_id"), strategy, at("executed_at"), at("asset"), at("side"), at("quantity"),
                          std::string("filled"), std::string("filled"), at("executed_at"), at("quantity"), at("price"), at("fees"),
                          at("executed_at"), std::int64_t{0}});
  }
  return write;
}

}  // namespace

Source executions() {
  return {
      .name = "postgres.executions",
      .upstream = "postgres",
      .tables = {"execution", "trade_order"},
      .row_count_sql = "SELECT count(*) FROM execution",
      .prior_state_sql =
          {"SELECT DISTINCT signal_id FROM trade_order WHERE closure = 'filled' AND signal_id IS NOT NULL AND id NOT LIKE 'event:%'",
           "SELECT id FROM trade_order WHERE id LIKE 'event:%'"},
      .reads = {"execution_events", "orders"},
      .ask = [](const PriorState& prior) -> Result<std::vector<Request>> {
        if (auto error = missing_columns(*prior.catalogue, "execution_events",
                                         {"id", "signal_id", "strategy_id", "asset", "side", "execution_price", "execution_quantity",
                                          "execution_fees", "executed_at", "performance"})) {
          return std::unexpected(*error);
        }
        std::vector<std::string> signals;
        for (const auto& row : prior.tables.at(0).rows) signals.push_back(text(row.at(0)).value_or(""));
        return std::vector<Request>{SqlRequest{
            fmt::format("SELECT {0} FROM execution_events e WHERE e.signal_id = ANY($1::uuid[]) UNION "
                        "(SELECT {0} FROM execution_events e WHERE isfinite(e.executed_at) ORDER BY e.executed_at DESC LIMIT 200)",
                        columns),
            {array_literal(signals)}}};
      },
      .parse = [](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
        const auto& events = std::get<Table>(answers[0]);
        Batch batch;
        batch.rows = static_cast<std::int64_t>(events.rows.size());
        batch.writes.push_back({.table = "execution", .mode = Mode::replace, .columns = events.columns, .rows = events.rows, .scope = {}});
        if (prior.catalogue != nullptr && without_orders(prior)) {
          batch.writes.push_back(orders_of(events));
        } else {  // the table is back: its rows take over
          Write erase{.table = "trade_order", .mode = Mode::erase, .columns = {"id"}, .rows = prior.tables.at(1).rows, .scope = {}};
          batch.writes.push_back(std::move(erase));
        }
        return batch;
      },
      .failed = {}};
}

}  // namespace gateway
