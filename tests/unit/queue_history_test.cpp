// The history of queues: one grid of times for all of them, tiers that do not overlap, gaps that stay gaps, and a bound.
#include <gtest/gtest.h>

#include "cache.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

using Lengths = std::vector<std::pair<std::string, Value>>;

class QueueHistory : public ::testing::Test {
 protected:
  void poll(std::int64_t at, const Lengths& lengths, double rate = 2.5) {
    Write queues{.table = "queue",
                 .mode = Mode::replace,
                 .columns = {"vhost", "name", "messages", "publish_rate_per_s", "consume_rate_per_s", "lag"},
                 .rows = {},
                 .scope = {}};
    for (const auto& [name, length] : lengths) queues.rows.push_back({"/", name, length, rate, 0.0, "ok"});
    const Write sampled{
        .table = "queue_sampling", .mode = Mode::upsert, .columns = {"id", "time"}, .rows = {{std::int64_t{1}, at}}, .scope = {}};
    cache_.succeed("rabbitmq.queues", at, {.writes = {sampled, queues, polled(at, 1)}});
  }

  void miss(std::int64_t at) { cache_.succeed("rabbitmq.queues", at, {.writes = {polled(at, 0)}}); }

  static Write polled(std::int64_t at, std::int64_t ok) {
    return {
        .table = "queue_poll", .mode = Mode::upsert, .columns = {"tier", "time", "ok"}, .rows = {{std::int64_t{0}, at, ok}}, .scope = {}};
  }

  std::vector<Row> trend(const std::string& columns = "time - 1764583200, name, messages") {
    return cache_.read("SELECT " + columns + " FROM queue_trend ORDER BY time, name", t0).rows;
  }
  std::int64_t count(const std::string& from) { return std::get<std::int64_t>(cache_.value("SELECT count(*) FROM " + from, t0)); }

  // A queue that changes with every poll, of which there is one every 30 s.
  void poll_until(std::int64_t end) {
    for (auto at = t0; at < end; at += 30) poll(at, {{"q", at % 1013}});
  }
  // Every quarter until that poll knows its longest length, wherever the turns of rolling fell.
  void expect_longest_of_each_quarter(std::int64_t last_poll) {
    const auto rolled = cache_.read(
        "SELECT p.time, r.messages FROM queue_poll p JOIN queue_run r ON r.tier = 2 AND p.time BETWEEN r.from_at AND r.to_at "
        "WHERE p.tier = 2 ORDER BY p.time",
        t0);
    const auto polled =
        cache_.read("WITH RECURSIVE poll(at) AS (SELECT 1764583200 UNION ALL SELECT at + 30 FROM poll WHERE at < " +
                        std::to_string(last_poll) + ") SELECT at / 900 * 900, max(at % 1013) FROM poll GROUP BY 1 ORDER BY 1",
                    t0);
    EXPECT_EQ(rolled.rows, polled.rows);
  }

  Cache cache_{{bare_source("rabbitmq.queues")}};
};

constexpr std::int64_t operator""_n(unsigned long long n) { return static_cast<std::int64_t>(n); }

TEST_F(QueueHistory, a_value_that_repeats_is_stored_once_and_shown_at_every_poll) {
  for (std::int64_t i = 0; i < 4; ++i) poll(t0 + i * 15, {{"q", 7_n}});
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "q", 7_n}, {15_n, "q", 7_n}, {30_n, "q", 7_n}, {45_n, "q", 7_n}}));
  EXPECT_EQ(count("queue_run"), 1);
}

TEST_F(QueueHistory, a_poll_that_failed_is_a_row_of_nothing_for_every_queue) {
  poll(t0, {{"a", 1_n}, {"b", 2_n}});
  miss(t0 + 15);
  poll(t0 + 30, {{"a", 1_n}, {"b", 2_n}});
  EXPECT_EQ(
      trend(),
      (std::vector<Row>{{0_n, "a", 1_n}, {0_n, "b", 2_n}, {15_n, "a", Value{}}, {15_n, "b", Value{}}, {30_n, "a", 1_n}, {30_n, "b", 2_n}}));
}

TEST_F(QueueHistory, an_answer_within_the_second_of_a_poll_that_failed_is_sampled) {
  poll(t0, {{"q", 7_n}});
  miss(t0 + 15);
  poll(t0 + 15, {{"q", 7_n}});
  poll(t0 + 30, {{"q", 7_n}});
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "q", 7_n}, {15_n, "q", 7_n}, {30_n, "q", 7_n}}));
  EXPECT_EQ(count("queue_run"), 1);
}

TEST_F(QueueHistory, a_queue_without_figures_is_shown_without_figures) {
  poll(t0, {{"q", Value{}}});
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "q", Value{}}}));
}

TEST_F(QueueHistory, rates_keep_thousandths) {
  poll(t0, {{"q", 1_n}}, 0.126);
  EXPECT_EQ(trend("publish_rate_per_s"), (std::vector<Row>{{0.126}}));
}

TEST_F(QueueHistory, a_queue_that_vanished_takes_its_history_along) {
  poll(t0, {{"a", 1_n}, {"b", 2_n}});
  poll(t0 + 15, {{"a", 1_n}});
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "a", 1_n}, {15_n, "a", 1_n}}));
  EXPECT_EQ(count("queue_run"), 1);
}

TEST_F(QueueHistory, beyond_the_fine_hours_a_minute_is_one_row_with_its_longest_length_and_mean_rate) {
  for (std::int64_t i = 0; i < 8; ++i) poll(t0 + i * 15, {{"q", 10 + i}}, static_cast<double>(i));
  cache_.store().tidy(t0 + 120 + 7200);
  EXPECT_EQ(trend("time - 1764583200, messages, publish_rate_per_s"), (std::vector<Row>{{0_n, 13_n, 1.5}, {60_n, 17_n, 5.5}}));
}

TEST_F(QueueHistory, a_minute_without_any_answer_is_a_gap_and_one_with_some_is_none) {
  for (std::int64_t i = 0; i < 4; ++i) miss(t0 + i * 15);
  miss(t0 + 60);
  poll(t0 + 75, {{"q", 5_n}});
  cache_.store().tidy(t0 + 120 + 7200);
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "q", Value{}}, {60_n, "q", 5_n}}));
}

TEST_F(QueueHistory, tiers_do_not_overlap_and_every_time_stands_once) {
  const auto end = t0 + 26 * 3600;
  poll_until(end);
  for (int turn = 0; turn < 40; ++turn) cache_.store().tidy(end);  // a turn rolls a hundred buckets at most
  EXPECT_EQ(count("queue_trend"), count("(SELECT DISTINCT time FROM queue_trend)"));
  EXPECT_EQ(count("queue_poll WHERE tier = 0"), 2 * 120);
  EXPECT_EQ(count("queue_poll WHERE tier = 1"), 22 * 60);
  EXPECT_EQ(count("queue_poll WHERE tier = 2"), 2 * 4);
  expect_longest_of_each_quarter(t0 + 7170);
}

TEST_F(QueueHistory, quarters_wait_for_minutes_that_are_kept_for_less_long_than_polls) {
  cache_.retention().history_fine = std::chrono::hours(2);
  cache_.retention().history_minutes = std::chrono::hours(1);
  cache_.begin_again(t0);
  poll_until(t0 + 4 * 3600);
  for (const auto now : {t0 + 4 * 3600 + 420, t0 + 5 * 3600}) {  // first in the middle of a quarter
    for (int turn = 0; turn < 10; ++turn) cache_.store().tidy(now);
  }
  expect_longest_of_each_quarter(t0 + 10'770);
}

TEST_F(QueueHistory, a_clock_set_far_back_spoils_nothing_that_is_rolled) {
  for (std::int64_t i = 0; i < 4; ++i) poll(t0 + i * 15, {{"q", 5_n}});
  cache_.store().tidy(t0 + 120 + 7200);
  for (std::int64_t i = 0; i < 2; ++i) poll(t0 + i * 60 + 7, {{"q", 9_n}});
  cache_.store().tidy(t0 + 120 + 7200);
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "q", 5_n}, {60_n, "q", 9_n}}));
}

TEST_F(QueueHistory, after_the_clock_was_set_back_a_time_has_one_value) {
  for (std::int64_t i = 0; i < 4; ++i) poll(t0 + i * 15, {{"still", 5_n}, {"busy", i}});
  poll(t0 + 20, {{"still", 5_n}, {"busy", 9_n}});
  poll(t0 + 35, {{"still", 5_n}, {"busy", 9_n}});
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "busy", 0_n},
                                       {0_n, "still", 5_n},
                                       {15_n, "busy", 1_n},
                                       {15_n, "still", 5_n},
                                       {20_n, "busy", 9_n},
                                       {20_n, "still", 5_n},
                                       {35_n, "busy", 9_n},
                                       {35_n, "still", 5_n}}));
}

TEST_F(QueueHistory, queues_of_an_earlier_version_go_on) {
  auto& store = cache_.store();
  poll(t0, {{"q", 7_n}});
  store.query("UPDATE queue_run SET to_at = from_at");
  store.query("DELETE FROM queue_sampling");
  poll(t0 + 15, {{"q", 7_n}});
  poll(t0 + 30, {{"q", 8_n}});
  EXPECT_EQ(trend(), (std::vector<Row>{{0_n, "q", 7_n}, {15_n, "q", 7_n}, {30_n, "q", 8_n}}));
}

TEST_F(QueueHistory, a_bucket_of_many_queues_is_rolled_in_slices_and_shown_when_all_of_it_is) {
  Lengths lengths;
  for (int i = 0; i < 1200; ++i) lengths.emplace_back(std::to_string(i), std::int64_t{i});
  poll(t0, lengths);
  poll(t0 + 60, lengths);
  const auto now = t0 + 60 + 7200;
  int slices = 0;
  for (bool more = true; more && slices < 20; ++slices) {
    EXPECT_EQ(count("queue_trend WHERE time = 1764583200"), 1200);
    more = cache_.store().roll_history(now, Milliseconds{0});
  }
  EXPECT_GE(slices, 4);
  EXPECT_EQ(count("queue_run WHERE tier = 1"), 1200);
  EXPECT_EQ(count("queue_poll WHERE tier = 0"), 1);
}

TEST_F(QueueHistory, quarters_older_than_their_time_go) {
  poll(t0, {{"q", 5_n}});
  cache_.store().tidy(t0 + 2 * 86400);
  cache_.store().tidy(t0 + 2 * 86400);
  EXPECT_EQ(count("queue_poll WHERE tier = 2"), 1);
  cache_.store().tidy(t0 + 15 * 86400);
  EXPECT_EQ(count("queue_poll"), 0);
  EXPECT_EQ(count("queue_run WHERE to_at < 253402300799"), 0) << "what stands is shown with the next poll";
}

// As if 8,000 queues had changed with each of a hundred polls, and some with the quarters before.
TEST_F(QueueHistory, very_many_restless_queues_have_a_shorter_history_not_a_larger_file) {
  Lengths lengths;
  for (int i = 0; i < 8000; ++i) lengths.emplace_back(std::to_string(i), 1_n);
  poll(t0 - 5000, lengths);
  auto& store = cache_.store();
  store.query("DELETE FROM queue_poll");
  store.query("DELETE FROM queue_run");
  store.query(
      "INSERT INTO queue_poll WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT 2, 1764583200 - 20000 + i "
      "* 900, 1 FROM n");
  store.query("INSERT INTO queue_run SELECT q.id, 2, p.time, p.time, p.time % 997, 0, 0 FROM queue_poll p, queue q");
  // ok = 0: no sampling of the queues themselves
  store.query(
      "INSERT INTO queue_poll WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT 0, 1764583200 + i * 15, "
      "0 FROM n");
  store.query("INSERT INTO queue_run SELECT q.id, 0, p.time, p.time, p.time % 997, 0, 0 FROM queue_poll p, queue q WHERE p.tier = 0");
  store.tidy(t0 + 1500);
  EXPECT_LE(count("queue_run"), 500'000);
  EXPECT_GT(count("queue_run"), 480'000) << "no more than needed goes";
  EXPECT_EQ(count("queue_poll WHERE tier = 2"), 0) << "the oldest first";
  EXPECT_EQ(count("queue_run WHERE tier = 2"), 0);
  EXPECT_EQ(cache_.value("SELECT max(to_at) FROM queue_run", t0), Value{t0 + 99 * 15});
  EXPECT_EQ(cache_.value("SELECT min(time) FROM queue_poll", t0), cache_.value("SELECT min(from_at) FROM queue_run", t0));
}

}  // namespace
}  // namespace gateway
