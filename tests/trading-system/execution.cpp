// The rows come from the orders table and not from the queue order-manager.order_events: two consumers on that queue
// would leave each of them half of the fills.
#include "execution.hpp"

#include <fmt/format.h>

#include <cmath>

#include "log.hpp"
#include "prices.hpp"

namespace trading {

using nlohmann::json;

json performance_of(Random& choices, const Execution& execution, double pnl_share) {
  const double slippage = execution.price - execution.signal_price;
  json performance{{"slippage", std::round(slippage * 1e8) / 1e8},
                   {"slippage_percent", std::round(slippage / execution.signal_price * 1e6) / 1e4},
                   {"realized_pnl", nullptr},
                   {"return_percent", nullptr}};
  const double value = execution.price * execution.quantity;
  const double result = std::round(value * choices.between(-0.02, 0.027) * 1e4) / 1e4;
  const double draw = choices.between(0, 1);
  if (draw < pnl_share) {
    performance["realized_pnl"] = result;
    performance["return_percent"] = std::round(result / value * 1e6) / 1e4;
  } else if (draw < pnl_share + 0.03) {
    performance["realized_pnl"] = fmt::format("{:.4f}", result);
  } else if (draw < pnl_share + 0.04) {
    performance["realized_pnl"] = "n/a";
  }
  return performance;
}

bool write_execution(Database& database, const Execution& execution, const json& performance) {
  return database.write(
      "INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity,"
      " execution_fees, executed_at, signal_price, signal_timestamp, performance, created_at)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
      " CASE WHEN $8::timestamp < now() - interval '1 hour' THEN $8::timestamp + interval '1 second' ELSE now() END)",
      {execution.signal_id, execution.strategy_id, execution.asset, execution.side, decimal(execution.price), decimal(execution.quantity),
       decimal(execution.fees), execution.executed_at, decimal(execution.signal_price), execution.signal_timestamp, performance.dump()});
}

void write_missing_executions(Database& database, Random& choices, double pnl_share) {
  // One letter of the id decides who gets the fill, so it decides the same in every round.
  const auto fills = database.run(
      "SELECT o.signal_id, coalesce(s.strategy_id, 'unknown'), o.asset, lower(o.side), o.average_price,"
      " o.filled_quantity, coalesce(o.fees, 0), o.executed_at, coalesce(s.price, o.average_price),"
      " coalesce(s.timestamp, o.created_at)"
      " FROM orders o LEFT JOIN trading_signals s ON s.signal_id = o.signal_id"
      " WHERE o.created_at > now() - interval '15 minutes' AND o.status = 'filled' AND o.average_price > 0"
      " AND coalesce(o.fees, 0) >= 0 AND right(o.id::text, 1) NOT IN ('0', '7', 'e')"
      " AND NOT EXISTS (SELECT FROM execution_events e WHERE e.signal_id = o.signal_id)"
      " ORDER BY o.created_at LIMIT 50");
  if (!fills) return;
  for (int row = 0; row < fills->count(); ++row) {
    const Execution execution{fills->text(row, 0),   fills->text(row, 1),   fills->text(row, 2),   fills->text(row, 3),
                              fills->number(row, 4), fills->number(row, 5), fills->number(row, 6), fills->text(row, 7),
                              fills->number(row, 8), fills->text(row, 9)};
    const json performance = performance_of(choices, execution, pnl_share);
    if (!write_execution(database, execution, performance)) return;
    // A message that is delivered twice is stored twice: nothing is unique in that table.
    if (choices.chance(0.05)) write_execution(database, execution, performance);
  }
}

}  // namespace trading
