// The delays between attempts: the cap is a promise ("recovery shows within BACKOFF_CAP"), jitter only ever shortens.
#include "run/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gateway {
namespace {

using std::chrono::seconds;

void expect_within_a_tenth_below(Milliseconds delay, Milliseconds full) {
  EXPECT_LE(delay, full);
  EXPECT_GE(delay.count() * 10 + 10, full.count() * 9);  // ten: rounding to whole milliseconds
}

TEST(Backoff, asks_at_the_interval_while_all_is_well) {
  Backoff backoff(seconds(10), seconds(60));
  for (int i = 0; i < 100; ++i) expect_within_a_tenth_below(backoff.after_success(), seconds(10));
}

TEST(Backoff, doubles_from_the_interval_up_to_the_cap) {
  Backoff backoff(seconds(10), seconds(60));
  for (const int expected : {10, 20, 40, 60, 60, 60}) expect_within_a_tenth_below(backoff.after_failure(), seconds(expected));
}

TEST(Backoff, is_never_above_the_cap_however_long_it_fails) {
  for (const auto cap : {Milliseconds(1), Milliseconds(7), Milliseconds(60'000), Milliseconds(86'400'000)}) {
    for (const auto interval : {Milliseconds(1), Milliseconds(10'000), Milliseconds(316'224'000'000)}) {
      Backoff backoff(interval, cap);
      for (int i = 0; i < 200; ++i) {
        const auto delay = backoff.after_failure();
        ASSERT_LE(delay, cap);
        ASSERT_GE(delay, Milliseconds(1));
      }
    }
  }
}

TEST(Backoff, starts_anew_after_a_success) {
  Backoff backoff(seconds(10), seconds(600));
  for (int i = 0; i < 5; ++i) backoff.after_failure();
  backoff.after_success();
  expect_within_a_tenth_below(backoff.after_failure(), seconds(10));
}

TEST(Backoff, goes_straight_to_the_cap_when_credentials_are_refused) {
  Backoff backoff(seconds(1), seconds(60));
  expect_within_a_tenth_below(backoff.after_refused_credentials(), seconds(60));
  expect_within_a_tenth_below(backoff.after_refused_credentials(), seconds(60));
}

TEST(Backoff, a_refusal_counts_as_a_failure_for_what_follows) {
  Backoff backoff(seconds(10), seconds(600));
  backoff.after_refused_credentials();
  expect_within_a_tenth_below(backoff.after_failure(), seconds(20));
}

TEST(Backoff, delays_differ_so_that_upstreams_are_not_asked_in_step) {
  Backoff backoff(seconds(10), seconds(60));
  std::set<Milliseconds> seen;
  for (int i = 0; i < 200; ++i) seen.insert(backoff.after_success());
  EXPECT_GT(seen.size(), 50U);
}

}  // namespace
}  // namespace gateway
