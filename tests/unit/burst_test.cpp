// A burst larger than what one cycle reads: the cycles after it read on until all was seen, and each of them gets further.
// The table upstream is played here: it answers by the watermark it is given, in the order and to the limit of the query.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <ostream>
#include <set>

#include "cache.hpp"
#include "contract_catalogue.hpp"
#include "golden.hpp"

namespace gateway {
namespace {

constexpr std::size_t limit = 5000;  // rows a cycle reads
constexpr double t0 = static_cast<double>(Cache::started);

struct ReadTable {
  const char* name;
  const char* key;     // the column that tells rows apart
  const char* golden;  // a case whose last rows show what a row looks like

  friend void PrintTo(const ReadTable& table, std::ostream* out) { *out << table.name; }  // in failures
};

class Burst : public ::testing::TestWithParam<ReadTable> {
 protected:
  const Source& source() const { return source_named(GetParam().name); }

  void SetUp() override {
    const auto golden = std::ranges::find_if(
        golden_cases(), [](const auto& one) { return one.source == GetParam().name && one.name == GetParam().golden; });
    ASSERT_NE(golden, golden_cases().end());
    template_ = std::get<Table>(GoldenInput(*golden).answers.at(2 - (source().name == "postgres.signals" ? 1 : 0)));
    ASSERT_FALSE(template_.empty());
  }

  // `count` rows, evenly from one time to another.
  void write(std::size_t count, double from, double to) {
    for (std::size_t i = 0; i < count; ++i) times_.push_back(from + (to - from) * static_cast<double>(i) / static_cast<double>(count));
    std::ranges::sort(times_);
  }

  static std::string id_of(double time) { return "0b000000-0000-4000-8000-" + std::to_string(static_cast<std::int64_t>(time * 1000)); }

  Table since(double time) {
    Table table{.columns = template_.columns, .rows = {}};
    for (std::size_t i = 0; i < times_.size() && table.rows.size() < limit; ++i) {
      if (times_[i] < time) continue;
      auto row = template_.rows[0];
      row[table.column("time")] = times_[i];
      row[table.column(GetParam().key)] = id_of(times_[i]);
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  Answer answer(const SqlRequest& request, double now) {
    if (request.sql.find("AS newest") != std::string::npos) {
      const auto past = std::ranges::upper_bound(times_, now);
      return Table{.columns = {"newest", "now"}, .rows = {{past == times_.begin() ? Value{} : Value{*(past - 1)}, now}}};
    }
    if (request.parameters.size() == 1 && request.sql.find(">= to_timestamp($1") != std::string::npos) {
      double from = 0;
      const auto& text = *request.parameters[0];
      std::from_chars(text.data(), text.data() + text.size(), from);
      const auto rows = since(from);
      for (const auto& row : rows.rows) seen_.insert(std::get<std::string>(row[rows.column(GetParam().key)]));
      return rows;
    }
    auto nothing = template_;  // a refill, a walk back, orders by their keys
    nothing.rows.clear();
    if (request.sql.find("step_rows") != std::string::npos) {
      for (const auto* column : {"step_rows", "step_end_id", "step_end"}) nothing.columns.emplace_back(column);
    }
    return nothing;
  }

  // One cycle at that time. Returns whether the next is wanted at once.
  bool cycle(std::int64_t now) {
    auto prior = cache_.store().prior_state(source(), now);
    prior.catalogue = &catalogue_;
    const auto requests = source().ask(prior);
    EXPECT_TRUE(requests.has_value());
    std::vector<Answer> answers;
    for (const auto& request : *requests) answers.push_back(answer(std::get<SqlRequest>(request), static_cast<double>(now)));
    auto batch = source().parse(prior, answers);
    EXPECT_TRUE(batch.has_value());
    const bool more = batch->more;
    EXPECT_EQ(cache_.succeed(source().name, now, std::move(*batch)), std::nullopt);
    return more;
  }

  // Cycles until none is wanted at once; returns how many there were, at most 20.
  int read_all(std::int64_t now) {
    int cycles = 1;
    while (cycle(now) && cycles < 20) ++cycles;
    return cycles;
  }

  Catalogue catalogue_ = contract_catalogue();
  Cache cache_{fixed_sources()};
  Table template_;
  std::vector<double> times_;
  std::set<std::string> seen_;
};

INSTANTIATE_TEST_SUITE_P(Tables, Burst,
                         ::testing::Values(ReadTable{"postgres.signals", "signal_id", "new-rows"},
                                           ReadTable{"postgres.orders", "id", "next-step"}),
                         [](const auto& table) { return std::string(table.param.name).substr(9); });

TEST_P(Burst, over_some_minutes_is_read_to_its_end) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  write(12'000, t0, t0 + 500);
  EXPECT_LE(read_all(Cache::started + 501), 6);
  EXPECT_GE(seen_.size(), times_.size() - 1);
}

TEST_P(Burst, within_a_minute_is_read_to_its_end) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  write(12'000, t0, t0 + 60);
  EXPECT_LE(read_all(Cache::started + 61), 6) << "it reads the same rows over and over";
  EXPECT_GE(seen_.size(), times_.size() - 1);
}

TEST_P(Burst, while_the_gateway_was_away_is_read_to_its_end) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  write(12'000, t0, t0 + 7000);
  EXPECT_LE(read_all(Cache::started + 7200), 6);
  EXPECT_GE(seen_.size(), times_.size() - 1);
}

TEST_P(Burst, a_row_of_the_future_does_not_hide_what_comes_before_it) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  constexpr double year_2100 = 4'102'444'800;  // by the store's own clock, too
  write(1, year_2100, year_2100);
  write(4'999, t0, t0 + 60);
  EXPECT_LE(read_all(Cache::started + 61), 6);
  write(100, t0 + 200, t0 + 210);
  EXPECT_LE(read_all(Cache::started + 211), 6);
  EXPECT_GE(seen_.size(), times_.size() - 1);
}

}  // namespace
}  // namespace gateway
