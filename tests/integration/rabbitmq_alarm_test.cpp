// A resource alarm stops publishers although everything answers: RabbitMQ is unhealthy at once, and the error says which
// resource it is.
#include "support/fixture.hpp"

namespace integration {
namespace {

class RabbitmqAlarm : public Integration {};

TEST_F(RabbitmqAlarm, AMemoryAlarmIsUnhealthyAndNamed) {
  upstreams.broker().declare("/", "any");
  start_gateway();
  ASSERT_TRUE(service_becomes("rabbitmq", "healthy"));
  upstreams.rabbitmq().ctl({"set_vm_memory_high_watermark", "0.000001"});
  ASSERT_TRUE(service_becomes("rabbitmq", "unhealthy"));
  EXPECT_NE(reader.service("rabbitmq", "error").find("memory"), std::string::npos) << reader.service("rabbitmq", "error");
  EXPECT_EQ(reader.source("rabbitmq.health", "freshness, error"), "fresh|NULL") << "the broker answered: this is what it said";
  EXPECT_EQ(reader.source("rabbitmq.queues"), "fresh");
  EXPECT_EQ(reader.text("SELECT status FROM system_health"), "unhealthy");
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");
  upstreams.rabbitmq().ctl({"set_vm_memory_high_watermark", "absolute", "1GB"});
  ASSERT_TRUE(service_becomes("rabbitmq", "healthy"));
  EXPECT_EQ(reader.service("rabbitmq", "error"), "NULL");
}

}  // namespace
}  // namespace integration
