// Every rule of the lag verdict, one test each: unknown before anything, then length, then slowness from the second
// sample on, and what the reason, the severity and lagging_since say of it.
#include "datasets/lag.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

constexpr std::int64_t now = 1'764'583'200;

QueueSample quiet(std::int64_t messages = 0) {
  return {
      .messages = messages, .consumers = 1, .max_length = {}, .publish_rate = 0, .consume_rate = 0, .state = "running", .ignored = false};
}

QueueSample busy(std::int64_t messages, double published, double consumed) {
  auto sample = quiet(messages);
  sample.publish_rate = published;
  sample.consume_rate = consumed;
  return sample;
}

LagMemory slow_before(std::int64_t samples = 1) { return {.lagging_since = {}, .slow_samples = samples, .growth_per_s = {}}; }

bool says(const Lag& lag, const std::string& words) { return lag.reason.value_or("").find(words) != std::string::npos; }

TEST(Lag, an_empty_queue_is_ok_without_a_reason) {
  const auto lag = judge(quiet(), {}, {}, now);
  EXPECT_EQ(lag.verdict, "ok");
  EXPECT_EQ(lag.reason, std::nullopt);
  EXPECT_EQ(lag.lagging_since, std::nullopt);
  EXPECT_EQ(lag.severity, 0);
}

TEST(Lag, length_counts_above_the_limit_not_at_it) {
  EXPECT_EQ(judge(quiet(1000), {}, {}, now).verdict, "ok");
  const auto lag = judge(quiet(1001), {}, {}, now);
  EXPECT_EQ(lag.verdict, "lagging");
  EXPECT_TRUE(says(lag, "length"));
  EXPECT_FALSE(says(lag, "slow"));
  EXPECT_EQ(lag.lagging_since, now);
}

TEST(Lag, the_limit_of_length_is_a_setting) {
  EXPECT_EQ(judge(quiet(6), {}, {.messages = 5}, now).verdict, "lagging");
  EXPECT_EQ(judge(quiet(6), {}, {.messages = 6}, now).verdict, "ok");
}

TEST(Lag, slow_counts_from_the_second_successive_sample) {
  const auto first = judge(busy(10, 5, 0.1), {}, {}, now);
  EXPECT_EQ(first.verdict, "ok");
  EXPECT_EQ(first.slow_samples, 1);
  const auto second = judge(busy(10, 5, 0.1), slow_before(first.slow_samples), {}, now + 15);
  EXPECT_EQ(second.verdict, "lagging");
  EXPECT_TRUE(says(second, "slow"));
  EXPECT_EQ(second.lagging_since, now + 15);
}

TEST(Lag, one_good_sample_starts_the_count_anew) {
  const auto good = judge(busy(10, 5, 5), slow_before(3), {}, now);
  EXPECT_EQ(good.slow_samples, 0);
  EXPECT_EQ(judge(busy(10, 5, 0.1), slow_before(good.slow_samples), {}, now).verdict, "ok");
}

TEST(Lag, once_has_no_second_sample_to_wait_for) {
  EXPECT_EQ(judge(busy(10, 5, 0.1), {}, {.first_sample_counts = true}, now).verdict, "lagging");
}

TEST(Lag, slow_is_below_the_ratio_not_at_it) {
  EXPECT_EQ(judge(busy(10, 10, 1.0), slow_before(), {}, now).verdict, "ok");
  EXPECT_EQ(judge(busy(10, 10, 0.99), slow_before(), {}, now).verdict, "lagging");
  EXPECT_EQ(judge(busy(10, 10, 4.9), slow_before(), {.ratio = 0.5}, now).verdict, "lagging");
  EXPECT_EQ(judge(busy(10, 10, 0), slow_before(), {.ratio = 0}, now).verdict, "ok");
}

TEST(Lag, an_empty_queue_is_never_slow) {
  const auto lag = judge(busy(0, 100, 0), slow_before(5), {}, now);
  EXPECT_EQ(lag.verdict, "ok");
  EXPECT_EQ(lag.slow_samples, 0);
}

TEST(Lag, a_backlog_to_which_nobody_publishes_is_not_slow) { EXPECT_EQ(judge(busy(10, 0, 0), slow_before(), {}, now).verdict, "ok"); }

TEST(Lag, without_rates_only_length_counts) {
  auto sample = quiet(10);
  sample.publish_rate = sample.consume_rate = std::nullopt;
  EXPECT_EQ(judge(sample, slow_before(), {}, now).verdict, "ok");
  sample.messages = 1001;
  EXPECT_EQ(judge(sample, {}, {}, now).verdict, "lagging");
}

TEST(Lag, both_reasons_are_given) {
  const auto lag = judge(busy(5000, 10, 0), slow_before(), {}, now);
  EXPECT_TRUE(says(lag, "length"));
  EXPECT_TRUE(says(lag, "slow"));
}

TEST(Lag, absent_messages_are_unknown_and_no_number_is_invented) {
  auto sample = quiet();
  sample.messages = std::nullopt;
  const auto lag = judge(sample, {}, {}, now);
  EXPECT_EQ(lag.verdict, "unknown");
  EXPECT_EQ(lag.severity, std::nullopt);
  EXPECT_EQ(lag.drain_eta_s, std::nullopt);
  EXPECT_EQ(lag.lagging_since, std::nullopt);
}

TEST(Lag, a_queue_whose_node_is_down_is_unknown) {
  auto sample = quiet(5000);
  sample.state = "down";
  EXPECT_EQ(judge(sample, {}, {}, now).verdict, "unknown");
  EXPECT_TRUE(says(judge(sample, {}, {}, now), "down"));
}

TEST(Lag, ignored_queues_are_ok_and_say_that_they_are_not_judged) {
  auto sample = busy(50'000, 10, 0);
  sample.ignored = true;
  const auto lag = judge(sample, slow_before(5), {}, now);
  EXPECT_EQ(lag.verdict, "ok");
  EXPECT_TRUE(says(lag, "QUEUE_LAG_IGNORE"));
  EXPECT_EQ(lag.lagging_since, std::nullopt);
}

TEST(Lag, ignoring_does_not_invent_figures) {
  auto sample = quiet();
  sample.messages = std::nullopt;
  sample.ignored = true;
  EXPECT_EQ(judge(sample, {}, {}, now).verdict, "unknown");
}

TEST(Lag, says_when_there_is_no_consumer) {
  auto sample = quiet(1001);
  sample.consumers = 0;
  EXPECT_TRUE(says(judge(sample, {}, {}, now), "no consumer"));
  sample.consumers = std::nullopt;
  EXPECT_FALSE(says(judge(sample, {}, {}, now), "no consumer"));
  sample.consumers = 2;
  EXPECT_FALSE(says(judge(sample, {}, {}, now), "no consumer"));
}

TEST(Lag, a_quiet_queue_without_a_consumer_is_ok) {
  auto sample = quiet(5);
  sample.consumers = 0;
  EXPECT_EQ(judge(sample, {}, {}, now).verdict, "ok");
}

TEST(Lag, names_a_maximum_length_that_is_reached) {
  auto sample = quiet(100'000);
  sample.max_length = 100'000;
  EXPECT_TRUE(says(judge(sample, {}, {}, now), "100000 reached"));
  sample.messages = 99'999;
  EXPECT_FALSE(says(judge(sample, {}, {}, now), "reached"));
}

TEST(Lag, severity_grows_with_length) {
  EXPECT_DOUBLE_EQ(judge(quiet(500), {}, {}, now).severity.value_or(-1), 0.5);
  EXPECT_DOUBLE_EQ(judge(quiet(2500), {}, {}, now).severity.value_or(-1), 2.5);
  EXPECT_DOUBLE_EQ(judge(quiet(500), {}, {.messages = 100}, now).severity.value_or(-1), 5);
}

TEST(Lag, severity_grows_with_the_time_it_takes_to_drain) {
  const auto lag = judge(quiet(500), {.lagging_since = {}, .slow_samples = 0, .growth_per_s = -0.5}, {}, now);
  EXPECT_DOUBLE_EQ(lag.drain_eta_s.value_or(-1), 1000);
  EXPECT_DOUBLE_EQ(lag.severity.value_or(-1), 1000.0 / 300);
  const auto quick = judge(quiet(500), {.lagging_since = {}, .slow_samples = 0, .growth_per_s = -50}, {}, now);
  EXPECT_DOUBLE_EQ(quick.severity.value_or(-1), 0.5);
}

TEST(Lag, only_a_shrinking_queue_has_a_time_to_drain) {
  for (const std::optional<double> growth : {std::optional<double>(0.0), std::optional<double>(3.0), std::optional<double>()}) {
    EXPECT_EQ(judge(quiet(500), {.lagging_since = {}, .slow_samples = 0, .growth_per_s = growth}, {}, now).drain_eta_s, std::nullopt);
  }
}

TEST(Lag, keeps_the_time_since_when_it_lags) {
  EXPECT_EQ(judge(quiet(2000), {.lagging_since = now - 300, .slow_samples = 0, .growth_per_s = {}}, {}, now).lagging_since, now - 300);
}

TEST(Lag, forgets_it_once_the_queue_is_ok) {
  EXPECT_EQ(judge(quiet(5), {.lagging_since = now - 300, .slow_samples = 0, .growth_per_s = {}}, {}, now).lagging_since, std::nullopt);
}

// A sample without figures between two that lag.
std::optional<std::int64_t> since_after_gap(const QueueSample& sample, LagMemory memory) {
  auto gap = sample;
  gap.messages = std::nullopt;
  const auto unknown = judge(gap, memory, {}, now + 15);
  EXPECT_EQ(unknown.verdict, "unknown");
  memory = {.lagging_since = unknown.lagging_since, .slow_samples = unknown.slow_samples, .growth_per_s = {}};
  return judge(sample, memory, {}, now + 30).lagging_since;
}

TEST(Lag, lagging_since_survives_a_gap_of_a_long_queue) {
  EXPECT_EQ(since_after_gap(quiet(2000), {.lagging_since = now - 300, .slow_samples = 0, .growth_per_s = {}}), now - 300);
}

TEST(Lag, lagging_since_survives_a_gap_of_a_slow_queue) {
  EXPECT_EQ(since_after_gap(busy(10, 5, 0), {.lagging_since = now - 300, .slow_samples = 20, .growth_per_s = {}}), now - 300);
}

}  // namespace
}  // namespace gateway
