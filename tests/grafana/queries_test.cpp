// Every query of every dashboard on every cache, asked as the plugin asks, in every state of its variables: it answers,
// nothing is bent on the way, rows are bounded and times can be drawn. One test a cache.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "caches/caches.hpp"
#include "reader/choices.hpp"
#include "reader/dashboard.hpp"
#include "reader/display.hpp"
#include "reader/plugin.hpp"

namespace grafana {
namespace {

using gateway::Row;

constexpr std::size_t rows_of_a_table = 1000, rows_of_a_chart = 50'000, options_of_a_variable = 1000, annotations_of_a_dashboard = 1000;

class GrafanaQueries : public ::testing::TestWithParam<std::string> {
 protected:
  const Cache& cache_ = cache(GetParam());
};

std::string of_choice(const NamedChoice& choice) { return " [" + choice.name + "]"; }

void expect_faultless(const Frame& frame, const std::string& where) {
  for (const auto& fault : frame.faults) ADD_FAILURE() << where << ": " << fault;
}

// What tells one series from another: the text columns of a row.
std::string series_of(const Frame& frame, const Row& row) {
  std::string key;
  for (std::size_t c = 0; c < frame.columns.size(); ++c) {
    if (frame.columns[c].type == ColumnType::text) key += gateway::text(row[c]).value_or("") + "\x1F";
  }
  return key;
}

// The last text column of a state timeline is the state itself.
bool is_state(const Panel& panel) { return panel.type == "state-timeline" || panel.type == "status-history"; }

void expect_drawable(const Panel& panel, const Frame& frame, const std::string& where) {
  if (frame.failed) return;
  ASSERT_FALSE(frame.columns.empty()) << where;
  const auto time = frame.index("time");
  ASSERT_NE(time, std::string::npos) << where << ": no column time";
  EXPECT_EQ(frame.columns[time].type, ColumnType::time) << where;
  std::map<std::string, double> latest;
  for (const auto& row : frame.rows) {
    const auto at = gateway::number(row[time]);
    if (!at) {
      ADD_FAILURE() << where << ": a row without a time";
      return;
    }
    auto key = is_state(panel) ? std::string() : series_of(frame, row);
    if (is_state(panel)) {
      for (std::size_t c = 0; c < frame.columns.size(); ++c) {
        if (frame.columns[c].type == ColumnType::text) {
          key = gateway::text(row[c]).value_or("");
          break;
        }
      }
    }
    const auto [found, is_new] = latest.try_emplace(key, *at);
    if (!is_new && *at < found->second) {
      ADD_FAILURE() << where << ": times go back";
      return;
    }
    found->second = *at;
  }
}

// A number that is a moment must be shown as one.
void expect_moments_declared(const Frame& frame, std::int64_t now, const std::string& where) {
  constexpr double a_year = 366.0 * 86400;
  for (std::size_t c = 0; c < frame.columns.size(); ++c) {
    const auto& column = frame.columns[c];
    if (column.type != ColumnType::integer && column.type != ColumnType::number) continue;
    const bool moments = !frame.rows.empty() && std::ranges::all_of(frame.rows, [&](const Row& row) {
      const auto value = gateway::number(row[c]);
      return value && std::abs(*value - static_cast<double>(now)) < a_year;
    });
    EXPECT_FALSE(moments) << where << ": " << column.name << " looks like a time and is not in timeColumns";
  }
}

TEST_P(GrafanaQueries, panels_are_answered) {
  for (const auto& dashboard : dashboards()) {
    const auto range = range_of(dashboard, cache_.now);
    for (const auto& choice : choices(dashboard, cache_.file, range)) {
      for (const auto& panel : dashboard.panels) {
        for (const auto& target : panel.targets()) {
          const bool affected = choice.variable.empty() || target.sql.find("${" + choice.variable) != std::string::npos;
          if (!affected) continue;
          const auto where = place(dashboard, panel) + of_choice(choice);
          const auto frame = ask(cache_.file, interpolated(target.sql, choice.choice, range), target.time_columns, range);
          expect_faultless(frame, where);
          EXPECT_LE(frame.rows.size(), panel.is_chart() ? rows_of_a_chart : rows_of_a_table) << where;
          expect_moments_declared(frame, cache_.now, where);
          if (panel.is_chart()) expect_drawable(panel, frame, where);
          const bool partitioned = panel.type != "table" || frame.columns.empty() || frame.columns.front().name == "_";
          EXPECT_TRUE(partitioned) << where << ": the first column is not _";
        }
      }
    }
  }
}

// A zoom into a minute, a month, a range before all data.
TEST_P(GrafanaQueries, charts_are_answered_on_other_time_ranges) {
  const auto ms = cache_.now * 1000;
  const TimeRange ranges[] = {
      {ms - 60'000, ms}, {ms - 30LL * 86'400'000, ms}, {ms - 400LL * 86'400'000, ms - 399LL * 86'400'000}, {ms, ms}};
  for (const auto& dashboard : dashboards()) {
    for (const auto& range : ranges) {
      const auto choice = as_opened(dashboard, cache_.file, range);
      for (const auto& panel : dashboard.panels) {
        for (const auto& target : panel.targets()) {
          if (target.sql.find("$__from") == std::string::npos) continue;
          const auto where = fmt::format("{} over {} s", place(dashboard, panel), (range.to_ms - range.from_ms) / 1000);
          const auto frame = ask(cache_.file, interpolated(target.sql, choice, range), target.time_columns, range);
          expect_faultless(frame, where);
          EXPECT_LE(frame.rows.size(), rows_of_a_chart) << where;
          if (panel.is_chart()) expect_drawable(panel, frame, where);
        }
      }
    }
  }
}

TEST_P(GrafanaQueries, variables_have_one_column_or_text_and_value) {
  for (const auto& dashboard : dashboards()) {
    const auto range = range_of(dashboard, cache_.now);
    const auto opened = as_opened(dashboard, cache_.file, range);
    for (const auto& variable : dashboard.variables) {
      if (variable.type != "query") continue;
      const auto where = dashboard.uid + " / variable " + variable.name;
      const auto frame = options_frame(variable, cache_.file, opened, range);
      expect_faultless(frame, where);
      EXPECT_LE(frame.rows.size(), options_of_a_variable) << where;
      const bool named = frame.columns.size() == 2 && frame.column("__text") != nullptr && frame.column("__value") != nullptr;
      EXPECT_TRUE(frame.columns.size() == 1 || named) << where;
      for (const auto& row : frame.rows) {
        for (const auto& cell : row) EXPECT_FALSE(gateway::is_null(cell)) << where << ": an option without a name";
      }
    }
  }
}

// The first row decides which columns exist, a region needs a length, and its end must not be taken for 1970.
TEST_P(GrafanaQueries, annotations_are_regions_with_every_column_in_every_row) {
  for (const auto& dashboard : dashboards()) {
    const auto range = range_of(dashboard, cache_.now);
    const auto opened = as_opened(dashboard, cache_.file, range);
    for (const auto& annotation : dashboard.annotations) {
      if (annotation.built_in()) continue;
      const auto where = dashboard.uid + " / annotation " + annotation.name;
      const auto target = annotation.target();
      const auto frame = ask(cache_.file, interpolated(target.sql, opened, range), target.time_columns, range);
      expect_faultless(frame, where);
      EXPECT_LE(frame.rows.size(), annotations_of_a_dashboard) << where;
      for (const auto* name : {"time", "timeEnd", "text"}) ASSERT_NE(frame.column(name), nullptr) << where << ": " << name;
      const auto begin = frame.index("time"), end = frame.index("timeEnd");
      double before = 0;
      for (const auto& row : frame.rows) {
        for (std::size_t c = 0; c < row.size(); ++c)
          EXPECT_FALSE(gateway::is_null(row[c])) << where << ": " << frame.columns[c].name << " is missing in a row";
        const auto from = gateway::number(row[begin]).value_or(0), to = gateway::number(row[end]).value_or(0);
        EXPECT_GT(to, from) << where;
        EXPECT_GE(from, before) << where << ": not sorted";
        EXPECT_LE(to, static_cast<double>(cache_.now + 3600)) << where;
        before = from;
      }
    }
  }
}

bool is_repeated_for(const Dashboard& dashboard, const Variable& variable) {
  return std::ranges::any_of(dashboard.panels, [&](const Panel& panel) { return panel.json.value("repeat", "") == variable.name; });
}

// Whatever a name contains, choosing it shows its rows. A variable that panels repeat for chooses charts.
TEST_P(GrafanaQueries, every_option_of_a_filter_finds_something) {
  for (const auto& dashboard : dashboards()) {
    const auto range = range_of(dashboard, cache_.now);
    const auto opened = as_opened(dashboard, cache_.file, range);
    for (const auto& variable : dashboard.variables) {
      if (variable.type != "query" || is_repeated_for(dashboard, variable)) continue;
      for (const auto& option : options(variable, cache_.file, opened, range)) {
        // The plugin puts times in the place of these words wherever they stand: such a name cannot be asked for.
        if (option.find("$__from") != std::string::npos || option.find("$__to") != std::string::npos) continue;
        const auto choice = with_value(opened, variable, option);
        bool found = false;
        for (const auto& panel : dashboard.panels) {
          if (panel.type != "table" || panel.targets().at(0).sql.find("${" + variable.name + ":") == std::string::npos) continue;
          const auto target = panel.targets().at(0);
          found |= !ask(cache_.file, interpolated(target.sql, choice, range), target.time_columns, range).rows.empty();
          if (found) break;
        }
        EXPECT_TRUE(found) << dashboard.uid << " / variable " << variable.name << " = " << option;
      }
    }
  }
}

// Filtering is choosing: All shows what no choice leaves out.
TEST_P(GrafanaQueries, all_shows_at_least_what_every_single_option_shows) {
  for (const auto& dashboard : dashboards()) {
    const auto range = range_of(dashboard, cache_.now);
    const auto opened = as_opened(dashboard, cache_.file, range);
    for (const auto& variable : dashboard.variables) {
      if (!variable.include_all()) continue;
      const auto values = options(variable, cache_.file, opened, range);
      for (const auto& panel : dashboard.panels) {
        if (!panel.asks() || panel.type == "stat" || panel.targets().at(0).sql.find("${" + variable.name + ":") == std::string::npos)
          continue;
        const auto target = panel.targets().at(0);
        const auto rows = [&](const Choice& choice) {
          return ask(cache_.file, interpolated(target.sql, choice, range), target.time_columns, range).rows.size();
        };
        std::size_t most = 0;
        for (std::size_t i = 0; i < values.size() && i < 5; ++i) most = std::max(most, rows(with_value(opened, variable, values[i])));
        EXPECT_GE(rows(opened), most) << place(dashboard, panel) << " / " << variable.name;
      }
    }
  }
}

// Captions, units and links hang on column names.
TEST_P(GrafanaQueries, overrides_and_stat_fields_name_columns_of_the_answer) {
  for (const auto& dashboard : dashboards()) {
    const auto range = range_of(dashboard, cache_.now);
    const auto opened = as_opened(dashboard, cache_.file, range);
    for (const auto& panel : dashboard.panels) {
      if (!panel.asks() || panel.is_chart()) continue;
      const auto target = panel.targets().at(0);
      const auto frame =
          with_extracted_fields(panel, ask(cache_.file, interpolated(target.sql, opened, range), target.time_columns, range));
      for (const auto& override_ : panel.json.at("fieldConfig").value("overrides", Json::array())) {
        const auto& matcher = override_.at("matcher");
        if (matcher.value("id", "") != "byName") continue;
        const auto name = matcher.value("options", "");
        const bool matches = std::ranges::any_of(
            frame.columns, [&](const Column& column) { return column.name == name || display_name(panel, column.name) == name; });
        // Without a row there are no columns in it.
        EXPECT_TRUE(matches || (extracts_fields(panel) && frame.rows.empty())) << place(dashboard, panel) << ": an override for " << name;
      }
      for (const auto* link : holders(panel.json, "url")) {
        const auto url = link->at("url").get<std::string>();
        for (auto at = url.find("__data.fields["); at != std::string::npos; at = url.find("__data.fields[", at + 1)) {
          const auto begin = url.find('"', at) + 1;
          const auto name = url.substr(begin, url.find('"', begin) - begin);
          EXPECT_TRUE(std::ranges::any_of(
              frame.columns, [&](const Column& column) { return column.name == name || display_name(panel, column.name) == name; }))
              << place(dashboard, panel) << ": " << url;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(On, GrafanaQueries, ::testing::ValuesIn(cache_names()), [](const auto& tested) {
  auto name = tested.param;
  std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
});

}  // namespace
}  // namespace grafana
