// What a real broker reports of queues that are consumed in one way or another, or not at all, side by side: a slow queue that
// nobody reads and a consumer that hangs lag, whatever the momentary rates are; all that is consumed does not.
#include <fmt/format.h>
#include <csignal>

#include "support/fixture.hpp"

namespace integration {
namespace {

class RabbitmqConsumption : public Integration {
 protected:
  std::unique_ptr<Process> consume(const std::string& queue, const std::vector<std::string>& options = {}) {
    std::vector<std::string> words{"amqp-consume", "--url", fmt::format("amqp://guest:guest@127.0.0.1:{}", upstreams.rabbitmq().port()),
                                   "-q", queue};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"cat"});
    return std::make_unique<Process>(Command{.words = words, .environment = {{"PATH", "/usr/bin:/bin"}}});
  }
};

TEST_F(RabbitmqConsumption, WhatIsNotConsumedLagsAndWhatIsConsumedDoesNot) {
  auto& broker = upstreams.broker();
  const std::vector<std::string> lagging{"unread", "hung", "expiring", "bounded"}, consumed{"acknowledged", "automatic"};
  for (const auto& queue : {"unread", "hung", "acknowledged", "automatic"}) broker.declare("/", queue);
  broker.declare("/", "expiring", R"({"x-message-ttl": 6000})");
  broker.declare("/", "bounded", R"({"x-max-length": 4})");
  const auto hung = consume("hung"), acknowledging = consume("acknowledged"), automatic = consume("automatic", {"--no-ack"});
  settings["QUEUE_LAG_AFTER"] = "12s";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM queue_now WHERE consumers = 1"), "3"));
  hung->signal(SIGSTOP);
  const auto publish = [&] {
    for (const auto* names : {&lagging, &consumed}) {
      for (const auto& queue : *names) broker.publish("/", queue, 2);
    }
  };
  const auto verdicts = "SELECT group_concat(name) FROM (SELECT name FROM queue_now WHERE lag = 'lagging' ORDER BY name)";
  const auto after = [&](std::int64_t seconds) {
    for (const auto until = now() + seconds; now() < until;) {
      publish();
      ::usleep(1'000'000);
    }
  };
  after(25);
  EXPECT_TRUE(eventually([&] {
    publish();
    return reader.text(verdicts) == "bounded,expiring,hung,unread";
  })) << reader.text(verdicts);
  for (const auto& queue : lagging) {
    const auto reason = reader.text(fmt::format("SELECT lag_reason FROM queue_now WHERE name = '{}'", queue));
    EXPECT_NE(reason.find("not consumed"), std::string::npos) << queue << ": " << reason;
    EXPECT_NE(reason.find(queue == "hung" ? "nothing acknowledged" : "no consumer"), std::string::npos) << queue << ": " << reason;
    EXPECT_GE(reader.real(fmt::format("SELECT lag_severity FROM queue_now WHERE name = '{}'", queue)), 1.0) << queue;
  }
  for (const auto& queue : consumed) {
    EXPECT_EQ(reader.text(fmt::format("SELECT lag, lag_severity < 1 FROM queue_now WHERE name = '{}'", queue)), "ok|1") << queue;
  }
  EXPECT_EQ(reader.text("SELECT DISTINCT type FROM queue_now"), "classic");

  // The consumer goes on, and another begins: what was waiting is consumed, and the queue is well at once.
  hung->signal(SIGCONT);
  const auto late = consume("unread");
  EXPECT_TRUE(eventually([&] {
    publish();
    return reader.text(verdicts) == "bounded,expiring";
  })) << reader.text(verdicts);
}

}  // namespace
}  // namespace integration
