// The gateway reads PostgreSQL and can do nothing else: its role may not write, and its session would not even if the
// role might. Proved by what the server logs and by a table that writes when it is read.
#include <fmt/format.h>

#include <regex>
#include <sstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class ReadOnly : public Integration {};

// With read-only switched off, which nothing can forbid: what is left is the role's rights.
TEST_F(ReadOnly, TheRoleHasNoRightBeyondReadingWhatTheGatewayReads) {
  upstreams.sql("SELECT lo_create(4711); CREATE SEQUENCE public.counter");
  const Session somebody(upstreams.postgres().superuser());
  for (const char* statement :
       {"INSERT INTO subscriptions (channel_type, topic, requesting_service) VALUES ('liquidation', 't', 's')",
        "DELETE FROM trading_signals",
        "UPDATE orders SET status = 'filled'",
        "TRUNCATE orders",
        "SELECT 1 FROM orders FOR UPDATE",
        "LOCK TABLE orders IN ROW EXCLUSIVE MODE",
        "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE",
        "DROP TABLE orders",
        "ALTER TABLE orders ADD COLUMN x int",
        "CREATE INDEX ON orders (status)",
        "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "SELECT 1 FROM positions",
        "SELECT 1 FROM account_balances",
        "SELECT 1 FROM pg_authid",
        "SELECT nextval('public.counter')",
        "CREATE TABLE mine (n int)",
        "CREATE TEMP TABLE mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "CREATE EXTENSION dblink",
        "SELECT lo_create(0)",
        "SELECT lo_creat(-1)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT lo_get(4711)",
        "SELECT lo_unlink(4711)",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT pg_ls_dir('.')",
        "COPY (SELECT 1) TO '/tmp/x'",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY trading_signals FROM PROGRAM 'true'",
        "COPY trading_signals FROM '/etc/passwd'",
        "SELECT pg_read_binary_file('/etc/passwd')",
        "SELECT pg_stat_file('postgresql.conf')",
        "SELECT pg_ls_logdir()",
        "SELECT lo_import('/etc/passwd')",
        "SELECT lo_export(4711, '/tmp/x')",
        "SELECT lo_put(4711, 0, 'x')",
        "DO LANGUAGE plpgsql $$ BEGIN EXECUTE 'DELETE FROM orders'; END $$",
        "CREATE TEMP VIEW mine AS SELECT 1",
        "SELECT 1 INTO TEMP mine",
        "CREATE PUBLICATION mine",
        "CREATE RULE r AS ON SELECT TO orders DO INSTEAD SELECT 1",
        "COMMENT ON TABLE orders IS 'mine'",
        "ALTER DATABASE ytrader SET work_mem = '1GB'",
        "ALTER ROLE grafana_monitor BYPASSRLS",
        "GRANT pg_read_all_data TO grafana_monitor",
        "GRANT ytrader TO grafana_monitor",
        "SET session_replication_role = replica",
        "SET log_statement = 'none'",
        "SELECT pg_stat_reset()",
        "SELECT pg_rotate_logfile()",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
        "ALTER SYSTEM SET work_mem = '1GB'",
        "SELECT pg_reload_conf()",
        "SELECT pg_switch_wal()",
        "SELECT pg_create_physical_replication_slot('mine')",
        "SET ROLE ytrader",
        "SET SESSION AUTHORIZATION ytrader",
        "SET temp_file_limit = -1",
        "ALTER ROLE grafana_monitor SUPERUSER",
        "ALTER ROLE grafana_monitor CONNECTION LIMIT -1",
        "ALTER ROLE ytrader PASSWORD 'x'"}) {
    Session monitor(upstreams.postgres().monitor());
    monitor.run("SET default_transaction_read_only = off");
    monitor.run("BEGIN READ WRITE");
    const std::string words = statement;
    if (words.starts_with("CREATE DATABASE") || words.starts_with("ALTER SYSTEM")) monitor.run("ROLLBACK");
    try {
      monitor.run(statement);
      ADD_FAILURE() << "was allowed: " << statement;
    } catch (const std::runtime_error& refused) {
      const std::string said = refused.what();
      EXPECT_TRUE(said.find("permission denied") != std::string::npos || said.find("must be") != std::string::npos ||
                  said.find("must have") != std::string::npos)
          << statement << ": " << said;
    }
  }
  Session monitor(upstreams.postgres().monitor());
  EXPECT_EQ(monitor.run("SELECT count(*) FROM orders"), "0");
  EXPECT_EQ(monitor.run("SHOW search_path"), "public");
  EXPECT_EQ(monitor.run("SHOW default_transaction_read_only"), "on");
}

// PostgreSQL 15 gives these to every role. docs/security.md names them; whoever finds a way to take them away fails here.
TEST_F(ReadOnly, WhatCannotBeTakenFromTheRoleIsKnown) {
  Session somebody(upstreams.postgres().superuser());
  somebody.run("SELECT 1");
  Session monitor(upstreams.postgres().monitor());
  for (const char* statement : {"SELECT pg_advisory_lock(4711)", "NOTIFY anything", "LISTEN anything",
                                "SET default_transaction_read_only = off", "SET statement_timeout = 0", "SELECT rolname FROM pg_roles",
                                "SELECT relname FROM pg_class", "ALTER ROLE grafana_monitor PASSWORD 'changed'"})
    EXPECT_NO_THROW(monitor.run(statement)) << statement;
  EXPECT_EQ(monitor.run("SELECT count(*) FROM pg_stat_activity WHERE usename <> 'grafana_monitor' AND query NOT LIKE '<insufficient%'"),
            "0")
      << "the statements of others are hidden";
  upstreams.sql(fmt::format("ALTER ROLE grafana_monitor PASSWORD '{}'", monitor_password));
}

TEST_F(ReadOnly, ThereAreNoMoreSessionsThanTheRolesLimit) {
  std::vector<std::unique_ptr<Session>> sessions;
  const auto open_all = [&] {
    for (int n = 0; n < 20; ++n) sessions.push_back(std::make_unique<Session>(upstreams.postgres().monitor()));
  };
  EXPECT_THROW(open_all(), std::runtime_error);
  EXPECT_EQ(sessions.size(), 10U);
}

// What a service does to others' rights by default stays theirs.
TEST_F(ReadOnly, OtherRolesKeepTheirTemporaryTables) {
  Session session(upstreams.postgres().superuser());
  session.run("SET ROLE ytrader");
  EXPECT_NO_THROW(session.run("CREATE TEMP TABLE mine (n int)"));
  EXPECT_NO_THROW(session.run("SELECT lo_unlink(lo_create(0))"));
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
  const auto before = upstreams.postgres().log().size();
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|2"));
  std::istringstream log(upstreams.postgres().log().substr(before));
  const std::regex statement(R"(grafana_monitor@ytrader LOG: +(?:execute [^:]*|statement): ([A-Za-z]+)(.*))");
  bool reading = false;
  int transactions = 0, selects = 0;
  for (std::string line; std::getline(log, line);) {
    std::smatch found;
    if (!std::regex_search(line, found, statement)) continue;
    const auto verb = found[1].str();
    if (verb == "BEGIN") {
      EXPECT_NE(found[2].str().find("READ ONLY"), std::string::npos) << line;
      // The health check and the probe have transactions of their own, and read no table.
      reading = found[2].str().find("REPEATABLE READ") != std::string::npos;
      transactions += reading ? 1 : 0;
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
