// postgres.executions: the execution events of the filled orders we hold, found by signal, and the newest 200. Where there
// is no table `orders` at all, each of those events stands for an order of its own.
#include <fmt/format.h>

#include "datasets/catalogue.hpp"
#include "datasets/datasets.hpp"
#include "datasets/time_order.hpp"

namespace gateway {
namespace {

TimeOrder order_of(const Catalogue& catalogue) { return {catalogue, "execution_events", "e", "executed_at", "id"}; }

std::string columns(const Catalogue& catalogue) {
  const Columns e(catalogue, "execution_events", "e");
  return fmt::format(
      "{} AS event_id, {} AS signal_id, {} AS strategy_id, {} AS asset, lower({}) AS side, {} AS price, {} AS quantity, {} AS fees, "
      "{} AS executed_at, {} AS realized_pnl",
      e.text("id"), e.text("signal_id"), e.text("strategy_id"), e.text("asset"), e.text("side"), e.number("execution_price"),
      e.number("execution_quantity"), e.number("execution_fees"), e.time("executed_at"), e.json_number("performance", "realized_pnl"));
}

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
        if (auto error = unsuitable_columns(*prior.catalogue, "execution_events", {{"executed_at", As::time}}))
          return std::unexpected(*error);
        std::vector<std::string> signals;
        for (const auto& row : prior.tables.at(0).rows) signals.push_back(text(row.at(0)).value_or(""));
        const auto order = order_of(*prior.catalogue);
        Parameters parameters;
        const auto among = Columns(*prior.catalogue, "execution_events", "e").among("signal_id", signals, parameters);
        return std::vector<Request>{
            SqlRequest{.sql = fmt::format("SELECT {0} FROM {1} WHERE {2} UNION "
                                          "(SELECT {0} FROM {1} WHERE {3} ORDER BY {4} DESC LIMIT 200)",
                                          columns(*prior.catalogue), order.from(), among, order.not_ahead(), order.time()),
                       .parameters = parameters.take()}};
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
