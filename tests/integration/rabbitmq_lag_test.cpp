// A queue that is too long, or consumed too slowly, lags, and the reason says why; short, idle and ignored ones do not.
#include "support/fixture.hpp"

namespace integration {
namespace {

class RabbitmqLag : public Integration {};

TEST_F(RabbitmqLag, AQueueOverTheLimitLagsWithItsReason) {
  auto& broker = upstreams.broker();
  broker.declare("/", "long");
  broker.declare("/", "short");
  broker.publish("/", "long", 1001);
  broker.publish("/", "short", 1);
  const auto before = now();
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT messages, lag FROM queue_now WHERE name = 'long'"), "1001|lagging"));
  const auto reason = reader.text("SELECT lag_reason FROM queue_now WHERE name = 'long'");
  EXPECT_NE(reason.find("length"), std::string::npos) << reason;
  EXPECT_NE(reason.find("no consumer"), std::string::npos) << reason;
  EXPECT_GE(reader.real("SELECT lag_severity FROM queue_now WHERE name = 'long'"), 1.0);
  EXPECT_GE(reader.number("SELECT lagging_since FROM queue_now WHERE name = 'long'"), before);
  // While messages came in and none went out it was slow, too; once nothing is published, one message is no lag.
  ASSERT_TRUE(eventually(query("SELECT messages, lag, lag_reason, lagging_since FROM queue_now WHERE name = 'short'"), "1|ok|NULL|NULL"));
}

TEST_F(RabbitmqLag, TheLimitIsASetting) {
  upstreams.broker().declare("/", "three");
  upstreams.broker().publish("/", "three", 3);
  settings["QUEUE_LAG_MESSAGES"] = "2";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT messages, lag, lag_severity FROM queue_now"), "3|lagging|1.5"));
}

TEST_F(RabbitmqLag, SinceWhenSurvivesARestart) {
  upstreams.broker().declare("/", "three");
  upstreams.broker().publish("/", "three", 3);
  settings["QUEUE_LAG_MESSAGES"] = "2";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT lag FROM queue_now"), "lagging"));
  const auto since = reader.text("SELECT lagging_since FROM queue_now");
  gateway().kill();
  ASSERT_TRUE(eventually([&] { return now() > std::stoll(since); }));
  start_gateway();
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT started_at FROM gateway") > std::stoll(since); }));
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT fetched_at >= (SELECT started_at FROM gateway) FROM queue_now") == 1; }));
  EXPECT_EQ(reader.text("SELECT lag, lagging_since FROM queue_now"), "lagging|" + since);
}

TEST_F(RabbitmqLag, IgnoredNamesAreNotJudged) {
  auto& broker = upstreams.broker();
  for (const char* name : {"archive.signals", "live"}) {
    broker.declare("/", name);
    broker.publish("/", name, 3);
  }
  settings["QUEUE_LAG_MESSAGES"] = "2";
  settings["QUEUE_LAG_IGNORE"] = "archive.*";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT name, messages, lag FROM queue_now ORDER BY name"), "archive.signals|3|ok\nlive|3|lagging"));
}

TEST_F(RabbitmqLag, AReachedMaximumLengthIsNamed) {
  upstreams.broker().declare("/", "bounded", R"({"x-max-length": 4})");
  upstreams.broker().publish("/", "bounded", 6);
  settings["QUEUE_LAG_MESSAGES"] = "2";
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT messages, lag FROM queue_now"), "4|lagging"));
  EXPECT_NE(reader.text("SELECT lag_reason FROM queue_now").find("maximum length 4"), std::string::npos)
      << reader.text("SELECT lag_reason FROM queue_now");
}

}  // namespace
}  // namespace integration
