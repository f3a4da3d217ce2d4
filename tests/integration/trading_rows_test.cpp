// Orders, executions, models and subscriptions from the upstream's tables to the public views: what each row becomes, what
// the rows of different tables say together, and which events tell of them.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class TradingRows : public Integration {
 protected:
  static std::string id(int n) { return fmt::format("00000000-0000-0000-0000-{:012}", n); }

  // Order n belongs to signal n of the strategy and was created n minutes after noon; `more` sets further columns.
  void insert_order(int n, const std::string& status, const std::string& columns = {}, const std::string& values = {}) const {
    upstreams.sql(
        fmt::format("INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp, model_version) "
                    "VALUES ('{}', 'momentum', 'BTCUSDT', 'buy', 100, '2024-05-01 11:59', 'v1')",
                    id(n)));
    upstreams.sql(fmt::format(
        "INSERT INTO orders (id, order_id, signal_id, asset, side, order_type, quantity, status, created_at, updated_at{}{}) "
        "VALUES ('{}', 'exchange-{}', '{}', 'BTCUSDT', '{}', 'Market', 2, '{}', '2024-05-01 12:{:02}', '2024-05-01 13:{:02}'{}{})",
        columns.empty() ? "" : ", ", columns, id(100 + n), n, id(n), n % 2 == 0 ? "Buy" : "SELL", status, n, n, values.empty() ? "" : ", ",
        values));
  }

  void insert_execution(int n, const std::string& performance) const {
    upstreams.sql(
        fmt::format("INSERT INTO execution_events (id, signal_id, strategy_id, asset, side, execution_price, execution_quantity, "
                    "execution_fees, executed_at, "
                    "signal_price, signal_timestamp, performance) VALUES ('{}', '{}', 'momentum', 'BTCUSDT', 'buy', 101.5, 2, 0.25, "
                    "'2024-05-01 12:30', 100, "
                    "'2024-05-01 11:59', '{}')",
                    id(200 + n), id(n), performance));
  }
};

constexpr auto noon = 1714564800;

TEST_F(TradingRows, EveryStatusOfAnOrderHasItsClosure) {
  insert_order(0, "pending");
  insert_order(1, "partially_filled", "filled_quantity", "1");
  insert_order(2, "filled", "filled_quantity, average_price, fees, executed_at", "2, 99.5, -0.5, '2024-05-01 12:45'");
  insert_order(3, "cancelled");
  insert_order(4, "rejected", "rejection_reason", "'Risk limit exceeded: \"too much\"'");
  insert_order(5, "dry_run", "is_dry_run", "true");
  start_gateway();
  ASSERT_TRUE(eventually(
      query("SELECT order_id, status, closure, side, CAST(time AS INTEGER), CAST(closed_at AS INTEGER), close_reason, is_dry_run, "
            "strategy_id, freshness "
            "FROM recent_orders ORDER BY order_id"),
      fmt::format("exchange-0|pending|open|buy|{}|NULL|NULL|0|momentum|fresh\n"
                  "exchange-1|partially_filled|open|sell|{}|NULL|NULL|0|momentum|fresh\n"
                  "exchange-2|filled|filled|buy|{}|{}|NULL|0|momentum|fresh\n"
                  "exchange-3|cancelled|cancelled|sell|{}|{}|NULL|0|momentum|fresh\n"
                  "exchange-4|rejected|rejected|buy|{}|{}|Risk limit exceeded: \"too much\"|0|momentum|fresh\n"
                  "exchange-5|dry_run|dry_run|sell|{}|NULL|NULL|1|momentum|fresh",
                  noon, noon + 60, noon + 120, noon + 45 * 60, noon + 180, noon + 3600 + 180, noon + 240, noon + 3600 + 240, noon + 300)));
  EXPECT_EQ(reader.text("SELECT execution_price, execution_quantity, execution_fees FROM recent_orders WHERE order_id = 'exchange-2'"),
            "99.5|2.0|-0.5")
      << "without an execution event the order's own figures count";
  EXPECT_EQ(reader.text("SELECT time FROM recent_orders LIMIT 1"), fmt::format("{}.0", noon + 300)) << "the newest comes first";
}

TEST_F(TradingRows, AnExecutionEventSaysMoreThanTheOrder) {
  insert_order(2, "filled", "filled_quantity, average_price, executed_at", "2, 99.5, '2024-05-01 12:45'");
  insert_execution(2, R"({"slippage": 1.5, "realized_pnl": 7.25})");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT execution_price, execution_quantity, execution_fees, realized_pnl FROM recent_orders"),
                         "101.5|2.0|0.25|7.25"));
}

TEST_F(TradingRows, AnOrderThatEndsLaterIsFollowed) {
  insert_order(0, "pending");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT closure FROM recent_orders"), "open"));
  upstreams.sql(
      "UPDATE orders SET status = 'filled', filled_quantity = 2, average_price = 99, executed_at = '2024-05-01 14:00', updated_at = "
      "'2024-05-01 14:00'");
  ASSERT_TRUE(eventually(query("SELECT closure, CAST(closed_at AS INTEGER), execution_price FROM recent_orders"),
                         fmt::format("filled|{}|99.0", noon + 2 * 3600)));
  ASSERT_TRUE(eventually(query("SELECT event_type FROM event_history WHERE category = 'order' ORDER BY event_type"),
                         "order_closed\norder_created\norder_executed"));
}

TEST_F(TradingRows, QualityCountsWinsOnlyWhereThePnlIsANumber) {
  for (int n = 0; n < 4; ++n) insert_order(n, "filled", "filled_quantity, executed_at", "2, '2024-05-01 12:45'");
  insert_order(4, "rejected");
  insert_order(5, "dry_run", "is_dry_run", "true");
  insert_execution(0, R"({"realized_pnl": 10.5})");
  insert_execution(1, R"({"realized_pnl": -4})");
  insert_execution(2, R"({"realized_pnl": null})");
  insert_execution(3, R"({"realized_pnl": "12"})");
  start_gateway();
  for (const char* strategy : {"momentum", "(all)"}) {
    ASSERT_TRUE(eventually(
        query(fmt::format(
            "SELECT total_orders, filled_orders, pnl_orders, successful_orders, win_rate, total_pnl, freshness FROM model_quality "
            "WHERE strategy_id = '{}'",
            strategy)),
        "5|4|2|1|0.5|6.5|fresh"))
        << strategy;
  }
}

TEST_F(TradingRows, WithoutAnyPnlThereIsNoRateAndNoSum) {
  insert_order(0, "filled", "filled_quantity, executed_at", "2, '2024-05-01 12:45'");
  insert_execution(0, R"({"realized_pnl": null})");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT total_orders, pnl_orders, win_rate, total_pnl FROM model_quality WHERE strategy_id = 'momentum'"),
                         "1|0|NULL|NULL"));
}

TEST_F(TradingRows, TheActiveVersionIsTheModelsState) {
  settings["TRADING_STRATEGIES"] = "silent";
  upstreams.sql(
      "INSERT INTO model_versions (id, version, file_path, model_type, strategy_id, trained_at, is_active) VALUES "
      "('" +
      id(1) +
      "', 'v1', '/models/1', 'xgboost', 'momentum', '2024-05-01 12:00', false), "
      "('" +
      id(2) + "', 'v2', '/models/2', 'random_forest', 'momentum', '2024-05-01 13:00', true)");
  upstreams.sql(
      "INSERT INTO model_quality_metrics (model_version_id, metric_name, metric_value, metric_type, metadata) VALUES "
      "('" +
      id(2) + "', 'accuracy', 0.75, 'classification', '{\"dataset_split\": \"test\"}')");
  start_gateway();
  ASSERT_TRUE(eventually(
      query("SELECT strategy_id, active_version, model_type, CAST(trained_at AS INTEGER), warmup FROM model_state ORDER BY strategy_id"),
      fmt::format("momentum|v2|random_forest|{}|0\nsilent|NULL|NULL|NULL|1", noon + 3600)));
  ASSERT_TRUE(eventually(
      [&] { return reader.text("SELECT count(*) FROM event_history WHERE event_type = 'model_retrained' AND model_version = 'v2'"); },
      "1"));
}

TEST_F(TradingRows, SubscriptionsComeAndGo) {
  upstreams.sql(
      "INSERT INTO subscriptions (id, channel_type, symbol, topic, requesting_service, created_at, last_event_at) VALUES "
      "('" +
      id(1) + "', 'ticker', 'BTCUSDT', 'tickers.BTCUSDT', 'model-service', '2024-05-01 12:00', now() AT TIME ZONE 'UTC')");
  start_gateway();
  const auto state = query(
      "SELECT subscription_id, channel_type, symbol, topic, requesting_service, is_active, CAST(created_at AS INTEGER), cancelled_at IS "
      "NULL FROM subscription");
  ASSERT_TRUE(eventually(state, fmt::format("{}|ticker|BTCUSDT|tickers.BTCUSDT|model-service|1|{}|1", id(1), noon)));
  ASSERT_TRUE(eventually(query("SELECT status, basis FROM ws_connection WHERE connection = 'public'"), "connected|inferred"));
  upstreams.sql("UPDATE subscriptions SET is_active = false, updated_at = now() AT TIME ZONE 'UTC'");
  ASSERT_TRUE(eventually(state, fmt::format("{}|ticker|BTCUSDT|tickers.BTCUSDT|model-service|0|{}|0", id(1), noon)));
  ASSERT_TRUE(eventually(query("SELECT event_type FROM event_history WHERE category = 'subscription' ORDER BY event_type"),
                         "subscription_cancelled\nsubscription_created"));
}

TEST_F(TradingRows, ARestartRepeatsNoEvent) {
  insert_order(2, "filled", "filled_quantity, average_price, executed_at", "2, 99.5, '2024-05-01 12:45'");
  start_gateway();
  const auto events = query("SELECT event_id, event_type, time FROM event_history WHERE category IN ('order', 'signal') ORDER BY event_id");
  ASSERT_TRUE(eventually([&] { return reader.text("SELECT count(*) FROM event_history WHERE category IN ('order', 'signal')"); }, "4"));
  const auto before = events();
  gateway().kill();
  const auto killed_at = now();
  start_gateway();
  ASSERT_TRUE(eventually([&] { return attempts("postgres.orders", killed_at + 1) >= 3; }));
  EXPECT_EQ(events(), before);
}

TEST_F(TradingRows, WithoutTheTableOfOrdersExecutionsAreTheOrders) {
  insert_execution(1, R"({"realized_pnl": 3})");
  upstreams.sql("ALTER TABLE orders RENAME TO elsewhere");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT order_id, closure, strategy_id, execution_price FROM recent_orders"),
                         fmt::format("event:{}|filled|momentum|101.5", id(201))));
}

}  // namespace
}  // namespace integration
