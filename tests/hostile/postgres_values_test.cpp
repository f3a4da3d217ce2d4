// What PostgreSQL's own types allow and nobody wants, in every column of every table we read: all sources go on, and the
// row beside it arrives.
#include <fmt/format.h>

#include "postgres_settings.hpp"
#include "postgres_trial.hpp"

namespace hostile {
namespace {

class PostgresValues : public ::testing::Test {
 protected:
  PostgresValues() { server.reset(); }

  // One sound row in each table, told from hostile ones by the asset, strategy or version.
  void insert_sound_rows() const {
    server.sql(
        "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) VALUES "
        "('00000000-0000-4000-8000-000000000001', 'sound', 'SOUND', 'buy', 1.5, now() - interval '1 minute')");
    server.sql(
        "INSERT INTO orders (order_id, signal_id, asset, side, order_type, quantity, status, filled_quantity, executed_at) VALUES "
        "('sound', '00000000-0000-4000-8000-000000000001', 'SOUND', 'Buy', 'Market', 2, 'filled', 2, now())");
    server.sql(
        "INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, "
        "executed_at, signal_price, signal_timestamp, performance) "
        "VALUES ('00000000-0000-4000-8000-000000000001', 'sound', 'SOUND', 'buy', 3, 2, 0, now(), 1, now(), '{\"realized_pnl\": 2.5}')");
    server.sql(
        "INSERT INTO model_versions (version, file_path, model_type, strategy_id, is_active) VALUES ('v1', '/models/1', 'xgboost', "
        "'sound', true)");
    server.sql(
        "INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service, last_event_at) VALUES ('trades', 'SOUND', "
        "'publicTrade.SOUND', 'sound', now())");
  }

  void expect_the_sound_rows(PostgresTrial& trial) const {
    ASSERT_TRUE(all_rows(trial));
    EXPECT_EQ(trial.read("SELECT price FROM recent_signals WHERE asset = 'SOUND'"), "1.5");
    EXPECT_EQ(trial.read("SELECT execution_price, realized_pnl FROM recent_orders WHERE order_id = 'sound'"), "3|2.5");
    EXPECT_EQ(trial.read("SELECT active_version FROM model_state WHERE strategy_id = 'sound'"), "v1");
    EXPECT_EQ(trial.read("SELECT count(*) FROM subscription WHERE symbol = 'SOUND'"), "1");
    EXPECT_EQ(trial.read("SELECT total_orders, filled_orders, pnl_orders, total_pnl FROM model_quality WHERE strategy_id = 'sound'"),
              "1|1|1|2.5");
    EXPECT_TRUE(views_are_sound(trial));
  }

  // Twice: the first fill and the next cycle ask differently.
  void expect_it_goes_on() const {
    PostgresTrial trial(settings_of(server));
    trial.attempt_all();
    expect_the_sound_rows(trial);
    trial.attempt_all();
    expect_the_sound_rows(trial);
  }

  PrivatePostgres& server = PrivatePostgres::instance();
};

// The tables we read, and a row for each that takes any value in one column.
struct Table {
  const char* name;
  const char* columns;
  const char* values;
  std::vector<const char*> numeric, times;
};

const std::vector<Table> tables{
    {"trading_signals",
     "signal_id, strategy_id, asset, side, price, timestamp",
     "gen_random_uuid(), 'odd', 'ODD', 'sell', 1, now()",
     {"price", "confidence"},
     {"timestamp", "created_at"}},
    {"orders",
     "order_id, signal_id, asset, side, order_type, quantity, price, status",
     "gen_random_uuid(), gen_random_uuid(), 'ODD', 'SELL', 'Limit', 1, 1, 'filled'",
     {"quantity", "price", "filled_quantity", "average_price", "fees"},
     {"created_at", "updated_at", "executed_at"}},
    {"execution_events",
     "signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, executed_at, signal_price, "
     "signal_timestamp, performance",
     "gen_random_uuid(), 'odd', 'ODD', 'sell', 1, 1, 0, now(), 1, now(), '{}'",
     {"execution_price", "execution_quantity", "execution_fees", "signal_price"},
     {"executed_at", "signal_timestamp", "created_at"}},
    {"model_versions",
     "version, file_path, model_type, strategy_id",
     "'v' || (2 + (SELECT count(*) FROM model_versions)), '/models/x', 'xgboost', 'odd'",
     {},
     {"trained_at", "created_at", "updated_at"}},
    {"model_quality_metrics",
     "model_version_id, metric_name, metric_value, metric_type, metadata",
     "(SELECT id FROM model_versions WHERE version = 'v1'), 'accuracy', 0.5, 'regression', '{\"dataset_split\": \"test\"}'",
     {"metric_value"},
     {"evaluated_at"}},
    {"subscriptions",
     "channel_type, symbol, topic, requesting_service",
     "'ticker', 'ODD', 'tickers.ODD', 'odd'",
     {},
     {"created_at", "updated_at", "last_event_at"}},
};

TEST_F(PostgresValues, NotANumberInEveryNumericColumn) {
  insert_sound_rows();
  // The constraints that would keep it out are the upstream's, and may go with any migration.
  server.sql(
      "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c' AND "
      "connamespace = 'public'::regnamespace "
      "LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; END $$");
  for (const auto& table : tables) {
    for (const char* column : table.numeric) {
      server.sql(
          fmt::format("WITH made AS (INSERT INTO {0} ({1}) VALUES ({2}) RETURNING id) SELECT 1", table.name, table.columns, table.values));
      server.sql(fmt::format("UPDATE {0} SET {1} = 'NaN' WHERE id = (SELECT id FROM {0} ORDER BY ctid DESC LIMIT 1)", table.name, column));
    }
  }
  expect_it_goes_on();
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  EXPECT_EQ(trial.read("SELECT count(*), sum(price IS NULL), sum(confidence IS NULL) FROM recent_signals WHERE asset = 'ODD'"), "2|1|2");
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_orders WHERE asset = 'ODD'"), "5");
}

TEST_F(PostgresValues, InfinityInEveryTimeColumn) {
  for (const char* infinity : {"infinity", "-infinity"}) {
    server.reset();
    insert_sound_rows();
    for (const auto& table : tables) {
      for (const char* column : table.times) {
        server.sql(fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, table.columns, table.values));
        server.sql(fmt::format("UPDATE {0} SET {1} = '{2}' WHERE id = (SELECT id FROM {0} ORDER BY ctid DESC LIMIT 1)", table.name, column,
                               infinity));
      }
    }
    SCOPED_TRACE(infinity);
    expect_it_goes_on();
  }
}

TEST_F(PostgresValues, TheOutermostTimesInEveryTimeColumn) {
  for (const char* time : {"294276-12-31 23:59:59.999999", "4713-01-01 00:00:00 BC", "1969-12-31 23:59:59", "0001-01-01"}) {
    server.reset();
    insert_sound_rows();
    for (const auto& table : tables) {
      for (const char* column : table.times) {
        server.sql(fmt::format("INSERT INTO {} ({}) VALUES ({})", table.name, table.columns, table.values));
        server.sql(
            fmt::format("UPDATE {0} SET {1} = '{2}' WHERE id = (SELECT id FROM {0} ORDER BY ctid DESC LIMIT 1)", table.name, column, time));
      }
    }
    SCOPED_TRACE(time);
    expect_it_goes_on();
  }
}

TEST_F(PostgresValues, TheGreatestNumbersOfTheColumns) {
  insert_sound_rows();
  const std::string most = "999999999999.99999999";
  server.sql(
      fmt::format("INSERT INTO orders (order_id, signal_id, asset, side, order_type, quantity, price, status, filled_quantity, "
                  "average_price, fees) VALUES "
                  "('most', gen_random_uuid(), 'ODD', 'SELL', 'Limit', {0}, {0}, 'filled', {0}, {0}, -{0})",
                  most));
  server.sql(
      fmt::format("INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, "
                  "executed_at, signal_price, signal_timestamp, performance) "
                  "VALUES (gen_random_uuid(), 'odd', 'ODD', 'sell', {0}, {0}, {0}, now(), {0}, now(), '{{\"realized_pnl\": -{0}}}')",
                  most));
  server.sql(
      "INSERT INTO model_versions (version, file_path, model_type, strategy_id, training_duration_seconds, training_dataset_size) VALUES "
      "('v9', '/models/9', 'xgboost', 'odd', 2147483647, -2147483648)");
  expect_it_goes_on();
}

TEST_F(PostgresValues, FourKilobyteTextsInEveryTextColumn) {
  insert_sound_rows();
  server.sql(
      "DO $$ DECLARE c record; BEGIN FOR c IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'c' AND "
      "connamespace = 'public'::regnamespace "
      "LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.t, c.conname); END LOOP; "
      "FOR c IN SELECT attrelid::regclass AS t, attname AS conname FROM pg_attribute WHERE atttypid = 'varchar'::regtype AND attrelid IN "
      "(SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r') "
      "LOOP EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE text', c.t, c.conname); END LOOP; END $$");
  for (const char* piece : {"''\"\\;--", "line\nbreak\r\n\t", "кириллица", "\U0001F680\U0001F1E9", "'' OR 1=1; DROP TABLE orders; --",
                            "%s{}${x}<b>", "\x01\x1b[31m"}) {
    const auto text = fmt::format("E'' || left(repeat('{}', 4096), 4096)", piece);
    server.sql(fmt::format(
        "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp, model_version, trace_id, metadata) VALUES "
        "(gen_random_uuid(), {0}, {0}, {0}, 1, now(), {0}, {0}, jsonb_build_object('reasoning', {0}))",
        text));
    server.sql(fmt::format(
        "INSERT INTO orders (order_id, signal_id, asset, side, order_type, quantity, status, trace_id, rejection_reason) VALUES "
        "({0}, gen_random_uuid(), {0}, {0}, {0}, 1, {0}, {0}, {0})",
        text));
    server.sql(
        fmt::format("INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, "
                    "execution_fees, executed_at, signal_price, signal_timestamp, performance) "
                    "VALUES (gen_random_uuid(), {0}, {0}, {0}, 1, 1, 0, now(), 1, now(), jsonb_build_object({0}, {0}))",
                    text));
    server.sql(
        fmt::format("INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service) VALUES ({0}, {0}, {0}, {0})", text));
  }
  server.sql("ALTER TABLE model_versions DROP CONSTRAINT IF EXISTS model_versions_version_key");
  for (const char* piece : {"''", "\n", "я", "\U0001F680"}) {
    server.sql(
        fmt::format("INSERT INTO model_versions (version, file_path, model_type, strategy_id, is_active) VALUES ({0}, {0}, {0}, {0}, true)",
                    fmt::format("left(repeat('{}', 2000), 2000)", piece)));
  }
  expect_it_goes_on();
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  EXPECT_EQ(
      trial.read("SELECT count(*) FROM recent_signals WHERE asset <> 'SOUND' AND length(strategy_id) = 4096 AND trace_id = strategy_id"),
      "7");
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_orders WHERE order_id <> 'sound' AND length(order_id) = 4096"), "7");
}

TEST_F(PostgresValues, JsonOfAnyShapeAndSize) {
  insert_sound_rows();
  const std::vector<std::string> shapes{"'null'",
                                        "'5'",
                                        "'[]'",
                                        "'{}'",
                                        "'true'",
                                        "'\"text\"'",
                                        "'{\"realized_pnl\": null}'",
                                        "'{\"realized_pnl\": \"1.5\"}'",
                                        "'{\"realized_pnl\": \"x\"}'",
                                        "'{\"realized_pnl\": [1]}'",
                                        "'{\"realized_pnl\": {}}'",
                                        "'{\"realized_pnl\": true}'",
                                        "'{\"realized_pnl\": 1e-400}'",
                                        "'{\"realized_pnl\": 0.1234567890123456789012345678901234567890}'",
                                        "(repeat('[', 1000) || repeat(']', 1000))::jsonb",
                                        "(repeat('{\"realized_pnl\":', 1000) || '1' || repeat('}', 1000))::jsonb",
                                        "jsonb_build_object('reasoning', repeat('x', 1000000), 'padding', repeat('y', 100000))",
                                        "(SELECT jsonb_object_agg('key ' || n, n) FROM generate_series(1, 50000) n)"};
  for (const auto& shape : shapes) {
    server.sql(fmt::format(
        "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp, metadata, market_data_snapshot) VALUES "
        "(gen_random_uuid(), 'odd', 'ODD', 'sell', 1, now(), {0}, {0})",
        shape));
    server.sql(
        fmt::format("INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, "
                    "execution_fees, executed_at, signal_price, signal_timestamp, performance) "
                    "VALUES (gen_random_uuid(), 'odd', 'ODD', 'sell', 1, 1, 0, now(), 1, now(), {})",
                    shape));
  }
  expect_it_goes_on();
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  EXPECT_EQ(trial.read("SELECT count(*), max(length(reasoning)) FROM recent_signals WHERE asset = 'ODD'"),
            fmt::format("{}|4000", shapes.size()));
  EXPECT_EQ(trial.read("SELECT pnl_orders FROM model_quality WHERE strategy_id = 'odd'"), "2")
      << "a number is one, a text with a number is none";
}

TEST_F(PostgresValues, ASumBeyondDoublesIsNoNumberAndNoStandstill) {
  insert_sound_rows();
  server.sql(
      "INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, "
      "executed_at, signal_price, signal_timestamp, performance) "
      "SELECT gen_random_uuid(), 'odd', 'ODD', 'sell', 1, 1, 0, now(), 1, now(), p FROM (VALUES ('{\"realized_pnl\": 1e400}'::jsonb), "
      "('{\"realized_pnl\": 1e308}'), ('{\"realized_pnl\": 1e308}')) v(p)");
  expect_it_goes_on();
}

TEST_F(PostgresValues, ATextOfAMegabyteIsShownByItsBeginning) {
  insert_sound_rows();
  server.sql("ALTER TABLE orders ADD COLUMN IF NOT EXISTS rejection_reason text");
  server.sql("ALTER TABLE orders ALTER COLUMN order_type TYPE text, DROP CONSTRAINT orders_order_type_check");
  server.sql("UPDATE orders SET status = 'rejected', executed_at = NULL, order_type = repeat('ä', 1000000)");
  server.sql("UPDATE orders SET rejection_reason = order_type");
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT length(CAST(order_type AS blob)), length(CAST(close_reason AS blob)) FROM recent_orders"), "16383|8000");
  EXPECT_TRUE(views_are_sound(trial));
}

}  // namespace
}  // namespace hostile
