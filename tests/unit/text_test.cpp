// Text that somebody else wrote, made safe: UTF-8, lengths, lines, and the patterns of QUEUE_LAG_IGNORE.
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

const std::string replacement = "\xEF\xBF\xBD";

TEST(CleanUtf8, leaves_well_formed_text_as_it_is) {
  for (const std::string text : {"", "plain", "Очередь", "€uro", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(clean_utf8(text), text);
  }
}

TEST(CleanUtf8, replaces_overlong_forms) {
  EXPECT_EQ(clean_utf8("a\xC0\x80z"), "a" + replacement + replacement + "z");
  EXPECT_EQ(clean_utf8("\xC1\xBF"), replacement + replacement);
  EXPECT_EQ(clean_utf8("\xE0\x80\xAF"), replacement + replacement + replacement);
  EXPECT_EQ(clean_utf8("\xF0\x80\x80\xAF"), replacement + replacement + replacement + replacement);
}

TEST(CleanUtf8, replaces_surrogates_and_what_is_beyond_unicode) {
  EXPECT_EQ(clean_utf8("\xED\xA0\x80"), replacement + replacement + replacement);
  EXPECT_EQ(clean_utf8("\xED\xBF\xBF"), replacement + replacement + replacement);
  EXPECT_EQ(clean_utf8("\xF4\x90\x80\x80"), replacement + replacement + replacement + replacement);
  EXPECT_EQ(clean_utf8("\xFF\xFE"), replacement + replacement);
}

TEST(CleanUtf8, replaces_nul_and_goes_on_behind_it) { EXPECT_EQ(clean_utf8(std::string_view("a\0b", 3)), "a" + replacement + "b"); }

TEST(CleanUtf8, replaces_a_sequence_cut_off_at_the_end) {
  EXPECT_EQ(clean_utf8("ab\xD0"), "ab" + replacement);
  EXPECT_EQ(clean_utf8("\xF0\x9F\x98"), replacement + replacement + replacement);
}

TEST(CleanUtf8, loses_no_character_behind_a_wrong_byte) {
  EXPECT_EQ(clean_utf8("\xD0zЯ"), replacement + "zЯ");
  EXPECT_EQ(clean_utf8("\x80ok"), replacement + "ok");
}

TEST(CleanUtf8, what_it_gives_is_clean) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes{static_cast<char>(first), static_cast<char>(second), '\x80', 'x'};
      const auto once = clean_utf8(bytes);
      ASSERT_EQ(clean_utf8(once), once) << first << ' ' << second;
      ASSERT_TRUE(once.ends_with('x')) << first << ' ' << second;
    }
  }
}

TEST(Shortened, leaves_what_fits) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("Я", 2), "Я");
}

TEST(Shortened, marks_what_was_cut) { EXPECT_EQ(shortened("abcdefgh", 6), "abc…"); }

TEST(Shortened, cuts_between_characters_whatever_the_limit) {
  const std::string text =
      "aЯ€\xF0\x9F\x98\x80"
      "bЖ€\xF0\x9F\x98\x80"
      "c";
  for (std::size_t bytes = 3; bytes <= text.size() + 2; ++bytes) {
    const auto cut = shortened(text, bytes);
    EXPECT_LE(cut.size(), bytes);
    EXPECT_EQ(clean_utf8(cut), cut) << "cut inside a character at " << bytes;
    EXPECT_EQ(cut == text, bytes >= text.size());
  }
}

TEST(OneLine, turns_line_breaks_and_control_characters_into_spaces) {
  EXPECT_EQ(one_line("a\nb\r\tc\x1B[31m\x7F"), "a b  c [31m ");
  EXPECT_EQ(one_line("Яблоко"), "Яблоко");
}

TEST(OneLine, leaves_nothing_that_moves_a_cursor_or_turns_the_direction_of_text) {
  for (const auto* control :
       {"\u0080", "\u0085", "\u009B", "\u009F", "\u2028", "\u2029", "\u061C", "\u200E", "\u200F", "\u202A", "\u202E", "\u2066", "\u2069"}) {
    EXPECT_EQ(one_line(std::string("a") + control + "b"), "a b");
  }
}

TEST(OneLine, keeps_all_other_characters) {
  for (const std::string other : {"\u00A0", "é", "ش", "א", "\u200D", "\u2010", "\u2027", "\u202F", "\u2065", "\u206A", "汉", "😀"}) {
    EXPECT_EQ(one_line(other), other);
  }
}

TEST(Trimmed, takes_white_space_off_both_ends_only) {
  EXPECT_EQ(trimmed(" \t a b \r\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Split, keeps_empty_parts) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(Matches, compares_literally_without_a_star) {
  EXPECT_TRUE(matches("ws-gateway.order", "ws-gateway.order"));
  EXPECT_FALSE(matches("ws-gateway.order", "ws-gateway.orders"));
  EXPECT_FALSE(matches("ws-gateway.order", "ws-gateway_order"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "x"));
}

TEST(Matches, a_star_stands_for_any_run_of_characters) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*", "anything"));
  EXPECT_TRUE(matches("amq.*", "amq.gen-x"));
  EXPECT_TRUE(matches("*.order", "ws-gateway.order"));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(matches("a**c", "ac"));
  EXPECT_FALSE(matches("a*b*c", "a-c-b"));
  EXPECT_FALSE(matches("*.order", "ws-gateway.order.x"));
}

TEST(Matches, ends_on_patterns_made_to_hurt) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace gateway
