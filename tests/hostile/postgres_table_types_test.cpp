// Tables whose columns are of other types than the trading system's own migrations give them: what can be read is read.
#include <fmt/format.h>

#include "postgres_settings.hpp"
#include "postgres_trial.hpp"

namespace hostile {
namespace {

class PostgresTableTypes : public ::testing::Test {
 protected:
  PostgresTableTypes() {
    server.reset();
    server.sql(
        "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, metadata, market_data_snapshot) "
        "VALUES ('00000000-0000-4000-8000-000000000001', 'grid', 'BTCUSDT', 'buy', 1.5, 0.5, now() - interval '1 minute', "
        "'{\"reasoning\": \"so\"}', '{\"spread\": 0.25}')");
    server.sql(
        "INSERT INTO orders (id, order_id, signal_id, asset, side, order_type, quantity, price, status, filled_quantity, fees, "
        "executed_at) "
        "VALUES ('00000000-0000-4000-8000-000000000011', 'one', '00000000-0000-4000-8000-000000000001', 'BTCUSDT', 'SELL', 'Limit', 2, "
        "3.5, "
        "'filled', 2, 0.25, now())");
    server.sql(
        "INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, "
        "executed_at, signal_price, signal_timestamp, performance) VALUES ('00000000-0000-4000-8000-000000000001', 'grid', 'BTCUSDT', "
        "'buy', 3, 2, 0.5, now(), 1, now(), '{\"realized_pnl\": 2.5}')");
    server.sql(
        "INSERT INTO model_versions (version, file_path, model_type, strategy_id, is_active) VALUES ('v1', '/models/1', 'xgboost', 'grid', "
        "true)");
    server.sql(
        "INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service, last_event_at) VALUES ('trades', 'BTCUSDT', "
        "'publicTrade.BTCUSDT', 'model-service', now())");
  }

  // Checks and defaults are of the old type.
  void become(const std::string& table, const std::string& column, const std::string& type, const std::string& by = {}) {
    server.sql(fmt::format(
        "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = '{0}'::regclass AND contype = 'c' LOOP "
        "EXECUTE format('ALTER TABLE {0} DROP CONSTRAINT %I', c.conname); END LOOP; END $$",
        table));
    server.sql(
        fmt::format("DROP INDEX IF EXISTS idx_model_versions_active, idx_model_versions_one_active; "
                    "ALTER TABLE {0} ALTER COLUMN {1} DROP DEFAULT, ALTER COLUMN {1} TYPE {2} USING {3}",
                    table, column, type, by.empty() ? column + "::text::" + type : by));
  }
  // The first fill, the next cycle and a pass ask differently.
  void expect_all(PostgresTrial& trial) {
    trial.attempt_all();
    ASSERT_TRUE(all_rows(trial));
    trial.pass();
    ASSERT_TRUE(all_rows(trial));
    EXPECT_EQ(trial.read("SELECT strategy_id, side, price, confidence, reasoning, spread FROM recent_signals"), "grid|buy|1.5|0.5|so|0.25");
    EXPECT_EQ(trial.read("SELECT order_id, strategy_id, side, closure, execution_price, realized_pnl, price FROM recent_orders"),
              "one|grid|sell|filled|3|2.5|3.5");
    EXPECT_EQ(trial.read("SELECT total_orders, filled_orders, total_pnl FROM model_quality WHERE strategy_id = 'grid'"), "1|1|2.5");
    EXPECT_EQ(trial.read("SELECT active_version FROM model_state WHERE strategy_id = 'grid'"), "v1");
    EXPECT_EQ(trial.read("SELECT count(*) FROM subscription WHERE is_active = 1"), "1");
  }

  PrivatePostgres& server = PrivatePostgres::instance();
};

TEST_F(PostgresTableTypes, EnumsForTexts) {
  server.sql("CREATE TYPE order_status AS ENUM ('pending', 'partially_filled', 'filled', 'cancelled', 'rejected', 'dry_run')");
  server.sql("CREATE TYPE order_side AS ENUM ('Buy', 'SELL')");
  server.sql("CREATE TYPE signal_side AS ENUM ('buy', 'sell')");
  server.sql("CREATE TYPE channel AS ENUM ('trades', 'ticker')");
  become("orders", "status", "order_status");
  become("orders", "side", "order_side");
  become("trading_signals", "side", "signal_side");
  become("subscriptions", "channel_type", "channel");
  PostgresTrial trial(settings_of(server));
  expect_all(trial);
  server.sql("DROP TABLE orders, trading_signals, subscriptions CASCADE; DROP TYPE order_status, order_side, signal_side, channel");
}

TEST_F(PostgresTableTypes, TextsForKeysAndNumbers) {
  server.sql("DROP TABLE signal_order_relationships");
  for (const auto& [table, column] : std::vector<std::pair<std::string, std::string>>{
           {"orders", "id"}, {"orders", "signal_id"}, {"orders", "price"}, {"orders", "fees"}, {"trading_signals", "confidence"}}) {
    become(table, column, "text");
  }
  server.sql(
      "INSERT INTO orders (id, order_id, signal_id, asset, side, order_type, quantity, status, filled_quantity, created_at, updated_at, "
      "is_dry_run, fees) VALUES ('no uuid', 'two', 'none', 'BTCUSDT', 'Buy', 'Market', 1, 'filled', 1, now(), now(), false, 'n/a')");
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  trial.pass();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT order_id, fees, strategy_id FROM trade_order ORDER BY order_id"), "one|0.25|grid\ntwo|NULL|NULL");
}

TEST_F(PostgresTableTypes, OtherNumbersFlagsTimesAndJson) {
  become("orders", "fees", "money");
  become("orders", "is_dry_run", "smallint", "is_dry_run::int::smallint");
  become("orders", "created_at", "timestamptz", "created_at AT TIME ZONE 'UTC'");
  become("trading_signals", "timestamp", "timestamptz", "timestamp AT TIME ZONE 'UTC'");
  become("trading_signals", "metadata", "json");
  become("trading_signals", "is_warmup", "varchar(5)");
  become("execution_events", "performance", "json");
  become("model_versions", "is_active", "smallint", "is_active::int::smallint");
  PostgresTrial trial(settings_of(server));
  expect_all(trial);
}

TEST_F(PostgresTableTypes, AnOptionalColumnOfNoUseCostsItselfOnly) {
  become("orders", "fees", "bytea", "convert_to(fees::text, 'UTF8')");
  become("trading_signals", "confidence", "point", "point(0, 0)");
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT order_id, fees FROM trade_order"), "one|NULL");
  EXPECT_EQ(trial.read("SELECT price, confidence FROM recent_signals"), "1.5|NULL");
}

TEST_F(PostgresTableTypes, AnEssentialOneIsAnErrorThatNamesTableColumnAndType) {
  become("orders", "created_at", "text");
  PostgresTrial trial(settings_of(server));
  trial.attempt();
  EXPECT_EQ(trial.classes().at("postgres.orders"), "sql");
  EXPECT_EQ(trial.classes().at("postgres.signals"), "rows");
  EXPECT_EQ(trial.errors().at(0).text, "orders.created_at is of type text: expected a timestamp");
}

}  // namespace
}  // namespace hostile
