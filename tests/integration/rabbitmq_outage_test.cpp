// RabbitMQ is killed and comes back: verdicts about its queues become unknown, the figures stay beside them with their
// age, PostgreSQL's sources do not notice, and the outage is on record. One story, because a start takes seconds.
#include <fmt/format.h>

#include "support/fixture.hpp"

namespace integration {
namespace {

class RabbitmqOutage : public Integration {};

TEST_F(RabbitmqOutage, FiguresStayVerdictsBecomeUnknownAndAllRecovers) {
  insert_signals(upstreams, "momentum", 1, 3);
  upstreams.broker().declare("/", "deep");
  upstreams.broker().publish("/", "deep", 4);
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT name, messages, lag FROM queue_now"), "deep|4|ok"));
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));

  const auto lost_at = now();
  upstreams.rabbitmq().kill();
  ASSERT_TRUE(service_becomes("rabbitmq", "unhealthy"));
  ASSERT_TRUE(becomes("rabbitmq.queues", "stale"));
  ASSERT_TRUE(becomes("rabbitmq.health", "stale"));
  EXPECT_EQ(reader.text("SELECT name, messages, lag, freshness FROM queue_now"), "deep|4|unknown|stale");
  const auto age = reader.number("SELECT age_s FROM queue_now");
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT age_s FROM queue_now") > age; }));
  EXPECT_EQ(reader.text("SELECT upstream, ended_at FROM outage"), "rabbitmq|NULL");
  EXPECT_EQ(reader.service("rabbitmq", "effective_status, error IS NOT NULL"), "unhealthy|1");

  const auto since = now();
  constexpr auto several = 5;
  ASSERT_TRUE(eventually([&] { return attempts("postgres.signals", since) >= several; }));
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, error"), "fresh|NULL"));
  ASSERT_TRUE(service_becomes("postgres", "healthy"));

  const auto back_at = now();
  upstreams.rabbitmq().start();
  ASSERT_TRUE(eventually(query("SELECT name, messages, lag, freshness FROM queue_now"), "deep|4|ok|fresh"));
  ASSERT_TRUE(service_becomes("rabbitmq", "healthy"));
  EXPECT_EQ(reader.text(fmt::format("SELECT upstream, started_at BETWEEN {} AND {}, ended_at BETWEEN {} AND {} FROM outage", lost_at,
                                    back_at, back_at, now() + 1)),
            "rabbitmq|1|1")
      << reader.text("SELECT * FROM outage");
}

}  // namespace
}  // namespace integration
