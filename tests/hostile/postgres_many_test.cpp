// More of everything than the cache keeps: it takes its share and stays of bounded size.
#include <fmt/format.h>

#include "postgres_settings.hpp"
#include "postgres_trial.hpp"

namespace hostile {
namespace {

TEST(PostgresMany, TenThousandStrategies) {
  auto& server = PrivatePostgres::instance();
  server.reset();
  server.sql(
      "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) "
      "SELECT gen_random_uuid(), 'strategy ' || n, 'A', 'buy', 1, now() - n * interval '1 second' FROM generate_series(1, 10000) n");
  server.sql(
      "INSERT INTO orders (order_id, signal_id, asset, side, order_type, quantity, status, created_at) "
      "SELECT 'o' || row_number() OVER (), signal_id, 'A', 'Buy', 'Market', 1, 'cancelled', timestamp FROM trading_signals");
  server.sql(
      "INSERT INTO model_versions (version, file_path, model_type, strategy_id, is_active) "
      "SELECT 'v' || n, '/models/' || n, 'xgboost', 'strategy ' || n, true FROM generate_series(1, 10000) n");
  server.sql("ANALYZE");
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT count(*) FROM model_state"), "10000");
  EXPECT_EQ(trial.read("SELECT total_orders FROM model_quality WHERE strategy_id = '(all)'"), "10000");
  EXPECT_EQ(trial.read("SELECT count(*) BETWEEN 200 AND 10000 FROM recent_signals"), "1");
}

TEST(PostgresMany, TenThousandSubscriptionsOfOneTopic) {
  auto& server = PrivatePostgres::instance();
  server.reset();
  server.sql(
      "INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service, is_active, last_event_at) "
      "SELECT 'trades', 'A', 'publicTrade.A', 's' || n, n % 2 = 0, now() FROM generate_series(1, 10000) n");
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT sum(is_active), sum(NOT is_active) FROM subscription"), "5000|500");
}

// What bounds a flood must not hold up an answer: with a receive buffer smaller than a packet this took half a minute.
TEST(PostgresMany, AFewMegabytesComeWithinAnAttempt) {
  gateway::Cancel cancel;
  gateway::ReceiveLimit limit;
  const gateway::Deadline deadline(std::chrono::seconds(10));
  auto connection = gateway::PostgresConnection::open(settings_of(PrivatePostgres::instance()), deadline, cancel, limit);
  ASSERT_TRUE(connection) << connection.error().text;
  for (int n = 0; n < 3; ++n) {
    const auto rows = connection->query({.sql = "SELECT repeat('x', 1000) FROM generate_series(1, 4000)", .parameters = {}}, deadline);
    ASSERT_TRUE(rows) << rows.error().text;
    EXPECT_EQ(rows->rows.size(), 4000U);
  }
}

}  // namespace
}  // namespace hostile
