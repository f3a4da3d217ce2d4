// A burst larger than what one cycle reads: the cycles after it read on until all was seen, and each of them gets further,
// however many rows share a time. The table upstream is played here: it answers by the place it is given, in the order and to
// the limit of the question.
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

constexpr double t0 = static_cast<double>(Cache::started);
constexpr double allowed_ahead = 60;

struct ReadTable {
  const char* name;
  const char* key;  // the column that tells rows apart

  friend void PrintTo(const ReadTable& table, std::ostream* out) { *out << table.name; }  // in failures
};

class Burst : public ::testing::TestWithParam<ReadTable> {
 protected:
  const Source& source() const { return source_named(GetParam().name); }

  void SetUp() override {
    const auto golden =
        std::ranges::find_if(golden_cases(), [](const auto& one) { return one.source == GetParam().name && one.name == "first-fill"; });
    ASSERT_NE(golden, golden_cases().end());
    template_ = std::get<Table>(GoldenInput(*golden).answers.at(1));
    ASSERT_FALSE(template_.empty());
    const auto of_the_pass = template_.columns.size() - (source().name == "postgres.signals" ? 1 : 3);
    template_.columns.resize(of_the_pass);
    template_.rows.at(0).resize(of_the_pass);
  }

  // `count` rows, evenly from one time to another.
  void write(std::size_t count, double from, double to) {
    for (std::size_t i = 0; i < count; ++i) {
      const double time = from + (to - from) * static_cast<double>(i) / static_cast<double>(count);
      char id[37];
      std::snprintf(id, sizeof id, "0b000000-0000-4000-8000-%012zu", rows_.size());
      rows_.emplace(std::round(time * 1e6) / 1e6, id);
    }
  }

  std::int64_t limit_of(const SqlRequest& request) const {
    const auto at = request.sql.find(" ASC LIMIT ");
    EXPECT_NE(at, std::string::npos);
    std::int64_t limit = 0;
    const auto* const digits = request.sql.data() + at + 11;
    std::from_chars(digits, request.sql.data() + request.sql.size(), limit);
    return limit;
  }

  Table onward(const SqlRequest& request, double now) {
    Table table{.columns = template_.columns, .rows = {}};
    table.columns.insert(table.columns.end(), {"looked_back", "place_time", "place_id"});
    const auto limit = static_cast<std::size_t>(limit_of(request));
    const std::pair place{std::stod(*request.parameters.at(0)),
                          request.parameters.size() > 2 ? *request.parameters[1] : std::string("zzz")};
    for (auto at = rows_.upper_bound(place); at != rows_.end() && table.rows.size() < limit && at->first <= now + allowed_ahead; ++at) {
      auto row = template_.rows[0];
      row[template_.column("time")] = at->first;
      row[template_.column(GetParam().key)] = at->second;
      row.insert(row.end(), {std::int64_t{0}, at->first, at->second});
      table.rows.push_back(std::move(row));
      EXPECT_TRUE(seen_.insert(at->second).second) << "read twice";
    }
    return table;
  }

  Answer answer(const SqlRequest& request, double now) {
    if (request.name == "head") {
      const auto past = rows_.upper_bound({now + allowed_ahead, "zzz"});
      return Table{.columns = {"newest", "now", "furthest", "ahead"},
                   .rows = {{past == rows_.begin() ? Value{} : Value{std::prev(past)->first}, now, Value{}, std::int64_t{0}}}};
    }
    if (request.name == "onward") return onward(request, now);
    auto nothing = template_;  // a pass, rows by their keys
    nothing.rows.clear();
    if (request.name == "pass") {
      if (source().name == "postgres.signals") nothing.columns.emplace_back("strategies");
      else nothing.columns.insert(nothing.columns.end(), {"step_end", "step_end_id", "further"});
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

  // All but those that the first look found there.
  void expect_all_seen() { EXPECT_EQ(seen_.size(), rows_.size() - 1); }

  Catalogue catalogue_ = contract_catalogue();
  Cache cache_{fixed_sources()};
  Table template_;
  std::set<std::pair<double, std::string>> rows_;
  std::set<std::string> seen_;
};

INSTANTIATE_TEST_SUITE_P(Tables, Burst, ::testing::Values(ReadTable{"postgres.signals", "signal_id"}, ReadTable{"postgres.orders", "id"}),
                         [](const auto& table) { return std::string(table.param.name).substr(9); });

TEST_P(Burst, over_some_minutes_is_read_to_its_end) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  write(12'000, t0, t0 + 500);
  EXPECT_LE(read_all(Cache::started + 501), 3);
  expect_all_seen();
}

TEST_P(Burst, of_one_time_is_read_to_its_end) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  write(12'000, t0, t0);
  EXPECT_LE(read_all(Cache::started + 1), 3);
  expect_all_seen();
}

TEST_P(Burst, while_the_gateway_was_away_is_read_to_its_end) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  write(12'000, t0, t0 + 7000);
  EXPECT_LE(read_all(Cache::started + 7200), 3);
  expect_all_seen();
}

TEST_P(Burst, a_row_of_the_future_does_not_hide_what_comes_before_it) {
  write(1, t0 - 1, t0 - 1);
  cycle(Cache::started);
  constexpr double year_2100 = 4'102'444'800;  // by the store's own clock, too
  write(1, year_2100, year_2100);
  write(4'999, t0, t0 + 60);
  EXPECT_LE(read_all(Cache::started + 61), 3);
  write(100, t0 + 200, t0 + 210);
  EXPECT_LE(read_all(Cache::started + 211), 3);
  EXPECT_EQ(seen_.size(), rows_.size() - 2) << "the one that was there, and the one whose time has not come";
}

}  // namespace
}  // namespace gateway
