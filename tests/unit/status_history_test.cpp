// The status of services and connections over time: runs of one status from poll to poll, and nothing where nobody knew.
#include <gtest/gtest.h>

#include "cache.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class StatusHistory : public ::testing::Test {
 protected:
  void answers(const std::string& status, std::int64_t at) {
    ASSERT_EQ(cache_.succeed("alpha.health", at, {.writes = observed("alpha", status, at, 3.5, std::nullopt, {}), .rows = 1}),
              std::nullopt);
  }
  void fails(std::int64_t at, const Error& error) { cache_.fail("alpha.health", at, error); }
  std::vector<Row> runs() {
    return cache_.read("SELECT time - 1764583200, end_time - 1764583200, status FROM service_status_trend ORDER BY time", t0).rows;
  }
  static Row run(std::int64_t from, std::int64_t to, const std::string& status) { return {from, to, status}; }

  Cache cache_{{bare_health("alpha")}};
  const Error refused_{ErrorClass::refused, "connection refused"};
  const Error timeout_{ErrorClass::timeout, "no answer"};
};

TEST_F(StatusHistory, what_stays_the_same_is_one_run) {
  for (std::int64_t i = 0; i < 5; ++i) answers("healthy", t0 + i * 10);
  EXPECT_EQ(runs(), (std::vector<Row>{run(0, 40, "healthy")}));
}

TEST_F(StatusHistory, after_the_clock_was_set_back_polls_are_one_run_again) {
  answers("healthy", t0 + 3600);
  for (std::int64_t i = 0; i < 5; ++i) answers("healthy", t0 + i * 10);
  EXPECT_EQ(runs(), (std::vector<Row>{run(0, 40, "healthy"), run(3600, 3600, "healthy")}));
}

TEST_F(StatusHistory, a_change_begins_another) {
  answers("healthy", t0);
  answers("degraded", t0 + 10);
  answers("healthy", t0 + 20);
  EXPECT_EQ(runs(), (std::vector<Row>{run(0, 0, "healthy"), run(10, 10, "degraded"), run(20, 20, "healthy")}));
}

TEST_F(StatusHistory, a_refusal_is_a_status_and_silence_is_none) {
  answers("healthy", t0);
  fails(t0 + 10, refused_);
  fails(t0 + 20, refused_);
  fails(t0 + 30, timeout_);
  EXPECT_EQ(runs(), (std::vector<Row>{run(0, 0, "healthy"), run(10, 20, "unhealthy")}));
}

TEST_F(StatusHistory, a_single_missed_poll_is_bridged_and_a_longer_silence_is_a_gap) {
  answers("healthy", t0);
  fails(t0 + 10, timeout_);
  answers("healthy", t0 + 20);
  answers("healthy", t0 + 20 + Cache::stale_after + 1);
  EXPECT_EQ(runs(), (std::vector<Row>{run(0, 20, "healthy"), run(51, 51, "healthy")}));
}

TEST_F(StatusHistory, goes_with_its_age_and_its_number) {
  for (std::int64_t i = 0; i < 2010; ++i) answers(i % 2 == 0 ? "healthy" : "degraded", t0 + i * 10);
  cache_.store().tidy(t0 + 20100);
  EXPECT_EQ(runs().size(), 2000U);
  EXPECT_EQ(runs().back(), run(20090, 20090, "degraded"));
  cache_.store().tidy(t0 + 15 * 86400);
  EXPECT_TRUE(runs().empty());
}

}  // namespace
}  // namespace gateway
