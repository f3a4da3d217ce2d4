// When the store is published: at once when people would see something else, together what was asked for together, and never so late
// that the file calls stale what has answered.
#include "run/publish_loop.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "cache.hpp"

namespace gateway {
namespace {

class PublishLoopTest : public ::testing::Test, public RunObserver {
 protected:
  PublishLoopTest() {
    answered(0);
    publishing_.publish_now(Publisher::Save::yes);
    boost::asio::co_spawn(loop_, publishing_.run(), rethrow_escaped);
    loop_.poll();
  }
  ~PublishLoopTest() override {
    publishing_.stop();
    loop_.run_for(std::chrono::seconds{10});
  }
  void published(const std::optional<std::string>& /*error*/) override { ++published_; }

  void answered(std::int64_t seconds_ago) { cache_.succeed("one.data", unix_now() - seconds_ago); }
  bool publishes() {
    const auto before = published_;
    for (const auto until = Clock::now() + std::chrono::seconds{20}; published_ == before && Clock::now() < until;)
      loop_.run_for(Milliseconds{5});
    return published_ > before;
  }

  TemporaryDirectory directory_;
  Cache cache_{{bare_source("one.data")}};
  SchedulerSettings settings_{.publish_interval = Milliseconds{100},
                              .publish_within = std::chrono::hours{1},
                              .save = {.interval = std::chrono::hours{1}, .budget_per_day = 1'000'000'000'000},
                              .cache_path = directory_ / "cache.db"};
  Lock lock_{settings_.cache_path};
  boost::asio::io_context loop_{1};
  PublishLoop publishing_{loop_, cache_.store(), lock_, settings_, *this};
  int published_ = 0;
};

TEST_F(PublishLoopTest, what_is_seen_is_published_and_what_is_not_seen_waits) {
  answered(0);
  publishing_.changed(false);
  loop_.run_for(Milliseconds{300});
  EXPECT_EQ(published_, 1) << "there is an hour's time";
  publishing_.changed(true);
  EXPECT_TRUE(publishes());
}

TEST_F(PublishLoopTest, what_is_not_seen_is_published_before_its_source_looks_stale) {
  cache_.begin_again(unix_now());
  answered(Cache::stale_after - 1);
  publishing_.changed(true);
  ASSERT_TRUE(publishes());
  answered(0);
  publishing_.changed(false);
  EXPECT_TRUE(publishes());
}

// Otherwise the file would be an interval old already when it comes, and two before the next.
TEST_F(PublishLoopTest, what_has_been_gathered_for_long_is_published_with_the_attempt_that_ends) {
  loop_.run_for(Milliseconds{300});
  settings_.publish_within = Milliseconds{320};
  answered(0);
  publishing_.changed(false);
  settings_.publish_within = std::chrono::hours{1};
  EXPECT_TRUE(publishes());
}

TEST_F(PublishLoopTest, what_was_gathered_waits_for_the_attempt_that_is_under_way) {
  publishing_.attempt_began();
  publishing_.changed(false);
  settings_.publish_within = Milliseconds{1};
  loop_.run_for(Milliseconds{120});  // the interval is over
  EXPECT_EQ(published_, 1);
  publishing_.attempt_ended();
  EXPECT_TRUE(publishes());
}

TEST_F(PublishLoopTest, an_answer_waits_for_those_that_were_asked_for_with_it_but_not_for_long) {
  publishing_.attempt_began();
  publishing_.attempt_began();
  loop_.run_for(Milliseconds{120});  // the interval is over
  publishing_.attempt_ended();
  publishing_.changed(true);
  loop_.poll();
  EXPECT_EQ(published_, 1);
  publishing_.attempt_ended();
  EXPECT_TRUE(publishes());
  publishing_.attempt_began();  // and does not end
  publishing_.changed(true);
  EXPECT_TRUE(publishes());
}

}  // namespace
}  // namespace gateway
