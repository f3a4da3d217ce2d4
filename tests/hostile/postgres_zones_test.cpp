// A database whose sessions are not in UTC: times without a zone are doubtful, which must be said; those with one are right.
#include <gtest/gtest.h>

#include "postgres_settings.hpp"
#include "postgres_trial.hpp"

namespace hostile {
namespace {

class PostgresZones : public ::testing::Test {
 protected:
  PostgresZones() { server.reset(); }
  ~PostgresZones() override {
    server.sql("ALTER ROLE ytrader RESET timezone");
    server.sql("ALTER SYSTEM RESET timezone");
    server.sql("SELECT pg_reload_conf()");
  }

  // The note of the signals, after an attempt over a new connection.
  std::string note() {
    PostgresTrial trial(settings_of(server));
    trial.attempt_all();
    EXPECT_TRUE(all_rows(trial));
    EXPECT_EQ(trial.read("SELECT note FROM source_status WHERE source = 'postgres.health'"), "NULL");
    return trial.read("SELECT note FROM source_status WHERE source = 'postgres.signals'");
  }

  PrivatePostgres& server = PrivatePostgres::instance();
};

TEST_F(PostgresZones, UtcIsNotWorthANote) {
  EXPECT_EQ(note(), "NULL");
  server.sql("ALTER DATABASE ytrader SET timezone = 'Etc/GMT'");
  EXPECT_EQ(note(), "NULL") << "another name for it";
}

TEST_F(PostgresZones, ASettingOfTheDatabaseIsNoted) {
  server.sql("ALTER DATABASE ytrader SET timezone = 'Asia/Almaty'");
  EXPECT_NE(note().find("Asia/Almaty (the database)"), std::string::npos) << note();
}

TEST_F(PostgresZones, ASettingOfTheWritersRoleIsNoted) {
  server.sql("ALTER ROLE ytrader SET timezone = 'America/New_York'");
  EXPECT_NE(note().find("America/New_York (the role ytrader)"), std::string::npos) << note();
  server.sql("ALTER ROLE ytrader RESET timezone; ALTER ROLE ytrader IN DATABASE ytrader SET timezone = 'Europe/London'");
  EXPECT_NE(note().find("Europe/London (the role ytrader)"), std::string::npos) << "UTC in winter only";
  server.sql("ALTER ROLE ytrader IN DATABASE ytrader RESET timezone");
}

TEST_F(PostgresZones, ASettingOfTheServerIsNoted) {
  server.sql("ALTER SYSTEM SET timezone = 'Asia/Kathmandu'");
  server.sql("SELECT pg_reload_conf()");
  for (int n = 0; n < 500 && server.sql("SHOW timezone") != "Asia/Kathmandu"; ++n) {
  }
  EXPECT_NE(note().find("Asia/Kathmandu (the server)"), std::string::npos) << note();
}

// Our own role's zone concerns nobody's rows.
TEST_F(PostgresZones, OurOwnSettingIsNotNoted) {
  server.sql("ALTER ROLE grafana_monitor SET timezone = 'Asia/Almaty'");
  EXPECT_EQ(note(), "NULL");
}

TEST_F(PostgresZones, TimesWithAZoneAreRightAndNotDoubted) {
  server.sql("ALTER DATABASE ytrader SET timezone = 'Asia/Almaty'");
  server.sql("ALTER TABLE trading_signals ALTER timestamp TYPE timestamptz, ALTER created_at TYPE timestamptz");
  server.sql(
      "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) VALUES (gen_random_uuid(), 's', 'A', 'buy', 1, "
      "'2025-01-01 00:00:00+00')");
  PostgresTrial trial(settings_of(server));
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT note FROM source_status WHERE source = 'postgres.signals'"), "NULL");
  EXPECT_EQ(trial.read("SELECT time FROM recent_signals"), "1735689600");
}

}  // namespace
}  // namespace hostile
