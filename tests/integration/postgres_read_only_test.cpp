// The gateway reads PostgreSQL and can do nothing else: its role may not write, and its session would not even if the
// role might. Proved by what the server logs and by a table that writes when it is read.
#include <fmt/format.h>

#include <regex>
#include <sstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class ReadOnly : public Integration {};

TEST_F(ReadOnly, TheRoleMayNotWrite) {
  Session monitor(upstreams.monitor());
  for (const char* statement : {"INSERT INTO subscriptions (channel_type, topic, requesting_service) VALUES ('liquidation', 't', 's')",
                                "DELETE FROM trading_signals", "UPDATE orders SET status = 'filled'", "TRUNCATE orders",
                                "CREATE TABLE mine (n int)", "DROP TABLE orders"}) {
    try {
      monitor.run(statement);
      ADD_FAILURE() << "was allowed: " << statement;
    } catch (const std::runtime_error& refused) {
      EXPECT_NE(std::string(refused.what()).find("ERROR"), std::string::npos) << refused.what();
    }
  }
  EXPECT_EQ(monitor.run("SELECT count(*) FROM orders"), "0");
}

TEST_F(ReadOnly, ATableThatWritesWhenItIsReadWritesNothing) {
  insert_signals(upstreams, "momentum", 1, 2);
  upstreams.sql(
      "ALTER TABLE trading_signals RENAME TO real_signals; CREATE TABLE witness (at timestamp); "
      "CREATE FUNCTION testify() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO witness VALUES (now()); RETURN "
      "true; END'; "
      "CREATE VIEW trading_signals AS SELECT * FROM real_signals WHERE testify(); GRANT SELECT ON trading_signals TO grafana_monitor");
  start_gateway();
  ASSERT_TRUE(eventually_contains(source("postgres.signals", "error_class, error"), "read-only transaction"));
  EXPECT_EQ(reader.source("postgres.health"), "fresh");
  EXPECT_EQ(upstreams.sql("SELECT count(*) FROM witness"), "0");
}

TEST_F(ReadOnly, EveryDatasetIsReadInsideAReadOnlyTransaction) {
  insert_signals(upstreams, "momentum", 1, 2);
  upstreams.sql("ALTER ROLE grafana_monitor SET log_statement = 'all'");
  const auto before = upstreams.postgres_log().size();
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|2"));
  std::istringstream log(upstreams.postgres_log().substr(before));
  const std::regex statement(R"(grafana_monitor@ytrader LOG: +(?:execute [^:]*|statement): ([A-Za-z]+)(.*))");
  bool reading = false;
  int transactions = 0, selects = 0;
  for (std::string line; std::getline(log, line);) {
    std::smatch found;
    if (!std::regex_search(line, found, statement)) continue;
    const auto verb = found[1].str();
    if (verb == "BEGIN") {
      EXPECT_NE(found[2].str().find("READ ONLY"), std::string::npos) << line;
      EXPECT_NE(found[2].str().find("REPEATABLE READ"), std::string::npos) << line;
      reading = true;
      ++transactions;
    } else if (verb == "COMMIT") {
      reading = false;
    } else if (verb == "SELECT" || verb == "WITH") {
      ++selects;
      EXPECT_TRUE(reading || line.find("trading_signals") == std::string::npos) << line;
    } else {
      EXPECT_TRUE(verb == "SAVEPOINT" || verb == "ROLLBACK" || verb == "RELEASE" || verb == "SET" || verb == "SHOW") << line;
    }
  }
  EXPECT_GE(transactions, 1);
  EXPECT_GE(selects, 2);
}

TEST_F(ReadOnly, TheSessionNamesItselfAndIsTheOnlyOne) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  EXPECT_EQ(upstreams.sql("SELECT application_name, count(*) FROM pg_stat_activity WHERE usename = 'grafana_monitor' GROUP BY 1"),
            "cache-gateway|1");
}

}  // namespace
}  // namespace integration
