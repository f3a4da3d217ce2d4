// That the caches are what their names say: a test on an empty cache would find every query well.
#include "caches/caches.hpp"

#include <gtest/gtest.h>

#include <set>

#include "cache/cache_file.hpp"
#include "cache/store.hpp"

namespace grafana {
namespace {

gateway::Table read(const std::string& name, const std::string& sql) {
  auto database = gateway::open_published(cache(name).file);
  return gateway::read_table(database, sql);
}

std::int64_t number(const std::string& name, const std::string& sql) {
  return gateway::integer(read(name, sql).rows.at(0).at(0)).value_or(-1);
}

std::set<std::string> words(const std::string& name, const std::string& sql) {
  std::set<std::string> all;
  for (const auto& row : read(name, sql).rows) all.insert(gateway::text(row.at(0)).value_or("NULL"));
  return all;
}

TEST(GrafanaCaches, every_cache_is_a_good_file_of_the_gateway) {
  for (const auto& name : cache_names()) {
    const auto found = gateway::inspect(cache(name).file);
    EXPECT_EQ(found.state, gateway::FileState::good) << name << ": " << found.reason;
  }
}

TEST(GrafanaCaches, all_sources_are_named) {
  const auto held = words("demo", "SELECT source FROM source_status");
  const auto named = source_names();
  EXPECT_EQ(held, std::set<std::string>(named.begin(), named.end()));
}

TEST(GrafanaCaches, the_demo_is_fresh_and_has_every_type_of_event_a_closure_of_each_kind_and_a_lagging_queue) {
  EXPECT_EQ(words("demo", "SELECT DISTINCT freshness FROM source_status UNION SELECT freshness FROM gateway"),
            std::set<std::string>{"fresh"});
  EXPECT_EQ(words("demo", "SELECT status FROM system_health"), std::set<std::string>{"healthy"});
  EXPECT_EQ(words("demo", "SELECT DISTINCT event_type FROM event_history"),
            (std::set<std::string>{"failed_builds.failed", "gateway_started", "model_retrained", "model_training_completed",
                                   "model_training_started", "order_closed", "order_created", "order_executed", "positions.limit_exceeded",
                                   "service_status_changed", "subscription_cancelled", "subscription_created", "trading_signal_received",
                                   "upstream_lost", "upstream_recovered", "websocket_disconnected", "websocket_reconnected"}));
  EXPECT_EQ(words("demo", "SELECT DISTINCT closure FROM recent_orders"),
            (std::set<std::string>{"open", "filled", "cancelled", "rejected", "dry_run"}));
  EXPECT_EQ(words("demo", "SELECT DISTINCT lag FROM queue_now"), (std::set<std::string>{"ok", "lagging", "unknown"}));
  EXPECT_GE(number("demo", "SELECT count(*) FROM outage"), 2);
  EXPECT_GE(number("demo", "SELECT count(*) FROM service_error"), 2);
  EXPECT_GE(number("demo", "SELECT count(*) FROM ws_transition"), 2);
  EXPECT_GE(number("demo", "SELECT count(*) FROM queue_trend WHERE messages IS NULL"), 1);
  EXPECT_GE(number("demo", "SELECT count(*) FROM model_state WHERE warmup = 1"), 1);
}

TEST(GrafanaCaches, without_a_source_it_alone_was_never_read) {
  for (const auto& source : source_names()) {
    EXPECT_EQ(words("without_" + source, "SELECT source FROM source_status WHERE freshness = 'never'"), std::set<std::string>{source});
    EXPECT_EQ(words("without_" + source, "SELECT DISTINCT freshness FROM source_status WHERE source <> '" + source + "'"),
              std::set<std::string>{"fresh"})
        << source;
  }
}

TEST(GrafanaCaches, stale_ones_are_stale_and_only_the_dead_gateway_is_dead) {
  for (const std::string name : {"all_stale", "all_refused", "gateway_dead"}) {
    EXPECT_EQ(words(name, "SELECT DISTINCT freshness FROM source_status"), std::set<std::string>{"stale"}) << name;
    EXPECT_EQ(words(name, "SELECT freshness FROM gateway"), std::set<std::string>{name == "gateway_dead" ? "stale" : "fresh"});
  }
  EXPECT_EQ(words("all_refused", "SELECT status FROM system_health"), std::set<std::string>{"unhealthy"});
  EXPECT_EQ(words("all_stale", "SELECT status FROM system_health"), std::set<std::string>{"unknown"});
}

TEST(GrafanaCaches, an_old_deployment_lacks_tables_endpoints_and_settings) {
  EXPECT_EQ(words("old_deployment", "SELECT DISTINCT freshness FROM source_status"), (std::set<std::string>{"fresh", "missing", "off"}));
}

TEST(GrafanaCaches, hostile_names_arrived_whole) {
  EXPECT_EQ(number("hostile", "SELECT count(DISTINCT strategy_id) FROM recent_signals"), 18);
  EXPECT_EQ(number("hostile", "SELECT count(*) > 0 FROM queue_now WHERE name = 'say \"hi\"'"), 1);
}

TEST(GrafanaCaches, the_crowd_is_at_its_bounds) {
  EXPECT_EQ(number("ten_thousand_queues", "SELECT count(*) FROM queue_now"), 10'000);
  EXPECT_GT(number("ten_thousand_queues", "SELECT count(*) FROM queue_run"), 440'000);
  EXPECT_GE(number("ten_thousand_queues", "SELECT count(*) FROM event_history"), 12'000);
  EXPECT_GE(number("ten_thousand_queues", "SELECT count(*) FROM outage"), 400);
}

}  // namespace
}  // namespace grafana
