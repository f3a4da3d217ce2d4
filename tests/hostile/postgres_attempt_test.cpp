// What one attempt makes of datasets that are slow, locked, forbidden or rewritten meanwhile: each costs itself only. Sources
// of our own, one statement each, through the real adapter to a real server.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "postgres_settings.hpp"
#include "session.hpp"
#include "statements.hpp"

namespace hostile {
namespace {

using namespace gateway;

class PostgresAttempt : public ::testing::Test {
 protected:
  PostgresAttempt() { server.reset(); }

  gateway::PostgresSettings settings(Milliseconds timeout = std::chrono::seconds(20)) const {
    auto all = settings_of(server);
    all.pace.timeout = timeout;
    return all;
  }

  PrivatePostgres& server = PrivatePostgres::instance();
};

TEST_F(PostgresAttempt, ASleepingDatasetIsCancelledInTheServerAndTheConnectionStays) {
  Statements asked(settings(std::chrono::seconds(3)));
  asked.add("sleeps", {"SELECT 1 FROM pg_sleep(600)"});
  asked.add("one", {"SELECT pg_backend_pid()"});
  asked.add("two", {"SELECT 2"});
  const Classes expected{{"sleeps", "timeout"}, {"one", "rows"}, {"two", "rows"}};
  EXPECT_EQ(asked.attempt(), expected);
  const auto process = asked.values["one"];
  EXPECT_NE(asked.errors["sleeps"].find("its share of POSTGRES_TIMEOUT; cancelled on the server"), std::string::npos)
      << asked.errors["sleeps"];
  for (int n = 0; n < 3; ++n) {
    EXPECT_EQ(asked.attempt(), expected);
    EXPECT_EQ(asked.values["one"], process) << "another connection";
  }
  EXPECT_EQ(server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'grafana_monitor' AND state = 'active'"), "0");
}

// Many short statements are a long one. And what it leaves is enough for others that need some time.
TEST_F(PostgresAttempt, TheShareIsForAllStatementsOfADataset) {
  Statements asked(settings(std::chrono::seconds(3)));
  asked.add("sleeps", std::vector<std::string>(40, "SELECT 1 FROM pg_sleep(0.1)"));
  asked.add("one", {"SELECT 1 FROM pg_sleep(0.4)"});
  asked.add("two", {"SELECT 1 FROM pg_sleep(0.4)"});
  const Classes expected{{"sleeps", "timeout"}, {"one", "rows"}, {"two", "rows"}};
  EXPECT_EQ(asked.attempt(), expected);
  EXPECT_EQ(asked.attempt(), expected);
}

// As a view may do it: the server's own timeout is caught, and so is what else would end it softly.
// Where another attempt follows at once, answers that are there do not wait for it.
TEST_F(PostgresAttempt, WhatTakesLongIsAskedForAlone) {
  Statements asked(settings(std::chrono::seconds(10)));
  asked.add("one", {"SELECT 1"});
  asked.add("long", {"SELECT 1 FROM pg_sleep(3)"});
  asked.add("two", {"SELECT 2"});
  EXPECT_EQ(asked.attempt_of_several(), (Classes{{"one", "rows"}, {"two", "rows"}})) << "its share beside others has not ended it";
  EXPECT_EQ(asked.attempt_of_several("long"), (Classes{{"long", "rows"}})) << "not all the time was its own";
  const auto times = asked.asked["long"];
  EXPECT_EQ(asked.attempt_of_several(), (Classes{{"one", "rows"}, {"two", "rows"}}));
  EXPECT_EQ(asked.asked["long"], times) << "it is known to take long";
}

// Together the first two take too long for the third to be asked in the same attempt, each time.
TEST_F(PostgresAttempt, WhatWasLeftOutComesFirst) {
  Statements asked(settings(std::chrono::seconds(20)));
  asked.add("one", {"SELECT 1 FROM pg_sleep(2.2)"});
  asked.add("two", {"SELECT 1 FROM pg_sleep(2.2)"});
  asked.add("three", {"SELECT 3"});
  EXPECT_EQ(asked.attempt_of_several(), (Classes{{"one", "rows"}, {"two", "rows"}}));
  EXPECT_TRUE(asked.attempt_of_several().contains("three"));
}

TEST_F(PostgresAttempt, NoneWaitsForEverWhereAllTakeLong) {
  Statements asked(settings(std::chrono::seconds(3)));
  asked.add("one", {"SELECT 1 FROM pg_sleep(600)"});
  asked.add("two", {"SELECT 1 FROM pg_sleep(600)"});
  Classes seen;
  for (int n = 0; n < 5; ++n) seen.merge(asked.attempt_of_several());
  EXPECT_EQ(seen, (Classes{{"one", "timeout"}, {"two", "timeout"}}));
}

TEST_F(PostgresAttempt, WhatIgnoresTheServersTimeoutIsCancelledByRequest) {
  Statements asked(settings(std::chrono::seconds(4)));
  server.sql(
      "CREATE FUNCTION stubborn() RETURNS int LANGUAGE plpgsql AS $$ BEGIN BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled "
      "THEN NULL; END; PERFORM pg_sleep(600); RETURN 1; END $$");
  asked.add("stubborn", {"SELECT stubborn()"});
  asked.add("one", {"SELECT pg_backend_pid()"});
  const Classes expected{{"stubborn", "timeout"}, {"one", "rows"}};
  EXPECT_EQ(asked.attempt(), expected);
  const auto process = asked.values["one"];
  EXPECT_EQ(asked.attempt(), expected);
  EXPECT_EQ(asked.values["one"], process) << "another connection";
}

TEST_F(PostgresAttempt, ALockedTableCostsOnlyWhoReadsIt) {
  Statements asked(settings());
  asked.add("health", {"SELECT 1"}, {}, true);
  asked.add("signals", {"SELECT count(*) FROM trading_signals"}, {"trading_signals"});
  asked.add("orders", {"SELECT count(*) FROM orders"}, {"orders"});
  asked.add("models", {"SELECT count(*) FROM model_versions"}, {"model_versions"});
  integration::Session locker(server.superuser());
  locker.run("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
  EXPECT_EQ(asked.attempt(), (Classes{{"health", "rows"}, {"signals", "rows"}, {"orders", "timeout"}, {"models", "rows"}}));
  EXPECT_NE(asked.errors["orders"].find("orders is locked"), std::string::npos) << asked.errors["orders"];
  locker.run("ROLLBACK");
  EXPECT_EQ(asked.attempt(), (Classes{{"health", "rows"}, {"signals", "rows"}, {"orders", "rows"}, {"models", "rows"}}));
}

// TRUNCATE and INSERT in one transaction, between the snapshot and the reading: without a lock the table looks empty. And the
// same by a swap of names. `grant`: what the role may read.
class PostgresRewrite : public PostgresAttempt {
 protected:
  void rewrite_while_reading(const std::string& grant, const std::string& statements) {
    server.sql("DROP TABLE IF EXISTS t; CREATE TABLE t AS SELECT n FROM generate_series(1, 50) n; GRANT " + grant +
               " ON t TO grafana_monitor");
    asked.emplace(settings());
    asked->add("first", {"SELECT 1 FROM pg_sleep(1)"});
    asked->add("count", {"SELECT count(n) FROM t"}, {"t"});
    ASSERT_EQ(asked->attempt(), (Classes{{"first", "rows"}, {"count", "rows"}}));
    std::thread other([&] {
      integration::Session session(server.superuser());
      while (session.run("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%FROM pg_sleep(1)' AND state = 'active'") != "1") {
      }
      session.run(statements);
    });
    asked->attempt();
    other.join();
  }

  static std::vector<std::string> rewrites(const std::string& grant) {
    return {"BEGIN; TRUNCATE t; INSERT INTO t SELECT n FROM generate_series(1, 50) n; COMMIT",
            "BEGIN; CREATE TABLE u AS SELECT n FROM generate_series(1, 50) n; GRANT " + grant +
                " ON u TO grafana_monitor; ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t; DROP TABLE v; COMMIT"};
  }

  std::optional<Statements> asked;
};

TEST_F(PostgresRewrite, ATableIsReadAsItWas) {
  for (const auto& statements : rewrites("SELECT")) {
    rewrite_while_reading("SELECT", statements);
    EXPECT_EQ(asked->values["count"], "50") << statements << asked->errors["count"];
  }
}

TEST_F(PostgresRewrite, WithoutTheRightToLockItIsAnErrorAndNotEmpty) {
  for (const auto& statements : rewrites("SELECT (n)")) {
    rewrite_while_reading("SELECT (n)", statements);
    EXPECT_NE(asked->errors["count"].find("was rewritten while it was read"), std::string::npos)
        << statements << asked->values["count"] << asked->errors["count"];
    EXPECT_EQ(asked->attempt(), (Classes{{"first", "rows"}, {"count", "rows"}}));
    EXPECT_EQ(asked->values["count"], "50");
  }
}

// pg_control_system() is refused, absent or not supported: whatever it is, the rows are read.
TEST_F(PostgresAttempt, ASystemThatDoesNotTellItsIdIsReadAllTheSame) {
  const auto identity = [&]() -> std::string {
    Statements asked(settings());
    asked.add("one", {"SELECT 1"});
    EXPECT_EQ(asked.attempt(), (Classes{{"one", "rows"}})) << asked.errors["one"];
    return asked.identity();
  };
  EXPECT_EQ(identity().find('/'), 19U) << identity();
  for (const char* fault : {"REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
                            "ALTER FUNCTION pg_catalog.pg_control_system() RENAME TO pg_control_hidden",
                            "CREATE FUNCTION pg_catalog.pg_control_system(OUT system_identifier bigint) LANGUAGE plpgsql AS $$ BEGIN "
                            "RAISE feature_not_supported; END $$"}) {
    server.sql(fault);
    EXPECT_EQ(identity(), "/ytrader") << fault;
  }
}

TEST_F(PostgresAttempt, ASessionIsUtcAndReadOnlyWithoutStartUpOptions) {
  Statements asked(settings());
  server.sql("ALTER DATABASE ytrader SET timezone = 'Asia/Almaty'");
  asked.add("zone", {"SELECT current_setting('TimeZone')"});
  asked.add("writes", {"CREATE TEMP TABLE x (a int)"});
  EXPECT_EQ(asked.attempt(), (Classes{{"zone", "rows"}, {"writes", "sql"}}));
  EXPECT_EQ(asked.values["zone"], "UTC");
}

TEST_F(PostgresAttempt, TypesOfTheColumnsAreKnownAndADomainIsWhatItIsMadeOf) {
  Statements asked(settings());
  server.sql(
      "CREATE TYPE mood AS ENUM ('well'); CREATE DOMAIN amount AS numeric(20,8); CREATE DOMAIN fee AS amount; "
      "CREATE TABLE t (a mood, b fee, c varchar(20), d timestamp, e jsonb); GRANT SELECT ON t TO grafana_monitor");
  asked.add("one", {"SELECT 1"}, {"t"});
  asked.attempt();
  std::string types;
  for (const auto& [column, known] : asked.catalogue.tables["t"]) types += column + " " + known.type + ", ";
  EXPECT_EQ(types, "a mood, b numeric, c character varying, d timestamp without time zone, e jsonb, ");
}

}  // namespace
}  // namespace hostile
