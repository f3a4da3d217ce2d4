#include "largest_cache.hpp"

#include <fmt/format.h>

namespace grafana {
namespace {

using gateway::Batch;
using gateway::Row;
using gateway::Value;
using gateway::Write;

constexpr std::int64_t lively_queues = 130;

struct Tier {
  std::int64_t tier, step, from, to;  // seconds before now
};
// The default windows: two hours, a day, fourteen days.
constexpr Tier tiers[] = {{2, 900, 14 * 86400, 86400}, {1, 60, 86400, 7200}, {0, 15, 7200, 60}};

std::vector<std::int64_t> grid(const Tier& tier, std::int64_t now) {
  std::vector<std::int64_t> times;
  for (auto at = (now - tier.from) / tier.step * tier.step; at < now - tier.to; at += tier.step) times.push_back(at);
  return times;
}

Write insert(const std::string& table, std::vector<std::string> columns) {
  return {.table = table, .mode = gateway::Mode::upsert, .columns = std::move(columns), .rows = {}, .scope = {}};
}

void write(Polling& polling, Write write, std::int64_t at) {
  Batch batch;
  batch.writes.push_back(std::move(write));
  polling.write("rabbitmq.queues", std::move(batch), at);
}

// Before there is a queue, so that no poll of the past finds one.
void write_polls(Polling& polling, std::int64_t now) {
  for (const auto& tier : tiers) {
    auto polls = insert("queue_poll", {"tier", "time", "ok"});
    for (const auto at : grid(tier, now)) polls.rows.push_back({tier.tier, at, std::int64_t{at % 86400 < 1800 ? 0 : 1}});
    write(polling, std::move(polls), now - 60);
  }
}

void write_runs(Polling& polling, std::int64_t now) {
  std::int64_t number = 0;
  for (const auto& row : polling.store().query("SELECT id FROM queue ORDER BY id").rows) {
    auto runs = insert("queue_run", {"queue_id", "tier", "from_at", "to_at", "messages", "publish_per_ks", "consume_per_ks"});
    const auto id = row[0];
    for (const auto& tier : tiers) {
      const auto times = grid(tier, now);
      if (number < lively_queues) {
        for (const auto at : times) runs.rows.push_back({id, tier.tier, at, at, at / tier.step * (number + 3) % 997, at % 5000, at % 4000});
      } else {
        runs.rows.push_back({id, tier.tier, times.front(), times.back(), number % 7, std::int64_t{0}, std::int64_t{0}});
      }
    }
    write(polling, std::move(runs), now - 45);
    ++number;
  }
}

void write_events(Polling& polling, std::int64_t now) {
  const std::pair<const char*, const char*> types[] = {
      {"trading_signal_received", "signal"},
      {"order_created", "order"},
      {"order_executed", "order"},
      {"order_closed", "order"},
      {"model_training_started", "model"},
      {"model_training_completed", "model"},
      {"model_retrained", "model"},
      {"subscription_created", "subscription"},
      {"subscription_cancelled", "subscription"},
      {"websocket_connected", "connection"},
      {"websocket_disconnected", "connection"},
      {"websocket_reconnected", "connection"},
      {"service_status_changed", "health"},
      {"upstream_lost", "health"},
      {"upstream_recovered", "health"},
  };
  auto events =
      insert("event", {"event_id", "time", "event_type", "category", "service", "status", "origin", "strategy_id", "asset", "summary"});
  for (const auto& [type, category] : types) {
    for (std::int64_t i = 0; i < 1000; ++i) {
      events.rows.push_back({fmt::format("{}:filler-{}", type, i), static_cast<double>(now - i * 600) + 0.5, std::string(type),
                             std::string(category), std::string("model-service"), Value{}, std::string("row"), std::string("momentum_v1"),
                             std::string("BTCUSDT"), fmt::format("{} number {}", type, i)});
    }
  }
  write(polling, std::move(events), now - 40);
}

void write_statuses(Polling& polling, std::int64_t now) {
  auto runs = insert("status_run", {"subject", "from_at", "to_at", "status"});
  for (const std::string subject :
       {"postgres", "rabbitmq", "ws-gateway", "model-service", "order-manager", "position-manager", "ws:private", "ws:public"}) {
    const bool connection = subject.starts_with("ws:");
    for (std::int64_t i = 1; i <= 1900; ++i) {
      const bool good = i % 2 == 0;
      runs.rows.push_back({subject, now - i * 600, now - i * 600 + 500,
                           std::string(connection ? (good ? "connected" : "disconnected") : (good ? "healthy" : "unhealthy"))});
    }
  }
  write(polling, std::move(runs), now - 35);
  auto outages = insert("outage_log", {"id", "upstream", "started_at", "ended_at", "error_class", "error"});
  for (std::int64_t i = 0; i < 490; ++i) {
    const auto started = now - 14 * 86400 + i * 2400;
    outages.rows.push_back({i + 1000, std::string(i % 2 == 0 ? "postgres" : "rabbitmq"), started, started + 300, std::string("timeout"),
                            std::string("no answer within 5 s")});
  }
  write(polling, std::move(outages), now - 34);
}

}  // namespace

void fill_to_the_bounds(Polling& polling, std::int64_t now) {
  write_polls(polling, now);
  polling.poll(now - 50);
  write_runs(polling, now);
  write_events(polling, now);
  write_statuses(polling, now);
  polling.poll(now - 20);
  polling.poll(now - 5);
}

}  // namespace grafana
