// The text of every query: it reads views only, and every `$` in it is something that Grafana or the plugin replaces.
#include <gtest/gtest.h>

#include <functional>
#include <regex>

#include "reader/dashboard.hpp"
#include "reader/interpolation.hpp"
#include "reader/statement.hpp"

namespace grafana {
namespace {

void for_each_query(const std::function<void(const Dashboard&, const std::string& sql)>& check) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& panel : dashboard.panels) {
      SCOPED_TRACE(place(dashboard, panel));
      for (const auto& target : panel.targets()) check(dashboard, target.sql);
    }
    for (const auto& variable : dashboard.variables) {
      SCOPED_TRACE(dashboard.uid + " / variable " + variable.name);
      if (variable.type == "query") check(dashboard, variable.json.value("query", ""));
    }
    for (const auto& annotation : dashboard.annotations) {
      SCOPED_TRACE(dashboard.uid + " / annotation " + annotation.name);
      if (!annotation.built_in()) check(dashboard, annotation.target().sql);
    }
  }
}

TEST(GrafanaStructure, queries_read_public_views_and_no_table) {
  for_each_query([](const auto&, const auto& sql) {
    const auto names = read_from(sql);
    EXPECT_FALSE(names.empty()) << sql;
    for (const auto& name : names)
      EXPECT_TRUE(schema_names().views.contains(name)) << name << (schema_names().tables.contains(name) ? " is a table" : " is nothing");
  });
}

TEST(GrafanaStructure, every_dollar_in_a_query_is_a_variable_in_quotes_or_a_known_macro) {
  for_each_query([](const auto& dashboard, const auto& sql) {
    for (const auto& reference : references(sql)) {
      if (reference.name == "__from" || reference.name == "__to" || reference.name == "__unixEpochGroupSeconds") continue;
      EXPECT_NE(dashboard.variable(reference.name), nullptr) << "$" << reference.name;
      // Any other format lets a value break out of its quotes.
      EXPECT_EQ(reference.format, "sqlstring") << reference.name;
      EXPECT_TRUE(reference.begin == 0 || sql[reference.begin - 1] != '\'') << "sqlstring brings its own quotes: " << reference.name;
    }
    std::string rest = sql;
    for (const auto& reference : references(sql)) {
      for (auto i = reference.begin; i < reference.end; ++i) rest[i] = ' ';
    }
    EXPECT_EQ(rest.find('$'), std::string::npos) << "a $ that nothing replaces";
    EXPECT_EQ(rest.find("[["), std::string::npos);
  });
}

// They are milliseconds; the cache has seconds.
TEST(GrafanaStructure, the_time_range_is_divided_by_a_thousand) {
  static const std::regex whole(R"(\$__(from|to)( - \$__(from|to)\))? / 1000(?![0-9]))"), any(R"(\$__(from|to)|\$\{__(from|to))");
  for_each_query([](const auto&, const auto& sql) {
    const auto rest = std::regex_replace(sql, whole, "");
    EXPECT_FALSE(std::regex_search(rest, any)) << rest;
  });
}

// Grafana writes \" for " inside sqlstring; a comparison with the bare column would never be true.
TEST(GrafanaStructure, what_is_compared_with_a_variable_has_its_double_quotes_written_as_grafana_writes_them) {
  static const std::regex list(R"re(([^\n]{0,80}?)IN \(\$\{\w+:sqlstring\}\))re"), replaced(R"re(replace\(.*'"', '\\"'\).*$)re");
  for_each_query([](const auto&, const auto& sql) {
    for (std::sregex_iterator at(sql.begin(), sql.end(), list), end; at != end; ++at) {
      const auto left = (*at)[1].str();
      EXPECT_TRUE(std::regex_search(left, replaced)) << at->str();
    }
  });
}

TEST(GrafanaStructure, queries_end_in_a_bound) {
  static const std::regex unbounded_star(R"(SELECT \* FROM \w+\s*$)");
  for_each_query([](const auto&, const auto& sql) {
    EXPECT_FALSE(std::regex_search(sql, unbounded_star));
    EXPECT_EQ(sql.find(';'), std::string::npos) << "one statement a query";
  });
}

}  // namespace
}  // namespace grafana
