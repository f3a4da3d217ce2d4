// Every golden case, and that every source has one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "golden.hpp"
#include "support.hpp"

namespace gateway {
namespace {

class Golden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, case_gives_what_is_expected) {
  const auto& golden = GetParam();
  const auto outcome = outcome_of(source_named(golden.source), GoldenInput(golden));
  ASSERT_FALSE(outcome.contains("case_error")) << outcome["case_error"];
  if (std::getenv("GOLDEN_UPDATE") != nullptr) {
    auto updated = golden.document;
    updated["expected"] = outcome;
    write_file(golden.file, pretty(updated));
    return;
  }
  EXPECT_EQ(pretty(outcome), pretty(golden.document.value("expected", OrderedJson()))) << golden.file;
}

// 4.0 and 4 are different storage classes of a cell, so they are different in a case, too.
TEST_P(Golden, case_stands_in_the_form_that_an_update_writes) { EXPECT_EQ(read_file(GetParam().file), pretty(GetParam().document)); }

INSTANTIATE_TEST_SUITE_P(All, Golden, ::testing::ValuesIn(golden_cases()), [](const auto& golden) {
  auto name = golden.param.source + "__" + golden.param.name;
  std::ranges::replace_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

TEST(GoldenCases, every_source_has_one_with_rows) {
  std::set<std::string> covered;
  for (const auto& golden : golden_cases()) {
    if (golden.document.value("expected", OrderedJson::object()).contains("batch")) covered.insert(golden.source);
  }
  for (const auto& source : fixed_sources()) EXPECT_TRUE(covered.contains(source.name)) << "no golden case with rows for " << source.name;
}

TEST(GoldenCases, say_what_they_are_about) {
  for (const auto& golden : golden_cases()) EXPECT_FALSE(golden.document.value("about", "").empty()) << golden.file;
}

TEST(GoldenCases, belong_to_a_source) {
  for (const auto& golden : golden_cases()) EXPECT_NO_THROW(source_named(golden.source)) << golden.file;
}

}  // namespace
}  // namespace gateway
