// Whatever way a row comes into a table, or changes, or leaves it, the cache follows within one pass, and tells of it once.
#include <fmt/format.h>

#include "eventually.hpp"
#include "postgres_settings.hpp"
#include "postgres_trial.hpp"

namespace hostile {
namespace {

class PostgresReading : public ::testing::Test {
 protected:
  PostgresReading() { server.reset(); }

  // Order i of a kind, i seconds before `at`, of the signal of that number.
  void insert_orders(const std::string& kind, const std::string& status, const std::string& at, int count,
                     const std::string& apart = "1 second") {
    server.sql(fmt::format(
        "INSERT INTO orders (id, order_id, signal_id, asset, side, order_type, quantity, status, created_at, updated_at, executed_at) "
        "SELECT md5('{0}' || i)::uuid, '{0}' || i, md5('signal' || i)::uuid, 'BTCUSDT', 'Buy', 'Market', 1, '{1}', t, t, "
        "CASE WHEN '{1}' = 'filled' THEN t END FROM (SELECT i, ({2})::timestamp - i * interval '{3}' AS t FROM generate_series(1, {4}) i) "
        "x",
        kind, status, at, apart, count));
  }
  void insert_signals(const std::string& kind, const std::string& strategy, const std::string& at, int count,
                      const std::string& apart = "1 second") {
    server.sql(
        fmt::format("INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) "
                    "SELECT md5('{0}' || i)::uuid, {1}, 'BTCUSDT', 'buy', 1, ({2})::timestamp - i * interval '{3}' "
                    "FROM generate_series(1, {4}) i",
                    kind, strategy, at, apart, count));
  }
  void insert_execution(const std::string& kind, const std::string& at, double pnl) {
    server.sql(fmt::format(
        "INSERT INTO execution_events (id, signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, "
        "executed_at, signal_price, signal_timestamp, performance) VALUES (md5('{0}')::uuid, md5('{0}')::uuid, 'grid', 'BTCUSDT', 'buy', "
        "1, "
        "1, 0, ({1})::timestamp, 1, now(), '{{\"realized_pnl\": {2}}}')",
        kind, at, pnl));
  }
  std::string orders_counted() { return trial.read("SELECT total_orders, filled_orders FROM model_quality WHERE strategy_id = '(all)'"); }
  std::string events_of(const std::string& order) {
    return trial.read(
        fmt::format("SELECT group_concat(event_type, ' ') FROM (SELECT event_type FROM event WHERE event_id LIKE 'order%' || "
                    "(SELECT id FROM trade_order WHERE order_id = '{}') ORDER BY event_type)",
                    order));
  }

  PrivatePostgres& server = PrivatePostgres::instance();
  PostgresTrial trial{settings_of(server)};
};

TEST_F(PostgresReading, VeryManyRowsOfOneTimeAreReadInStepsAndCountedOnce) {
  constexpr int many = 12'000;
  insert_orders("before", "filled", "now() - interval '5 minutes'", 3);
  trial.attempt_all();
  insert_orders("import", "filled", "now()", many, "0 seconds");
  insert_signals("import", "'grid'", "now()", many, "0 seconds");
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(orders_counted(), fmt::format("{0}|{0}", many + 3));
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_signals"), "200");
  trial.attempt();
  EXPECT_FALSE(trial.more());
  EXPECT_EQ(orders_counted(), fmt::format("{0}|{0}", many + 3));
}

TEST_F(PostgresReading, AStepAmongRowsOfOneTimeCostsItsOwnRowsAndNotAllOfThatTime) {
  constexpr int many = 30'000;
  insert_orders("before", "filled", "now() - interval '5 minutes'", 3);
  trial.attempt_all();
  insert_orders("import", "filled", "now()", many, "0 seconds");
  server.sql("ANALYZE orders");
  server.sql("SELECT pg_stat_reset()");
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(orders_counted(), fmt::format("{0}|{0}", many + 3));
  // By ranges of the key, not one by one: all steps but the first. A session that rests reports its figures within ten seconds.
  const auto by_ranges = [&] {
    return server.sql(
        fmt::format("SELECT idx_tup_read - idx_scan >= {} FROM pg_stat_user_indexes WHERE indexrelname = 'orders_pkey'", many / 2));
  };
  EXPECT_TRUE(integration::eventually(by_ranges, "t"))
      << server.sql("SELECT idx_scan || ' ' || idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'orders_pkey'");
}

TEST_F(PostgresReading, AnHourOfVeryManyRowsIsSummedUpInSteps) {
  constexpr int many = 45'000;
  insert_orders("old", "cancelled", "date_trunc('hour', now() - interval '5 hours') + interval '50 minutes'", many, "10 milliseconds");
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(orders_counted(), fmt::format("{}|0", many));
  EXPECT_EQ(trial.read("SELECT count(*) FROM quality_hour WHERE kind = 'orders'"), "1");
  EXPECT_EQ(trial.read("SELECT coverage_from_at FROM model_quality WHERE strategy_id = '(all)'"), "NULL");
}

TEST_F(PostgresReading, ARowCommittedLongAfterItsTimeIsFound) {
  insert_orders("usual", "filled", "now()", 10);
  insert_signals("usual", "'grid'", "now()", 10);
  trial.attempt_all();
  insert_orders("late", "filled", "now() - interval '5 minutes'", 1);
  insert_signals("late", "'grid'", "now() - interval '5 minutes'", 1);
  trial.attempt();
  trial.pass();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT closure FROM recent_orders WHERE order_id = 'late1'"), "filled");
  EXPECT_EQ(events_of("late1"), "order_closed order_created order_executed");
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_signals"), "11");
  EXPECT_EQ(orders_counted(), "11|11");
}

TEST_F(PostgresReading, ARowCommittedAMomentAfterItsTimeIsFoundAtOnce) {
  insert_orders("usual", "filled", "now()", 10);
  trial.attempt_all();
  insert_orders("late", "filled", "now() - interval '90 seconds'", 1);
  trial.attempt();
  EXPECT_EQ(trial.read("SELECT closure FROM recent_orders WHERE order_id = 'late1'"), "filled");
}

TEST_F(PostgresReading, AnOldOrderThatComesOpenAgainOrIsFilledAfterAllIsFound) {
  insert_orders("new", "cancelled", "now()", 300);
  insert_orders("old", "cancelled", "now() - interval '7 days'", 2);
  trial.attempt_all();
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_orders WHERE order_id LIKE 'old%'"), "0");
  server.sql("UPDATE orders SET status = 'pending' WHERE order_id = 'old1'");
  server.sql("UPDATE orders SET status = 'filled', filled_quantity = 1, executed_at = now() WHERE order_id = 'old2'");
  trial.pass();
  EXPECT_EQ(trial.read("SELECT order_id, closure FROM recent_orders WHERE order_id LIKE 'old%' ORDER BY 1"), "old1|open\nold2|filled");
  EXPECT_EQ(orders_counted(), "302|1");
}

TEST_F(PostgresReading, WhatIsDeletedLeavesAndIsNotCounted) {
  insert_orders("usual", "filled", "now()", 10, "1 hour");
  insert_signals("usual", "'grid'", "now()", 10);
  trial.attempt_all();
  server.sql("DELETE FROM orders WHERE order_id IN ('usual4', 'usual7')");
  server.sql("DELETE FROM trading_signals WHERE signal_id = md5('usual5')::uuid");
  trial.pass();
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_orders"), "8");
  EXPECT_EQ(orders_counted(), "8|8");
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_signals"), "9");
}

TEST_F(PostgresReading, FillsImportedHoursLaterAndDuplicatesDeletedCorrectTheSums) {
  insert_execution("a", "now() - interval '1 day'", 100);
  insert_execution("b", "now() - interval '1 day'", 31);
  insert_execution("double", "now() - interval '40 days'", -50);
  trial.attempt_all();
  const auto total = [&] { return trial.read("SELECT pnl_orders, total_pnl FROM model_quality WHERE strategy_id = '(all)'"); };
  EXPECT_EQ(total(), "3|81");
  insert_execution("imported", "now() - interval '10 hours'", -150);
  server.sql("DELETE FROM execution_events WHERE id = md5('double')::uuid");
  trial.pass();
  EXPECT_EQ(total(), "3|-19");
  EXPECT_EQ(trial.read("SELECT sum(pnl) FROM model_quality_trend"), "-19") << "two views of one page agree";
}

// Hours older than those that are kept one by one are one sum; it follows the table, too.
TEST_F(PostgresReading, HoursThatAreAddedUpFollowTheTable) {
  insert_orders("old", "filled", "now() - interval '20 days'", 50, "1 hour");
  insert_orders("new", "filled", "now()", 5, "1 hour");
  trial.attempt_all();
  EXPECT_EQ(orders_counted(), "55|55");
  EXPECT_EQ(trial.read("SELECT sum(orders) FROM quality_hour WHERE hour = 0"), "50");
  insert_orders("imported", "cancelled", "now() - interval '60 days'", 7, "1 hour");
  trial.pass();
  EXPECT_EQ(orders_counted(), "62|55");
}

TEST_F(PostgresReading, RowsDatedAheadAreSaidAndTakeNobodysPlace) {
  insert_signals("today", "'grid'", "now()", 50);
  insert_signals("ahead", "'grid'", "now() + interval '8 hours'", 200);
  insert_orders("ahead", "filled", "now() + interval '8 hours'", 200);
  insert_orders("today", "filled", "now()", 50);
  server.sql(
      "INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service, last_event_at) VALUES ('trades', 'BTCUSDT', "
      "'publicTrade.BTCUSDT', 'model-service', now() + interval '8 hours'), ('trades', 'ETHUSDT', 'publicTrade.ETHUSDT', 'model-service', "
      "now() - interval '1 hour')");
  trial.attempt_all();
  trial.pass();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_signals"), "50");
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_orders"), "50");
  EXPECT_EQ(orders_counted(), "50|50");
  EXPECT_NE(trial.note("postgres.signals").find("200 rows of trading_signals are dated ahead"), std::string::npos);
  EXPECT_NE(trial.note("postgres.orders").find("200 rows of orders are dated ahead"), std::string::npos);
  EXPECT_EQ(trial.read("SELECT last_known_status FROM ws_connection WHERE connection = 'public'"), "disconnected");
  EXPECT_NE(trial.note("postgres.subscriptions").find("dated ahead"), std::string::npos);
  // What comes after them is not hidden by them.
  insert_signals("later", "'grid'", "now()", 1, "0 seconds");
  trial.attempt();
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_signals"), "51");
}

TEST_F(PostgresReading, OfVeryManyStrategiesThoseActiveLastAreShownAndTheOthersCounted) {
  insert_signals("dead", "'a_dead_' || i", "now() - interval '30 days'", 300);
  insert_signals("living", "'z_living_' || i % 2", "now() - interval '10 minutes'", 10);
  trial.attempt_all();
  trial.pass();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_signals WHERE strategy_id LIKE 'z_living%'"), "10");
  EXPECT_EQ(trial.read("SELECT count(DISTINCT strategy_id) FROM recent_signals"), "200");
  EXPECT_NE(trial.note("postgres.signals").find("302 strategies have signals; those of the 200 most recently active are shown"),
            std::string::npos)
      << trial.note("postgres.signals");
}

TEST_F(PostgresReading, ATruncatedTableIsEmptyAtOnceAndWhatIsWrittenThenIsShown) {
  insert_orders("before", "filled", "now()", 50);
  insert_signals("before", "'grid'", "now()", 50);
  trial.attempt_all();
  server.sql("TRUNCATE orders, trading_signals CASCADE");
  trial.attempt_all();
  EXPECT_EQ(trial.read("SELECT (SELECT count(*) FROM recent_orders), (SELECT count(*) FROM recent_signals)"), "0|0");
  EXPECT_EQ(trial.read("SELECT sum(orders) FROM quality_hour"), "NULL");
  insert_orders("after", "pending", "now()", 3);
  trial.attempt();
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_orders WHERE closure = 'open'"), "3");
}

}  // namespace
}  // namespace hostile
