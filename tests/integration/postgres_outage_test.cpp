// PostgreSQL crashes and comes back: its sources go stale and its verdicts change, the rows it delivered stay with their
// age, nobody else notices, and the outage is on record with its bounds.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class PostgresOutage : public Integration {
 protected:
  // From the first failed attempt to the recovery.
  void run_with_outage() {
    insert_signals(upstreams, "momentum", 1, 5);
    upstreams.broker().declare("/", "quiet");
    start_gateway();
    ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|5"));
    ASSERT_TRUE(eventually(query("SELECT lag FROM queue_now"), "ok"));
    lost_at = now();
    upstreams.postgres().stop();
  }

  std::int64_t lost_at = 0;
};

TEST_F(PostgresOutage, ItIsUnhealthyAtOnceAndItsSourcesGoStale) {
  run_with_outage();
  ASSERT_TRUE(service_becomes("postgres", "unhealthy"));
  EXPECT_EQ(reader.service("postgres", "error IS NOT NULL"), "1") << "an unhealthy verdict says why";
  ASSERT_TRUE(becomes("postgres.health", "stale"));
  ASSERT_TRUE(becomes("postgres.signals", "stale"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM source_status WHERE upstream = 'postgres' AND freshness = 'fresh'"), "0");
  EXPECT_EQ(reader.source("postgres.health", "error_class"), "refused");
  EXPECT_EQ(reader.service("postgres"), "unhealthy") << "the refusal stands while it is the latest outcome";
  EXPECT_EQ(reader.text("SELECT status, freshness FROM system_health"), "unhealthy|stale");
}

TEST_F(PostgresOutage, ItsRowsStayWithGrowingAge) {
  run_with_outage();
  ASSERT_TRUE(becomes("postgres.signals", "stale"));
  const auto age = reader.number("SELECT max(age_s) FROM recent_signals");
  EXPECT_EQ(reader.text("SELECT count(*), min(freshness), max(freshness), min(price), max(price) FROM recent_signals"),
            "5|stale|stale|1.0|5.0");
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT min(age_s) FROM recent_signals") > age; }));
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "5");
}

TEST_F(PostgresOutage, OthersAreAskedAtTheirPaceAndStayFresh) {
  run_with_outage();
  ASSERT_TRUE(becomes("postgres.signals", "stale"));
  const auto since = now();
  constexpr auto several = 5;
  ASSERT_TRUE(eventually([&] { return attempts("rabbitmq.queues", since) >= several; }));
  ASSERT_TRUE(eventually(
      query("SELECT count(*) FROM source_status WHERE upstream = 'rabbitmq' AND (freshness <> 'fresh' OR error IS NOT NULL)"), "0"));
  ASSERT_TRUE(service_becomes("rabbitmq", "healthy"));
  ASSERT_TRUE(eventually(query("SELECT name, lag, freshness FROM queue_now"), "quiet|ok|fresh"));
  EXPECT_GE(attempts("postgres.health", lost_at), 2) << "it is tried again and again";
}

TEST_F(PostgresOutage, RecoveryEndsTheOneOutageRow) {
  run_with_outage();
  ASSERT_TRUE(eventually(query("SELECT upstream, ended_at, error_class FROM outage"), "postgres|NULL|refused"));
  ASSERT_TRUE(becomes("postgres.signals", "stale"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "1");
  const auto back_at = now();
  upstreams.postgres().start();
  insert_signals(upstreams, "momentum", 6, 7);
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error"), "fresh|7|NULL"));
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
  EXPECT_EQ(reader.text("SELECT count(*), count(ended_at) FROM outage"), "1|1");
  EXPECT_EQ(reader.text(fmt::format("SELECT started_at BETWEEN {} AND {}, ended_at BETWEEN {} AND {} FROM outage", lost_at, back_at,
                                    back_at, now() + 1)),
            "1|1")
      << reader.text("SELECT * FROM outage");
  EXPECT_EQ(reader.text("SELECT count(*) FROM source_status WHERE upstream = 'postgres' AND freshness = 'stale'"), "0");
}

// Ten failed attempts would be minutes apart if the probe backed off, too.
TEST_F(PostgresOutage, TheProbeGoesOnAtItsIntervalAndWakesTheDatasets) {
  settings["BACKOFF_CAP"] = "1h";
  run_with_outage();
  constexpr auto long_ago = 10;
  ASSERT_TRUE(eventually(
      [&] { return reader.number("SELECT consecutive_failures FROM source_status WHERE source = 'postgres.health'") >= long_ago; }));
  EXPECT_LT(reader.number("SELECT consecutive_failures FROM source_status WHERE source = 'postgres.signals'"), long_ago);
  upstreams.postgres().start();
  insert_signals(upstreams, "momentum", 6, 7);
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows, error"), "fresh|7|NULL"));
}

}  // namespace
}  // namespace integration
