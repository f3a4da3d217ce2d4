// HEALTH_SERVICES: more services, by name and address.
#include <gtest/gtest.h>

#include "settings_faults.hpp"

namespace gateway {
namespace {

TEST(HealthServices, add_to_the_services) {
  const auto s = settings_of({{"HEALTH_SERVICES", "risk=http://risk:4950/health, other=https://o:4960/status/live"}});
  ASSERT_EQ(s.services.size(), 7U);
  EXPECT_EQ(service(s, "risk").url->host, "risk");
  EXPECT_EQ(service(s, "risk").url->path, "");
  EXPECT_EQ(service(s, "risk").health_path, "/health");
  EXPECT_TRUE(service(s, "other").url->tls);
  EXPECT_EQ(service(s, "other").health_path, "/status/live");
}

TEST(HealthServices, may_still_name_the_two_that_are_known_by_now) {
  const auto s = settings_of({{"HEALTH_SERVICES", "position-manager=http://elsewhere:4801/health"}, {"POSITION_MANAGER_API_KEY", "key"}});
  ASSERT_EQ(s.services.size(), 5U);
  EXPECT_EQ(service(s, "position-manager").url->host, "elsewhere");
  EXPECT_EQ(service(s, "position-manager").api_key.read(), "key");
}

TEST(HealthServices, may_be_probed_by_tcp_alone) {
  const auto s = settings_of({{"HEALTH_SERVICES", "redis=tcp://redis:6379,six=tcp://[::1]:6380"}});
  EXPECT_TRUE(service(s, "redis").tcp);
  EXPECT_EQ(service(s, "redis").url->host, "redis");
  EXPECT_EQ(service(s, "redis").url->port, 6379);
  EXPECT_EQ(service(s, "six").url->host, "::1");
  EXPECT_FALSE(service(s, "ws-gateway").tcp);
}

TEST(HealthServices, ask_for_health_where_no_path_is_given) {
  const auto s = settings_of({{"HEALTH_SERVICES", "x=http://x:1"}});
  EXPECT_EQ(service(s, "x").health_path, "/health");
}

TEST(HealthServices, refuse_names_that_are_taken_given_twice_or_not_plain) {
  for (const auto* bad : {"gateway=http://x:1", "postgres=http://x", "rabbitmq=http://x", "ws-gateway=http://x", "a=http://x,a=http://y",
                          "Ünïcode=http://x", "with space=http://x", "a.b=http://x", "a'b=http://x", "=http://x", "a", "a=", "a=x:80",
                          "a=tcp://x", "a=tcp://[::1]", "a=tcp://x:1/path", "a=tcp://:1", "a=tcp://u:p@x:1"}) {
    EXPECT_EQ(faulty({{"HEALTH_SERVICES", bad}}), std::vector<std::string>{"HEALTH_SERVICES"}) << bad;
  }
}

}  // namespace
}  // namespace gateway
