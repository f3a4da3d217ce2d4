// Outages: of an upstream that failed twice in a row, and of the gateway itself. One failing dataset of a living upstream
// is none, nor is a thing that the upstream never had.
#include <gtest/gtest.h>

#include "cache.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class Outage : public ::testing::Test {
 protected:
  std::vector<Row> outages() { return cache_.read("SELECT upstream, started_at, ended_at, error_class FROM outage", t0).rows; }

  Cache cache_{{bare_source("one.data"), bare_source("two.a"), bare_source("two.b")}};
  const Error refused_{ErrorClass::refused, "connection refused"};
  const Error timeout_{ErrorClass::timeout, "no answer"};
  const Error missing_{ErrorClass::missing, "no such table"};
};

TEST_F(Outage, opens_with_the_second_failure_and_starts_with_the_first) {
  cache_.fail("one.data", t0, timeout_);
  EXPECT_TRUE(outages().empty());
  cache_.fail("one.data", t0 + 10, refused_);
  EXPECT_EQ(outages(), (std::vector<Row>{{"one", t0, Value{}, "refused"}}));
}

TEST_F(Outage, is_one_row_however_long_it_lasts) {
  for (int i = 0; i < 10; ++i) cache_.fail("one.data", t0 + i * 10, refused_);
  EXPECT_EQ(outages().size(), 1U);
}

TEST_F(Outage, ends_with_the_first_success) {
  cache_.fail("one.data", t0, refused_);
  cache_.fail("one.data", t0 + 10, refused_);
  cache_.succeed("one.data", t0 + 25);
  cache_.succeed("one.data", t0 + 35);
  EXPECT_EQ(outages(), (std::vector<Row>{{"one", t0, t0 + 25, "refused"}}));
}

TEST_F(Outage, a_single_failure_between_successes_is_none) {
  for (int i = 0; i < 5; ++i) {
    cache_.fail("one.data", t0 + i * 20, timeout_);
    cache_.succeed("one.data", t0 + i * 20 + 10);
  }
  EXPECT_TRUE(outages().empty());
}

TEST_F(Outage, the_next_one_is_a_row_of_its_own) {
  for (const auto start : {t0, t0 + 1000}) {
    cache_.fail("one.data", start, refused_);
    cache_.fail("one.data", start + 10, refused_);
    cache_.succeed("one.data", start + 20);
  }
  EXPECT_EQ(outages(), (std::vector<Row>{{"one", t0 + 1000, t0 + 1020, "refused"}, {"one", t0, t0 + 20, "refused"}}));
}

TEST_F(Outage, one_failing_dataset_of_a_living_upstream_is_none) {
  for (int i = 0; i < 3; ++i) cache_.apply({success_of("two.a", t0 + i * 10), failure_of("two.b", t0 + i * 10, timeout_)});
  EXPECT_TRUE(outages().empty());
}

TEST_F(Outage, all_datasets_failing_is_one_of_the_upstream) {
  for (int i = 0; i < 2; ++i) cache_.apply({failure_of("two.a", t0 + i * 10, refused_), failure_of("two.b", t0 + i * 10, refused_)});
  EXPECT_EQ(outages(), (std::vector<Row>{{"two", t0, Value{}, "refused"}}));
  cache_.apply({failure_of("two.a", t0 + 20, timeout_), success_of("two.b", t0 + 20)});
  EXPECT_EQ(outages(), (std::vector<Row>{{"two", t0, t0 + 20, "refused"}}));
}

TEST_F(Outage, whoever_says_that_something_is_missing_is_alive) {
  for (int i = 0; i < 3; ++i) cache_.fail("one.data", t0 + i * 10, missing_);
  EXPECT_TRUE(outages().empty());
}

TEST_F(Outage, an_answer_that_does_not_fit_the_cache_is_none) {
  Batch rejected_row;
  rejected_row.writes.push_back({.table = "service",
                                 .mode = Mode::upsert,
                                 .columns = {"service", "status", "observed_at"},
                                 .rows = {{"x", "no such status", t0}},
                                 .scope = {}});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(cache_.succeed("one.data", t0 + i * 10, rejected_row).has_value());
  EXPECT_TRUE(outages().empty());
}

TEST_F(Outage, once_opens_it_at_the_first_failure) {
  cache_.apply({failure_of("one.data", t0, refused_)}, 1);
  EXPECT_EQ(outages(), (std::vector<Row>{{"one", t0, Value{}, "refused"}}));
}

TEST_F(Outage, upstreams_do_not_end_each_others) {
  cache_.fail("one.data", t0, refused_);
  cache_.fail("one.data", t0 + 10, refused_);
  cache_.apply({success_of("two.a", t0 + 20), success_of("two.b", t0 + 20)});
  EXPECT_EQ(outages(), (std::vector<Row>{{"one", t0, Value{}, "refused"}}));
}

TEST_F(Outage, goes_on_over_a_restart) {
  cache_.fail("one.data", t0, refused_);
  cache_.fail("one.data", t0 + 10, refused_);
  cache_.begin_again(t0 + 15);
  cache_.fail("one.data", t0 + 20, refused_);
  EXPECT_EQ(outages(), (std::vector<Row>{{"one", t0, Value{}, "refused"}}));
}

TEST_F(Outage, of_an_upstream_that_is_no_longer_asked_does_not_stay_open) {
  cache_.fail("one.data", t0, refused_);
  cache_.fail("one.data", t0 + 10, refused_);
  const std::vector<SourceSetup> others{cache_.setups()[1], cache_.setups()[2]};
  auto run = cache_.run_at(t0 + 20);
  run.sources = others;
  cache_.store().begin(run);
  EXPECT_TRUE(cache_.read("SELECT 1 FROM outage WHERE ended_at IS NULL", t0 + 20).empty());
}

TEST_F(Outage, of_the_gateway_lasts_from_its_last_publish_to_its_start) {
  cache_.publish(t0 + 100);
  cache_.begin_again(t0 + 400);
  const auto rows = cache_.read("SELECT upstream, started_at, ended_at FROM outage", t0 + 400).rows;
  EXPECT_EQ(rows, (std::vector<Row>{{"gateway", t0 + 100, t0 + 400}}));
}

TEST_F(Outage, of_the_gateway_is_none_when_it_was_gone_for_a_moment) {
  cache_.publish(t0 + 100);
  cache_.begin_again(t0 + 100 + Cache::stale_after);
  EXPECT_TRUE(outages().empty());
}

TEST_F(Outage, of_the_gateway_is_none_at_its_very_first_start) { EXPECT_TRUE(outages().empty()); }

// For charts. What lasts is known to last until the file was made, unless the gateway still lives; its absence is an outage of its own.
TEST_F(Outage, as_a_period_lasts_until_it_was_last_known_to) {
  const std::string periods = "SELECT upstream, started_at, ended_at, until_at FROM outage_period ORDER BY started_at";
  cache_.fail("one.data", t0, refused_);
  cache_.fail("one.data", t0 + 10, refused_);
  cache_.publish(t0 + 12);
  EXPECT_EQ(cache_.read(periods, t0 + 13).rows, (std::vector<Row>{{"one", t0, Value{}, t0 + 13}}));
  EXPECT_EQ(cache_.read(periods, t0 + 5000).rows,
            (std::vector<Row>{{"one", t0, Value{}, t0 + 12}, {"gateway", t0 + 12, Value{}, t0 + 5000}}));
  cache_.succeed("one.data", t0 + 20);
  cache_.publish(t0 + 20);
  EXPECT_EQ(cache_.read(periods, t0 + 21).rows, (std::vector<Row>{{"one", t0, t0 + 20, t0 + 20}}));
}

}  // namespace
}  // namespace gateway
