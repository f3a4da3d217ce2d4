// That our reading of Grafana's replacing is Grafana's: cases as its own code answers them.
#include "reader/interpolation.hpp"

#include <gtest/gtest.h>

namespace grafana {
namespace {

const TimeRange range{.from_ms = 1'700'000'000'000, .to_ms = 1'700'003'600'000};

Choice one(const std::string& value) { return {{"v", {.is_list = false, .values = {value}, .all = false, .all_value = {}}}}; }
Choice list(const std::vector<std::string>& values) { return {{"v", {.is_list = true, .values = values, .all = false, .all_value = {}}}}; }
Choice all(const std::string& raw) { return {{"v", {.is_list = true, .values = {"a", "b"}, .all = true, .all_value = raw}}}; }

TEST(GrafanaInterpolation, sqlstring_doubles_single_quotes_and_writes_a_backslash_before_double_ones) {
  EXPECT_EQ(interpolated("IN (${v:sqlstring})", one("O'Brien \"x\""), range), "IN ('O''Brien \\\"x\\\"')");
  EXPECT_EQ(interpolated("IN (${v:sqlstring})", list({"a", "b'"}), range), "IN ('a','b''')");
  EXPECT_EQ(interpolated("IN (${v:sqlstring})", list({}), range), "IN ()");
}

TEST(GrafanaInterpolation, without_a_format_several_values_stand_in_braces) {
  EXPECT_EQ(interpolated("$v", list({"a", "b"}), range), "{a,b}");
  EXPECT_EQ(interpolated("${v} [[v]]", list({"a"}), range), "a a");
}

TEST(GrafanaInterpolation, all_is_the_raw_text_whatever_the_format_and_replaced_once_more) {
  EXPECT_EQ(interpolated("x IN (${v:sqlstring})", all("x"), range), "x IN (x)");
  EXPECT_EQ(interpolated("${v:sqlstring}", all("$__from"), range), "1700000000000");
  EXPECT_EQ(interpolated("${v:text}", all("x"), range), "All");
  EXPECT_EQ(interpolated("${v:sqlstring}", all(""), range), "'a','b'");
}

TEST(GrafanaInterpolation, a_value_is_not_replaced_again) {
  EXPECT_EQ(interpolated("${v:sqlstring}", one("${v} $__from"), range), "'${v} $__from'");
}

TEST(GrafanaInterpolation, percentencode_leaves_only_letters_digits_and_four_signs) {
  EXPECT_EQ(interpolated("${v:percentencode}", one("a b&c=d/é-_.~!'()*"), range), "a%20b%26c%3Dd%2F%C3%A9-_.~%21%27%28%29%2A");
  EXPECT_EQ(interpolated("${v:percentencode}", list({"a", "b"}), range), "%7Ba%2Cb%7D");
}

TEST(GrafanaInterpolation, the_time_range_is_in_milliseconds_and_unknown_names_stay) {
  EXPECT_EQ(interpolated("$__from ${__to} ${__from:date:seconds} $nobody ${nobody:x}", {}, range),
            "1700000000000 1700003600000 1700000000 $nobody ${nobody:x}");
}

TEST(GrafanaInterpolation, a_dollar_before_something_else_is_a_dollar) {
  EXPECT_EQ(interpolated("$ $- ${} ${v", one("x"), range), "$ $- ${} ${v");
}

}  // namespace
}  // namespace grafana
