// What has no /health is probed by a TCP connection: Redis, the lock store of order-manager, for one.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class TcpProbe : public Integration {};

TEST_F(TcpProbe, IsHealthyWhileItAcceptsConnectionsAndUnhealthyWhenItRefusesThem) {
  ScriptedService store;  // whatever listens will do
  const auto address = store.url().substr(std::string("http://").size());
  settings["HEALTH_SERVICES"] = "redis=tcp://" + address;
  start_gateway();
  ASSERT_TRUE(service_becomes("redis", "healthy"));
  EXPECT_EQ(reader.text("SELECT component, status, basis FROM service_component WHERE service = 'redis'"), "connection|healthy|probed");
  EXPECT_EQ(reader.text("SELECT latency_ms >= 0 FROM service_health WHERE service = 'redis'"), "1");
  store.stop();
  ASSERT_TRUE(service_becomes("redis", "unhealthy"));
  ASSERT_TRUE(eventually(source("redis.health", "error_class"), "refused"));
  EXPECT_NE(reader.source("redis.health", "error").find(address), std::string::npos) << reader.source("redis.health", "error");
  ASSERT_TRUE(eventually(query("SELECT upstream, ended_at FROM outage"), "redis|NULL"));
  store.start();
  ASSERT_TRUE(service_becomes("redis", "healthy"));
  EXPECT_EQ(reader.text("SELECT count(*), count(ended_at) FROM outage"), "1|1");
}

TEST_F(TcpProbe, ANameThatIsGoneIsUnhealthy) {
  settings["HEALTH_SERVICES"] = "redis=tcp://no-such-host.invalid:6379";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT consecutive_failures > 1 FROM source_status WHERE source = 'redis.health'"), "1"));
  EXPECT_EQ(reader.source("redis.health", "freshness, error_class"), "never|dns");
  EXPECT_EQ(reader.text("SELECT name FROM (SELECT upstream AS name FROM outage)"), "redis");
}

}  // namespace
}  // namespace integration
