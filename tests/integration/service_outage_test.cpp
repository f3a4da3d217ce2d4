// Each service of the trading system is killed in turn while the others run: only its own source and verdict suffer,
// and its return ends its outage.
#include <fmt/format.h>

#include <array>

#include "support/fixture.hpp"

namespace integration {
namespace {

class ServiceOutage : public Integration, public ::testing::WithParamInterface<std::string> {
 protected:
  ServiceOutage() {
    settings["WS_GATEWAY_URL"] = services_[0].url();
    settings["MODEL_SERVICE_URL"] = services_[1].url();
    settings["ORDER_MANAGER_URL"] = services_[2].url();
    settings["POSITION_MANAGER_URL"] = services_[3].url();
    settings["FEATURE_SERVICE_URL"] = services_[4].url();
    for (const char* key : {"WS_GATEWAY_API_KEY", "MODEL_SERVICE_API_KEY", "ORDERMANAGER_API_KEY"}) settings[key] = service_key;
  }

  TradingService& service() {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == GetParam()) return services_[i];
    }
    throw std::logic_error("no such service");
  }

  static constexpr std::array names{"ws-gateway", "model-service", "order-manager", "position-manager", "feature-service"};

 private:
  std::array<TradingService, 5> services_{TradingService{names[0], upstreams}, TradingService{names[1], upstreams},
                                          TradingService{names[2], upstreams}, TradingService{names[3], upstreams},
                                          TradingService{names[4], upstreams}};
};

TEST_P(ServiceOutage, OnlyTheKilledServiceSuffersUntilItIsBack) {
  const auto health = GetParam() + ".health";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT status FROM system_health"), "healthy"));
  const auto lost_at = now();
  service().kill();
  ASSERT_TRUE(service_becomes(GetParam(), "unhealthy"));
  ASSERT_TRUE(becomes(health, "stale"));
  EXPECT_EQ(reader.service(GetParam(), "effective_status, freshness, error IS NOT NULL"), "unhealthy|stale|1");
  EXPECT_EQ(reader.source(health, "error_class"), "refused");
  EXPECT_EQ(reader.text("SELECT status, unhealthy, freshness FROM system_health"), "unhealthy|1|stale");
  EXPECT_EQ(reader.text("SELECT upstream, ended_at FROM outage"), GetParam() + "|NULL");
  EXPECT_EQ(reader.text(fmt::format("SELECT count(*) FROM service_component WHERE service = '{}' AND status <> 'unknown'", GetParam())),
            "0")
      << "what a service said of its parts is no verdict any more";

  const auto since = now();
  constexpr auto several = 5;
  for (const auto* other : names) {
    if (other == GetParam()) continue;
    ASSERT_TRUE(eventually([&] { return attempts(std::string(other) + ".health", since) >= several; }));
  }
  ASSERT_TRUE(
      eventually(query(fmt::format(
                     "SELECT service FROM service_health WHERE service <> '{}' AND (effective_status <> 'healthy' OR freshness <> 'fresh')",
                     GetParam())),
                 ""));

  const auto back_at = now();
  service().start();
  ASSERT_TRUE(service_becomes(GetParam(), "healthy"));
  ASSERT_TRUE(becomes(health, "fresh"));
  EXPECT_EQ(reader.text(fmt::format("SELECT count(*), started_at BETWEEN {} AND {}, ended_at BETWEEN {} AND {} FROM outage", lost_at,
                                    back_at, back_at, now() + 1)),
            "1|1|1")
      << reader.text("SELECT * FROM outage");
}

INSTANTIATE_TEST_SUITE_P(Each, ServiceOutage,
                         ::testing::ValuesIn(std::vector<std::string>{"ws-gateway", "model-service", "order-manager", "position-manager",
                                                                      "feature-service"}),
                         [](const auto& one) { return one.param.substr(0, one.param.find('-')); });

}  // namespace
}  // namespace integration
