// Stored times are UTC without saying so. Whatever zone the database, the role, and the gateway's own process are set to,
// the cache holds the same seconds.
#include "support/fixture.hpp"

namespace integration {
namespace {

class TimeZones : public Integration {};

TEST_F(TimeZones, NoneOfThemMovesATime) {
  upstreams.sql("ALTER DATABASE ytrader SET timezone = 'America/St_Johns'");
  upstreams.sql("ALTER ROLE grafana_monitor SET timezone = 'Asia/Kathmandu'");
  settings["TZ"] = "Pacific/Auckland";
  settings["PGTZ"] = "Asia/Tokyo";
  upstreams.sql(
      "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) VALUES "
      "(gen_random_uuid(), 's', 'WINTER', 'buy', 1, '2024-01-15 12:00:00'), (gen_random_uuid(), 's', 'SUMMER', 'buy', 1, '2024-07-15 "
      "12:00:00.5'), "
      "(gen_random_uuid(), 's', 'SKIPPED', 'buy', 1, '2024-03-10 02:30:00')");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT asset, time FROM recent_signals ORDER BY time"),
                         "WINTER|1705320000.0\nSKIPPED|1710037800.0\nSUMMER|1721044800.5"));
}

TEST_F(TimeZones, RowsOfTheMomentAreFoundInEveryOne) {
  upstreams.sql("ALTER DATABASE ytrader SET timezone = 'America/St_Johns'");
  upstreams.sql("ALTER ROLE grafana_monitor SET timezone = 'Asia/Kathmandu'");
  settings["TZ"] = "Pacific/Auckland";
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  const auto before = now();
  for (int n = 1; n <= 3; ++n) {
    upstreams.sql(
        "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) VALUES "
        "(gen_random_uuid(), 's', 'NOW', 'buy', " +
        std::to_string(n) + ", clock_timestamp() AT TIME ZONE 'UTC')");
    ASSERT_TRUE(eventually(query("SELECT count(*) FROM recent_signals"), std::to_string(n)));
  }
  EXPECT_EQ(
      reader.text("SELECT count(*) FROM recent_signals WHERE time BETWEEN " + std::to_string(before) + " AND " + std::to_string(now() + 1)),
      "3");
}

}  // namespace
}  // namespace integration
