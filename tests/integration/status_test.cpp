// `status` and `ping` read the published file and ask nobody: what they say is the file's, and their exit codes serve
// scripts and health checks.
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/fixture.hpp"

namespace integration {
namespace {

class Status : public Integration {
 protected:
  // Nothing but where the file is.
  Variables only_the_path() const { return {{"CACHE_PATH", cache().string()}}; }
  Finished status() const { return cache_gateway({"status"}, only_the_path()); }
  Finished ping() const { return cache_gateway({"ping"}, only_the_path()); }
};

TEST_F(Status, AllFreshIsZero) {
  start_gateway();
  ASSERT_TRUE(eventually([&] { return status().code == 0; })) << status().output;
  const auto done = status();
  EXPECT_NE(done.output.find("postgres.signals"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("healthy"), std::string::npos) << done.output;
  EXPECT_EQ(done.output.find('\x1b'), std::string::npos) << "piped, it is plain";
}

TEST_F(Status, SomethingStaleOrNeverFetchedIsThree) {
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  start_gateway();
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, error_class"), "never|refused"));
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  const auto done = status();
  EXPECT_EQ(done.code, 3);
  EXPECT_NE(done.output.find("refused"), std::string::npos) << done.output;
  gateway().kill();
  ASSERT_TRUE(becomes("postgres.signals", "stale")) << "a dead gateway shows as stale, too";
  EXPECT_EQ(status().code, 3);
}

TEST_F(Status, NoReadableCacheIsFour) {
  const auto none = status();
  EXPECT_EQ(none.code, 4);
  EXPECT_NE(none.errors.find(cache().string()), std::string::npos) << none.errors;
  std::ofstream(cache()) << "this is no database, but it is long enough to be taken for one by whoever does not look";
  EXPECT_EQ(status().code, 4);
}

TEST_F(Status, JsonIsJsonAndSaysTheSame) {
  upstreams.broker().declare("/", "\"hostile\" \\ \t name");
  upstreams.broker().publish("/", "\"hostile\" \\ \t name", 3);
  settings["QUEUE_LAG_MESSAGES"] = "2";
  settings["ORDER_MANAGER_URL"] = "http://127.0.0.1:" + std::to_string(free_port());
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM outage WHERE ended_at IS NULL"), "1"));
  ASSERT_TRUE(eventually(query("SELECT lag FROM queue_now"), "lagging"));
  const auto done = cache_gateway({"status", "--json"}, only_the_path());
  EXPECT_EQ(done.code, 3);
  const auto json = nlohmann::json::parse(done.output, nullptr, false);
  ASSERT_TRUE(json.is_object()) << done.output;
  EXPECT_NE(done.output.find("\"postgres.signals\""), std::string::npos);
  EXPECT_NE(done.output.find("order-manager"), std::string::npos);
  EXPECT_NE(done.output.find(nlohmann::json("\"hostile\" \\ \t name").dump()), std::string::npos) << done.output;
}

TEST_F(Status, APlannedOutageIsShownWhileItsFileIsThere) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  EXPECT_EQ(status().output.find("planned"), std::string::npos);
  std::ofstream(directory() / "maintenance") << "until 2200-01-01 00:00\nPostgreSQL is upgraded\n";
  ASSERT_TRUE(
      eventually_contains([&] { return status().output; }, "planned   maintenance until 2200-01-01 00:00:00 UTC: PostgreSQL is upgraded"));
  EXPECT_NE(cache_gateway({"why", "postgres"}, only_the_path()).output.find("planned maintenance: PostgreSQL"), std::string::npos);
  std::filesystem::remove(directory() / "maintenance");
  ASSERT_TRUE(eventually([&] { return status().output.find("planned") == std::string::npos; }));
}

TEST_F(Status, PingIsZeroWhileTheGatewayPublishesAndOneOtherwise) {
  EXPECT_EQ(ping().code, 1) << "there is no file yet";
  start_gateway();
  ASSERT_TRUE(eventually([&] { return ping().code == 0; }));
  gateway().kill();
  ASSERT_TRUE(eventually([&] { return ping().code == 1; }));
}

TEST_F(Status, PingDependsOnNoUpstream) {
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  settings["POSTGRES_PORT"] = std::to_string(free_port());
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM outage"), "2"));
  EXPECT_EQ(ping().code, 0);
}

TEST_F(Status, PingSeesAGatewayThatStandsStill) {
  start_gateway();
  ASSERT_TRUE(eventually([&] { return ping().code == 0; }));
  ::kill(gateway().pid(), SIGSTOP);
  const auto seen = eventually([&] { return ping().code == 1; });
  ::kill(gateway().pid(), SIGCONT);
  ASSERT_TRUE(seen);
  ASSERT_TRUE(eventually([&] { return ping().code == 0; }));
}

}  // namespace
}  // namespace integration
