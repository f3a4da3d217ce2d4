// Freshness is arithmetic at reading time: never, fresh, stale, off, missing, by the reader's clock and against clocks
// that were set back. The gateway's own row follows the same rules.
#include <gtest/gtest.h>

#include "cache.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

Source switched_off(const std::string& name) {
  auto source = bare_source(name);
  source.on = false;
  return source;
}

class Freshness : public ::testing::Test {
 protected:
  Value freshness(std::int64_t now, const std::string& source = "one.data") {
    return cache_.value("SELECT freshness FROM source_status WHERE source = '" + source + "'", now);
  }

  Cache cache_{{bare_source("one.data"), switched_off("two.data")}};
  const Error timeout_{ErrorClass::timeout, "no answer"};
  const Error missing_{ErrorClass::missing, "no such table"};
};

TEST_F(Freshness, is_never_before_the_first_success) {
  EXPECT_EQ(freshness(t0), Value("never"));
  cache_.fail("one.data", t0, timeout_);
  EXPECT_EQ(freshness(t0), Value("never"));
  EXPECT_EQ(cache_.value("SELECT age_s FROM source_status WHERE source = 'one.data'", t0), Value{});
}

TEST_F(Freshness, is_off_for_what_is_not_configured) {
  EXPECT_EQ(freshness(t0, "two.data"), Value("off"));
  EXPECT_EQ(freshness(t0 + 10'000, "two.data"), Value("off"));
}

TEST_F(Freshness, lasts_until_stale_after_and_no_longer) {
  cache_.succeed("one.data", t0);
  EXPECT_EQ(freshness(t0), Value("fresh"));
  EXPECT_EQ(freshness(t0 + Cache::stale_after), Value("fresh"));
  EXPECT_EQ(freshness(t0 + Cache::stale_after + 1), Value("stale"));
  EXPECT_EQ(freshness(t0 + 1'000'000), Value("stale"));
}

TEST_F(Freshness, does_not_depend_on_attempts_that_failed) {
  cache_.succeed("one.data", t0);
  cache_.fail("one.data", t0 + 10, timeout_);
  EXPECT_EQ(freshness(t0 + 20), Value("fresh"));
  EXPECT_EQ(freshness(t0 + 31), Value("stale"));
}

TEST_F(Freshness, the_age_is_that_of_the_last_success) {
  cache_.succeed("one.data", t0);
  cache_.fail("one.data", t0 + 10, timeout_);
  EXPECT_EQ(cache_.value("SELECT age_s FROM source_status WHERE source = 'one.data'", t0 + 17), Value(17));
}

TEST_F(Freshness, data_from_the_future_is_stale_beyond_five_seconds) {
  cache_.succeed("one.data", t0);
  EXPECT_EQ(freshness(t0 - 5), Value("fresh"));
  EXPECT_EQ(freshness(t0 - 6), Value("stale"));
}

TEST_F(Freshness, a_clock_set_back_does_not_make_old_data_fresh) {
  cache_.succeed("one.data", t0);
  // An hour without a success by the steady clock; then the wall clock is set back to just after the last success.
  cache_.fail("one.data", t0 + 5, timeout_, 3600);
  EXPECT_EQ(freshness(t0 + 10), Value("stale"));
}

TEST_F(Freshness, what_failed_for_a_shorter_time_is_still_fresh) {
  cache_.succeed("one.data", t0);
  cache_.fail("one.data", t0 + 25, timeout_, 25);
  EXPECT_EQ(freshness(t0 + 25), Value("fresh"));
}

TEST_F(Freshness, a_success_after_a_clock_set_back_is_fresh_again) {
  cache_.succeed("one.data", t0);
  cache_.fail("one.data", t0 + 5, timeout_, 3600);
  cache_.succeed("one.data", t0 - 100);
  EXPECT_EQ(freshness(t0 - 95), Value("fresh"));
}

TEST_F(Freshness, is_missing_while_the_upstream_has_no_such_thing) {
  cache_.fail("one.data", t0, missing_);
  EXPECT_EQ(freshness(t0), Value("missing"));
  cache_.succeed("one.data", t0 + 10);
  EXPECT_EQ(freshness(t0 + 10), Value("fresh"));
  cache_.fail("one.data", t0 + 20, missing_);
  EXPECT_EQ(freshness(t0 + 20), Value("missing"));
}

TEST_F(Freshness, another_failure_ends_missing) {
  cache_.succeed("one.data", t0);
  cache_.fail("one.data", t0 + 10, missing_);
  cache_.fail("one.data", t0 + 20, timeout_);
  EXPECT_EQ(freshness(t0 + 20), Value("fresh"));
  EXPECT_EQ(freshness(t0 + 40), Value("stale"));
}

TEST_F(Freshness, missing_outlives_a_restart) {
  cache_.fail("one.data", t0, missing_);
  cache_.begin_again(t0 + 5);
  EXPECT_EQ(freshness(t0 + 5), Value("missing"));
}

TEST_F(Freshness, a_restart_does_not_make_data_younger) {
  cache_.succeed("one.data", t0);
  cache_.begin_again(t0 + 100);
  EXPECT_EQ(freshness(t0 + 100), Value("stale"));
  EXPECT_EQ(cache_.value("SELECT age_s FROM source_status WHERE source = 'one.data'", t0 + 100), Value(100));
}

TEST_F(Freshness, paces_are_shown_in_seconds) {
  EXPECT_EQ(cache_.read("SELECT interval_s, stale_after_s FROM source_status WHERE source = 'one.data'", t0).rows,
            (std::vector<Row>{{10.0, 30.0}}));
}

TEST_F(Freshness, sources_stand_in_the_gateways_order_and_vanish_with_their_setting) {
  EXPECT_EQ(cache_.read("SELECT source FROM source_status", t0).rows, (std::vector<Row>{{"one.data"}, {"two.data"}}));
  const auto other = bare_source("three.data");
  const std::vector<SourceSetup> setups{{&other, cache_.setups()[0].pace}, cache_.setups()[0]};
  auto run = cache_.run_at(t0);
  run.sources = setups;
  cache_.store().begin(run);
  EXPECT_EQ(cache_.read("SELECT source FROM source_status", t0).rows, (std::vector<Row>{{"three.data"}, {"one.data"}}));
}

TEST_F(Freshness, of_the_gateway_follows_its_publishes) {
  cache_.publish(t0 + 50);
  const auto of_gateway = "SELECT freshness FROM gateway";
  EXPECT_EQ(cache_.value(of_gateway, t0 + 50), Value("fresh"));
  EXPECT_EQ(cache_.value(of_gateway, t0 + 50 + 30), Value("fresh"));  // it publishes within 10 s: three of those
  EXPECT_EQ(cache_.value(of_gateway, t0 + 50 + 600), Value("stale"));
  EXPECT_EQ(cache_.value(of_gateway, t0 + 50 - 6), Value("stale"));
  EXPECT_EQ(cache_.read("SELECT version, started_at, published_at, age_s FROM gateway", t0 + 57).rows,
            (std::vector<Row>{{"1.2.3", t0, t0 + 50, 7}}));
}

}  // namespace
}  // namespace gateway
