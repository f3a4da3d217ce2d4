// A broker whose statistics are off still counts messages: queues stay in view with what it can tell, what it cannot is
// unknown and no zero, and all of it comes back with the statistics.
#include "support/fixture.hpp"

namespace integration {
namespace {

class RabbitmqStatistics : public Integration {
 protected:
  ~RabbitmqStatistics() override { collect(true); }

  void collect(bool on) const {
    upstreams.rabbitmq().ctl({"eval", std::string("application:set_env(rabbitmq_management_agent, disable_metrics_collector, ") +
                                          (on ? "false" : "true") + ")."});
  }
};

TEST_F(RabbitmqStatistics, OffTheyTakeConsumersAndRatesAwayButNoQueue) {
  upstreams.broker().declare("/", "deep");
  upstreams.broker().publish("/", "deep", 3);
  start_gateway();
  const auto figures =
      query("SELECT name, messages, consumers, publish_rate_per_s IS NULL, consume_rate_per_s IS NULL, freshness FROM queue_now");
  ASSERT_TRUE(eventually(figures, "deep|3|0|0|0|fresh"));
  collect(false);
  ASSERT_TRUE(eventually(figures, "deep|3|NULL|1|1|fresh"));
  EXPECT_EQ(reader.service("rabbitmq"), "healthy");
  EXPECT_EQ(reader.source("rabbitmq.queues", "freshness, error"), "fresh|NULL");
  collect(true);
  ASSERT_TRUE(eventually(figures, "deep|3|0|0|0|fresh"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");
}

}  // namespace
}  // namespace integration
