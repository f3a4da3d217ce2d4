// Answers of any size: stored a slice at a time, so that others have their turns in between, and still whole or not at all for
// whoever reads.
#include "cache/storing.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>

#include "cache.hpp"
#include "cache/large_batch.hpp"
#include "run/coroutine.hpp"
#include "run/upstream_loop.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;
constexpr Milliseconds one_slice{0};

Write parts(Mode mode, int from, int to, const std::string& status = "healthy") {
  Write write{.table = "component", .mode = mode, .columns = {"service", "component", "status", "basis"}, .rows = {}, .scope = {}};
  for (int n = from; n < to; ++n) write.rows.push_back({"alpha", std::to_string(n), status, "reported"});
  return write;
}

Write cursor_at(std::int64_t value) {
  return {.table = "cursor",
          .mode = Mode::upsert,
          .columns = {"source", "name", "value"},
          .rows = {{"one.parts", "newest", value}},
          .scope = {}};
}

class StoringTest : public ::testing::Test {
 protected:
  std::int64_t count(const std::string& where) {
    return integer(cache_.store().query("SELECT count(*) FROM " + where).rows.at(0).at(0)).value_or(-1);
  }
  std::unique_ptr<Storing> begin(Batch batch) {
    outcomes_ = {success_of("one.parts", t0, std::move(batch))};
    return cache_.store().begin_storing(outcomes_, cache_.setups(), {.upstream = "one", .next_attempt_at = t0 + 10, .failing_for_s = {}});
  }

  Cache cache_{{bare_source("one.parts"), bare_source("two.a")}};
  std::vector<Outcome> outcomes_;
};

TEST_F(StoringTest, a_small_answer_takes_one_turn) {
  const auto storing = begin({.writes = {parts(Mode::replace, 0, 10)}});
  EXPECT_TRUE(storing->step(Milliseconds{1000}));
  EXPECT_TRUE(cache_.store().whole());
  EXPECT_EQ(count("component"), 10);
}

TEST_F(StoringTest, no_slice_writes_more_than_a_slice) {
  const auto storing = begin({.writes = {parts(Mode::replace, 0, 5000)}});
  std::int64_t most = 0;
  for (std::int64_t before = 0;;) {
    const bool done = storing->step(one_slice);
    const auto now = count("component");
    most = std::max(most, now - before);
    before = now;
    if (done) break;
    EXPECT_FALSE(cache_.store().whole());
  }
  EXPECT_EQ(count("component"), 5000);
  EXPECT_EQ(most, static_cast<std::int64_t>(slice_rows));
  EXPECT_TRUE(cache_.store().whole());
}

TEST_F(StoringTest, others_are_stored_between_two_slices) {
  const auto storing = begin({.writes = {parts(Mode::replace, 0, 2000)}});
  storing->step(one_slice);
  EXPECT_EQ(cache_.succeed("two.a", t0 + 1), std::nullopt);
  EXPECT_EQ(count("source WHERE source = 'two.a' AND last_success_at IS NOT NULL"), 1);
  EXPECT_EQ(count("source WHERE source = 'one.parts' AND last_success_at IS NOT NULL"), 0);
  while (!storing->step(one_slice)) {
  }
  EXPECT_EQ(count("source WHERE source = 'one.parts' AND last_success_at IS NOT NULL"), 1);
}

TEST_F(StoringTest, a_large_replacement_ends_as_a_small_one_does) {
  ASSERT_EQ(cache_.succeed("one.parts", t0, {.writes = {parts(Mode::replace, 0, 3000)}}), std::nullopt);
  auto next = parts(Mode::replace, 1000, 4000);
  next.rows[0][2] = "degraded";
  ASSERT_EQ(cache_.succeed("one.parts", t0 + 10, {.writes = {next}}), std::nullopt);
  EXPECT_EQ(count("component"), 3000);
  EXPECT_EQ(count("component WHERE CAST(component AS INTEGER) BETWEEN 1000 AND 3999"), 3000);
  EXPECT_EQ(count("component WHERE status = 'degraded' AND component = '1000'"), 1);
  ASSERT_EQ(cache_.succeed("one.parts", t0 + 20, {.writes = {parts(Mode::replace, 0, 1)}}), std::nullopt);
  EXPECT_EQ(count("component"), 1) << "few rows may replace many";
}

TEST_F(StoringTest, of_a_large_answer_with_one_bad_row_nothing_stays) {
  ASSERT_EQ(cache_.succeed("one.parts", t0, {.writes = {parts(Mode::replace, 0, 1000)}}), std::nullopt);
  auto bad = parts(Mode::replace, 500, 5500, "degraded");
  bad.rows.back()[2] = "no such status";
  for (int n = 0; n < 2; ++n) {
    const auto error = cache_.succeed("one.parts", t0 + 10, {.writes = {bad, cursor_at(7)}});
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind, ErrorClass::malformed);
    EXPECT_EQ(count("component"), 1000);
    EXPECT_EQ(count("component WHERE status = 'healthy'"), 1000);
    EXPECT_EQ(count("cursor"), 0);
  }
  ASSERT_EQ(cache_.succeed("one.parts", t0 + 20, {.writes = {parts(Mode::replace, 500, 5500, "degraded")}}), std::nullopt);
  EXPECT_EQ(count("component WHERE status = 'degraded'"), 5000);
}

TEST_F(StoringTest, the_cursor_comes_with_the_last_slice) {
  const auto storing = begin({.writes = {parts(Mode::upsert, 0, 2000), cursor_at(7)}});
  while (!storing->step(one_slice)) {
    if (count("cursor") == 0) continue;
    EXPECT_EQ(count("component"), 2000);
  }
  EXPECT_EQ(count("cursor"), 1);
}

TEST_F(StoringTest, what_is_published_in_between_has_all_of_it) {
  const auto storing = begin({.writes = {parts(Mode::replace, 0, 3000), cursor_at(7)}});
  for (int n = 0; n < 20; ++n) storing->step(one_slice);
  ASSERT_GT(count("component"), 0);
  ASSERT_LT(count("component"), 3000);
  EXPECT_EQ(cache_.read("SELECT (SELECT count(*) FROM component), (SELECT count(*) FROM cursor)", t0).rows, (std::vector<Row>{{3000, 1}}));
  EXPECT_TRUE(storing->step(one_slice)) << "it was finished for the publish";
}

// Orders of one time, as an import in one transaction gives them.
Write imported(int orders) {
  Write write{.table = "trade_order",
              .mode = Mode::upsert,
              .columns = {"id", "order_id", "time", "side", "closure", "changed_at"},
              .rows = {},
              .scope = {}};
  for (int n = 0; n < orders; ++n) {
    const auto id = std::to_string(n * 7919 % orders);
    write.rows.push_back({id, id, static_cast<double>(t0), "buy", "filled", static_cast<double>(t0)});
  }
  return write;
}

// More events than are kept are never held for long, and those that stay are those that retention would have chosen.
TEST_F(StoringTest, a_burst_does_not_hold_events_that_retention_will_not_keep) {
  const auto storing = begin({.writes = {imported(20'000)}});
  std::int64_t most = 0;
  while (!storing->step(one_slice)) most = std::max(most, count("event"));
  EXPECT_LT(most, 3 * 1000 + 1000);
  cache_.store().tidy(t0 + 10);
  const auto expected = [&](const std::string& type) {
    return cache_.store().query("SELECT value FROM (SELECT ? || id AS value FROM trade_order) ORDER BY value LIMIT 1000", {type}).rows;
  };
  for (const std::string type : {"order_created", "order_executed", "order_closed"})
    EXPECT_EQ(cache_.store().query("SELECT event_id FROM event WHERE event_type = ? ORDER BY 1", {type}).rows, expected(type + ":"))
        << type;
}

TEST_F(StoringTest, a_burst_does_not_hold_rows_that_need_not_be_kept) {
  Cache cache({bare_source("postgres.orders")});
  const std::vector outcomes{success_of("postgres.orders", t0, {.writes = {imported(10'500)}})};
  const auto storing =
      cache.store().begin_storing(outcomes, cache.setups(), {.upstream = "postgres", .next_attempt_at = t0 + 10, .failing_for_s = {}});
  const auto held = [&] { return integer(cache.store().query("SELECT count(*) FROM trade_order").rows.at(0).at(0)).value_or(-1); };
  std::int64_t most = 0;
  while (!storing->step(one_slice)) most = std::max(most, held());
  EXPECT_LE(most, 10'000);
  constexpr int until_all_have_gone = 10;  // a thousand at a time
  for (int n = 1; n <= until_all_have_gone; ++n) EXPECT_EQ(cache.succeed("postgres.orders", t0 + n), std::nullopt);
  EXPECT_EQ(held(), 200);
}

// It has not left and come back: its end stays where it was, and its refusal counts once.
TEST_F(StoringTest, an_order_that_comes_late_in_a_burst_was_there_all_the_time) {
  Cache cache({bare_source("postgres.orders")});
  auto old = imported(1);
  old.columns.emplace_back("close_reason");
  old.rows = {{"old", "old", t0 - 1000.0, "buy", "rejected", t0 - 900.0, "no margin"}};
  ASSERT_EQ(cache.succeed("postgres.orders", t0, {.writes = {old}}), std::nullopt);
  auto burst = imported(900);  // several slices, fewer than events are kept
  for (auto& row : burst.rows) row[4] = "rejected";
  old.rows[0][5] = t0 + 5.0;  // refused again
  ASSERT_EQ(cache.succeed("postgres.orders", t0 + 10, {.writes = {burst, old}}), std::nullopt);
  EXPECT_EQ(cache.value("SELECT time FROM event WHERE event_id = 'order_closed:old'", t0 + 10), Value{t0 - 900.0});
  EXPECT_EQ(cache.value("SELECT count FROM service_error WHERE message LIKE '%no margin%'", t0 + 10), Value{std::int64_t{1}});
}

// An upstream that gives the same answer at once, always.
class Answering : public Upstream {
 public:
  explicit Answering(Batch batch) : batch_(std::move(batch)) {}
  std::vector<Outcome> attempt(std::span<Job> jobs, const Deadline&) override {
    ++attempts;
    std::vector<Outcome> outcomes;
    for (const auto& job : jobs) outcomes.push_back(success_of(job.source->name, t0, batch_));
    return outcomes;
  }
  void cancel() override {}

  std::atomic<int> attempts = 0;

 private:
  Batch batch_;
};

TEST_F(StoringTest, another_upstream_is_asked_between_two_slices_of_a_large_answer) {
  const auto large = std::make_shared<Answering>(Batch{.writes = {parts(Mode::replace, 0, 40'000)}});
  const auto quick = std::make_shared<Answering>(Batch{});
  boost::asio::io_context loop(1);
  const SchedulerSettings settings{.backoff_cap = std::chrono::seconds(1), .cache_path = {}};
  int asked_in_between = 0;
  {
    WorkerPool pool(2);
    RunObserver nobody;
    LoopContext context{.loop = loop,
                        .pool = pool,
                        .store = cache_.store(),
                        .settings = settings,
                        .observer = nobody,
                        .changed = [](bool) {},
                        .began = [] {},
                        .ended = [] {}};
    const auto spec = [&](const std::string& name, std::shared_ptr<Upstream> client, std::size_t setup, Milliseconds interval) {
      const Pace pace{.interval = interval, .timeout = std::chrono::seconds(20), .stale_after = std::chrono::seconds(60)};
      return UpstreamSpec{.name = name, .client = std::move(client), .pace = pace, .sources = {cache_.setups()[setup]}};
    };
    UpstreamLoop one(spec("one", large, 0, std::chrono::hours(1)), context), two(spec("two", quick, 1, Milliseconds{1}), context);
    boost::asio::co_spawn(loop, one.run(), rethrow_escaped);
    boost::asio::co_spawn(loop, two.run(), rethrow_escaped);
    while (count("component") < 40'000) {
      const int before = quick->attempts;
      const bool in_between = !cache_.store().whole() && count("component") > 0;
      loop.run_one();
      if (in_between && !cache_.store().whole()) asked_in_between += quick->attempts - before;
    }
    one.stop();
    two.stop();
    while (one.busy() || two.busy()) loop.run_one();
    loop.run();
  }
  EXPECT_GT(asked_in_between, 0);
}

}  // namespace
}  // namespace gateway
