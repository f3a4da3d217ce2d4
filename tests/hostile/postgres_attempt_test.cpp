// What one attempt makes of datasets that are slow, locked, forbidden or rewritten meanwhile: each costs itself only. Sources
// of our own, one statement each, through the real adapter to a real server.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <list>
#include <thread>

#include "ask/postgres.hpp"
#include "postgres_server.hpp"
#include "session.hpp"

namespace hostile {
namespace {

using namespace gateway;

class PostgresAttempt : public ::testing::Test {
 protected:
  PostgresAttempt() { server.reset(); }

  // One more source; the answer's first value is kept as text.
  void add(const std::string& name, std::vector<std::string> statements, std::vector<std::string> reads = {}, bool judged_alone = false) {
    sources_.push_back({.name = name,
                        .upstream = "postgres",
                        .tables = {},
                        .row_count_sql = {},
                        .prior_state_sql = {},
                        .reads = std::move(reads),
                        .judged_alone = judged_alone,
                        .ask = [statements](const PriorState&) -> Result<std::vector<Request>> {
                          std::vector<Request> requests;
                          for (const auto& sql : statements) requests.emplace_back(SqlRequest{sql, {}});
                          return requests;
                        },
                        .parse = [this, name](const PriorState& prior, std::span<const Answer> answers) -> Result<Batch> {
                          const auto& value = std::get<Table>(answers.back()).rows.at(0).at(0);
                          values[name] = integer(value) ? std::to_string(*integer(value)) : text(value).value_or("NULL");
                          catalogue = *prior.catalogue;
                          return Batch{};
                        },
                        .failed = {}});
  }

  // The class of each source, "rows" where it answered; errors' texts are in `errors`.
  std::map<std::string, std::string> attempt(Milliseconds timeout = std::chrono::seconds(20)) {
    if (!upstream_) {
      auto settings = server.settings();
      settings.pace.timeout = timeout;
      upstream_ = std::make_unique<Postgres>(settings);
    }
    std::vector<Job> jobs;
    for (const auto& source : sources_) jobs.push_back({.source = &source, .prior = {}});
    values.clear();
    errors.clear();
    std::map<std::string, std::string> classes;
    for (const auto& outcome : upstream_->attempt(jobs, Deadline(timeout))) {
      classes[outcome.source] = outcome.result ? "rows" : std::string(to_string(outcome.result.error().kind));
      errors[outcome.source] = outcome.result ? "" : outcome.result.error().text;
    }
    return classes;
  }

  using Classes = std::map<std::string, std::string>;
  PostgresServer& server = PostgresServer::instance();
  std::map<std::string, std::string> values, errors;
  Catalogue catalogue;
  std::list<Source> sources_;
  std::unique_ptr<Postgres> upstream_;
};

TEST_F(PostgresAttempt, ASleepingDatasetIsCancelledInTheServerAndTheConnectionStays) {
  add("sleeps", {"SELECT 1 FROM pg_sleep(600)"});
  add("one", {"SELECT pg_backend_pid()"});
  add("two", {"SELECT 2"});
  const Classes expected{{"sleeps", "timeout"}, {"one", "rows"}, {"two", "rows"}};
  EXPECT_EQ(attempt(std::chrono::seconds(3)), expected);
  const auto process = values["one"];
  EXPECT_NE(errors["sleeps"].find("its share of POSTGRES_TIMEOUT; cancelled in the server"), std::string::npos) << errors["sleeps"];
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(attempt(std::chrono::seconds(3)), expected);
    EXPECT_EQ(values["one"], process) << "another connection";
  }
  EXPECT_EQ(server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'grafana_monitor' AND state = 'active'"), "0");
}

TEST_F(PostgresAttempt, TheShareIsForAllStatementsOfADataset) {
  for (const char* name : {"sleeps", "one", "two"}) {
    std::vector<std::string> statements(name == std::string("sleeps") ? 40 : 1, "SELECT 1 FROM pg_sleep(0.1)");
    add(name, std::move(statements));
  }
  const Classes expected{{"sleeps", "timeout"}, {"one", "rows"}, {"two", "rows"}};
  EXPECT_EQ(attempt(std::chrono::seconds(3)), expected);
  EXPECT_EQ(attempt(std::chrono::seconds(3)), expected);
}

// As a view may do it: the server's own timeout is caught, and so is what else would end it softly.
TEST_F(PostgresAttempt, WhatIgnoresTheServersTimeoutIsCancelledByRequest) {
  server.sql(
      "CREATE FUNCTION stubborn() RETURNS int LANGUAGE plpgsql AS $$ BEGIN BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled "
      "THEN NULL; END; PERFORM pg_sleep(600); RETURN 1; END $$");
  add("stubborn", {"SELECT stubborn()"});
  add("one", {"SELECT pg_backend_pid()"});
  const Classes expected{{"stubborn", "timeout"}, {"one", "rows"}};
  EXPECT_EQ(attempt(std::chrono::seconds(4)), expected);
  const auto process = values["one"];
  EXPECT_EQ(attempt(std::chrono::seconds(4)), expected);
  EXPECT_EQ(values["one"], process) << "another connection";
}

TEST_F(PostgresAttempt, ALockedTableCostsOnlyWhoReadsIt) {
  add("health", {"SELECT 1"}, {}, true);
  add("signals", {"SELECT count(*) FROM trading_signals"}, {"trading_signals"});
  add("orders", {"SELECT count(*) FROM orders"}, {"orders"});
  add("models", {"SELECT count(*) FROM model_versions"}, {"model_versions"});
  integration::Session locker(server.superuser());
  locker.run("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
  EXPECT_EQ(attempt(), (Classes{{"health", "rows"}, {"signals", "rows"}, {"orders", "timeout"}, {"models", "rows"}}));
  EXPECT_NE(errors["orders"].find("orders is locked"), std::string::npos) << errors["orders"];
  locker.run("ROLLBACK");
  EXPECT_EQ(attempt(), (Classes{{"health", "rows"}, {"signals", "rows"}, {"orders", "rows"}, {"models", "rows"}}));
}

// TRUNCATE and INSERT in one transaction, between the snapshot and the reading: without a lock the table looks empty.
TEST_F(PostgresAttempt, ATableThatIsRewrittenMeanwhileIsReadWholeOrNotAtAll) {
  server.sql("CREATE TABLE t AS SELECT n FROM generate_series(1, 50) n; GRANT SELECT ON t TO grafana_monitor");
  add("first", {"SELECT 1 FROM pg_sleep(1)"});
  add("count", {"SELECT count(*) FROM t"}, {"t"});
  for (const char* rewrite : {"BEGIN; TRUNCATE t; INSERT INTO t SELECT n FROM generate_series(1, 50) n; COMMIT",
                              "BEGIN; CREATE TABLE u AS SELECT n FROM generate_series(1, 50) n; GRANT SELECT ON u TO grafana_monitor; "
                              "ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t; DROP TABLE v; COMMIT"}) {
    ASSERT_EQ(attempt(), (Classes{{"first", "rows"}, {"count", "rows"}}));
    std::thread other([&] {
      integration::Session session(server.superuser());
      while (session.run("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%FROM pg_sleep(1)' AND state = 'active'") != "1") {
      }
      session.run(rewrite);
    });
    attempt();
    other.join();
    EXPECT_EQ(values["count"], "50") << rewrite << errors["count"];
  }
}

// pg_control_system() is refused, absent or not supported: whatever it is, the rows are read.
TEST_F(PostgresAttempt, ASystemThatDoesNotTellItsIdIsReadAllTheSame) {
  add("one", {"SELECT 1"});
  ASSERT_EQ(attempt(), (Classes{{"one", "rows"}}));
  EXPECT_EQ(upstream_->identity().find('/'), 19U) << upstream_->identity();
  for (const char* fault : {"REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
                            "ALTER FUNCTION pg_catalog.pg_control_system() RENAME TO pg_control_hidden",
                            "CREATE FUNCTION pg_catalog.pg_control_system(OUT system_identifier bigint) LANGUAGE plpgsql AS $$ BEGIN "
                            "RAISE feature_not_supported; END $$"}) {
    server.sql(fault);
    upstream_.reset();
    EXPECT_EQ(attempt(), (Classes{{"one", "rows"}})) << fault << errors["one"];
    EXPECT_EQ(upstream_->identity(), "/ytrader") << fault;
  }
}

TEST_F(PostgresAttempt, ASessionIsUtcAndReadOnlyWithoutStartUpOptions) {
  server.sql("ALTER DATABASE ytrader SET timezone = 'Asia/Almaty'");
  add("zone", {"SELECT current_setting('TimeZone')"});
  add("writes", {"CREATE TEMP TABLE x (a int)"});
  EXPECT_EQ(attempt(), (Classes{{"zone", "rows"}, {"writes", "sql"}}));
  EXPECT_EQ(values["zone"], "UTC");
}

TEST_F(PostgresAttempt, TypesOfTheColumnsAreKnownAndADomainIsWhatItIsMadeOf) {
  server.sql(
      "CREATE TYPE mood AS ENUM ('well'); CREATE DOMAIN amount AS numeric(20,8); CREATE DOMAIN fee AS amount; "
      "CREATE TABLE t (a mood, b fee, c varchar(20), d timestamp, e jsonb); GRANT SELECT ON t TO grafana_monitor");
  add("one", {"SELECT 1"}, {"t"});
  attempt();
  std::string types;
  for (const auto& [column, known] : catalogue.tables["t"]) types += column + " " + known.type + ", ";
  EXPECT_EQ(types, "a mood, b numeric, c character varying, d timestamp without time zone, e jsonb, ");
}

}  // namespace
}  // namespace hostile
