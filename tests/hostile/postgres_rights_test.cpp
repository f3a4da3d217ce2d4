// Tables that are there and cannot be read as they should: not visible, not usable, or with rows hidden. Never "missing", and
// never fresh and empty.
#include <gtest/gtest.h>

#include "postgres_settings.hpp"
#include "postgres_trial.hpp"
#include "statements.hpp"

namespace hostile {
namespace {

class PostgresRights : public ::testing::Test {
 protected:
  PostgresRights() {
    server.reset();
    server.sql(
        "INSERT INTO subscriptions (channel_type, symbol, topic, requesting_service) SELECT 'trades', 'A', 't', 's' FROM "
        "generate_series(1, "
        "5)");
    trial.attempt_all();
    EXPECT_TRUE(all_rows(trial));
  }

  // What becomes of subscriptions, and how many are shown.
  void expect(const std::string& kind, const std::string& words, const std::string& rows) {
    probe_again();
    EXPECT_EQ(trial.classes().at("postgres.subscriptions"), kind);
    std::string said;
    for (const auto& error : trial.errors()) said += error.text + "\n";
    EXPECT_NE(said.find(words), std::string::npos) << said;
    EXPECT_EQ(trial.read("SELECT count(*) FROM subscription"), rows);
    EXPECT_EQ(trial.classes().at("postgres.signals"), "rows");
  }
  // What is known of the tables is thrown away with the connection.
  void probe_again() {
    server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
    trial.attempt();
  }

  PrivatePostgres& server = PrivatePostgres::instance();
  PostgresTrial trial{settings_of(server)};
};

TEST_F(PostgresRights, ASchemaWithoutUsageIsNamed) {
  server.sql("CREATE SCHEMA trading; ALTER TABLE subscriptions SET SCHEMA trading");
  expect("auth", "GRANT USAGE ON SCHEMA trading TO grafana_monitor", "5");
  server.sql("GRANT USAGE ON SCHEMA trading TO grafana_monitor; ALTER ROLE grafana_monitor SET search_path = trading, public");
  expect("rows", "", "5");
}

TEST_F(PostgresRights, ASchemaThatIsNotOnTheSearchPathIsNamed) {
  server.sql("CREATE SCHEMA trading; GRANT USAGE ON SCHEMA trading TO grafana_monitor; ALTER TABLE subscriptions SET SCHEMA trading");
  expect("auth", "ALTER ROLE grafana_monitor SET search_path = trading, public", "5");
  server.sql("ALTER ROLE grafana_monitor SET search_path = trading, public");
  expect("rows", "", "5");
}

TEST_F(PostgresRights, ATableThatIsNowhereIsMissing) {
  server.sql("DROP TABLE subscriptions");
  expect("missing", "there is no table subscriptions", "5");
}

TEST_F(PostgresRights, OrdersInAForbiddenSchemaAreNotMadeUpFromExecutions) {
  server.sql("CREATE SCHEMA trading; ALTER TABLE orders SET SCHEMA trading");
  server.sql(
      "INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, "
      "executed_at, "
      "signal_price, signal_timestamp, performance) VALUES (gen_random_uuid(), 's', 'A', 'buy', 1, 1, 0, now(), 1, now(), '{}')");
  probe_again();
  EXPECT_EQ(trial.classes().at("postgres.orders"), "auth");
  EXPECT_EQ(trial.classes().at("postgres.quality"), "auth");
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_orders"), "0");
}

TEST_F(PostgresRights, RowLevelSecurityWithoutAPolicyKeepsTheRows) {
  server.sql("ALTER TABLE subscriptions ENABLE ROW LEVEL SECURITY");
  expect("auth", "row level security", "5");
  server.sql("CREATE POLICY others ON subscriptions FOR SELECT TO ytrader USING (true)");
  expect("auth", "row level security", "5");
  server.sql("CREATE POLICY writes ON subscriptions FOR INSERT TO grafana_monitor WITH CHECK (true)");
  expect("auth", "row level security", "5");
  server.sql("CREATE POLICY part ON subscriptions FOR SELECT TO grafana_monitor USING (symbol = 'B')");
  expect("auth", "row level security", "5");
  server.sql("CREATE POLICY all_rows ON subscriptions FOR SELECT TO grafana_monitor USING (true)");
  expect("rows", "", "5");
  server.sql("CREATE POLICY less ON subscriptions AS RESTRICTIVE FOR SELECT TO PUBLIC USING (symbol = 'B')");
  expect("auth", "row level security", "5");
  server.sql("ALTER TABLE subscriptions DISABLE ROW LEVEL SECURITY");
  expect("rows", "", "5");
}

}  // namespace
}  // namespace hostile
