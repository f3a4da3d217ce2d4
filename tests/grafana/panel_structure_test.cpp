// Each panel: what it is for, what it says when there is nothing, and what colour nothing has.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "reader/dashboard.hpp"
#include "reader/display.hpp"

namespace grafana {
namespace {

void for_each_panel(const std::function<void(const Dashboard&, const Panel&)>& check) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& panel : dashboard.panels) {
      SCOPED_TRACE(place(dashboard, panel));
      check(dashboard, panel);
    }
  }
}

bool has_transformation(const Panel& panel, const std::string& id, const std::function<bool(const Json&)>& fits) {
  const auto list = panel.json.value("transformations", Json::array());
  return std::ranges::any_of(list, [&](const Json& one) {
    return one.value("id", "") == id && !one.value("disabled", false) && fits(one.value("options", Json::object()));
  });
}

TEST(GrafanaStructure, panel_ids_and_titles_are_unique_on_their_dashboard) {
  for (const auto& dashboard : dashboards()) {
    std::set<std::int64_t> ids;
    std::set<std::string> titles;
    for (const auto& panel : dashboard.panels) {
      SCOPED_TRACE(place(dashboard, panel));
      EXPECT_GT(panel.id, 0);
      EXPECT_TRUE(ids.insert(panel.id).second);
      EXPECT_FALSE(panel.title.empty());
      EXPECT_TRUE(titles.insert(panel.title).second);
    }
  }
}

TEST(GrafanaStructure, panels_are_of_kinds_that_grafana_brings_along) {
  static const std::set<std::string> built_in{"table", "stat", "timeseries", "state-timeline", "status-history",
                                              "text",  "row",  "gauge",      "bargauge",       "barchart"};
  for_each_panel([](const auto&, const auto& panel) { EXPECT_TRUE(built_in.contains(panel.type)) << panel.type; });
}

TEST(GrafanaStructure, panels_lie_on_the_grid_and_on_no_other_panel) {
  for (const auto& dashboard : dashboards()) {
    std::set<std::pair<int, int>> taken;
    for (const auto& panel : dashboard.panels) {
      SCOPED_TRACE(place(dashboard, panel));
      const auto& grid = panel.json.at("gridPos");
      const auto x = grid.at("x").get<int>(), y = grid.at("y").get<int>(), w = grid.at("w").get<int>(), h = grid.at("h").get<int>();
      EXPECT_LE(x + w, 24);
      EXPECT_GT(w, 0);
      EXPECT_GT(h, 0);
      bool alone = true;
      for (int i = x; i < x + w; ++i) {
        for (int j = y; j < y + h; ++j) alone &= taken.insert({i, j}).second;
      }
      EXPECT_TRUE(alone);
    }
  }
}

TEST(GrafanaStructure, panels_explain_themselves_and_what_to_do) {
  for_each_panel([](const auto&, const auto& panel) {
    constexpr std::size_t a_sentence = 40;
    EXPECT_GE(panel.json.value("description", "").size(), a_sentence);
  });
}

TEST(GrafanaStructure, panels_have_words_for_nothing_that_are_true_also_when_nothing_was_ever_read) {
  for_each_panel([](const auto&, const auto& panel) {
    if (!panel.asks()) return;
    const auto words = panel.json.at("fieldConfig").at("defaults").value("noValue", "");
    EXPECT_FALSE(words.empty());
    for (const auto* lie : {"yet", "healthy", "No data", "never"}) EXPECT_EQ(words.find(lie), std::string::npos) << words;
  });
}

TEST(GrafanaStructure, panels_ask_the_one_data_source_once) {
  for_each_panel([](const auto&, const auto& panel) {
    if (!panel.asks()) {
      EXPECT_TRUE(panel.targets().empty());
      return;
    }
    ASSERT_EQ(panel.json.at("targets").size(), 1U);
    const auto& target = panel.json.at("targets").at(0);
    EXPECT_FALSE(target.value("refId", "").empty());
    EXPECT_FALSE(target.value("hide", false));
    for (const auto* holder : {&panel.json, &target}) {
      EXPECT_EQ(holder->at("datasource").value("type", ""), "frser-sqlite-datasource");
      EXPECT_EQ(holder->at("datasource").value("uid", ""), "${system}");
    }
  });
}

TEST(GrafanaStructure, queries_are_tables_and_stand_in_both_places_where_they_are_read) {
  for_each_panel([](const auto&, const auto& panel) {
    if (!panel.asks()) return;
    const auto& target = panel.json.at("targets").at(0);
    EXPECT_EQ(target.value("queryType", ""), "table");
    EXPECT_FALSE(target.value("rawQueryText", "").empty());
    EXPECT_EQ(target.value("rawQueryText", ""), target.value("queryText", "-"));
    EXPECT_TRUE(target.contains("timeColumns") && target.at("timeColumns").is_array());
    for (const auto* dead : {"rawSql", "rawText", "format"}) EXPECT_FALSE(target.contains(dead)) << dead;
  });
}

// Without these, a panel with no rows is a bare header, empty axes or an error.
TEST(GrafanaStructure, empty_answers_become_words) {
  for_each_panel([](const auto&, const auto& panel) {
    if (panel.type == "table") {
      EXPECT_TRUE(has_transformation(panel, "partitionByValues", [](const Json& options) {
        return options.value("fields", Json()) == Json::array({"_"}) && options.contains("keepFields") &&
               options.at("keepFields") == false && options.value("naming", Json::object()).value("asLabels", true) == false;
      }));
      EXPECT_TRUE(panel.targets().at(0).sql.find("AS _") != std::string::npos);
    } else if (panel.type == "timeseries") {
      EXPECT_TRUE(
          has_transformation(panel, "prepareTimeSeries", [](const Json& options) { return options.value("format", "") == "multi"; }));
    } else if (panel.is_chart()) {
      EXPECT_TRUE(has_transformation(panel, "partitionByValues",
                                     [](const Json& options) { return options.value("naming", Json::object()).value("asLabels", false); }));
    }
  });
}

TEST(GrafanaStructure, lines_break_where_nothing_was_measured) {
  for_each_panel([](const auto&, const auto& panel) {
    if (panel.type != "timeseries") return;
    const auto custom = panel.json.at("fieldConfig").at("defaults").value("custom", Json::object());
    const auto draws_lines = custom.value("drawStyle", "line") == "line" && custom.value("lineWidth", 1) > 0;
    if (!draws_lines) return;
    EXPECT_EQ(custom.value("spanNulls", Json(false)), false);
  });
}

TEST(GrafanaStructure, the_lowest_threshold_is_neutral) {
  for_each_panel([](const auto&, const auto& panel) {
    if (!panel.asks()) return;
    const auto& fields = panel.json.at("fieldConfig");
    const bool coloured_by_value = panel.type != "timeseries" && panel.type != "barchart";
    EXPECT_TRUE(!coloured_by_value || fields.at("defaults").contains("thresholds"));
    std::vector<Json> all;
    if (fields.at("defaults").contains("thresholds")) all.push_back(fields.at("defaults").at("thresholds"));
    for (const auto& override_ : fields.value("overrides", Json::array())) {
      for (const auto& property : override_.at("properties")) {
        if (property.value("id", "") == "thresholds") all.push_back(property.at("value"));
      }
    }
    for (const auto& thresholds : all) {
      ASSERT_FALSE(thresholds.at("steps").empty());
      const auto& base = thresholds.at("steps").at(0);
      EXPECT_TRUE(base.at("value").is_null());
      EXPECT_TRUE(is_neutral(base.value("color", ""))) << base.value("color", "");
    }
  });
}

}  // namespace
}  // namespace grafana
