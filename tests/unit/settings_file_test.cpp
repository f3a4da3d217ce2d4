// The .env file: KEY=VALUE with the quotes and comments people know from shells, below the real environment.
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
  EXPECT_EQ(value("A=1\t# one\n"), "1");
}

TEST_F(EnvFile, an_empty_value_with_a_comment_is_empty) {
  EXPECT_EQ(value("A= # none yet\n"), "");
  EXPECT_EQ(value("A=   # none yet\n"), "");
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

TEST_F(EnvFile, names_the_line_that_cannot_be_read) {
  for (const auto* content : {"A=1\nnonsense\n", "A=1\nB=\"open\n", "A=1\nB='open\n"}) {
    const auto environment = read(content);
    ASSERT_FALSE(environment.has_value()) << content;
    EXPECT_NE(environment.error().find(".env:2:"), std::string::npos) << environment.error();
  }
}

TEST_F(EnvFile, its_faults_show_no_value) {
  const auto environment = read("PASSWORD=\"s3cret\n");
  ASSERT_FALSE(environment.has_value());
  EXPECT_EQ(environment.error().find("s3cret"), std::string::npos);
}

TEST_F(EnvFile, an_absent_file_is_an_error) {
  const auto environment = environment_file(directory_ / "absent", environment_of({}));
  ASSERT_FALSE(environment.has_value());
  EXPECT_NE(environment.error().find("absent"), std::string::npos);
}

}  // namespace
}  // namespace gateway
