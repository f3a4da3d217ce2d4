// What one sample says by itself: what cannot be judged, the limit of length, reasons and severity.
#include <gtest/gtest.h>

#include "datasets/lag.hpp"

namespace gateway {
namespace {

constexpr std::int64_t now = 1'764'583'200;

QueueSample holding(std::int64_t messages) {
  QueueSample sample;
  sample.messages = messages;
  sample.consumers = 1;
  sample.counters = QueueCounters{};
  sample.state = "running";
  sample.type = "classic";
  return sample;
}

Lag judged(const QueueSample& sample, const LagRule& rule = {}, const LagMemory& memory = {}) {
  return judge(sample, memory, rule, now, std::nullopt);
}

bool says(const Lag& lag, const std::string& words) { return lag.reason.value_or("").find(words) != std::string::npos; }

TEST(Lag, an_empty_queue_is_ok_without_a_reason) {
  const auto lag = judged(holding(0));
  EXPECT_EQ(lag.verdict, "ok");
  EXPECT_EQ(lag.reason, std::nullopt);
  EXPECT_EQ(lag.memory.lagging_since, std::nullopt);
  EXPECT_EQ(lag.severity, 0);
  EXPECT_EQ(lag.oldest_unconsumed_s, std::nullopt);
  EXPECT_EQ(lag.published_per_min, std::nullopt) << "one sample is no rate";
}

TEST(Lag, length_counts_above_the_limit_not_at_it) {
  EXPECT_EQ(judged(holding(1000)).verdict, "ok");
  const auto lag = judged(holding(1001));
  EXPECT_EQ(lag.verdict, "lagging");
  EXPECT_TRUE(says(lag, "length: 1001 messages, over 1000"));
  EXPECT_EQ(lag.memory.lagging_since, now);
  EXPECT_EQ(judged(holding(6), {.messages = 5}).verdict, "lagging");
}

TEST(Lag, a_queue_that_is_ok_is_below_severity_one_and_one_that_lags_is_not) {
  EXPECT_DOUBLE_EQ(judged(holding(500)).severity.value_or(-1), 0.5);
  EXPECT_DOUBLE_EQ(judged(holding(1000)).severity.value_or(-1), 0.99);
  EXPECT_DOUBLE_EQ(judged(holding(2500)).severity.value_or(-1), 2.5);
}

TEST(Lag, what_cannot_be_judged_is_unknown_with_its_reason_and_keeps_its_memory) {
  LagMemory memory;
  memory.lagging_since = now - 300;
  auto stream = holding(4'000'000);
  stream.type = "stream";
  auto fresh = holding(0);
  fresh.messages.reset();
  auto mqtt = fresh;
  mqtt.type = "rabbit_mqtt_qos0_queue";
  auto odd = holding(1);
  odd.unreadable = "queues[3].messages: expected integer, got string";
  std::vector<std::pair<QueueSample, const char*>> all{
      {stream, "stream"}, {fresh, "no figures"}, {mqtt, "QoS 0"}, {odd, "expected integer"}};
  for (const auto* state : {"down", "stopped", "crashed", "minority"}) {
    all.emplace_back(holding(5000), state);
    all.back().first.state = state;
  }
  for (const auto& [sample, words] : all) {
    const auto lag = judged(sample, {}, memory);
    EXPECT_EQ(lag.verdict, "unknown") << words;
    EXPECT_TRUE(says(lag, words)) << lag.reason.value_or("");
    EXPECT_EQ(lag.severity, std::nullopt) << words;
    EXPECT_EQ(lag.memory.lagging_since, now - 300) << "a gap ends nothing";
  }
}

TEST(Lag, ignored_queues_are_ok_and_say_that_they_are_not_judged) {
  auto sample = holding(50'000);
  sample.ignored = true;
  const auto lag = judged(sample);
  EXPECT_EQ(lag.verdict, "ok");
  EXPECT_TRUE(says(lag, "QUEUE_LAG_IGNORE"));
  EXPECT_EQ(lag.memory.lagging_since, std::nullopt);
  sample.messages.reset();
  EXPECT_EQ(judged(sample).verdict, "unknown") << "ignoring does not invent figures";
}

TEST(Lag, the_reason_names_missing_consumers_and_a_reached_maximum) {
  auto sample = holding(5000);
  sample.max_length = 5000;
  EXPECT_TRUE(says(judged(sample), "maximum length 5000 reached"));
  EXPECT_FALSE(says(judged(sample), "no consumer"));
  sample.consumers = 0;
  EXPECT_TRUE(says(judged(sample), "no consumer"));
  sample.consumers = std::nullopt;
  EXPECT_FALSE(says(judged(sample), "no consumer")) << "not known is not none";
}

TEST(Lag, once_has_one_sample_and_judges_by_momentary_rates) {
  auto sample = holding(10);
  sample.publish_rate = 5;
  sample.consume_rate = 0.1;
  EXPECT_EQ(judged(sample).verdict, "ok");
  const auto lag = judged(sample, {.first_sample_counts = true});
  EXPECT_EQ(lag.verdict, "lagging");
  EXPECT_TRUE(says(lag, "momentary"));
  sample.consume_rate = 0.5;
  EXPECT_EQ(judged(sample, {.first_sample_counts = true}).verdict, "ok") << "the ratio is a bound, not within";
}

TEST(Lag, without_statistics_only_growth_and_length_can_tell) {
  auto sample = holding(10);
  sample.counters.reset();
  sample.consumers.reset();
  Lag lag = judge(sample, {}, {}, now, std::nullopt);
  EXPECT_EQ(lag.verdict, "unknown");
  EXPECT_TRUE(says(lag, "no statistics"));
  for (std::int64_t at = 15; at <= 90; at += 15) {
    sample.messages = 10 + at;
    lag = judge(sample, lag.memory, {}, now + at, now + at - 15);
  }
  EXPECT_EQ(lag.verdict, "lagging");
  EXPECT_TRUE(says(lag, "grew by 90"));
  sample.messages = 5;
  lag = judge(sample, lag.memory, {}, now + 105, now + 90);
  EXPECT_EQ(lag.verdict, "unknown") << "a fall is taken for consumption: " << lag.reason.value_or("");
  sample.messages = 0;
  EXPECT_EQ(judge(sample, lag.memory, {}, now + 120, now + 105).verdict, "ok");
  EXPECT_EQ(lag.published_per_min, std::nullopt);
}

TEST(LagMemory, survives_as_text_and_forgets_what_it_cannot_read) {
  auto lag = judged(holding(5));
  auto later = holding(9);
  later.counters->published = 4;
  lag = judge(later, lag.memory, {}, now + 15, now);
  const auto text = lag.memory.encoded();
  EXPECT_EQ(LagMemory::decoded(text).encoded(), text);
  ASSERT_TRUE(LagMemory::decoded(text).first.has_value());
  for (const std::string odd : {"", "2 1 2 3", "1 1 -1 -1 0 0 999999", "1 1 -1 -1 0 0 1 5", "x"}) {
    EXPECT_FALSE(LagMemory::decoded(odd).base.has_value()) << odd;
  }
}

}  // namespace
}  // namespace gateway
