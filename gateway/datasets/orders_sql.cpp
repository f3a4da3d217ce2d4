#include "datasets/orders_sql.hpp"

#include <fmt/format.h>

#include "datasets/catalogue.hpp"

namespace gateway {
namespace {

std::string closure_of(const Columns& o) {
  // Unknown status texts count as open: nothing says that they ended.
  return fmt::format(
      "CASE WHEN {0} OR {1} = 'dry_run' THEN 'dry_run' WHEN {1} IN ('filled', 'cancelled', 'rejected') THEN {1} ELSE 'open' END",
      o.flag("is_dry_run"), o.text("status"));
}

std::string columns_of(const Catalogue& catalogue, const std::string& closure) {
  const Columns o(catalogue, "orders", "o"), s(catalogue, "trading_signals", "s");
  // Where the signals cannot be read, whatever the reason, orders are shown without their strategy until they can.
  const bool signals = !missing_columns(catalogue, "trading_signals", {"signal_id", "strategy_id"});
  const auto strategy = signals ? fmt::format("(SELECT {} FROM trading_signals s WHERE {} LIMIT 1)", s.text("strategy_id"),
                                              s.equals("signal_id", o, "signal_id"))
                                : std::string("NULL::text");
  return fmt::format(
      "{} AS id, {} AS order_id, {} AS signal_id, {} AS strategy_id, {} AS time, {} AS asset, lower({}) AS side, {} AS order_type, "
      "{} AS quantity, {} AS price, {} AS status, {} AS closure, CASE WHEN {} = 'filled' THEN coalesce({}, {}) ELSE {} END AS changed_at, "
      "left({}, 4000) AS close_reason, {} AS filled_quantity, {} AS average_price, {} AS fees, {} AS executed_at, {} AS is_dry_run",
      o.text("id"), o.text("order_id"), o.text("signal_id"), strategy, o.time("created_at"), o.text("asset"), o.text("side"),
      o.text("order_type"), o.number("quantity"), o.number("price"), o.text("status"), closure, o.text("status"), o.time("executed_at"),
      o.time("updated_at"), o.time("updated_at"), o.text("rejection_reason"), o.number("filled_quantity"), o.number("average_price"),
      o.number("fees"), o.time("executed_at"), o.flag("is_dry_run"));
}

}  // namespace

OrdersSql::OrdersSql(const Catalogue& catalogue)
    : catalogue_(catalogue), order_(catalogue, "orders", "o", "created_at", "id"), closure_(closure_of(Columns(catalogue, "orders", "o"))) {
  columns_ = columns_of(catalogue, closure_);
}

SqlRequest OrdersSql::by_key(const std::vector<std::string>& keys) const {
  Parameters parameters;
  const auto among = Columns(catalogue_, "orders", "o").among("id", keys, parameters);
  return {.sql = fmt::format("SELECT {} FROM orders o WHERE {}", columns_, among), .parameters = parameters.take(), .name = "held"};
}

// The rows wanted are fetched by key: of a join the planner cannot know how few they are.
SqlRequest OrdersSql::step(const Step& step) const {
  Parameters parameters;
  std::string wanted = "true";
  for (const auto& [closure, time] : step.since) {
    const auto name = parameters.text(closure);
    wanted += fmt::format(" AND ({} <> {} OR {} >= {})", closure_, name, order_.time(), order_.moment(parameters.seconds(time)));
  }
  const auto keys = order_.backward(step.before, step.rows, ", " + wanted + " AS wanted", parameters);
  return {.sql = fmt::format(
              "WITH {0}, wanted AS MATERIALIZED (SELECT at, key FROM keys WHERE wanted ORDER BY at DESC, key DESC LIMIT {2}), "
              "counts AS (SELECT (SELECT count(*) FROM wanted) >= {2} AS cut, (SELECT taken FROM reach) >= {1} AS looked), "
              "ended AS (SELECT * FROM ((SELECT at, key FROM wanted WHERE (SELECT cut FROM counts) ORDER BY at, key LIMIT 1) UNION ALL "
              "(SELECT at, key FROM keys WHERE NOT (SELECT cut FROM counts) ORDER BY at, key LIMIT 1)) e) "
              "SELECT x.*, extract(epoch FROM e.at) AS step_end, e.key AS step_end_id, (SELECT cut OR looked FROM counts) AS further "
              "FROM ended e LEFT JOIN LATERAL (SELECT {3} FROM orders o WHERE o.id = ANY(ARRAY(SELECT key FROM wanted))) x ON true",
              keys, step.rows, step.wanted, columns_),
          .parameters = parameters.take(),
          .name = "pass"};
}

}  // namespace gateway
