// Time that passed without us, and clocks that were set.
#include "run/clock_watch.hpp"

#include <gtest/gtest.h>

#include "cache.hpp"
#include "datasets/health.hpp"

namespace gateway {
namespace {

constexpr double wall = 1'764'583'200, running = 1000;

TEST(ClockWatch, a_second_is_nothing_and_neither_is_a_slow_turn_or_a_clock_being_corrected) {
  EXPECT_FALSE(gap_between({wall, running}, {wall + 1, running + 1}));
  EXPECT_FALSE(gap_between({wall, running}, {wall + 4, running + 4}));
  EXPECT_FALSE(gap_between({wall, running}, {wall + 3, running + 1}));
}

TEST(ClockWatch, a_machine_that_slept_is_told_with_both_bounds) {
  const auto gap = gap_between({wall, running}, {wall + 20, running + 20});
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->from, 1'764'583'200);
  EXPECT_EQ(gap->to, 1'764'583'220);
  EXPECT_EQ(gap->set_by_s, 0);
  EXPECT_EQ(gap->text, "the gateway was stopped, or the machine slept, for 20 s");
}

TEST(ClockWatch, a_clock_that_was_set_is_told_from_time_that_passed) {
  const auto forward = gap_between({wall, running}, {wall + 30 * 86400 + 1, running + 1});
  ASSERT_TRUE(forward);
  EXPECT_EQ(forward->text, "the clock was set forward by 2592000 s");
  const auto back = gap_between({wall, running}, {wall - 3599, running + 1});
  ASSERT_TRUE(back);
  EXPECT_LT(back->to, back->from);
  EXPECT_EQ(back->text, "the clock was set back by 3600 s");
}

TEST(ClockGap, is_an_outage_of_the_gateway_and_a_gap_in_the_charts) {
  Cache cache({bare_health("alpha")});
  cache.store().note_gap(Cache::started, Cache::started + 20, 0, "slept");
  cache.store().note_gap(Cache::started + 100, Cache::started + 40, -60, "set back");
  EXPECT_EQ(cache
                .read("SELECT upstream, started_at - 1764583200, ended_at - 1764583200, error FROM outage ORDER BY started_at",
                      Cache::started + 200)
                .rows,
            (std::vector<Row>{{"gateway", 0, 20, "slept"}, {"gateway", 40, 100, "set back"}}));
  EXPECT_EQ(cache.value("SELECT count(*) FROM queue_poll WHERE ok = 0", Cache::started + 200), Value{std::int64_t{2}});
}

// A machine without a clock of its own begins in 1970 and is told the time later.
TEST(ClockGap, what_was_observed_before_the_time_was_known_moves_with_it) {
  Cache cache({bare_health("alpha")}, 1000);
  ASSERT_EQ(cache.succeed("alpha.health", 1000, {.writes = observed("alpha", "healthy", 1000, 3.5, std::nullopt, {}), .rows = 1}),
            std::nullopt);
  cache.store().note_gap(1010, Cache::started, static_cast<double>(Cache::started - 1010), "set forward");
  EXPECT_EQ(cache.value("SELECT status_since FROM service_health WHERE service = 'alpha'", Cache::started), Value{Cache::started - 10});
}

}  // namespace
}  // namespace gateway
