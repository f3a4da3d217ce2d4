// The promise to dashboards: public views have their columns, answer on an empty cache, and every "now" view says where
// its rows come from and how old they are. Views that come with later work are compared as soon as they exist.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "cache.hpp"
#include "base/text.hpp"

namespace gateway {
namespace {

const std::map<std::string, std::string> promised{
    {"recent_signals",
     "time signal_id strategy_id asset side price confidence kind model_version is_warmup reasoning spread volume_1m volatility_1m "
     "trace_id"},
    {"recent_orders",
     "time order_id signal_id strategy_id asset side order_type quantity price status closure closed_at close_reason execution_price "
     "execution_quantity execution_fees executed_at realized_pnl is_dry_run"},
    {"model_state", "strategy_id active_version model_type trained_at training_status warmup"},
    {"model_quality",
     "strategy_id total_orders filled_orders pnl_orders successful_orders win_rate total_pnl accuracy f1_score coverage_from_at"},
    {"model_quality_trend", "time strategy_id orders pnl_orders successful_orders win_rate pnl"},
    {"queue_now",
     "vhost name messages messages_ready messages_unacknowledged consumers publish_rate_per_s consume_rate_per_s state lag lag_reason "
     "lag_severity lagging_since growth_per_s drain_eta_s"},
    {"queue_trend", "time vhost name messages publish_rate_per_s consume_rate_per_s"},
    {"service_health", "service effective_status last_known_status status_since latency_ms error"},
    {"service_component", "service component status basis error"},
    {"system_health", "status healthy degraded unhealthy unknown"},
    {"service_error", "time service kind message count first_at last_at"},
    {"ws_connection",
     "connection status last_known_status environment connected_at duration_s last_heartbeat_at reconnect_count observed_since last_error "
     "active_subscriptions basis"},
    {"ws_transition", "time not_before_at connection from_status to_status"},
    {"subscription",
     "subscription_id channel_type symbol topic requesting_service is_active created_at cancelled_at last_event_at topic_last_event_at"},
    {"event_history",
     "time not_before_at event_id event_type category service status origin signal_id order_id model_version subscription_id strategy_id "
     "asset side price confidence symbol channel_type requesting_service summary details"},
    {"source_status",
     "source upstream interval_s stale_after_s last_attempt_at last_success_at age_s freshness duration_ms rows consecutive_failures "
     "error_class error next_attempt_at requests_per_min"},
    {"source_attempt", "time source duration_ms connect_ms wait_ms read_ms parse_ms rows error_class error"},
    {"outage", "upstream started_at ended_at error_class error"},
    {"gateway", "version started_at published_at publish_count file_bytes bytes_per_day"},
};

const std::set<std::string> now_views{"recent_signals", "recent_orders",     "model_state",   "model_quality", "queue_now",
                                      "service_health", "service_component", "system_health", "ws_connection", "subscription"};

std::vector<std::string> existing_views(const Store& store) {
  std::vector<std::string> names;
  for (const auto& row : store.query("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").rows)
    names.push_back(text(row[0]).value_or(""));
  return names;
}

TEST(PublicViews, have_the_columns_they_promise) {
  const Store store;
  for (const auto& view : existing_views(store)) {
    const auto promise = promised.find(view);
    if (promise == promised.end()) continue;
    const auto columns = store.query("SELECT * FROM " + view).columns;
    for (const auto column : split(promise->second, ' ')) {
      EXPECT_NE(std::ranges::find(columns, column), columns.end()) << view << '.' << column;
    }
  }
}

TEST(PublicViews, about_now_say_where_from_and_how_old) {
  const Store store;
  for (const auto& view : existing_views(store)) {
    if (!now_views.contains(view)) continue;
    const auto columns = store.query("SELECT * FROM " + view).columns;
    for (const auto* column : {"source", "fetched_at", "age_s", "freshness"}) {
      EXPECT_NE(std::ranges::find(columns, column), columns.end()) << view << '.' << column;
    }
  }
}

TEST(PublicViews, of_the_frame_all_exist) {
  const auto names = existing_views(Store());
  for (const auto* view : {"recent_signals", "queue_now", "service_health", "service_component", "system_health", "source_status",
                           "source_attempt", "outage", "gateway"}) {
    EXPECT_NE(std::ranges::find(names, view), names.end()) << view;
  }
}

TEST(PublicViews, answer_before_the_gateway_ever_began) {
  const Store store;
  for (const auto& view : existing_views(store)) EXPECT_NO_THROW(store.query("SELECT * FROM " + view)) << view;
}

TEST(PublicViews, answer_while_nothing_was_fetched_yet) {
  Cache cache(fixed_sources());
  for (const auto& view : existing_views(cache.store())) EXPECT_NO_THROW(cache.read("SELECT * FROM " + view, Cache::started)) << view;
  EXPECT_EQ(cache.read("SELECT * FROM system_health", Cache::started).rows.size(), 1U);
  EXPECT_EQ(cache.read("SELECT * FROM gateway", Cache::started).rows.size(), 1U);
  EXPECT_EQ(cache.read("SELECT * FROM source_status", Cache::started).rows.size(), fixed_sources().size());
}

TEST(PublicViews, show_one_row_for_every_service_even_before_its_first_answer) {
  Cache cache(fixed_sources());
  std::vector<std::string> services;
  for (const auto& row : cache.read("SELECT service FROM service_health", Cache::started).rows)
    services.push_back(text(row[0]).value_or(""));
  for (const auto* service :
       {"postgres", "rabbitmq", "ws-gateway", "model-service", "order-manager", "position-manager", "feature-service"}) {
    EXPECT_EQ(std::ranges::count(services, service), 1) << service;
  }
}

}  // namespace
}  // namespace gateway
