// When every upstream answers: all sources are fresh, all services healthy, and the views hold what the upstreams hold.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class EverythingFresh : public Integration {
 protected:
  EverythingFresh() {
    settings["WS_GATEWAY_URL"] = ws_gateway_.url();
    settings["MODEL_SERVICE_URL"] = model_service_.url();
    settings["ORDER_MANAGER_URL"] = order_manager_.url();
    settings["POSITION_MANAGER_URL"] = position_manager_.url();
    settings["FEATURE_SERVICE_URL"] = feature_service_.url();
    for (const char* key : {"WS_GATEWAY_API_KEY", "MODEL_SERVICE_API_KEY", "ORDERMANAGER_API_KEY"}) settings[key] = service_key;
  }

 private:
  TradingService ws_gateway_{"ws-gateway", upstreams}, model_service_{"model-service", upstreams},
      order_manager_{"order-manager", upstreams}, position_manager_{"position-manager", upstreams},
      feature_service_{"feature-service", upstreams};
};

TEST_F(EverythingFresh, AllSourcesAreFreshAndAllServicesHealthy) {
  start_gateway();
  ASSERT_TRUE(all_fresh());
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_DIRECTORY)) {
    if (!entry.is_directory()) continue;
    const auto name = entry.path().filename().string();
    EXPECT_EQ(reader.source(name), "fresh") << name;
  }
  ASSERT_TRUE(eventually(query("SELECT status, degraded, unhealthy, unknown, freshness FROM system_health"), "healthy|0|0|0|fresh"));
  EXPECT_EQ(reader.text("SELECT service FROM service_health ORDER BY service"),
            "feature-service\nmodel-service\norder-manager\nposition-manager\npostgres\nrabbitmq\nws-gateway");
  EXPECT_EQ(reader.text("SELECT count(*) FROM service_health WHERE effective_status <> 'healthy' OR last_known_status <> 'healthy'"), "0");
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");
}

TEST_F(EverythingFresh, ServicesSayOfTheirPartsWhatTheyReport) {
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT status, basis FROM service_component WHERE service = 'order-manager' AND component = 'database'"),
                         "healthy|reported"));
  ASSERT_TRUE(eventually(query("SELECT status, basis FROM service_component WHERE service = 'order-manager' AND component = 'queue'"),
                         "healthy|reported"));
  ASSERT_TRUE(eventually(query("SELECT status, basis FROM service_component WHERE service = 'ws-gateway' AND component = 'connection'"),
                         "healthy|probed"));
}

TEST_F(EverythingFresh, TimesOfTheSourcesAreTrue) {
  const auto before = now();
  start_gateway();
  ASSERT_TRUE(all_fresh());
  const auto after = now();
  EXPECT_EQ(reader.text(fmt::format(
                "SELECT source, last_attempt_at, last_success_at FROM source_status WHERE last_success_at NOT BETWEEN {} AND {} + 1 "
                "OR last_attempt_at < last_success_at",
                before, after)),
            "");
  EXPECT_EQ(reader.text("SELECT source FROM source_status WHERE age_s <> unixepoch() - last_success_at"), "");
  EXPECT_EQ(reader.text(fmt::format("SELECT started_at BETWEEN {0} AND {1} AND published_at BETWEEN started_at AND {1} + 1 FROM gateway",
                                    before, after)),
            "1");
}

// The services' own rows and queues would be in the way here.
class Rows : public Integration {};

TEST_F(Rows, SignalsOfSeveralStrategiesAreTheInsertedOnes) {
  insert_signals(upstreams, "momentum", 1, 30);
  insert_signals(upstreams, "reversal", 101, 120);
  upstreams.sql(
      "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version, is_warmup, "
      "market_data_snapshot, metadata, trace_id) VALUES ('11111111-2222-3333-4444-555555555555', 'rare', 'ETHUSDT', 'sell', 2000.5, "
      "0.1234, "
      "'2024-02-29 23:59:59.25', NULL, true, '{\"price\": 2000.5, \"spread\": 0.5, \"volume_24h\": 12.5, \"volatility\": 0.01}', "
      "'{\"reasoning\": \"why not\"}', 'trace-1')");
  start_gateway();
  ASSERT_TRUE(
      eventually(query("SELECT strategy_id, count(*) FROM recent_signals GROUP BY 1 ORDER BY 1"), "momentum|30\nrare|1\nreversal|20"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals WHERE time <> 1700000000 + price AND strategy_id <> 'rare'"), "0");
  EXPECT_EQ(
      reader.text("SELECT time, signal_id, asset, side, price, confidence, kind, model_version, is_warmup, reasoning, spread, volume_1m, "
                  "volatility_1m, trace_id, source, freshness FROM recent_signals WHERE strategy_id = 'rare'"),
      "1709251199.25|11111111-2222-3333-4444-555555555555|ETHUSDT|sell|2000.5|0.1234|warmup|NULL|1|why "
      "not|0.5|12.5|0.01|trace-1|postgres.signals|fresh");
  EXPECT_EQ(reader.text("SELECT strategy_id FROM recent_signals LIMIT 1"), "rare") << "the newest comes first";
  EXPECT_EQ(reader.source("postgres.signals", "rows"), "51");
}

TEST_F(Rows, SignalsInsertedLaterAppear) {
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|0"));
  insert_signals(upstreams, "momentum", 1, 5);
  ASSERT_TRUE(eventually(query("SELECT group_concat(price) FROM (SELECT price FROM recent_signals)"), "5.0,4.0,3.0,2.0,1.0"));
}

TEST_F(Rows, TheNewestHundredOfEveryStrategyStay) {
  insert_signals(upstreams, "busy", 1, 250);
  insert_signals(upstreams, "idle", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT strategy_id, min(count(*), 100), max(price) FROM recent_signals GROUP BY 1 ORDER BY 1"),
                         "busy|100|250.0\nidle|3|3.0"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals WHERE strategy_id = 'busy' AND price > 150"), "100")
      << "no newer one is missing";
}

TEST_F(Rows, QueuesOfTwoVirtualHostsWithEqualNamesAreKeptApart) {
  auto& broker = upstreams.broker();
  for (const char* vhost : {"first", "second"}) {
    broker.create_vhost(vhost);
    broker.allow_monitor(vhost);
    broker.declare(vhost, "orders");
  }
  broker.publish("first", "orders", 3);
  broker.publish("second", "orders", 7);
  start_gateway();
  ASSERT_TRUE(eventually(
      query("SELECT vhost, name, messages, messages_ready, messages_unacknowledged, consumers, freshness FROM queue_now ORDER BY vhost"),
      "first|orders|3|3|0|0|fresh\nsecond|orders|7|7|0|0|fresh"));
  broker.remove("first", "orders");
  ASSERT_TRUE(eventually(query("SELECT vhost, name, messages FROM queue_now"), "second|orders|7"));
}

}  // namespace
}  // namespace integration
