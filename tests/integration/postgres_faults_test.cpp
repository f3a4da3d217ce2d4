// One table is locked, forbidden, gone or emptied while PostgreSQL itself is well: only what reads it fails, in a class
// that tells the operator what to do, its rows stay unless the upstream says there are none, and all of it mends itself.
#include "support/fixture.hpp"

namespace integration {
namespace {

class PostgresFaults : public Integration {
 protected:
  PostgresFaults() {
    insert_signals(upstreams, "momentum", 1, 4);
    start_gateway();
  }

  ::testing::AssertionResult is_well() const {
    return eventually(source("postgres.signals", "freshness, rows, error_class"), "fresh|4|NULL");
  }

  void expect_a_living_server() const {
    // Attempts take longer while a table is locked: the server is seen to live while the lock lasts, not at every moment.
    EXPECT_TRUE(eventually(source("postgres.health", "freshness, error_class"), "fresh|NULL"));
    EXPECT_TRUE(eventually([this] { return reader.service("postgres"); }, "healthy"));
    EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");
  }
};

TEST_F(PostgresFaults, ALockedTableIsATimeoutOfItsDatasetOnly) {
  ASSERT_TRUE(is_well());
  {
    Session locker(upstreams.postgres().superuser());
    locker.run("BEGIN");
    locker.run("LOCK TABLE trading_signals IN ACCESS EXCLUSIVE MODE");
    ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "stale|4|timeout"));
    expect_a_living_server();
    EXPECT_EQ(reader.text("SELECT count(*), max(freshness) FROM recent_signals"), "4|stale");
  }
  ASSERT_TRUE(is_well());
}

TEST_F(PostgresFaults, DatasetsThatDoNotReadTheLockedTableStayFresh) {
  ASSERT_TRUE(is_well());
  ASSERT_TRUE(becomes("postgres.subscriptions", "fresh"));
  Session locker(upstreams.postgres().superuser());
  locker.run("BEGIN");
  locker.run("LOCK TABLE subscriptions IN ACCESS EXCLUSIVE MODE");
  ASSERT_TRUE(eventually(source("postgres.subscriptions", "freshness, error_class"), "stale|timeout"));
  ASSERT_TRUE(eventually(query("SELECT group_concat(source) FROM source_status WHERE upstream = 'postgres' AND (error_class IS NOT NULL OR "
                               "freshness <> 'fresh')"),
                         "postgres.subscriptions"));
  expect_a_living_server();
}

// A view that never answers, in the place of one table: cancelled within its share, cycle after cycle, over one connection.
TEST_F(PostgresFaults, ADatasetThatSleepsForEverCostsItselfOnly) {
  settings["STALE_AFTER"] = "8s";
  start_gateway();
  ASSERT_TRUE(is_well());
  const std::map<std::string, std::string> sources{
      {"model_versions", "postgres.models"}, {"subscriptions", "postgres.subscriptions"}, {"datasets", "postgres.dataset_builds"}};
  for (const auto& [table, name] : sources) {
    ASSERT_TRUE(eventually(source(name, "error_class"), "NULL"));
    const auto processes = [&] {
      return upstreams.sql("SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
    };
    const auto process = processes();
    upstreams.sql("ALTER TABLE " + table + " RENAME TO hidden; CREATE VIEW " + table +
                  " AS SELECT h.* FROM hidden h RIGHT JOIN pg_sleep(600) ON true; GRANT SELECT ON " + table + " TO grafana_monitor");
    ASSERT_TRUE(eventually(source(name, "error_class, freshness"), "timeout|stale"));
    EXPECT_NE(reader.source(name, "error").find("cancelled on the server"), std::string::npos) << reader.source(name, "error");
    EXPECT_EQ(reader.text("SELECT group_concat(source) FROM source_status WHERE upstream = 'postgres' AND (freshness <> 'fresh' OR "
                          "error_class IS NOT NULL)"),
              name);
    EXPECT_EQ(processes(), process) << "the connection is kept";
    EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");
    upstreams.sql("DROP VIEW " + table + "; ALTER TABLE hidden RENAME TO " + table);
    ASSERT_TRUE(eventually(source(name, "error_class, freshness"), "NULL|fresh"));
  }
}

// The others' answers are shown before it has been waited for.
class SleepingDataset : public Integration {};

TEST_F(SleepingDataset, IsNotWaitedForByTheOthersAnswers) {
  upstreams.sql(
      "ALTER TABLE model_versions RENAME TO hidden; GRANT SELECT ON hidden TO grafana_monitor; "
      "CREATE VIEW model_versions AS SELECT h.* FROM hidden h RIGHT JOIN pg_sleep(600) ON true; "
      "GRANT SELECT ON model_versions TO grafana_monitor");
  settings["POSTGRES_TIMEOUT"] = "10s";
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT sum(freshness <> 'fresh'), (SELECT count(*) FROM source_attempt WHERE source = 'postgres.models') "
                               "FROM source_status WHERE upstream = 'postgres' AND source <> 'postgres.models'"),
                         "0|0"));
  EXPECT_TRUE(eventually(source("postgres.models", "error_class, freshness"), "timeout|never"));
}

TEST_F(PostgresFaults, AForbiddenTableIsAnAuthFaultAndItsRowsStay) {
  ASSERT_TRUE(is_well());
  upstreams.sql("REVOKE SELECT ON trading_signals FROM grafana_monitor");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "stale|4|auth"));
  expect_a_living_server();
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "4");
  upstreams.sql("GRANT SELECT ON trading_signals TO grafana_monitor");
  ASSERT_TRUE(is_well());
}

// What is absent has a fallback; what somebody has forgotten to grant must not look like it.
TEST_F(PostgresFaults, WhatIsForbiddenIsNotTakenForAbsent) {
  ASSERT_TRUE(is_well());
  upstreams.sql("REVOKE SELECT ON model_quality_metrics, trading_signals FROM grafana_monitor");
  ASSERT_TRUE(eventually(source("postgres.models", "error_class"), "auth"));
  EXPECT_NE(reader.source("postgres.models", "error").find("model_quality_metrics"), std::string::npos);
  ASSERT_TRUE(eventually(source("postgres.quality", "error_class"), "auth"));
  ASSERT_TRUE(becomes("postgres.orders", "fresh"));
  upstreams.sql("GRANT SELECT ON model_quality_metrics, trading_signals TO grafana_monitor");
  ASSERT_TRUE(eventually(source("postgres.models", "error_class"), "NULL"));
  ASSERT_TRUE(eventually(source("postgres.quality", "error_class"), "NULL"));
  ASSERT_TRUE(is_well());
}

// The step of a first fill that cannot be stored says that there is more; it must not be asked for again and again at once.
TEST_F(PostgresFaults, AStepThatDoesNotFitKeepsThePace) {
  upstreams.sql(
      "ALTER TABLE trading_signals ALTER signal_id DROP NOT NULL; "
      "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) "
      "SELECT NULL, 'strategy_' || n % 60, 'BTCUSDT', 'buy', 1, now() AT TIME ZONE 'UTC' - n * interval '1 minute' "
      "FROM generate_series(1, 1200) AS n");
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "error_class"), "malformed"));
  const auto since = now();
  ASSERT_TRUE(eventually([&] { return attempts("rabbitmq.health", since + 1) >= 5; }));
  EXPECT_LE(attempts("postgres.health", since + 1), 3 * attempts("rabbitmq.health", since + 1));
  upstreams.sql("UPDATE trading_signals SET signal_id = gen_random_uuid()");
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
}

TEST_F(PostgresFaults, AMissingTableIsMissingAndItsRowsStay) {
  ASSERT_TRUE(is_well());
  upstreams.sql("ALTER TABLE trading_signals RENAME TO elsewhere");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "missing|4|missing"));
  expect_a_living_server();
  EXPECT_EQ(reader.text("SELECT count(*), max(freshness) FROM recent_signals"), "4|missing");
  upstreams.sql("ALTER TABLE elsewhere RENAME TO trading_signals");
  ASSERT_TRUE(is_well());
}

TEST_F(PostgresFaults, ADroppedTableIsMissingUntilThereIsANewOne) {
  ASSERT_TRUE(is_well());
  upstreams.sql("CREATE TABLE pattern (LIKE trading_signals INCLUDING ALL); DROP TABLE trading_signals");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "missing|4|missing"));
  expect_a_living_server();
  upstreams.sql("ALTER TABLE pattern RENAME TO trading_signals; GRANT SELECT ON trading_signals TO grafana_monitor");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "fresh|0|NULL"));
}

TEST_F(PostgresFaults, ADroppedColumnIsMissingUntilThereIsANewOne) {
  ASSERT_TRUE(is_well());
  upstreams.sql(
      "CREATE TABLE kept AS SELECT id, signal_id FROM trading_signals; ALTER TABLE trading_signals DROP COLUMN signal_id CASCADE");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "missing|4|missing"));
  EXPECT_NE(reader.source("postgres.signals", "error").find("signal_id"), std::string::npos) << "it says which";
  expect_a_living_server();
  upstreams.sql(
      "ALTER TABLE trading_signals ADD COLUMN signal_id uuid; "
      "UPDATE trading_signals t SET signal_id = k.signal_id FROM kept k WHERE k.id = t.id");
  ASSERT_TRUE(is_well());
}

TEST_F(PostgresFaults, AMissingColumnIsMissing) {
  ASSERT_TRUE(is_well());
  upstreams.sql("ALTER TABLE trading_signals RENAME COLUMN signal_id TO signal");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "missing|4|missing"));
  expect_a_living_server();
  upstreams.sql("ALTER TABLE trading_signals RENAME COLUMN signal TO signal_id");
  ASSERT_TRUE(is_well());
}

TEST_F(PostgresFaults, AnEmptiedTableEmptiesTheList) {
  ASSERT_TRUE(is_well());
  upstreams.sql("TRUNCATE trading_signals");
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error_class"), "fresh|0|NULL"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "0");
  insert_signals(upstreams, "momentum", 11, 14);
  ASSERT_TRUE(is_well());
  EXPECT_EQ(reader.text("SELECT min(price), max(price) FROM recent_signals"), "11.0|14.0");
}

TEST_F(PostgresFaults, AClosedSessionIsNoOutage) {
  ASSERT_TRUE(is_well());
  const auto since = now();
  upstreams.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
  ASSERT_TRUE(eventually([&] { return attempts("postgres.signals", since + 1) >= 3; }));
  ASSERT_TRUE(is_well());
  expect_a_living_server();
  EXPECT_EQ(upstreams.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'grafana_monitor'"), "1")
      << "one connection, not one more each time";
}

TEST_F(PostgresFaults, NoConnectionLeftIsUnhealthyAndSaysSo) {
  ASSERT_TRUE(is_well());
  upstreams.sql("ALTER ROLE grafana_monitor CONNECTION LIMIT 0");
  upstreams.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
  const auto state = [&] { return reader.service("postgres") + " " + reader.source("postgres.health", "error"); };
  const auto seen = eventually(
      state,
      [](const std::string& text) { return text.starts_with("unhealthy") && text.find("too many connections") != std::string::npos; },
      "unhealthy, too many connections");
  upstreams.sql("ALTER ROLE grafana_monitor CONNECTION LIMIT -1");
  ASSERT_TRUE(seen);
  ASSERT_TRUE(is_well());
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
}

// The server is full: other clients have all of its connections. Ours is ended so that it needs a new one.
TEST_F(PostgresFaults, AServerFullOfOthersIsUnhealthyAndSaysSo) {
  ASSERT_TRUE(is_well());
  std::vector<std::unique_ptr<Session>> others;
  const auto occupy = [&] {
    try {
      for (;;) others.push_back(std::make_unique<Session>(upstreams.postgres().superuser()));
    } catch (const std::exception&) {  // no more
    }
  };
  occupy();
  ASSERT_FALSE(others.empty());
  const auto seen = eventually(
      [&] {
        others.front()->run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
        occupy();  // the place that it leaves
        return reader.service("postgres") + " " + reader.source("postgres.health", "error_class, error");
      },
      [](const std::string& text) { return text.starts_with("unhealthy refused") && text.find("53300") != std::string::npos; },
      "unhealthy refused, 53300");
  EXPECT_TRUE(seen);
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "4");
  others.clear();
  ASSERT_TRUE(is_well());
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
}

}  // namespace
}  // namespace integration
