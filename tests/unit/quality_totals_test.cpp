// Totals of quality: sums of hours, the same whether an hour is still kept by itself or was added to what is older, and
// not available where nothing was measured.
#include <gtest/gtest.h>

#include <set>

#include "cache.hpp"
#include "datasets/cursor.hpp"
#include "support.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class QualityTotals : public ::testing::Test {
 protected:
  void hour(const std::string& kind, std::int64_t at, const std::string& strategy, std::int64_t orders, std::int64_t pnl_orders,
            std::int64_t successful, double pnl, std::int64_t open = 0) {
    Write write{
        .table = "quality_hour",
        .mode = Mode::upsert,
        .columns = {"kind", "hour", "strategy_id", "orders", "filled_orders", "open_orders", "pnl_orders", "successful_orders", "pnl"},
        .rows = {{kind, at, strategy, orders, orders, open, pnl_orders, successful, pnl}},
        .scope = {}};
    ASSERT_EQ(cache_.succeed("postgres.quality", t0, {.writes = {write}, .rows = 1}), std::nullopt);
  }
  std::vector<Row> totals() {
    return cache_.read("SELECT strategy_id, total_orders, pnl_orders, successful_orders, win_rate, total_pnl FROM model_quality", t0).rows;
  }

  Cache cache_{{bare_source("postgres.quality"), bare_source("postgres.models")}};
};

TEST_F(QualityTotals, orders_and_executions_of_a_strategy_meet_in_one_row_below_the_sum_of_all) {
  hour("orders", t0, "a", 10, 0, 0, 0);
  hour("executions", t0, "a", 0, 4, 3, 12.5);
  hour("orders", t0, "b", 5, 0, 0, 0);
  EXPECT_EQ(totals(), (std::vector<Row>{{"(all)", std::int64_t{15}, std::int64_t{4}, std::int64_t{3}, 0.75, 12.5},
                                        {"a", std::int64_t{10}, std::int64_t{4}, std::int64_t{3}, 0.75, 12.5},
                                        {"b", std::int64_t{5}, std::int64_t{0}, std::int64_t{0}, Value{}, Value{}}}));
}

TEST_F(QualityTotals, a_sum_of_nothing_won_is_zero_and_not_absent) {
  hour("executions", t0, "a", 0, 2, 0, 0.0);
  EXPECT_EQ(totals().at(1), (Row{"a", std::int64_t{0}, std::int64_t{2}, std::int64_t{0}, 0.0, 0.0}));
}

TEST_F(QualityTotals, of_a_table_that_never_was_are_not_available) {
  Cache cache({bare_source("postgres.orders"), bare_source("postgres.executions"), bare_source("postgres.models"),
               bare_source("postgres.quality")});
  const Error missing{ErrorClass::missing, "no such table"};
  const auto counts = [&] {
    return cache.read("SELECT total_orders, filled_orders, pnl_orders, successful_orders FROM model_quality", t0).rows;
  };
  EXPECT_EQ(counts(), (std::vector<Row>{{Value{}, Value{}, Value{}, Value{}}})) << "not asked yet";
  cache.apply({failure_of("postgres.orders", t0, missing), success_of("postgres.executions", t0), success_of("postgres.quality", t0)});
  EXPECT_EQ(counts(), (std::vector<Row>{{Value{}, Value{}, 0, 0}}));
  cache.apply({success_of("postgres.orders", t0 + 10), success_of("postgres.quality", t0 + 10)});
  EXPECT_EQ(counts(), (std::vector<Row>{{0, 0, 0, 0}}));
  cache.apply({failure_of("postgres.orders", t0 + 20, missing), success_of("postgres.quality", t0 + 20)});
  EXPECT_EQ(counts(), (std::vector<Row>{{0, 0, 0, 0}})) << "the last-known value stays";
}

TEST_F(QualityTotals, of_executions_that_never_were_are_not_available) {
  Cache cache({bare_source("postgres.orders"), bare_source("postgres.executions"), bare_source("postgres.models"),
               bare_source("postgres.quality")});
  cache.apply({success_of("postgres.orders", t0), failure_of("postgres.executions", t0, {ErrorClass::missing, "no such table"}),
               success_of("postgres.quality", t0)});
  EXPECT_EQ(cache.read("SELECT total_orders, filled_orders, pnl_orders, successful_orders, win_rate FROM model_quality", t0).rows,
            (std::vector<Row>{{0, 0, Value{}, Value{}, Value{}}}));
}

// As of orders whose end the trading system never writes.
TEST_F(QualityTotals, of_very_many_hours_with_open_orders_each_is_read_again_in_its_turn) {
  constexpr std::int64_t hours = 200;
  for (std::int64_t n = 0; n < hours; ++n) hour("orders", t0 - n * 3600, "a", 1, 0, 0, 0, 1);
  ASSERT_EQ(cache_.succeed("postgres.quality", t0, {.writes = {write_cursor("postgres.quality", "orders.from_hour", t0 + 3600)}}),
            std::nullopt);
  std::set<std::int64_t> read;
  constexpr int cycles = 300;
  for (int n = 0; n < cycles; ++n) {
    const auto prior = cache_.store().prior_state(source_named("postgres.quality"), t0).tables.at(1);
    EXPECT_LE(prior.rows.size(), 100U);
    for (const auto& row : prior.rows) read.insert(integer(row.at(0)).value_or(0));
    for (std::int64_t newest = 0; newest < 50; ++newest) EXPECT_TRUE(read.contains(t0 - newest * 3600));
  }
  EXPECT_EQ(read.size(), static_cast<std::size_t>(hours));
}

}  // namespace
}  // namespace gateway
