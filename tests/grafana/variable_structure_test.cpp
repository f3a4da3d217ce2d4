// Variables in the form that Grafana reads: anything else fails silently, with the old options.
#include <gtest/gtest.h>

#include <set>

#include "reader/dashboard.hpp"
#include "reader/statement.hpp"

namespace grafana {
namespace {

void for_each_variable(const std::function<void(const Dashboard&, const Variable&)>& check) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& variable : dashboard.variables) {
      SCOPED_TRACE(dashboard.uid + " / variable " + variable.name);
      check(dashboard, variable);
    }
  }
}

TEST(GrafanaStructure, variables_have_a_name_a_label_and_a_description) {
  for (const auto& dashboard : dashboards()) {
    std::set<std::string> names;
    for (const auto& variable : dashboard.variables) {
      SCOPED_TRACE(dashboard.uid + " / variable " + variable.name);
      EXPECT_TRUE(names.insert(variable.name).second);
      EXPECT_FALSE(variable.name.empty());
      EXPECT_FALSE(variable.json.value("label", "").empty());
      EXPECT_FALSE(variable.json.value("description", "").empty());
    }
  }
}

TEST(GrafanaStructure, variables_are_of_a_kind_these_tests_know) {
  static const std::set<std::string> known{"query", "custom", "textbox", "datasource"};
  for_each_variable([](const auto&, const auto& variable) { EXPECT_TRUE(known.contains(variable.type)) << variable.type; });
}

TEST(GrafanaStructure, query_variables_are_plain_text_asked_again_at_every_refresh) {
  for_each_variable([](const auto&, const auto& variable) {
    if (variable.type != "query") return;
    ASSERT_TRUE(variable.json.at("query").is_string());
    EXPECT_EQ(variable.json.at("query"), variable.json.at("definition"));
    EXPECT_EQ(variable.json.value("refresh", 0), 2);
    EXPECT_EQ(variable.json.at("datasource").value("uid", ""), "${system}");
  });
}

TEST(GrafanaStructure, variables_take_no_free_text_unless_they_are_a_text_field) {
  for_each_variable(
      [](const auto&, const auto& variable) { EXPECT_EQ(variable.json.value("allowCustomValue", true), variable.type == "textbox"); });
}

// With it one Grafana shows several systems. Nobody is asked where there is one.
TEST(GrafanaStructure, the_system_is_a_hidden_variable_that_begins_with_the_provisioned_source) {
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.uid);
    ASSERT_FALSE(dashboard.variables.empty());
    const auto& system = dashboard.variables.front();
    EXPECT_EQ(system.name, "system");
    EXPECT_EQ(system.type, "datasource");
    EXPECT_EQ(system.json.value("query", ""), "frser-sqlite-datasource");
    EXPECT_EQ(system.json.at("current").value("value", ""), "cache");
    for (const auto& variable : dashboard.variables) EXPECT_EQ(variable.json.value("hide", -1) == 2, variable.name == "system");
  }
}

// Of one thing that the whole page is about, it takes the first.
bool is_choice_of_one(const Variable& variable) { return variable.type == "query" && !variable.multi() && !variable.include_all(); }

TEST(GrafanaStructure, a_choice_of_one_has_no_all_and_names_no_value_of_one_installation) {
  for_each_variable([](const auto&, const auto& variable) {
    if (!is_choice_of_one(variable)) return;
    EXPECT_FALSE(variable.json.contains("allValue"));
    EXPECT_EQ(variable.json.at("current").value("value", "-"), "");
  });
}

// A chart for each of its values: it must be a list, and the chart must ask for its own value.
TEST(GrafanaStructure, panels_repeat_for_a_variable_that_they_ask_with) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& panel : dashboard.panels) {
      const auto name = panel.json.value("repeat", "");
      if (name.empty()) continue;
      SCOPED_TRACE(place(dashboard, panel));
      const auto* variable = dashboard.variable(name);
      ASSERT_NE(variable, nullptr) << name;
      EXPECT_TRUE(variable->multi());
      EXPECT_NE(panel.targets().at(0).sql.find("${" + name + ":sqlstring}"), std::string::npos);
      EXPECT_NE(panel.title.find("${" + name + "}"), std::string::npos);
    }
  }
}

// Without allValue, All is the whole list, ten thousand names long, and rows without a value vanish.
TEST(GrafanaStructure, all_is_a_raw_expression_and_how_the_dashboard_opens) {
  for_each_variable([](const auto&, const auto& variable) {
    if (variable.type == "textbox" || variable.type == "datasource" || is_choice_of_one(variable)) return;
    EXPECT_TRUE(variable.include_all());
    ASSERT_TRUE(variable.json.contains("allValue") && variable.json.at("allValue").is_string());
    EXPECT_FALSE(variable.json.value("allValue", "").empty());
    EXPECT_EQ(variable.json.at("current").at("value"), Json::array({"$__all"}));
  });
}

TEST(GrafanaStructure, a_variable_is_used_by_some_panel) {
  for_each_variable([](const auto& dashboard, const auto& variable) {
    if (variable.type == "datasource") return;  // all of them are
    bool used = false;
    for (const auto& panel : dashboard.panels) {
      for (const auto& target : panel.targets()) used |= target.sql.find("${" + variable.name + ":") != std::string::npos;
    }
    EXPECT_TRUE(used);
  });
}

}  // namespace
}  // namespace grafana
