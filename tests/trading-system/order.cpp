// Making and storing orders.
#include "order.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "prices.hpp"
#include "texts.hpp"

namespace trading {

using nlohmann::json;

namespace {

Parameter decimal_or_null(const std::optional<double>& value) { return value ? Parameter{decimal(*value)} : Parameter{}; }

json text_or_null(const std::optional<double>& value) { return value ? json(decimal(*value)) : json(nullptr); }

}  // namespace

Order new_order(Random& choices, Random& ids, const Demand& demand, Time time) {
  const double market = market_price(demand.asset, time);
  Order order;
  order.id = ids.uuid();
  order.order_id = ids.uuid();
  order.signal_id = demand.signal_id;
  order.asset = demand.asset;
  order.side = demand.side == "buy" ? "Buy" : "SELL";
  order.order_type = choices.chance(0.6) ? "Market" : "Limit";
  order.quantity = std::max(demand.amount / market, 0.00001);
  if (order.order_type == "Limit") {
    order.price = market * (demand.side == "buy" ? 0.9995 : 1.0005);
  } else if (choices.chance(0.5)) {
    order.price = market;
  }
  order.created_at = time;
  order.updated_at = time;
  order.trace_id = demand.trace_id;
  return order;
}

Order dry_run_of(Random& ids, Order order) {
  order.order_id = "DRY-RUN-" + ids.uuid();
  order.status = "dry_run";
  order.is_dry_run = true;
  return order;
}

Order rejected(Random& choices, const Demand& demand, Order order) {
  order.order_id = "REJECTED-" + demand.signal_id;
  order.status = "rejected";
  order.rejection_reason = rejection_reason(choices, demand.asset, demand.amount);
  return order;
}

void fill(Random& choices, Order& order, Time time) {
  order.status = "filled";
  order.filled_quantity = order.quantity;
  order.average_price = market_price(order.asset, time) * choices.between(0.9997, 1.0003);
  order.executed_at = time;
  order.updated_at = time;
  const double value = order.quantity * *order.average_price;
  const double draw = choices.between(0, 1);
  if (draw < 0.8) {
    order.fees = value * 0.0006;
  } else if (draw < 0.9) {
    order.fees = value * -0.0001;
  } else {
    order.fees.reset();
  }
}

bool write_order(Database& database, const Order& order) {
  // A signal that is refused again meets its own synthetic id: only then the row exists.
  return database.write(
      "INSERT INTO orders (id, order_id, signal_id, asset, side, order_type, quantity, price, status,"
      " filled_quantity, average_price, fees, created_at, updated_at, executed_at, trace_id, is_dry_run,"
      " rejection_reason)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
      " ON CONFLICT (order_id) DO UPDATE SET updated_at = EXCLUDED.updated_at,"
      " rejection_reason = EXCLUDED.rejection_reason",
      {order.id, order.order_id, order.signal_id, order.asset, order.side, order.order_type, decimal(order.quantity),
       decimal_or_null(order.price), order.status, decimal(order.filled_quantity), decimal_or_null(order.average_price),
       decimal_or_null(order.fees), sql_time(order.created_at), sql_time(order.updated_at),
       order.executed_at ? Parameter{sql_time(*order.executed_at)} : Parameter{}, order.trace_id, order.is_dry_run ? "true" : "false",
       order.rejection_reason});
}

bool write_relationship(Database& database, const Order& order) {
  return database.write(
      "INSERT INTO signal_order_relationships (signal_id, order_id, relationship_type, execution_sequence, created_at)"
      " SELECT signal_id, id, 'one_to_one', 1, created_at FROM orders WHERE order_id = $1"
      " ON CONFLICT (signal_id, order_id) DO NOTHING",
      {order.order_id});
}

json order_event(const std::string& event_type, const Order& order) {
  return {{"event_type", event_type},
          {"order",
           {{"id", order.id},
            {"order_id", order.order_id},
            {"signal_id", order.signal_id},
            {"asset", order.asset},
            {"side", order.side},
            {"order_type", order.order_type},
            {"status", order.status},
            {"quantity", decimal(order.quantity)},
            {"price", text_or_null(order.price)},
            {"filled_quantity", decimal(order.filled_quantity)},
            {"average_price", text_or_null(order.average_price)},
            {"fees", text_or_null(order.fees)},
            {"rejection_reason", order.rejection_reason ? json(*order.rejection_reason) : json(nullptr)}}},
          {"trace_id", order.trace_id},
          {"timestamp", zulu_iso(Clock::now())}};
}

}  // namespace trading
