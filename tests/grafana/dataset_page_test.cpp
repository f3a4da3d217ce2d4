// The page for any dataset, for each of the datasets in the caches: it shows what the dataset's own view has, and says what to do
// where there is none.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "caches/caches.hpp"
#include "reader/choices.hpp"
#include "reader/dashboard.hpp"
#include "reader/display.hpp"
#include "reader/plugin.hpp"

namespace grafana {
namespace {

const std::string datasets[] = {"account_balances", "failed_builds", "portfolio", "positions"};

const Panel& panel(const Dashboard& page, const std::string& title) {
  return *std::ranges::find_if(page.panels, [&](const Panel& one) { return one.title.starts_with(title); });
}

// As it is shown with this dataset chosen.
Frame shown_of(const std::string& cache_name, const std::string& dataset, const std::string& title) {
  const auto& page = *dashboard("datasets");
  const auto& on = cache(cache_name);
  const auto range = range_of(page, on.now);
  const auto choice = with_value(as_opened(page, on.file, range), *page.variable("dataset"), dataset);
  const auto& one = panel(page, title);
  const auto target = one.targets().at(0);
  return with_extracted_fields(one, ask(on.file, interpolated(target.sql, choice, range), target.time_columns, range));
}

Frame read(const std::string& cache_name, const std::string& sql) { return ask(cache(cache_name).file, sql, {}, {}); }

TEST(GrafanaDatasets, the_rows_are_those_of_the_datasets_own_view_in_its_order) {
  for (const auto* on : {"demo", "hostile"}) {
    for (const auto& dataset : datasets) {
      SCOPED_TRACE(std::string(on) + ", " + dataset);
      const auto rows = shown_of(on, dataset, "Its rows");
      EXPECT_TRUE(rows.faults.empty()) << rows.faults.front();
      const auto own = read(on, "SELECT * FROM " + dataset);
      ASSERT_EQ(rows.rows.size(), own.rows.size());
      ASSERT_EQ(rows.columns.size() + 3, own.columns.size());  // all but source, fetched_at, age_s
      for (std::size_t c = 0; c < rows.columns.size(); ++c) {
        const auto its = own.index(rows.columns[c].name);
        ASSERT_NE(its, std::string::npos) << rows.columns[c].name;
        const bool is_text = own.columns[its].type == ColumnType::text;
        for (std::size_t r = 0; is_text && r < rows.rows.size(); ++r) EXPECT_EQ(rows.rows[r][c], own.rows[r][its]);
      }
    }
  }
}

TEST(GrafanaDatasets, numbers_keep_their_digits_and_times_are_words) {
  const auto rows = shown_of("demo", "positions", "Its rows");
  ASSERT_FALSE(rows.rows.empty());
  EXPECT_EQ(rows.rows[0].at(rows.index("average_entry_price")), gateway::Value{64031.25});
  const auto at = read("demo", "SELECT strftime('%Y-%m-%d %H:%M:%S', last_updated, 'unixepoch') FROM positions LIMIT 1");
  EXPECT_EQ(rows.rows[0].at(rows.index("last_updated")), at.rows.at(0).at(0));
  // Otherwise three digits are shown of it.
  EXPECT_EQ(field_config(panel(*dashboard("datasets"), "Its rows"), "average_entry_price").value("unit", ""), "string");
}

TEST(GrafanaDatasets, histories_have_a_line_for_each_key_and_break_where_nothing_was_measured) {
  const auto lines = shown_of("demo", "positions", "Over time");
  EXPECT_TRUE(lines.faults.empty());
  std::set<std::string> series;
  bool broken = false;
  for (const auto& row : lines.rows) {
    series.insert(gateway::text(row.at(1)).value_or("NULL"));
    broken |= gateway::is_null(row.at(2));
  }
  EXPECT_EQ(series, (std::set<std::string>{"BTCUSDT one-way", "ETHUSDT one-way", "SOLUSDT one-way"}));
  EXPECT_TRUE(broken) << "PostgreSQL was away in the last six hours";
  EXPECT_TRUE(shown_of("demo", "failed_builds", "Over time").rows.empty());
}

TEST(GrafanaDatasets, one_that_fails_says_why) {
  const auto state = shown_of("all_refused", "positions", "This dataset");
  ASSERT_EQ(state.rows.size(), 1U);
  EXPECT_EQ(state.rows[0].at(state.index("state")), gateway::Value{std::string("stale")});
  EXPECT_NE(gateway::text(state.rows[0].at(state.index("problem"))).value_or("").find("refused"), std::string::npos);
}

// An SQL error would show as an empty panel with a red corner, and its words would be a lie.
TEST(GrafanaDatasets, a_page_of_examples_says_which_to_set_up) {
  const auto& page = *dashboard("portfolio");
  const auto& on = cache("no_datasets");
  const auto range = range_of(page, on.now);
  for (const auto& one : page.panels) {
    const auto target = one.targets().at(0);
    const auto frame = ask(on.file, interpolated(target.sql, as_opened(page, on.file, range), range), target.time_columns, range);
    EXPECT_TRUE(frame.faults.empty()) << one.title << ": " << frame.faults.front();
    if (one.type == "table") {
      EXPECT_TRUE(frame.rows.empty());
      const auto words = one.json.at("fieldConfig").at("defaults").value("noValue", "");
      EXPECT_NE(words.find(".yaml from gateway/datasets/examples into DATASETS_DIR"), std::string::npos) << words;
    } else if (one.type == "stat") {
      const auto words = gateway::text(frame.rows.at(0).at(0)).value_or("");
      EXPECT_TRUE(words.starts_with("NOT CONFIGURED: copy positions.yaml")) << words;
    }
  }
}

TEST(GrafanaDatasets, without_any_the_page_says_where_to_put_one) {
  const auto& page = *dashboard("datasets");
  const auto sentence = shown_of("no_datasets", "", "How fresh is this page?");
  const auto words = gateway::text(sentence.rows.at(0).at(0)).value_or("");
  EXPECT_TRUE(words.starts_with("NOT CONFIGURED: ")) << words;
  EXPECT_NE(words.find("DATASETS_DIR"), std::string::npos) << words;
  for (const auto& one : page.panels) {
    const auto frame = shown_of("no_datasets", "", one.title);
    EXPECT_TRUE(frame.faults.empty()) << one.title << ": " << frame.faults.front();
  }
}

}  // namespace
}  // namespace grafana
