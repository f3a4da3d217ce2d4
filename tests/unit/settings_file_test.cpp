// The .env file, below the real environment: every value is the one that Docker Compose gives, or the line is refused. What
// stands in the tables was taken from compose-go itself.
#include <gtest/gtest.h>

#include "settings/settings.hpp"
#include "support.hpp"

namespace gateway {
namespace {

class EnvFile : public ::testing::Test {
 protected:
  std::expected<Environment, std::string> read(const std::string& content, const Variables& overlay = {}) {
    write_file(directory_ / ".env", content);
    return environment_file(directory_ / ".env", environment_of(overlay));
  }
  std::optional<std::string> value(const std::string& content, const std::string& name = "A", const Variables& overlay = {}) {
    const auto environment = read(content, overlay);
    if (!environment) {
      ADD_FAILURE() << environment.error();
      return std::nullopt;
    }
    return (*environment)(name);
  }

  TemporaryDirectory directory_;
};

TEST_F(EnvFile, gives_its_values) {
  EXPECT_EQ(value("A=1\nB=2\n", "A"), "1");
  EXPECT_EQ(value("A=1\nB=2", "B"), "2");
  EXPECT_EQ(value("A=1\n", "C"), std::nullopt);
}

TEST_F(EnvFile, the_environment_wins_over_it) {
  EXPECT_EQ(value("A=file\n", "A", {{"A", "environment"}}), "environment");
  EXPECT_EQ(value("A=file\n", "A", {{"A", ""}}), "");
  EXPECT_EQ(value("A=file\n", "A", {{"B", "other"}}), "file");
}

TEST_F(EnvFile, the_last_line_wins) { EXPECT_EQ(value("A=1\nA=2\n"), "2"); }

TEST_F(EnvFile, knows_export_blank_lines_and_line_ends_of_windows) { EXPECT_EQ(value("\r\n  export A=1\r\n\r\n"), "1"); }

TEST_F(EnvFile, a_value_may_hold_equals_signs) { EXPECT_EQ(value("A=x=http://y:1/?z=2\n"), "x=http://y:1/?z=2"); }

TEST_F(EnvFile, leaves_comments_out) {
  EXPECT_EQ(value("# A=0\n  # more\nA=1 # one\n"), "1");
  EXPECT_EQ(value("#A=0\n"), std::nullopt);
}

TEST_F(EnvFile, a_hash_inside_a_value_is_no_comment) {
  EXPECT_EQ(value("A=p#w\n"), "p#w");
  EXPECT_EQ(value("A=#pw\n"), "#pw");
}

TEST_F(EnvFile, quotes_keep_blanks_and_hashes) {
  EXPECT_EQ(value("A=\" x # y \"\n"), " x # y ");
  EXPECT_EQ(value("A=' x # y ' # comment\n"), " x # y ");
  EXPECT_EQ(value("A=\"it's\"\n"), "it's");
  EXPECT_EQ(value("A='say \"x\"'\n"), "say \"x\"");
  EXPECT_EQ(value("A=\"\"\n"), "");
}

struct Line {
  const char* content;
  const char* value;  // of A, where B=x is in the environment
};

class EnvFileValue : public EnvFile, public ::testing::WithParamInterface<Line> {};

TEST_P(EnvFileValue, is_the_one_that_docker_compose_gives) {
  EXPECT_EQ(value(GetParam().content, "A", {{"B", "x"}}), GetParam().value) << GetParam().content;
}

INSTANTIATE_TEST_SUITE_P(Quotes, EnvFileValue,
                         ::testing::Values(Line{R"(A="a\"b")", R"(a"b)"}, Line{R"(A='it\'s')", "it's"}, Line{R"(A="it's")", "it's"},
                                           Line{"A=it's", "it's"}, Line{R"(A=a"b")", R"(a"b")"}, Line{R"(A='a\nb')", R"(a\nb)"},
                                           Line{R"(A="a\nb")", "a\nb"}, Line{R"(A=a\nb)", R"(a\nb)"}, Line{R"(A="a\\b")", R"(a\b)"},
                                           Line{R"(A='a\\b')", R"(a\\b)"}, Line{R"(A="\q\x41")", R"(\q\x41)"},
                                           Line{R"(A="\0101\07")", R"(A\7)"}, Line{"A=\"a\nb\"\nC=1", "a\nb"},
                                           Line{"A='a\n# b'\n", "a\n# b"}, Line{R"(A="x" # y)", "x"}, Line{R"(A="x"# y)", "x"},
                                           Line{R"(A= "x")", "x"}, Line{"A=\t'x'", "x"}, Line{R"(A={"a":1})", R"({"a":1})"}));

INSTANTIATE_TEST_SUITE_P(Names, EnvFileValue,
                         ::testing::Values(Line{"\uFEFFA=1", "1"}, Line{"export\tA=1", "1"}, Line{"export  A = 1", "1"}, Line{"A: 1", "1"},
                                           Line{"A.B=2\nA-B=2\nA=1", "1"}, Line{"exportA=2\nA=1", "1"}, Line{"A=\u00A01\u00A0", "1"}));

INSTANTIATE_TEST_SUITE_P(Dollars, EnvFileValue,
                         ::testing::Values(Line{"A=$B", "x"}, Line{"A=${B}y", "xy"}, Line{"A=\"$B\"", "x"}, Line{"A='$B'", "$B"},
                                           Line{"A=$$B", "$B"}, Line{R"(A="\$B")", "$B"}, Line{R"(A="\\$B")", R"(\x)"},
                                           Line{"A=p$1", "p$1"}, Line{"A=p$", "p$"}, Line{"A=$$$$", "$$"}, Line{"A=a$UNSET", "a"},
                                           Line{"A=${UNSET:-d}", "d"}, Line{"A=${UNSET-d}", "d"}, Line{"A=${B:+d}", "d"},
                                           Line{"A=${UNSET:+d}", ""}, Line{"A=${UNSET:-${ALSO:-d}}e", "de"}, Line{"C=1\nA=$C", "1"},
                                           Line{"B=1\nA=$B", "x"}, Line{"A=${B:?needed}", "x"}, Line{"A=1\nA=${A}2", "12"}));

class EnvFileRefusal : public EnvFile, public ::testing::WithParamInterface<const char*> {};

TEST_P(EnvFileRefusal, names_the_line) {
  const auto environment = read(std::string("C=\"1\n\"\n# two\n\n") + GetParam());
  ASSERT_FALSE(environment.has_value()) << GetParam();
  EXPECT_NE(environment.error().find(".env:5:"), std::string::npos) << environment.error();
}

INSTANTIATE_TEST_SUITE_P(WithALine, EnvFileRefusal,
                         ::testing::Values("nonsense", "A B=1", "=1", "A\nB=1", "A+B=1", "A=\"open\nB=1", "A='open", R"(A='it'\''s')",
                                           R"(A="a"b)", "A='a' b", "A= # none", "A=1\t# one", "A=${B", "A=${}", "A=${1}", "A=${B/x}",
                                           "A=${UNSET:?needed}", "A=\"\\0000\"", "A\uFEFF=1"));

TEST_F(EnvFile, warns_of_a_reference_to_what_is_not_set) {
  write_file(directory_ / ".env", "A=1\nPASSWORD=pa$w0rd\n");
  std::vector<std::string> warnings;
  ASSERT_TRUE(environment_file(directory_ / ".env", environment_of({}), &warnings).has_value());
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find(".env:2: $w0rd is not set"), std::string::npos) << warnings[0];
}

TEST_F(EnvFile, its_faults_show_no_value) {
  const auto environment = read("PASSWORD=\"s3cret\n");
  ASSERT_FALSE(environment.has_value());
  EXPECT_EQ(environment.error().find("s3cret"), std::string::npos);
}

TEST_F(EnvFile, a_directory_is_an_error) { EXPECT_FALSE(environment_file(directory_.path(), environment_of({})).has_value()); }

TEST_F(EnvFile, an_absent_file_is_an_error) {
  const auto environment = environment_file(directory_ / "absent", environment_of({}));
  ASSERT_FALSE(environment.has_value());
  EXPECT_NE(environment.error().find("absent"), std::string::npos);
}

}  // namespace
}  // namespace gateway
