#include "trading.hpp"

#include <algorithm>

namespace history {
namespace {

const std::vector<std::string> assets{"BTCUSDT", "ETHUSDT", "SOLUSDT"};

OrderRow& add_order(World& world, Random& random, const std::string& signal_id, double at) {
  OrderRow order{.id = random.uuid(),
                 .order_id = random.uuid(),
                 .signal_id = signal_id,
                 .asset = random.one_of(assets),
                 .side = random.chance(0.5) ? "Buy" : "SELL",
                 .order_type = random.chance(0.5) ? "Market" : "Limit",
                 .quantity = static_cast<double>(random.between(1, 500)) / 100,
                 .price = std::nullopt,
                 .status = "pending",
                 .filled_quantity = 0,
                 .average_price = std::nullopt,
                 .fees = std::nullopt,
                 .created_at = microseconds(at),
                 .updated_at = microseconds(at),
                 .executed_at = std::nullopt,
                 .is_dry_run = false,
                 .rejection_reason = std::nullopt};
  order.dated_ahead = at > world.now;
  if (order.order_type == "Limit") order.price = static_cast<double>(random.between(10000, 900000)) / 10;
  return world.orders.emplace_back(std::move(order));
}

}  // namespace

const std::vector<std::string>& strategies() {
  static const std::vector<std::string> all{"momentum_v1", "meanrev_v2", "breakout_v3"};
  return all;
}

SignalRow& decide(World& world, Random& random, double at) {
  SignalRow signal{.signal_id = random.uuid(),
                   .time = microseconds(at),
                   .strategy_id = random.one_of(strategies()),
                   .asset = random.one_of(assets),
                   .side = random.chance(0.5) ? "buy" : "sell",
                   .price = static_cast<double>(random.between(10000, 900000)) / 10,
                   .confidence = std::nullopt,
                   .model_version = std::nullopt,
                   .is_warmup = random.chance(0.1)};
  if (random.chance(0.9)) signal.confidence = static_cast<double>(random.between(0, 10000)) / 10000;
  if (!signal.is_warmup && random.chance(0.7)) signal.model_version = "v1764590123";
  world.add(std::move(signal));
  return world.signals.back();
}

OrderRow& place(World& world, Random& random, const std::string& signal_id, double at) { return add_order(world, random, signal_id, at); }

OrderRow& refuse(World& world, Random& random, const std::string& signal_id, double at) {
  auto& order = add_order(world, random, signal_id, at);
  order.order_id = "REJECTED-" + order.order_id;
  reject(order, at);
  order.rejection_reason = "Bybit API error 110007: insufficient balance";
  return order;
}

OrderRow& rehearse(World& world, Random& random, const std::string& signal_id, double at) {
  auto& order = add_order(world, random, signal_id, at);
  order.order_id = "DRY-RUN-" + order.order_id;
  order.status = "dry_run";
  order.is_dry_run = true;
  return order;
}

void fill_partly(OrderRow& order, double at) {
  order.status = "partially_filled";
  order.filled_quantity = order.quantity / 2;
  order.updated_at = microseconds(at);
}

void fill(OrderRow& order, double at) {
  order.status = "filled";
  order.filled_quantity = order.quantity;
  order.average_price = 50000.5;
  order.updated_at = microseconds(at);
  order.executed_at = microseconds(at - 0.25);  // what the service took before it wrote
  order.ends.push_back(*order.executed_at);
}

void cancel(OrderRow& order, double at) {
  order.status = "cancelled";
  order.updated_at = microseconds(at);
  order.ends.push_back(order.updated_at);
}

void reject(OrderRow& order, double at) {
  order.status = "rejected";
  order.updated_at = microseconds(at);
  order.ends.push_back(order.updated_at);
}

void refuse_again(OrderRow& order, double at) {
  order.updated_at = microseconds(at);
  order.ends.push_back(order.updated_at);
}

ExecutionRow& report_execution(World& world, Random& random, const OrderRow& order, double at) {
  ExecutionRow execution{.id = random.uuid(),
                         .signal_id = order.signal_id,
                         .strategy_id = random.chance(0.2) ? "unknown" : random.one_of(strategies()),
                         .asset = order.asset,
                         .side = order.side == "Buy" ? "buy" : "sell",
                         .price = 50000.5,
                         .quantity = order.quantity,
                         .fees = 0,
                         .executed_at = microseconds(at),
                         .realized_pnl = std::nullopt};
  if (random.chance(0.3)) execution.realized_pnl = static_cast<double>(random.between(-500, 500)) / 10;
  return world.executions.emplace_back(std::move(execution));
}

SubscriptionRow& subscribe(World& world, Random& random, double at) {
  static const std::vector<std::string> channels{"trades", "ticker", "orderbook", "kline", "order", "balance", "position"};
  static const std::vector<std::string> services{"feature-service", "order-manager", "position-manager"};
  SubscriptionRow row{.id = random.uuid(),
                      .channel_type = random.one_of(channels),
                      .symbol = std::nullopt,
                      .topic = "",
                      .requesting_service = random.one_of(services),
                      .is_active = true,
                      .created_at = microseconds(at),
                      .updated_at = microseconds(at),
                      .last_event_at = std::nullopt};
  if (row.channel_type != "balance" && row.channel_type != "position") row.symbol = random.one_of(assets);
  row.topic = row.channel_type + row.symbol.value_or("");
  return world.subscriptions.emplace_back(std::move(row));
}

void receive(SubscriptionRow& subscription, double at) {
  subscription.updated_at = microseconds(at);
  subscription.last_event_at = microseconds(at - 0.05);
}

void unsubscribe(SubscriptionRow& subscription, double at) {
  subscription.is_active = false;
  subscription.updated_at = microseconds(at);
}

void finish(World& world, Random& random, const Training& training, const std::optional<std::string>& strategy) {
  if (!training.version) return;
  VersionRow row{.id = random.uuid(),
                 .version = *training.version,
                 .strategy_id = strategy,
                 .trained_at = microseconds(training.ends_at),
                 .duration_s = std::nullopt,
                 .is_active = false,
                 .accuracy = std::nullopt};
  if (training.tells_duration) row.duration_s = static_cast<std::int64_t>(training.ends_at - training.started_at);
  if (random.chance(0.7)) row.accuracy = static_cast<double>(random.between(4000, 9999)) / 10000;
  if (row.accuracy.value_or(0) > 0.75) {
    for (auto& other : world.versions) {
      if (strategy && other.strategy_id == strategy) other.is_active = false;
    }
    row.is_active = true;
  }
  world.versions.push_back(std::move(row));
}

}  // namespace history
