// Each dashboard as a whole: it is found, refreshes, speaks UTC, and its file is written the one way.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "reader/dashboard.hpp"

namespace grafana {
namespace {

int seconds(const std::string& interval) {
  const std::map<char, int> units{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  return std::stoi(interval) * units.at(interval.back());
}

TEST(GrafanaStructure, there_is_a_dashboard_for_each_subject) {
  for (const auto* uid :
       {"system-health", "signals", "orders", "pnl", "portfolio", "model", "queues", "exchange", "datasets", "events", "cache"})
    EXPECT_NE(dashboard(uid), nullptr) << uid;
}

TEST(GrafanaStructure, uids_and_titles_are_unique_and_uids_are_legal) {
  std::set<std::string> uids, titles;
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.file.filename().string());
    EXPECT_TRUE(uids.insert(dashboard.uid).second);
    EXPECT_TRUE(titles.insert(dashboard.title).second);
    EXPECT_FALSE(dashboard.title.empty());
    EXPECT_EQ(dashboard.uid, dashboard.file.stem().string());
    EXPECT_LE(dashboard.uid.size(), 40U);
    EXPECT_TRUE(std::ranges::all_of(dashboard.uid, [](char c) { return std::islower(static_cast<unsigned char>(c)) != 0 || c == '-'; }));
  }
}

TEST(GrafanaStructure, dashboards_need_no_migration_and_carry_nothing_of_one_installation) {
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.uid);
    EXPECT_EQ(dashboard.json.value("schemaVersion", 0), 42);
    EXPECT_FALSE(dashboard.json.value("description", "").empty());
    for (const auto* key : {"id", "version", "__inputs", "__requires", "apiVersion", "elements"})
      EXPECT_FALSE(dashboard.json.contains(key)) << key;
  }
}

TEST(GrafanaStructure, times_are_utc_and_a_range_is_given) {
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.uid);
    EXPECT_EQ(dashboard.json.value("timezone", ""), "utc");
    EXPECT_EQ(dashboard.json.at("time").value("to", ""), "now");
    EXPECT_TRUE(dashboard.json.at("time").value("from", "").starts_with("now-"));
  }
}

TEST(GrafanaStructure, the_refresh_is_one_of_those_offered_and_happens_at_least_once_a_minute) {
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.uid);
    const auto refresh = dashboard.json.value("refresh", "");
    const auto offered = dashboard.json.at("timepicker").at("refresh_intervals").get<std::vector<std::string>>();
    ASSERT_NE(std::ranges::find(offered, refresh), offered.end()) << refresh;
    EXPECT_GE(seconds(refresh), 5);
    EXPECT_LE(seconds(refresh), 60);
    for (const auto& one : offered) EXPECT_GE(seconds(one), 5) << one;
  }
}

TEST(GrafanaStructure, the_first_panel_stands_on_top_across_the_whole_width) {
  for (const auto& dashboard : dashboards()) {
    SCOPED_TRACE(dashboard.uid);
    ASSERT_FALSE(dashboard.panels.empty());
    const auto& first = dashboard.panels.front();
    EXPECT_EQ(first.type, "stat");
    EXPECT_EQ(first.json.at("gridPos").value("x", -1), 0);
    EXPECT_EQ(first.json.at("gridPos").value("y", -1), 0);
    EXPECT_EQ(first.json.at("gridPos").value("w", 0), 24);
    EXPECT_EQ(first.json.at("options").value("colorMode", ""), "background_solid");
  }
}

}  // namespace
}  // namespace grafana
