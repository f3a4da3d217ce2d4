// The list of queues: a virtual host that the monitoring user may not see must not make its queues vanish silently, and
// names made of anything RabbitMQ allows arrive unchanged.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class RabbitmqListing : public Integration {};

TEST_F(RabbitmqListing, AVirtualHostWithoutPermissionIsAnAuthFaultAndRowsStay) {
  auto& broker = upstreams.broker();
  broker.declare("/", "open");
  broker.create_vhost("closed");
  broker.declare("closed", "hidden");
  broker.allow_monitor("closed");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT vhost, name, freshness FROM queue_now ORDER BY vhost"), "/|open|fresh\nclosed|hidden|fresh"));
  broker.forbid_monitor("closed");
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows, error_class"), "stale|2|auth"));
  EXPECT_EQ(reader.text("SELECT vhost, name, lag, freshness FROM queue_now ORDER BY vhost"),
            "/|open|unknown|stale\nclosed|hidden|unknown|stale");
  EXPECT_NE(reader.source("rabbitmq.queues", "error").find("1 of 2"), std::string::npos) << reader.source("rabbitmq.queues", "error");
  EXPECT_EQ(reader.service("rabbitmq"), "healthy") << "the broker itself is well";
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");
  broker.allow_monitor("closed");
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows, error_class"), "fresh|2|NULL"));
}

TEST_F(RabbitmqListing, NoQueueAtAllIsAnAnswer) {
  upstreams.broker().declare("/", "short-lived");
  start_gateway();
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows"), "fresh|1"));
  upstreams.broker().remove("/", "short-lived");
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows"), "fresh|0"));
}

TEST_F(RabbitmqListing, HostileNamesArriveUnchanged) {
  auto& broker = upstreams.broker();
  const std::string vhost = "v/host '\"; %2F \u044f";
  broker.create_vhost(vhost);
  broker.allow_monitor(vhost);
  const std::vector<std::string> names{"slash/and\\back", "quotes ' \" `",      "'); DROP TABLE queue; --", "percent %00 %s {}",
                                       "a?b=c&d#e",       "tab\tand \x01",      "очередь \U0001F407",       "<b>bold</b>",
                                       "  spaces  ",      std::string(255, 'x')};
  for (const auto& name : names) broker.declare(vhost, name);
  start_gateway();
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, rows"), fmt::format("fresh|{}", names.size())));
  for (const auto& name : names) {
    EXPECT_EQ(reader.text(fmt::format("SELECT count(*) FROM queue_now WHERE vhost = {} AND name = {}", quoted(vhost), quoted(name))), "1")
        << name;
  }
}

}  // namespace
}  // namespace integration
