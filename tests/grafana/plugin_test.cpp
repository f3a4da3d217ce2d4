// That our reading of the plugin finds what the plugin would bend: typing by declared type or first value, times, macros.
#include "reader/plugin.hpp"

#include <gtest/gtest.h>

#include "caches/caches.hpp"

namespace grafana {
namespace {

const TimeRange range{.from_ms = 1'700'000'000'123, .to_ms = 1'700'003'600'000};

Frame answer(const std::string& sql, const std::vector<std::string>& times = {}) {
  return ask(cache("never_fetched").file, sql, times, range);
}

TEST(GrafanaPlugin, a_computed_column_has_the_type_of_its_first_value_and_the_rest_is_forced) {
  const auto frame = answer("SELECT NULL AS x UNION ALL SELECT 1 UNION ALL SELECT 2.7");
  EXPECT_EQ(frame.columns.at(0).type, ColumnType::integer);
  ASSERT_EQ(frame.faults.size(), 1U);
  EXPECT_EQ(frame.faults[0], "x: 2.7 is forced from float to integer");
}

TEST(GrafanaPlugin, a_column_of_a_view_keeps_its_declared_type_also_without_rows) {
  const auto frame = answer("SELECT source, interval_s, rows FROM source_status WHERE 0");
  EXPECT_EQ(frame.columns.at(0).type, ColumnType::text);
  EXPECT_EQ(frame.columns.at(1).type, ColumnType::number);
  EXPECT_EQ(frame.columns.at(2).type, ColumnType::integer);
  EXPECT_TRUE(frame.faults.empty());
}

TEST(GrafanaPlugin, times_are_seconds_or_rfc_3339) {
  EXPECT_TRUE(
      answer("SELECT 1700000000 AS time UNION ALL SELECT 1700000000.5 UNION ALL SELECT '2025-12-01T10:00:00Z' UNION ALL SELECT NULL",
             {"time"})
          .faults.empty());
  EXPECT_EQ(answer("SELECT 1700000000000 AS time", {"time"}).faults.size(), 1U);
  EXPECT_EQ(answer("SELECT '2025-12-01 10:00:00' AS time", {"time"}).faults.size(), 1U);
}

TEST(GrafanaPlugin, a_time_column_must_exist_under_exactly_this_name) {
  EXPECT_EQ(answer("SELECT 1700000000 AS Time", {"time"}).faults.size(), 1U);
}

TEST(GrafanaPlugin, writing_and_attaching_are_refused_and_a_missing_file_is_an_error) {
  EXPECT_TRUE(answer("DELETE FROM event").failed);
  EXPECT_TRUE(answer("ATTACH ':memory:' AS other").failed);
  EXPECT_TRUE(ask(cache("never_fetched").file.string() + ".nowhere", "SELECT 1", {}, range).failed);
}

TEST(GrafanaPlugin, replaces_its_own_macros_as_milliseconds_of_whole_seconds) {
  EXPECT_EQ(with_macros("$__from $__to", range), "1700000000000 1700003600000");
  EXPECT_EQ(with_macros("$__unixEpochGroupSeconds(time, 60)", range), "cast((time / 60) as int) * 60");
  EXPECT_THROW(with_macros("$__unixEpochGroupSeconds(time)", range), std::invalid_argument);
}

TEST(GrafanaPlugin, a_name_that_nobody_replaced_is_a_parameter_without_a_value) {
  // SQLite binds NULL; the driver of the plugin refuses. Either way the structure test finds it.
  EXPECT_TRUE(answer("SELECT $nobody AS x").rows.at(0).at(0) == gateway::Value{});
}

}  // namespace
}  // namespace grafana
