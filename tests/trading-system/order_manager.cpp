// order-manager's work. A signal is acknowledged after its order is stored; while the database is away none is taken,
// so they wait in the queue, where an operator can see them.
#include "order_manager.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "prices.hpp"

namespace trading {

using nlohmann::json;
using enum QueueUse::Kind;

OrderManager::OrderManager(const Settings& settings, std::stop_token stop)
    : Service{
          settings,
          stop,
          {{"model-service.trading_signals", plain, true}, {"ws-gateway.order", bounded, true}, {"order-manager.order_events", plain}}} {}

bool OrderManager::store(const Order& order, const char* event_type) {
  if (!may_write()) return true;
  if (!write_order(database_, order)) return false;
  if (choices_.chance(0.9)) write_relationship(database_, order);
  publish("order-manager.order_events", order_event(event_type, order));
  return true;
}

// A newer signal on an asset makes a waiting limit order pointless, more often than not.
void OrderManager::supersede(const std::string& asset) {
  if (!may_write() || !choices_.chance(0.5)) return;
  database_.write(
      "UPDATE orders SET status = 'cancelled', updated_at = now()"
      " WHERE asset = $1 AND order_type = 'Limit' AND status IN ('pending', 'partially_filled')",
      {asset});
}

bool OrderManager::place(const Demand& demand) {
  const Time now = Clock::now();
  Order order = new_order(choices_, ids_, demand, now);
  const double draw = choices_.between(0, 1);
  if (draw < 0.20) {
    if (!store(rejected(choices_, demand, order), "rejected")) return false;
    // The duplicate check lets a refused signal be tried again.
    if (!choices_.chance(0.2)) return true;
    order.id = ids_.uuid();
  } else if (draw < 0.25) {
    if (!store(dry_run_of(ids_, order), "created")) return false;
    if (!choices_.chance(0.3)) return true;
    order.id = ids_.uuid();
    return store(dry_run_of(ids_, order), "created");
  }
  return store(order, "created");
}

bool OrderManager::handle_signal(const std::string& body) {
  const json message = json::parse(body, nullptr, false);
  if (!message.is_object() || !message.contains("signal_id")) return true;
  // Refusals from input validation leave no row.
  if (choices_.chance(0.04)) return true;
  try {
    const Demand demand{message.at("signal_id"), message.at("asset"), message.at("signal_type"), message.at("amount"),
                        message.at("trace_id")};
    supersede(demand.asset);
    return place(demand);
  } catch (const json::exception&) {
    return true;
  }
}

// The same signal refused once more: its row stays one, and updated_at moves.
void OrderManager::reject_again() {
  database_.write(
      "UPDATE orders SET updated_at = now() WHERE id = (SELECT id FROM orders WHERE status = 'rejected'"
      " AND order_id LIKE 'REJECTED-%' ORDER BY created_at DESC LIMIT 1)");
}

bool OrderManager::update(const Order& order, const char* event_type) {
  const bool written = database_.write(
      "UPDATE orders SET status = $2, filled_quantity = $3, average_price = $4, fees = $5, executed_at = $6,"
      " updated_at = now() WHERE id = $1 AND status IN ('pending', 'partially_filled')",
      {order.id, order.status, decimal(order.filled_quantity), order.average_price ? Parameter{decimal(*order.average_price)} : Parameter{},
       order.fees ? Parameter{decimal(*order.fees)} : Parameter{},
       order.executed_at ? Parameter{sql_time(*order.executed_at)} : Parameter{}});
  if (written) publish("order-manager.order_events", order_event(event_type, order));
  return written;
}

void OrderManager::advance(Order& order, double age_s) {
  if (age_s < 1.5) return;
  const bool market = order.order_type == "Market";
  const double draw = choices_.between(0, 1);
  if (age_s > static_cast<double>(settings_.order_timeout.count())) {
    order.status = "cancelled";
    update(order, "cancelled");
  } else if (draw < (market ? 0.35 : 0.06)) {
    fill(choices_, order, Clock::now());
    update(order, "filled");
  } else if (draw < (market ? 0.45 : 0.10) && order.status == "pending") {
    order.status = "partially_filled";
    order.filled_quantity = order.quantity * choices_.between(0.2, 0.8);
    order.average_price = market_price(order.asset, Clock::now());
    update(order, "partially_filled");
  } else if (draw > 0.99 && order.status == "pending") {
    order.status = "rejected";  // by the exchange, afterwards: no reason is recorded
    update(order, "rejected");
  }
}

void OrderManager::advance_open_orders() {
  const auto rows = database_.run(
      "SELECT id, order_id, signal_id, asset, side, order_type, quantity, price, status, filled_quantity,"
      " average_price, coalesce(trace_id, ''), extract(epoch FROM now() - created_at) FROM orders"
      " WHERE status IN ('pending', 'partially_filled') ORDER BY created_at LIMIT 200");
  if (!rows) return;
  for (int row = 0; row < rows->count(); ++row) {
    Order order;
    order.id = rows->text(row, 0);
    order.order_id = rows->text(row, 1);
    order.signal_id = rows->text(row, 2);
    order.asset = rows->text(row, 3);
    order.side = rows->text(row, 4);
    order.order_type = rows->text(row, 5);
    order.quantity = rows->number(row, 6);
    if (!rows->null(row, 7)) order.price = rows->number(row, 7);
    order.status = rows->text(row, 8);
    order.filled_quantity = rows->number(row, 9);
    if (!rows->null(row, 10)) order.average_price = rows->number(row, 10);
    order.trace_id = rows->text(row, 11);
    advance(order, rows->number(row, 12));
  }
}

void OrderManager::work() {
  if (broker_.ever_connected()) queue_seen_ = true;
  if (!database_.answers()) return;
  while (const auto delivery = broker_.next()) {
    const bool done = delivery->queue != "model-service.trading_signals" || handle_signal(delivery->body);
    if (!done) {
      broker_.reject(*delivery, true);
      return;
    }
    broker_.acknowledge(*delivery);
  }
  if (!may_write()) return;
  if (advance_due_.due()) advance_open_orders();
  if (reject_again_due_.due()) reject_again();
}

}  // namespace trading
