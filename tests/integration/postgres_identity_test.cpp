// Another database under the same address, as after a restore or a switch from demo to real: its rows must not mix with
// the old ones. The old file is set aside whole, and what was read from the old database begins anew, and nothing else.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class PostgresIdentity : public Integration {
 protected:
  std::vector<std::filesystem::path> aside() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      if (entry.path().filename().string().find("aside") != std::string::npos) found.push_back(entry.path());
    }
    return found;
  }
};

TEST_F(PostgresIdentity, OfAnotherClusterOnlyItsOwnRowsBeginAnew) {
  insert_signals(upstreams, "old", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  const auto observed = "SELECT count(*) FROM event_history WHERE origin = 'observed' AND service <> 'postgres'";
  const auto before = reader.number(observed);
  upstreams.postgres().stop();
  ASSERT_TRUE(service_becomes("postgres", "unhealthy"));
  upstreams.start_another_postgres();
  insert_signals(upstreams, "new", 11, 15);
  ASSERT_TRUE(eventually(query("SELECT strategy_id, count(*), max(freshness) FROM recent_signals GROUP BY 1"), "new|5|fresh"));
  ASSERT_EQ(aside().size(), 1U);
  EXPECT_EQ(Reader(aside().front()).text("SELECT strategy_id, count(*) FROM recent_signals GROUP BY 1"), "old|3");
  EXPECT_GT(before, 0);
  EXPECT_GE(reader.number(observed), before);
  EXPECT_GE(reader.number("SELECT count(*) FROM outage WHERE upstream = 'postgres'"), 1);
}

TEST_F(PostgresIdentity, AnotherClusterMetAtTheStartDoesSoToo) {
  insert_signals(upstreams, "old", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  EXPECT_EQ(gateway().terminate(), 0);
  upstreams.postgres().stop();
  upstreams.start_another_postgres();
  start_gateway();
  ASSERT_TRUE(eventually(
      query("SELECT (SELECT count(*) FROM recent_signals), freshness FROM source_status WHERE source = 'postgres.signals'"), "0|fresh"));
  ASSERT_EQ(aside().size(), 1U);
  EXPECT_EQ(Reader(aside().front()).text("SELECT count(*) FROM recent_signals"), "3");
}

// What is asked for depends on what is known already: of the other database all is read, not what is newer than the old rows.
TEST_F(PostgresIdentity, AnotherClusterIsReadFromTheBeginning) {
  const auto insert_orders = [&](int count, const std::string& newest) {
    upstreams.sql(fmt::format(
        "INSERT INTO orders (id, order_id, signal_id, asset, side, order_type, quantity, price, status, created_at, updated_at) "
        "SELECT gen_random_uuid(), n::text, gen_random_uuid(), 'BTCUSDT', 'Buy', 'Market', 1, 1, 'cancelled', at, at FROM "
        "(SELECT n, now() AT TIME ZONE 'UTC' - interval '{}' - n * interval '3 hours' AS at FROM generate_series(0, {}) AS n) AS o",
        newest, count - 1));
  };
  insert_orders(1, "1 hour");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM recent_orders"), "1"));
  upstreams.postgres().stop();
  upstreams.start_another_postgres();
  insert_orders(30, "0 s");
  ASSERT_TRUE(eventually(query("SELECT (SELECT count(*) FROM recent_orders), (SELECT total_orders FROM model_quality WHERE strategy_id = "
                               "'(all)'), (SELECT count(*) FROM event_history WHERE event_type = 'order_closed')"),
                         "30|30|30"));
}

TEST_F(PostgresIdentity, ARoleThatMayNotAskForTheClustersIdKeepsItsRows) {
  insert_signals(upstreams, "old", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  upstreams.sql("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
  upstreams.postgres().stop();
  ASSERT_TRUE(service_becomes("postgres", "unhealthy"));
  upstreams.postgres().start();
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
  upstreams.sql("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  EXPECT_TRUE(aside().empty());
}

TEST_F(PostgresIdentity, TheSameClusterAfterARestartDoesNot) {
  insert_signals(upstreams, "old", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  upstreams.postgres().stop();
  ASSERT_TRUE(service_becomes("postgres", "unhealthy"));
  upstreams.postgres().start();
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  EXPECT_TRUE(aside().empty());
}

}  // namespace
}  // namespace integration
