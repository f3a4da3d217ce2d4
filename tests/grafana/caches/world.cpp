#include "world.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

namespace grafana {
namespace {

using gateway::Row;
using gateway::Table;
using gateway::Value;
using Json = nlohmann::json;

template <typename T>
const T& pick(const std::vector<T>& from, std::size_t n) {
  return from.at(n % from.size());
}

std::string iso(std::int64_t at) { return fmt::format("{:%Y-%m-%dT%H:%M:%S}+00:00", std::chrono::sys_seconds(std::chrono::seconds(at))); }

// Between -1 and 1, smooth, different for every queue.
double wave(std::int64_t at, std::size_t phase) { return std::sin(static_cast<double>(at) / 900.0 + static_cast<double>(phase)); }

Json queue_object(const World& world, std::size_t i, std::int64_t at) {
  const bool system = i % 8 == 7;
  auto name = i < world.names.queues.size() ? world.names.queues[i] : fmt::format("{}.{}", pick(world.names.queues, i), i);
  if (system) name = fmt::format("amq.gen-{:08x}", i);
  auto messages = static_cast<std::int64_t>(std::floor((wave(at, i) + 1) * 40));
  double published = 5 + static_cast<double>(i % 5), consumed = published;
  Json queue{{"vhost", pick(world.names.vhosts, i / 12)}, {"name", name}, {"state", "running"}, {"consumers", i % 6 == 4 ? 0 : 1 + i % 3}};
  if (i == 1 && world.backlog.from > 0 && at >= world.backlog.from) {  // grows without end
    messages = 3 * (at - world.backlog.from);
    consumed = 0.2;
    queue["consumers"] = 0;
    queue["arguments"] = {{"x-max-length", 100000}};
  }
  if (i == 2) messages = 1500 - (at / 60) % 300;  // long, but it drains
  if (i == 3) return queue;                       // no figures yet
  if (i == 5) queue["state"] = "down";
  queue["messages"] = messages;
  queue["messages_ready"] = messages - messages / 4;
  queue["messages_unacknowledged"] = messages / 4;
  queue["message_stats"] = {{"publish_details", {{"rate", published}}}, {"deliver_get_details", {{"rate", consumed}}}};
  return queue;
}

}  // namespace

Names plain_names() {
  return {.strategies = {"momentum_v1", "mean_reversion_v2", "breakout_v1", "grid_v3"},
          .assets = {"BTCUSDT", "ETHUSDT", "SOLUSDT"},
          .queues = {"model-service.trading_signals", "order-manager.order_events", "position-manager.position_events",
                     "feature-service.ticks", "ws-gateway.balance", "ws-gateway.liquidation", "order-manager.trading_signals", "x"},
          .vhosts = {"/", "trading"},
          .requesting_services = {"feature-service", "order-manager", "position-manager"},
          .reasonings = {"Momentum above the threshold, volume confirms.", "Reversion to the 20-minute mean.", "Take profit reached."},
          .refusals = {"Insufficient balance: 12.4 USDT available", "Price deviates more than 5 % from the market", "Cancelled by user"},
          .errors = {"connection pool exhausted", "timeout talking to the exchange"},
          .topics = {"trade", "orderbook", "kline"},
          .model_prefix = "v"};
}

Names hostile_names() {
  const std::vector<std::string> texts{
      "O'Brien's",
      "say \"hi\"",
      "back\\slash",
      "two\nlines",
      "Стратегия",
      "\xF0\x9F\x9A\x80 moon",
      "'); DROP TABLE event; --",
      "$__from and ${x} and [[y]]",
      "a,b",
      "{a,b}",
      "100%_",
      "<b>bold</b> [a](javascript:b)",
      " leading and trailing ",
      "All",
      "0012",
      "1e3",
      "null",
      "unknown",
  };
  return {.strategies = texts,
          .assets = texts,
          .queues = texts,
          .vhosts = texts,
          .requesting_services = texts,
          .reasonings = texts,
          .refusals = texts,
          .errors = texts,
          .topics = texts,
          .model_prefix = "v'\"$__to "};
}

World World::ending_at(std::int64_t now) {
  World world;
  world.born_at = now - 20 * 86400;
  world.degraded = {now - 3000, now - 2700};
  world.disconnected = {now - 5400, now - 5100};
  world.training = {now - 1500, now - 1200};
  world.backlog = {now - 1800, now};
  return world;
}

Table model_rows(const World& world, std::int64_t at) {
  Table table{.columns = {"version", "strategy_id", "model_type", "trained_at", "training_duration_s", "training_dataset_size", "is_active",
                          "is_first", "accuracy", "precision", "recall", "f1_score", "roc_auc", "metrics_split"},
              .rows = {}};
  constexpr std::size_t most = 500;
  const auto with_model = world.names.strategies.size() > 1 ? world.names.strategies.size() - 1 : 1;  // the last one is in warm-up
  const auto trainings = (at - world.born_at) / world.model_every_s;
  for (std::size_t s = 0; s < with_model; ++s) {
    const auto first = std::max<std::int64_t>(0, trainings - static_cast<std::int64_t>(most / with_model));
    for (auto n = first; n <= trainings; ++n) {
      const auto trained_at = static_cast<double>(world.born_at + n * world.model_every_s) + 0.25;
      const bool measured = (n + static_cast<std::int64_t>(s)) % 5 != 4;
      const auto metric = [&](double base) { return measured ? Value{base + 0.1 * wave(n * 700, s)} : Value{}; };
      table.rows.push_back({fmt::format("{}{}.{}", world.names.model_prefix, s + 1, n), world.names.strategies[s],
                            std::string(s % 2 == 0 ? "xgboost" : "random_forest"), trained_at,
                            n % 3 == 0 ? Value{} : Value{std::int64_t{240} + n % 60}, std::int64_t{5000} + n * 10,
                            gateway::flag(n == trainings), gateway::flag(n == 0), metric(0.62), metric(0.6), metric(0.58), metric(0.59),
                            metric(0.66), measured ? Value{std::string("test")} : Value{}});
    }
  }
  return table;
}

Table dataset_build_rows(const World& world, std::int64_t at) {
  Table table{.columns = {"id", "symbol", "status", "created_at", "completed_at", "error"}, .rows = {}};
  for (std::size_t i = 0; i < 5; ++i) {
    const bool failed = i > 0;
    const auto begun = static_cast<double>(at - 60 - 3600 * static_cast<std::int64_t>(i));
    table.rows.push_back({fmt::format("build-{}", i), pick(world.names.assets, i), std::string(failed ? "failed" : "building"), begun,
                          failed ? Value{begun + 20} : Value{}, failed ? Value{pick(world.names.errors, i)} : Value{}});
  }
  return table;
}

Table subscription_rows(const World& world, std::int64_t at) {
  Table table{.columns = {"subscription_id", "channel_type", "symbol", "topic", "requesting_service", "is_active", "created_at",
                          "cancelled_at", "last_event_at"},
              .rows = {}};
  const std::vector<std::string> channels{"trades", "orderbook", "kline", "ticker", "order", "balance"};
  for (std::size_t i = 0; i < world.subscriptions + world.cancelled_subscriptions; ++i) {
    const bool active = i < world.subscriptions;
    const auto created = static_cast<double>(world.born_at + static_cast<std::int64_t>(i) * 600);
    const auto& channel = pick(channels, i);
    const bool is_private = channel == "order" || channel == "balance";
    const auto& asset = pick(world.names.assets, i);
    table.rows.push_back({fmt::format("00000005-0000-4000-8000-{:012x}", i), channel, is_private ? Value{} : Value{asset},
                          fmt::format("{}.{}", pick(world.names.topics, i), is_private ? "me" : asset),
                          pick(world.names.requesting_services, i), gateway::flag(active), created,
                          active ? Value{} : Value{created + 86400.5},
                          i % 7 == 6 ? Value{} : Value{static_cast<double>(at) - 0.5 - static_cast<double>(i)}});
  }
  return table;
}

std::string queues_document(const World& world, std::int64_t at) {
  auto list = Json::array();
  for (std::size_t i = 0; i < world.queues; ++i) list.push_back(queue_object(world, i, at));
  return list.dump();
}

std::string overview_document(const World& world) { return Json{{"object_totals", {{"queues", world.queues}}}}.dump(); }

std::string health_document(const World& world, const std::string& service, std::int64_t at) {
  Json body{{"status", "healthy"}, {"service", service}};
  if (service == "model-service") {
    body["checks"] = {
        {"database", {{"status", "healthy"}}}, {"message_queue", {{"status", "healthy"}}}, {"model_storage", {{"healthy", true}}}};
  } else {
    body["database_connected"] = true;
    body["queue_connected"] = true;
  }
  if (service == "order-manager" && world.degraded.holds(at)) {
    body["status"] = "unhealthy";
    body["checks"] = {{"database", {{"status", "unhealthy"}, {"error", pick(world.names.errors, static_cast<std::size_t>(at))}}}};
  }
  if (service == "ws-gateway") {
    const bool connected = !world.disconnected.holds(at);
    const auto connected_at = at >= world.disconnected.to && world.disconnected.to > 0 ? world.disconnected.to : world.born_at;
    body["websocket_connected"] = connected;
    body["websocket_state"] = {{"status", connected ? "connected" : "reconnecting"},
                               {"environment", "testnet"},
                               {"reconnect_count", connected_at == world.born_at ? 3 : 4},
                               {"last_error", pick(world.names.errors, 1)},
                               {"active_subscriptions", world.subscriptions}};
    if (connected) {
      body["websocket_state"]["connected_at"] = iso(connected_at);
      body["websocket_state"]["last_heartbeat_at"] = iso(at - 7);
    }
  }
  return body.dump();
}

std::string training_document(const World& world, std::int64_t at) {
  return Json{{"is_training", world.training.holds(at)}, {"queue_size", 0}, {"pending_dataset_builds", 1}}.dump();
}

}  // namespace grafana
