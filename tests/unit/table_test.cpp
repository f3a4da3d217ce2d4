// What people see in a terminal: columns that stand under each other in any script, times and lengths of time to read.
#include "commands/table.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace gateway {
namespace {

std::string printed(const TextTable& table, bool colour = false) {
  std::ostringstream out;
  print_table(table, colour, out);
  return out.str();
}

TEST(Table, aligns_columns_by_characters_not_bytes) {
  EXPECT_EQ(printed({.header = {"QUEUE", "STATE"}, .rows = {{"очередь", "ok"}, {"q", "lagging"}}, .right = {}}),
            "QUEUE    STATE\n"
            "очередь  ok\n"
            "q        lagging\n");
}

TEST(Table, aligns_numbers_to_the_right) {
  EXPECT_EQ(printed({.header = {"N", "NAME"}, .rows = {{"1", "a"}, {"1000", "b"}}, .right = {true}}),
            "   N  NAME\n"
            "   1  a\n"
            "1000  b\n");
}

TEST(Table, leaves_no_blanks_at_line_ends) {
  EXPECT_EQ(printed({.header = {"A", "LONG HEADER"}, .rows = {{"x", ""}}, .right = {}}), "A  LONG HEADER\nx\n");
}

TEST(Table, a_table_without_rows_is_its_header) { EXPECT_EQ(printed({.header = {"A", "B"}, .rows = {}, .right = {}}), "A  B\n"); }

TEST(Table, colours_do_not_move_columns) {
  const TextTable table{.header = {"S", "X"}, .rows = {{"healthy", "1"}, {"other", "2"}}, .right = {}};
  auto text = printed(table, true);
  EXPECT_NE(text.find("\033[32mhealthy\033[0m"), std::string::npos);
  for (auto at = text.find('\033'); at != std::string::npos; at = text.find('\033')) text.erase(at, text.find('m', at) - at + 1);
  EXPECT_EQ(text, printed(table));
}

TEST(Coloured, leaves_words_plain_when_piped) { EXPECT_EQ(coloured("unhealthy", false), "unhealthy"); }

TEST(Coloured, leaves_other_words_as_they_are) { EXPECT_EQ(coloured("ws-gateway", true), "ws-gateway"); }

TEST(Coloured, bad_differs_from_good_and_both_from_no_knowledge) {
  const auto code = [](const std::string& word) { return coloured(word, true).substr(0, 5); };
  EXPECT_NE(code("healthy"), code("unhealthy"));
  EXPECT_NE(code("healthy"), code("degraded"));
  EXPECT_NE(code("healthy"), code("unknown"));
  EXPECT_NE(code("unhealthy"), code("unknown"));
  EXPECT_NE(code("fresh"), code("stale"));
}

TEST(ReadableSeconds, names_the_two_largest_units) {
  EXPECT_EQ(readable_seconds(0), "0 s");
  EXPECT_EQ(readable_seconds(59), "59 s");
  EXPECT_EQ(readable_seconds(60), "1 min 0 s");
  EXPECT_EQ(readable_seconds(200), "3 min 20 s");
  EXPECT_EQ(readable_seconds(3599), "59 min 59 s");
  EXPECT_EQ(readable_seconds(7500), "2 h 5 min");
  EXPECT_EQ(readable_seconds(4 * 86400 + 3700), "4 d 1 h");
}

TEST(ReadableSeconds, rounds_to_whole_seconds) {
  EXPECT_EQ(readable_seconds(1.4), "1 s");
  EXPECT_EQ(readable_seconds(59.6), "1 min 0 s");
  EXPECT_EQ(readable_seconds(-0.3), "0 s");
}

TEST(ReadableSeconds, shows_when_a_clock_runs_ahead) { EXPECT_EQ(readable_seconds(-90), "-1 min 30 s"); }

TEST(ReadableTime, is_utc) {
  EXPECT_EQ(readable_time(0), "1970-01-01 00:00:00");
  EXPECT_EQ(readable_time(1764583200.9), "2025-12-01 10:00:00");
}

TEST(ReadableTime, shows_no_nonsense_for_numbers_that_are_no_time) {
  EXPECT_EQ(readable_time(1e300), "?");
  EXPECT_EQ(readable_time(std::numeric_limits<double>::quiet_NaN()), "?");
}

}  // namespace
}  // namespace gateway
