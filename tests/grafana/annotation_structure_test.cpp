// Annotations in the v1 form with a `target`. One that fails shows nothing at all, and nobody would miss it.
#include <gtest/gtest.h>

#include <algorithm>

#include "reader/dashboard.hpp"

namespace grafana {
namespace {

TEST(GrafanaStructure, the_built_in_annotation_is_off) {
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.uid);
    const auto count = std::ranges::count_if(dashboard.annotations, &Annotation::built_in);
    EXPECT_EQ(count, 1);
    for (const auto& annotation : dashboard.annotations) {
      EXPECT_EQ(annotation.json.value("enable", false), !annotation.built_in()) << annotation.name;
    }
  }
}

TEST(GrafanaStructure, outages_and_the_gateways_absence_are_drawn_on_every_dashboard_with_charts) {
  for (const auto& dashboard : dashboards()) {
    if (!std::ranges::any_of(dashboard.panels, &Panel::is_chart)) continue;
    SCOPED_TRACE(dashboard.uid);
    EXPECT_TRUE(std::ranges::any_of(
        dashboard.annotations, [](const auto& one) { return !one.built_in() && one.target().sql.find("outage") != std::string::npos; }));
  }
}

TEST(GrafanaStructure, annotations_ask_the_cache_and_say_which_columns_are_times) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& annotation : dashboard.annotations) {
      if (annotation.built_in()) continue;
      SCOPED_TRACE(dashboard.uid + " / annotation " + annotation.name);
      const auto& json = annotation.json;
      EXPECT_FALSE(annotation.name.empty());
      EXPECT_EQ(json.value("enable", false), true);
      EXPECT_EQ(json.value("hide", false), true) << "a toggle pushes the links to a second row";
      EXPECT_FALSE(json.value("iconColor", "").empty());
      EXPECT_EQ(json.at("datasource").value("uid", ""), "${system}");
      EXPECT_FALSE(json.contains("query")) << "a query beside target takes its place";
      const auto& target = json.at("target");
      EXPECT_EQ(target.value("queryType", ""), "table");
      EXPECT_EQ(target.value("rawQueryText", ""), target.value("queryText", "-"));
      EXPECT_FALSE(target.value("refId", "").empty());
      EXPECT_EQ(annotation.target().time_columns, (std::vector<std::string>{"time", "timeEnd"}));
    }
  }
}

}  // namespace
}  // namespace grafana
