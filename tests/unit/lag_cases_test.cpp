// Every situation of a queue that was measured on a real broker, in simulated time: whether it lags, and how soon. Then random
// histories of an hour.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <random>

#include "datasets/lag.hpp"
#include "simulated_queue.hpp"

namespace gateway {
namespace {

constexpr std::int64_t start = 1'764'583'200;

// Polls a queue and keeps its verdicts.
class Watch {
 public:
  explicit Watch(std::int64_t every_s) : every_s_(every_s) {}

  // After each second of the queue.
  void second(const SimulatedQueue& queue) {
    if (queue.second % every_s_ != 0) return;
    const auto now = start + queue.second;
    // What the cache keeps between two polls is text.
    const auto since = lag.memory.lagging_since;
    auto memory = LagMemory::decoded(lag.memory.encoded());
    memory.lagging_since = since;
    lag = judge(queue.sample(), memory, rule, now, previous_);
    previous_ = now;
    if (lag.verdict == "lagging" && first_lagging < 0) first_lagging = queue.second;
    if (lag.verdict != verdict) ++changes;
    verdict = lag.verdict;
  }
  void until(std::int64_t end, SimulatedQueue& queue) {
    while (queue.second < end) queue.step(), second(queue);
  }

  LagRule rule{.messages = 1'000'000'000};  // the rule of length apart
  Lag lag;
  std::string verdict = "ok";
  std::int64_t first_lagging = -1;  // in seconds from the begin; -1: never
  int changes = 0;

 private:
  std::int64_t every_s_;
  std::optional<std::int64_t> previous_;
};

struct Case {
  const char* name;
  std::function<void(SimulatedQueue&)> setup;
  std::int64_t lags_within_s;  // -1: never lags
  std::function<void(SimulatedQueue&)> each_second = [](SimulatedQueue&) {};
  std::int64_t not_before_s = 0;
};

const std::vector<Case> cases{
    {"no_consumer_three_a_minute", [](auto& q) { q.published_per_s = 0.05, q.consumer = Consumer::none; }, 130},
    {"no_consumer_one_a_minute", [](auto& q) { q.published_per_s = 1.0 / 60, q.consumer = Consumer::none; }, 170},
    {"acknowledged", [](auto& q) { q.published_per_s = 5; }, -1},
    {"automatic_acknowledgement", [](auto& q) { q.published_per_s = 5, q.consumer = Consumer::automatic; }, -1},
    {"rejected_without_requeue", [](auto& q) { q.published_per_s = 5, q.consumer = Consumer::rejecting; }, -1},
    {"requeued_for_ever", [](auto& q) { q.published_per_s = 0.5, q.consumer = Consumer::requeueing; }, 100},
    {"hung_without_prefetch_limit", [](auto& q) { q.published_per_s = 2, q.consumer = Consumer::hung; }, 150},
    {"hung_with_prefetch_limit", [](auto& q) { q.published_per_s = 2, q.consumer = Consumer::hung_with_prefetch; }, 150},
    {"unread_with_expiry", [](auto& q) { q.published_per_s = 2, q.consumer = Consumer::none, q.expires_after_s = 8; }, 100},
    {"unread_with_a_maximum_length", [](auto& q) { q.published_per_s = 2, q.consumer = Consumer::none, q.max_length = 20; }, 100},
    {"unread_and_purged_now_and_then", [](auto& q) { q.published_per_s = 2, q.consumer = Consumer::none; }, 200,
     [](auto& q) {
       if (q.second % 60 == 30) q.purge();
     }},
    {"target_of_dead_letters_unread", [](auto& q) { q.published_per_s = 5, q.consumer = Consumer::none, q.publishes_are_counted = false; },
     100},
    {"consumes_five_percent", [](auto& q) { q.published_per_s = 10, q.consumed_per_s = 0.5; }, 150},
    {"acknowledges_in_batches", [](auto& q) { q.published_per_s = 5, q.consumer = Consumer::batches; }, -1},
    {"very_busy", [](auto& q) { q.published_per_s = 1870; }, -1},
    {"very_busy_automatic", [](auto& q) { q.published_per_s = 10'000, q.consumer = Consumer::automatic; }, -1},
    {"very_busy_rejecting", [](auto& q) { q.published_per_s = 10'000, q.consumer = Consumer::rejecting; }, -1},
    {"consumer_is_killed", [](auto& q) { q.published_per_s = 5; }, 300,
     [](auto& q) {
       if (q.second == 200) q.consumer = Consumer::none;
     },
     200},
    {"one_every_twenty_seconds_acknowledged", [](auto& q) { q.published_per_s = 0.05; }, -1},
    {"parked_and_nothing_arrives", [](auto& q) { q.published_per_s = 0, q.consumer = Consumer::none, q.messages = 500; }, -1},
    {"consumed_empty_once_a_minute", [](auto& q) { q.published_per_s = 2, q.consumed_per_s = 0; }, -1,
     [](auto& q) { q.consumed_per_s = q.second % 60 < 3 ? 1000 : 0; }},
    {"a_broker_that_restarts", [](auto& q) { q.published_per_s = 5; }, -1,
     [](auto& q) {
       if (q.second == 200) q.restart();
     }},
};

class LagCase : public ::testing::TestWithParam<std::size_t> {};

TEST_P(LagCase, lags_if_and_when_it_should) {
  const auto& one = cases[GetParam()];
  for (const std::int64_t every_s : {5, 15}) {
    for (std::int64_t phase = 0; phase < 5; ++phase) {
      SimulatedQueue queue;
      one.setup(queue);
      queue.counter_phase = phase;
      queue.length_phase = (phase * 3 + 1) % 5;
      Watch watch(every_s);
      while (queue.second < 900) {
        one.each_second(queue);
        queue.step();
        watch.second(queue);
      }
      SCOPED_TRACE("polled every " + std::to_string(every_s) + " s, phase " + std::to_string(phase));
      if (one.lags_within_s < 0) {
        EXPECT_EQ(watch.first_lagging, -1) << watch.lag.reason.value_or("");
        continue;
      }
      ASSERT_NE(watch.first_lagging, -1);
      EXPECT_LE(watch.first_lagging, one.lags_within_s + every_s);
      EXPECT_GE(watch.first_lagging, one.not_before_s);
      EXPECT_EQ(watch.verdict, "lagging");
      EXPECT_EQ(watch.changes, 1) << "it does not flap";
      EXPECT_GE(watch.lag.severity.value_or(0), 1);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, LagCase, ::testing::Range(std::size_t{0}, cases.size()),
                         [](const auto& lag_case) { return std::string(cases[lag_case.param].name); });

TEST(LagOverTime, a_restart_of_the_broker_keeps_the_verdict_until_there_is_something_to_decide_by) {
  SimulatedQueue queue;
  queue.published_per_s = 1;
  queue.consumer = Consumer::none;
  Watch watch(5);
  watch.until(300, queue);
  ASSERT_EQ(watch.verdict, "lagging");
  const auto since = watch.lag.memory.lagging_since;
  queue.restart();
  watch.until(420, queue);
  EXPECT_EQ(watch.verdict, "lagging");
  EXPECT_EQ(watch.lag.memory.lagging_since, since);
  EXPECT_EQ(watch.changes, 1);
}

TEST(LagOverTime, the_memory_of_an_idle_queue_does_not_change) {
  SimulatedQueue queue;
  queue.published_per_s = 0;
  queue.messages = 3;
  queue.consumer = Consumer::none;
  Watch watch(15);
  watch.until(60, queue);
  const auto memory = watch.lag.memory.encoded();
  watch.until(3600, queue);
  EXPECT_EQ(watch.lag.memory.encoded(), memory);
  EXPECT_GE(watch.lag.oldest_unconsumed_s.value_or(0), 3500) << "they have waited all the time";
}

TEST(LagOverTime, says_how_long_the_oldest_message_has_waited_at_least) {
  SimulatedQueue queue;
  queue.published_per_s = 0.5;
  queue.consumer = Consumer::none;
  Watch watch(5);
  watch.until(600, queue);
  EXPECT_LE(watch.lag.oldest_unconsumed_s.value_or(0), 600);
  EXPECT_GE(watch.lag.oldest_unconsumed_s.value_or(0), 580);
  EXPECT_NEAR(watch.lag.published_per_min.value_or(0), 30, 3);
  EXPECT_EQ(watch.lag.consumed_per_min, 0);
}

// --- Random histories ------------------------------------------------------------------------------------------------------

struct WalkResult {
  std::int64_t longest_ok_unconsumed = 0, latest_false_lag = 0;
  int surplus_changes = 0;
};

// An hour in which rate and consumer change now and then. The truth: it lags while messages arrive and none is consumed.
WalkResult walk(unsigned seed) {
  std::minstd_rand random(seed);
  const auto real = [&](double from, double to) { return std::uniform_real_distribution<double>(from, to)(random); };
  const auto whole = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  SimulatedQueue queue;
  queue.counter_phase = whole(0, 4);
  queue.length_phase = whole(0, 4);
  Watch watch(whole(0, 1) == 0 ? 5 : 15);
  const auto rate = [&] { return std::exp(real(std::log(1.0 / 60), std::log(10'000.0))); };
  WalkResult result;
  std::int64_t until = 0, ok_since = 0, consumed_at = 0, arrived_at = -1000;
  int truth_changes = 0;
  bool truly_lagging = false;
  while (queue.second < 3600) {
    if (queue.second >= until) {
      until = queue.second + whole(300, 1200);
      queue.published_per_s = rate();
      constexpr Consumer all[] = {Consumer::acknowledging, Consumer::automatic, Consumer::rejecting,
                                  Consumer::none,          Consumer::hung,      Consumer::hung_with_prefetch};
      queue.consumer = all[whole(0, 5)];
      if (queue.consumer != Consumer::hung && queue.consumer != Consumer::hung_with_prefetch) queue.unacknowledged = 0;
      const bool consumes =
          queue.consumer == Consumer::acknowledging || queue.consumer == Consumer::automatic || queue.consumer == Consumer::rejecting;
      if (consumes != !truly_lagging) ++truth_changes, truly_lagging = !consumes;
      ok_since = consumed_at = queue.second;
      arrived_at = -1000;
    }
    queue.step();
    if (queue.arrived_this_second > 0 && arrived_at < 0) arrived_at = queue.second;
    const auto was = watch.verdict;
    watch.second(queue);
    if (std::getenv("DBG") && was != watch.verdict)
      std::printf("seed %u t %lld %s->%s consumer %d rate %.3f truth %d m %lld u %d s %d\n", seed, (long long)queue.second, was.c_str(),
                  watch.verdict.c_str(), (int)queue.consumer, queue.published_per_s, truly_lagging, (long long)queue.messages,
                  watch.lag.memory.unread, watch.lag.memory.slow);
    // Only what arrived after the consumer had gone can tell.
    if (truly_lagging && arrived_at > 0) {
      if (watch.verdict == "ok")
        result.longest_ok_unconsumed = std::max(result.longest_ok_unconsumed, queue.second - std::max(ok_since, arrived_at));
      else ok_since = queue.second;
    } else if (!truly_lagging && watch.verdict == "lagging" && queue.messages == 0) {
      result.latest_false_lag = std::max(result.latest_false_lag, queue.second - consumed_at);
    }
  }
  result.surplus_changes = watch.changes - truth_changes;
  if (std::getenv("DBG") && result.surplus_changes > 1) std::printf("^^^ restless %d\n", result.surplus_changes);
  return result;
}

TEST(LagWalks, random_histories_of_an_hour_are_judged_in_time) {
  const char* wanted = std::getenv("LAG_WALKS");
  const unsigned walks = wanted == nullptr ? 200 : static_cast<unsigned>(std::atoi(wanted));
  unsigned slow_to_see = 0, restless = 0;
  std::int64_t worst_ok = 0, worst_false = 0;
  for (unsigned seed = 1; seed <= walks; ++seed) {
    const auto result = walk(seed);
    worst_ok = std::max(worst_ok, result.longest_ok_unconsumed);
    worst_false = std::max(worst_false, result.latest_false_lag);
    slow_to_see += result.longest_ok_unconsumed > 120 ? 1 : 0;
    restless += result.surplus_changes > 1 ? 1 : 0;
  }
  RecordProperty("longest_ok_s", static_cast<int>(worst_ok));
  RecordProperty("over_120_s", static_cast<int>(slow_to_see));
  RecordProperty("latest_false_lag_s", static_cast<int>(worst_false));
  RecordProperty("restless", static_cast<int>(restless));
  if (wanted != nullptr) {
    std::printf("| %u walks | longest ok while nothing is consumed %lld s, over 120 s in %u | latest false lag %lld s | restless %u |\n",
                walks, static_cast<long long>(worst_ok), slow_to_see, static_cast<long long>(worst_false), restless);
  }
  EXPECT_LE(worst_ok, 300);
  EXPECT_LE(slow_to_see * 100, walks);
  EXPECT_LE(worst_false, 90);
  EXPECT_LE(restless * 100, walks);
}

}  // namespace
}  // namespace gateway
