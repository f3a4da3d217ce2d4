// What a screen of 1600 pixels, with Grafana's menu docked, and a phone cannot show: columns beyond the edge, heads that are cut off,
// figures of a fixed size that run into each other. And lines that share a colour.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "reader/dashboard.hpp"

namespace grafana {
namespace {

// Of the 24 columns of the page there; what a panel's frame takes; a letter of a head, and the space around it, in Grafana 12.4.
constexpr double page_px = 1276, frame_px = 26, letter_px = 7.3, padding_px = 9;
constexpr double narrowest_px = 50;

struct Column {
  std::string head;
  double px{};
  bool fixed{};
};

std::vector<Column> shown_columns(const Panel& panel) {
  const auto& fields = panel.json.at("fieldConfig");
  const auto narrowest = fields.at("defaults").value("custom", Json::object()).value("minWidth", narrowest_px);
  std::vector<Column> columns;
  for (const auto& one : fields.at("overrides")) {
    if (one.at("matcher").value("id", "") != "byName") continue;
    Column column{.head = one.at("matcher").value("options", ""), .px = narrowest};
    bool hidden = false;
    for (const auto& property : one.at("properties")) {
      const auto& value = property.at("value");
      const auto id = property.value("id", "");
      if (id == "custom.hideFrom.viz") hidden = value.get<bool>();
      if (id == "displayName") column.head = value.get<std::string>();
      if (id == "custom.minWidth" || id == "custom.width") column.px = value.get<double>();
      if (id == "custom.width") column.fixed = true;
    }
    if (!hidden) columns.push_back(column);
  }
  return columns;
}

template <typename Check>
void for_each_panel_of(const std::string& type, Check check) {
  for (const auto& dashboard : dashboards()) {
    for (const auto& panel : dashboard.panels) {
      SCOPED_TRACE(place(dashboard, panel));
      if (panel.type == type) check(panel);
    }
  }
}

// Columns without a width share what the others leave, and none takes less than its least.
TEST(GrafanaWidths, no_column_lies_beyond_the_edge_of_its_panel) {
  for_each_panel_of("table", [](const Panel& panel) {
    const auto columns = shown_columns(panel);
    double left = page_px * panel.json.at("gridPos").at("w").get<double>() / 24 - frame_px;
    for (const auto& column : columns) left -= column.fixed ? column.px : 0;
    EXPECT_GE(left, 0);
    const auto sharing = static_cast<double>(std::ranges::count(columns, false, &Column::fixed));
    for (const auto& column : columns) {
      if (column.fixed) continue;
      EXPECT_GE(left / sharing, column.px) << column.head;
    }
  });
}

TEST(GrafanaWidths, no_word_of_a_columns_head_is_cut_off) {
  for_each_panel_of("table", [](const Panel& panel) {
    for (const auto& column : shown_columns(panel)) {
      if (!column.fixed) continue;
      std::istringstream words{column.head};
      for (std::string word; words >> word;) {
        EXPECT_GE(column.px, padding_px + letter_px * static_cast<double>(word.size())) << column.head;
      }
    }
  });
}

// Grafana makes rows of them that fit, and sizes, too, unless it is told them.
TEST(GrafanaWidths, several_figures_side_by_side_fit_a_phone) {
  for_each_panel_of("stat", [](const Panel& panel) {
    const auto& options = panel.json.at("options");
    if (options.value("textMode", "") != "value_and_name") return;
    EXPECT_EQ(options.value("orientation", ""), "auto");
    EXPECT_LE(options.value("text", Json::object()).value("titleSize", 0), 12);
  });
}

TEST(GrafanaWidths, the_sentence_on_top_fits_a_phone) {
  constexpr int three_lines_px = 18;
  for (const auto& dashboard : dashboards()) {
    const auto& options = dashboard.panels.front().json.at("options");
    EXPECT_LE(options.at("text").at("valueSize").get<int>(), three_lines_px) << dashboard.uid;
  }
}

// By its name a line may have the colour of another one; a strategy shall have one colour on all pages.
TEST(GrafanaWidths, only_strategies_are_coloured_by_name) {
  for_each_panel_of("timeseries", [](const Panel& panel) {
    const auto& defaults = panel.json.at("fieldConfig").at("defaults");
    const auto by_strategy = defaults.value("displayName", "").find("strategy_id") != std::string::npos;
    EXPECT_EQ(defaults.at("color").value("mode", ""), by_strategy ? "palette-classic-by-name" : "palette-classic");
  });
}

}  // namespace
}  // namespace grafana
