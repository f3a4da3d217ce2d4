// SIGTERM and SIGINT: whatever is under way is cut short, what is committed is published, and the exit code is 0. Timeouts
// here are an hour, so that a program that waits for them instead does not end at all.
#include <fmt/format.h>
#include <signal.h>

#include <thread>

#include "support/fixture.hpp"

namespace integration {
namespace {

class Termination : public Integration {
 protected:
  Termination() {
    for (const char* timeout : {"POSTGRES_TIMEOUT", "RABBITMQ_TIMEOUT", "SERVICES_TIMEOUT"}) settings[timeout] = "1h";
  }

  void expect_an_orderly_end(int number = SIGTERM) {
    const auto count = reader.number("SELECT publish_count FROM gateway");
    const auto published_at = reader.number("SELECT published_at FROM gateway");
    ::kill(gateway().pid(), number);
    EXPECT_EQ(gateway().wait(), 0);
    EXPECT_GT(reader.number("SELECT publish_count FROM gateway"), count);
    EXPECT_GE(reader.number("SELECT published_at FROM gateway"), published_at);
    EXPECT_EQ(reader.text("PRAGMA integrity_check"), "ok");
  }
};

TEST_F(Termination, SigtermPublishesAndEnds) {
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  expect_an_orderly_end();
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
  EXPECT_EQ(gateway().logged("stopping"), 1);
}

// From its first word on, long before there is anything to cut short.
TEST_F(Termination, WhileItStartsItIsOrderlyToo) {
  constexpr int often = 20;
  for (int n = 0; n < often; ++n) {
    std::filesystem::remove(log_file());
    start_gateway();
    while (gateway().logged("started") == 0 && gateway().running()) std::this_thread::yield();
    ::kill(gateway().pid(), SIGTERM);
    ASSERT_EQ(gateway().wait(), 0) << "start " << n;
    EXPECT_EQ(reader.text("PRAGMA integrity_check"), "ok");
  }
}

TEST_F(Termination, SigintDoesSoToo) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  expect_an_orderly_end(SIGINT);
}

TEST_F(Termination, AMuteServiceDoesNotHoldIt) {
  ScriptedService service;
  service.be_mute();
  settings["WS_GATEWAY_URL"] = service.url();
  start_gateway();
  ASSERT_TRUE(eventually([&] { return service.requests() > 0; }));
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  expect_an_orderly_end();
  EXPECT_EQ(reader.source("ws-gateway.health", "freshness, error"), "never|NULL") << "what was cut short is no news about the service";
}

TEST_F(Termination, AStoppedPostgresDoesNotHoldIt) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  const auto backend = upstreams.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
  ::kill(std::stoi(backend), SIGSTOP);
  // Nothing arrives from it any more: the attempt under way does not end.
  const auto last = reader.number("SELECT last_attempt_at FROM source_status WHERE source = 'postgres.health'");
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT published_at FROM gateway") > last + 1; }));
  expect_an_orderly_end();
  ::kill(std::stoi(backend), SIGCONT);
}

TEST_F(Termination, ALockedTableDoesNotHoldIt) {
  Session locker(upstreams.postgres().superuser());
  locker.run("BEGIN");
  locker.run("LOCK TABLE trading_signals IN ACCESS EXCLUSIVE MODE");
  start_gateway();
  ASSERT_TRUE(becomes("rabbitmq.queues", "fresh"));
  expect_an_orderly_end();
}

TEST_F(Termination, OnceThatIsCutShortHasNotSucceeded) {
  ScriptedService service;
  service.be_mute();
  settings["WS_GATEWAY_URL"] = service.url();
  Process process({.words = {CACHE_GATEWAY, "once"}, .environment = settings, .output = log_file(), .errors = log_file()});
  ASSERT_TRUE(eventually([&] { return service.requests() > 0; }));
  ::kill(process.pid(), SIGTERM);
  EXPECT_EQ(process.wait(), 3);
}

TEST_F(Termination, TheNextGatewayGoesOnFromThere) {
  insert_signals(upstreams, "momentum", 1, 3);
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, rows"), "fresh|3"));
  expect_an_orderly_end();
  upstreams.postgres().stop();
  start_gateway();
  ASSERT_TRUE(service_becomes("postgres", "unhealthy"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
}

}  // namespace
}  // namespace integration
