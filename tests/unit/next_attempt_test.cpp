// When an upstream is asked again: a table of what happened and what follows. The cap is a promise, and jitter only shortens.
#include "run/next_attempt.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace gateway {
namespace {

using namespace std::chrono_literals;
using enum AttemptResult;

constexpr AttemptPace pace{.interval = 10s, .backoff_cap = 60s};
constexpr auto unchanged = std::nullopt;

struct Row {
  const char* what;
  AttemptResult result;
  Scope asked;
  AttemptHistory before;
  NextAttempt next;
};

class NextAttemptTable : public ::testing::TestWithParam<Row> {};

TEST_P(NextAttemptTable, follows) {
  const auto& row = GetParam();
  const auto next = next_attempt(row.result, row.asked, row.before, pace);
  EXPECT_EQ(next.probe, row.next.probe) << row.what;
  EXPECT_EQ(next.all, row.next.all) << row.what;
}

INSTANTIATE_TEST_SUITE_P(
    Rules, NextAttemptTable,
    ::testing::Values(Row{"all_is_well", answered, Scope::all, {}, {10s, 10s}},
                      Row{"back_after_failures", answered, Scope::all, {.failures = 7, .last = failed}, {10s, 10s}},
                      Row{"more_rows", more, Scope::all, {}, {0s, 10s}},
                      Row{"more_rows_and_more_again", more, Scope::reading_on, {.failures = 0, .last = more}, {0s, unchanged}},
                      Row{"all_rows_were_read", answered, Scope::reading_on, {.failures = 0, .last = more}, {10s, unchanged}},
                      Row{"reading_on_fails", failed, Scope::reading_on, {.failures = 0, .last = more}, {10s, 10s}},
                      Row{"other_rows_are_wanted", asks_again, Scope::all, {}, {0s, 0s}},
                      Row{"other_rows_are_wanted_twice", asks_again, Scope::all, {.failures = 0, .last = asks_again}, {10s, 10s}},
                      Row{"first_failure", failed, Scope::all, {}, {10s, 10s}},
                      Row{"second_failure", failed, Scope::all, {.failures = 1, .last = failed}, {10s, 20s}},
                      Row{"third_failure", failed, Scope::all, {.failures = 2, .last = failed}, {10s, 40s}},
                      Row{"fourth_failure", failed, Scope::all, {.failures = 3, .last = failed}, {10s, 60s}},
                      Row{"hundredth_failure", failed, Scope::all, {.failures = 99, .last = failed}, {10s, 60s}},
                      Row{"probe_fails", failed, Scope::probe, {.failures = 3, .last = failed}, {10s, unchanged}},
                      Row{"first_good_probe", answered, Scope::probe, {.failures = 3, .last = failed}, {0s, 0s}},
                      Row{"credentials_refused", refused, Scope::all, {}, {60s, 60s}},
                      Row{"credentials_refused_again", refused, Scope::all, {.failures = 9, .last = refused}, {60s, 60s}},
                      Row{"credentials_of_the_probe_refused", refused, Scope::probe, {.failures = 1, .last = failed}, {60s, 60s}}),
    [](const auto& row) { return std::string(row.param.what); });

TEST(NextAttempt, never_waits_longer_than_the_cap_while_it_fails) {
  for (const auto cap : {Milliseconds(1), Milliseconds(7), Milliseconds(60'000), Milliseconds(86'400'000)}) {
    for (const auto interval : {Milliseconds(1), Milliseconds(10'000), Milliseconds(316'224'000'000)}) {
      for (int failures = 0; failures < 200; ++failures) {
        const auto next =
            jittered(next_attempt(failed, Scope::all, {.failures = failures, .last = failed}, {.interval = interval, .backoff_cap = cap}));
        ASSERT_LE(*next.all, cap);
        ASSERT_GE(next.probe, Milliseconds(1));
        ASSERT_LE(next.probe, *next.all);
        ASSERT_LE(next.probe, interval);
      }
    }
  }
}

TEST(NextAttempt, refused_credentials_are_never_tried_more_often_than_good_ones) {
  EXPECT_EQ(next_attempt(refused, Scope::all, {}, {.interval = 10s, .backoff_cap = 1s}).probe, 10s);
}

TEST(NextAttempt, jitter_shortens_by_up_to_a_tenth_and_is_not_always_the_same) {
  std::set<Milliseconds> seen;
  for (int i = 0; i < 200; ++i) {
    const auto next = jittered({.probe = 10s, .all = 60s});
    EXPECT_LE(next.probe, 10s);
    EXPECT_GE(next.probe, 9s);
    EXPECT_LE(*next.all, 60s);
    EXPECT_GE(*next.all, 54s);
    seen.insert(next.probe);
  }
  EXPECT_GT(seen.size(), 50U);
}

TEST(NextAttempt, what_is_due_at_once_or_was_due_before_stays_so) {
  EXPECT_EQ(jittered({.probe = 0s, .all = 0s}), (NextAttempt{.probe = 0s, .all = 0s}));
  EXPECT_FALSE(jittered({.probe = 10s, .all = unchanged}).all.has_value());
}

Outcome outcome(Result<Batch> result) { return {.source = "s", .sent_at = 0, .requests = 1, .timing = {}, .result = std::move(result)}; }
Outcome error(ErrorClass kind) { return outcome(failure(kind, "")); }
Outcome rows(bool wants_more = false, bool with_rows = true) {
  Batch batch;
  batch.more = wants_more;
  batch.answered = with_rows;
  return outcome(batch);
}

TEST(AttemptResult, is_failed_only_when_no_source_was_answered) {
  using enum ErrorClass;
  EXPECT_EQ(result_of(std::vector{rows(), rows()}), answered);
  EXPECT_EQ(result_of(std::vector{rows(), error(timeout)}), answered);
  EXPECT_EQ(result_of(std::vector{error(refused), error(timeout)}), failed);
  EXPECT_EQ(result_of(std::vector{error(closed)}), failed);
}

TEST(AttemptResult, a_missing_endpoint_is_an_answer) {
  EXPECT_EQ(result_of(std::vector{error(ErrorClass::missing)}), answered);
  EXPECT_EQ(result_of(std::vector{error(ErrorClass::auth), error(ErrorClass::missing)}), answered);
}

TEST(AttemptResult, is_refused_only_when_credentials_are_the_whole_reason) {
  EXPECT_EQ(result_of(std::vector{error(ErrorClass::auth), error(ErrorClass::auth)}), AttemptResult::refused);
  EXPECT_EQ(result_of(std::vector{error(ErrorClass::auth), error(ErrorClass::timeout)}), failed);
  EXPECT_EQ(result_of(std::vector{error(ErrorClass::auth), rows()}), answered);
}

TEST(AttemptResult, says_whether_rows_came_when_there_is_more) {
  EXPECT_EQ(result_of(std::vector{rows(), rows(true, true)}), more);
  EXPECT_EQ(result_of(std::vector{rows(), rows(true, false)}), asks_again);
  EXPECT_EQ(result_of(std::vector{rows(true, true), rows(true, false)}), more);
}

TEST(NextAttempt, upstreams_of_one_interval_come_to_one_beat_and_stay_there) {
  std::minstd_rand random{1};
  for (int i = 0; i < 200; ++i) {
    Milliseconds start{std::uniform_int_distribution<std::int64_t>(0, 100'000)(random)};
    for (int attempt = 0; attempt < 3; ++attempt) {
      const auto next = on_beat({.probe = 10s, .all = 10s}, start, 10s);
      ASSERT_EQ(next.probe, *next.all);
      ASSERT_LE(next.probe, 10s);
      ASSERT_GE(next.probe, 2500ms);
      start += next.probe;
    }
    ASSERT_EQ(start % 10s, 0ms);
    ASSERT_EQ(on_beat({.probe = 10s, .all = 10s}, start, 10s).probe, 10s);
    ASSERT_EQ(on_beat({.probe = 10s, .all = 10s}, start + 3ms, 10s).probe, 9997ms) << "a timer that fires late is made up for";
  }
}

TEST(NextAttempt, datasets_wait_for_the_beat_of_the_probe) {
  EXPECT_EQ(on_beat({.probe = 10s, .all = 40s}, 3ms, 10s), (NextAttempt{.probe = 9997ms, .all = 39'997ms}));
}

TEST(NextAttempt, what_is_due_at_once_or_before_the_interval_keeps_to_no_beat) {
  EXPECT_EQ(on_beat({.probe = 0s, .all = 0s}, 7s, 10s), (NextAttempt{.probe = 0s, .all = 0s}));
  EXPECT_GE(on_beat({.probe = 5s, .all = 5s}, 7s, 10s).probe, 4500ms);
}

TEST(NextAttempt, a_host_keeps_its_beat) {
  const auto difference = beat_of_host() - beat_of_host();
  EXPECT_LT(std::chrono::abs(difference), 1s) << "the same, whenever it is asked for";
}

}  // namespace
}  // namespace gateway
