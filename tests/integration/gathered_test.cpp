// What a publish is for: what people see changing is published at once, and attempts that change nothing are gathered.
#include "support/fixture.hpp"

namespace integration {
namespace {

class Gathered : public Integration {
 protected:
  Gathered() {
    settings["STALE_AFTER"] = "10m";  // freshness alone needs a publish every 200 s
    settings["SAVE_INTERVAL"] = "1h";
    settings["LOG_LEVEL"] = "debug";
  }
  // A later word about what was attempted than the file's own.
  ::testing::AssertionResult attempted_again(const std::string& source, int times) {
    const auto wanted = gateway().logged("attempt source=" + source + " ") + times;
    return eventually([&] { return gateway().logged("attempt source=" + source + " ") >= wanted; });
  }
};

TEST_F(Gathered, AttemptsThatChangeNothingArePublishedTogether) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  ASSERT_TRUE(becomes("rabbitmq.queues", "fresh"));
  ASSERT_TRUE(attempted_again("postgres.signals", 5)) << "the first looks are over";
  const auto before = reader.number("SELECT publish_count FROM gateway");
  ASSERT_TRUE(attempted_again("postgres.signals", 20));
  ASSERT_TRUE(attempted_again("rabbitmq.queues", 5));
  EXPECT_EQ(reader.number("SELECT publish_count FROM gateway"), before);
  insert_signals(upstreams, "one", 1, 2);
  EXPECT_TRUE(eventually(query("SELECT count(*) FROM recent_signals"), "2")) << "at once: freshness would have it in minutes";
}

}  // namespace
}  // namespace integration
