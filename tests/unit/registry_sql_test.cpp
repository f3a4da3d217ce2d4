// Every source that asks PostgreSQL, fed with its golden rows emptied, nulled and stretched. PostgreSQL keeps the type of
// each column, so only values vary. What its NOT NULL constraints rule out may be refused, but nothing may throw.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include "contract_catalogue.hpp"
#include "golden.hpp"
#include "registry.hpp"

namespace gateway {
namespace {

class RegistrySql : public ::testing::TestWithParam<std::size_t> {
 protected:
  const Source& source() const { return fixed_sources().at(GetParam()); }

  // The cases in which the source was answered by rows.
  std::vector<const GoldenCase*> cases() const {
    std::vector<const GoldenCase*> found;
    for (const auto& golden : golden_cases()) {
      if (golden.source == source().name && !golden.document.value("answers", OrderedJson::array()).empty()) found.push_back(&golden);
    }
    return found;
  }
  // Feeds every case after `change` was made to each of its answers in turn, and to all of them.
  void feed_changed(SourceCheck& judge, const std::function<void(Table&)>& change, const std::string& what) {
    for (const auto* golden : cases()) {
      const auto answers = GoldenInput(*golden).answers.size();
      for (std::size_t changed = 0; changed <= answers; ++changed) {
        GoldenInput input(*golden);
        for (std::size_t i = 0; i < answers; ++i) {
          if (i == changed || changed == answers) change(std::get<Table>(input.answers[i]));
        }
        const auto complaint = judge.complaint(input.prior, input.answers);
        EXPECT_EQ(complaint, std::nullopt) << *complaint << "\nin " << golden->name << ", answer " << changed << ": " << what;
      }
    }
  }
};

// The role that is shipped may read what the sources read, and nothing else.
TEST(RoleFile, grants_every_table_that_a_source_reads_and_no_other) {
  std::ifstream file(ROLE_FILE);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto begin = text.find("ARRAY['trading_signals'");
  ASSERT_NE(begin, std::string::npos);
  const auto list = text.substr(begin, text.find(']', begin) - begin);
  std::set<std::string> granted, read;
  for (std::size_t quote = list.find('\''); quote != std::string::npos; quote = list.find('\'', quote + 1)) {
    const auto end = list.find('\'', quote + 1);
    granted.insert(list.substr(quote + 1, end - quote - 1));
    quote = end;
  }
  for (const auto& source : fixed_sources()) read.insert(source.reads.begin(), source.reads.end());
  EXPECT_EQ(granted, read);
}

// A table that a source does not name is neither granted, nor probed, nor locked.
TEST(RoleFile, no_source_asks_for_a_table_that_it_does_not_name) {
  const auto all = contract_catalogue();
  for (const auto& source : fixed_sources()) {
    if (source.upstream != "postgres" || source.judged_alone) continue;
    const auto requests = source.ask(first_known(source, &all));
    ASSERT_TRUE(requests.has_value()) << source.name;
    for (const auto& [table, columns] : all.tables) {
      if (std::ranges::find(source.reads, table) != source.reads.end()) continue;
      const std::regex named("\\b(FROM|JOIN) " + table + "\\b");
      for (const auto& request : *requests) {
        EXPECT_FALSE(std::regex_search(std::get<SqlRequest>(request).sql, named)) << source.name << " reads " << table;
      }
    }
  }
}

std::vector<std::size_t> sql_sources() {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < fixed_sources().size(); ++i) {
    if (fixed_sources()[i].upstream == "postgres") indices.push_back(i);
  }
  return indices;
}

INSTANTIATE_TEST_SUITE_P(AllSources, RegistrySql, ::testing::ValuesIn(sql_sources()), registry_name);

TEST_P(RegistrySql, an_empty_database_is_missing_what_it_needs) {
  const Catalogue empty;
  const auto requests = source().ask(first_known(source(), &empty));
  EXPECT_EQ(requests ? "asked" : to_string(requests.error().kind), source().judged_alone ? "asked" : "missing");
}

TEST_P(RegistrySql, a_forbidden_database_is_a_matter_of_rights) {
  const auto forbidden = forbidden_catalogue();
  const auto requests = source().ask(first_known(source(), &forbidden));
  EXPECT_EQ(requests ? "asked" : to_string(requests.error().kind), source().judged_alone ? "asked" : "auth");
}

TEST_P(RegistrySql, takes_its_golden_cases) {
  SourceCheck judge(source());
  feed_changed(judge, [](Table&) {}, "as it is");
  EXPECT_GT(judge.batches(), 0);
}

TEST_P(RegistrySql, takes_answers_without_rows) {
  SourceCheck judge(source());
  feed_changed(judge, [](Table& table) { table.rows.clear(); }, "no rows");
}

TEST_P(RegistrySql, takes_rows_that_come_twice) {
  SourceCheck judge(source());
  feed_changed(
      judge,
      [](Table& table) {
        auto again = table.rows;
        table.rows.insert(table.rows.end(), again.begin(), again.end());
      },
      "every row twice");
}

TEST_P(RegistrySql, takes_rows_in_another_order) {
  SourceCheck judge(source());
  feed_changed(judge, [](Table& table) { std::ranges::reverse(table.rows); }, "reversed");
}

TEST_P(RegistrySql, survives_rows_of_nulls) {
  SourceCheck judge(source(), SourceCheck::RejectedRowIs::an_error);
  feed_changed(
      judge,
      [](Table& table) {
        for (auto& row : table.rows) std::ranges::fill(row, Value{});
      },
      "all NULL");
}

TEST_P(RegistrySql, survives_a_null_in_any_column) {
  SourceCheck judge(source(), SourceCheck::RejectedRowIs::an_error);
  std::size_t widest = 0;
  feed_changed(judge, [&](Table& table) { widest = std::max(widest, table.columns.size()); }, "as it is");
  for (std::size_t column = 0; column < widest; ++column) {
    feed_changed(
        judge,
        [&](Table& table) {
          for (auto& row : table.rows) {
            if (column < row.size()) row[column] = Value{};
          }
        },
        "NULL in column " + std::to_string(column));
  }
}

TEST_P(RegistrySql, survives_extreme_values_of_the_same_type) {
  SourceCheck judge(source(), SourceCheck::RejectedRowIs::an_error);
  const std::vector<Value> extremes{"",
                                    "s3cr3t'\";--\n",
                                    "Я\xF0\x9F\x98\x80",
                                    std::string(20'000, 'x'),
                                    0.0,
                                    -0.0,
                                    -1.0,
                                    1e300,
                                    -1e300,
                                    5e-324,
                                    1764583200.123456,
                                    0,
                                    -1,
                                    INT64_MAX,
                                    INT64_MIN};
  for (const auto& extreme : extremes) {
    feed_changed(
        judge,
        [&](Table& table) {
          for (auto& row : table.rows) {
            for (auto& value : row) {
              if (value.index() == extreme.index()) value = extreme;
            }
          }
        },
        "every value of its type is " + ::testing::PrintToString(extreme).substr(0, 60));
  }
}

}  // namespace
}  // namespace gateway
