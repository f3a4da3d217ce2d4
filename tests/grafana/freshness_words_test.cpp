// What the screen says when nobody knows: the first sentence of every dashboard, and every verdict below it. Green is only
// ever what is known to be good now.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "caches/caches.hpp"
#include "reader/choices.hpp"
#include "reader/dashboard.hpp"
#include "reader/display.hpp"
#include "reader/plugin.hpp"

namespace grafana {
namespace {

Frame answer(const Cache& cache, const Dashboard& dashboard, const Panel& panel) {
  const auto range = range_of(dashboard, cache.now);
  const auto target = panel.targets().at(0);
  return with_extracted_fields(
      panel, ask(cache.file, interpolated(target.sql, as_opened(dashboard, cache.file, range), range), target.time_columns, range));
}

struct Sentence {
  std::string words, colour;
};

Sentence first_sentence(const Cache& cache, const Dashboard& dashboard) {
  const auto& panel = dashboard.panels.front();
  const auto frame = answer(cache, dashboard, panel);
  if (frame.rows.size() != 1 || frame.columns.size() != 1) return {};
  const auto told = shown(panel, frame.columns[0].name, frame.rows[0][0]);
  return {told.text, told.colour};
}

bool has_word(const std::string& sentence, const std::string& word) { return sentence.starts_with(word); }

class GrafanaFreshness : public ::testing::TestWithParam<std::string> {};

TEST_P(GrafanaFreshness, the_first_panel_is_one_sentence_from_one_row) {
  const auto& on = cache(GetParam());
  for (const auto& dashboard : dashboards()) {
    const auto sentence = first_sentence(on, dashboard);
    SCOPED_TRACE(dashboard.uid + ": " + sentence.words);
    EXPECT_FALSE(sentence.words.empty());
    EXPECT_EQ(is_green(sentence.colour), has_word(sentence.words, "FRESH"));
  }
}

INSTANTIATE_TEST_SUITE_P(On, GrafanaFreshness, ::testing::ValuesIn(cache_names()), [](const auto& tested) {
  auto name = tested.param;
  std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
});

TEST(GrafanaFreshness, fresh_is_said_when_all_is_fresh_and_as_of_when) {
  static const std::regex as_of(R"(FRESH.*\d\d:\d\d:\d\d UTC.*)");
  for (const auto& dashboard : dashboards()) {
    const auto words = first_sentence(cache("demo"), dashboard).words;
    EXPECT_TRUE(std::regex_match(words, as_of)) << dashboard.uid << ": " << words;
  }
}

TEST(GrafanaFreshness, stale_is_said_when_sources_are_and_as_of_when) {
  static const std::regex as_of(R"(STALE.*\d\d:\d\d:\d\d UTC.*)");
  for (const auto* name : {"all_stale", "all_refused"}) {
    for (const auto& dashboard : dashboards()) {
      const auto words = first_sentence(cache(name), dashboard).words;
      EXPECT_TRUE(std::regex_match(words, as_of)) << dashboard.uid << ": " << words;
    }
  }
}

TEST(GrafanaFreshness, a_dead_gateway_is_named_before_everything_else) {
  for (const auto& dashboard : dashboards()) {
    const auto words = first_sentence(cache("gateway_dead"), dashboard).words;
    EXPECT_TRUE(has_word(words, "GATEWAY DOWN")) << dashboard.uid << ": " << words;
    EXPECT_NE(words.find(" UTC"), std::string::npos) << words;
  }
}

TEST(GrafanaFreshness, a_planned_outage_comes_first_and_is_no_verdict) {
  for (const auto& dashboard : dashboards()) {
    const auto sentence = first_sentence(cache("planned_outage"), dashboard);
    EXPECT_TRUE(has_word(sentence.words, "PLANNED MAINTENANCE until ")) << dashboard.uid << ": " << sentence.words;
    EXPECT_NE(sentence.words.find("UTC: the broker's disk is replaced. FRESH: "), std::string::npos) << sentence.words;
    EXPECT_FALSE(is_green(sentence.colour));
  }
}

TEST(GrafanaFreshness, nothing_read_is_neither_fresh_nor_stale) {
  for (const auto* name : {"schema_only", "never_fetched"}) {
    for (const auto& dashboard : dashboards()) {
      const auto sentence = first_sentence(cache(name), dashboard);
      EXPECT_TRUE(has_word(sentence.words, "NO DATA")) << dashboard.uid << ": " << sentence.words;
      EXPECT_TRUE(is_neutral(sentence.colour)) << sentence.colour;
    }
  }
}

// One source that was never read: every dashboard that shows it says so, and the ones that do not stay fresh.
TEST(GrafanaFreshness, a_dashboard_names_its_source_that_was_never_read) {
  const std::map<std::string, std::set<std::string>> shows{
      {"postgres.signals", {"signals", "system-health", "cache"}},
      {"postgres.orders", {"orders", "system-health", "cache"}},
      {"postgres.executions", {"orders", "pnl", "system-health", "cache"}},
      {"postgres.models", {"model", "system-health", "cache"}},
      {"postgres.dataset_builds", {"model", "system-health", "cache"}},
      {"postgres.quality", {"model", "pnl", "system-health", "cache"}},
      {"postgres.positions", {"portfolio", "system-health", "cache"}},
      {"position-manager.portfolio", {"portfolio", "system-health", "cache"}},
      {"model-service.training", {"model", "system-health", "cache"}},
      {"rabbitmq.queues", {"queues", "system-health", "cache"}},
      {"ws-gateway.health", {"exchange", "system-health", "cache"}},
      {"postgres.subscriptions", {"exchange", "system-health", "cache"}},
      {"order-manager.health", {"system-health", "cache"}},
  };
  for (const auto& [source, uids] : shows) {
    for (const auto& uid : uids) {
      const auto* one = dashboard(uid);
      ASSERT_NE(one, nullptr) << uid;
      const auto words = first_sentence(cache("without_" + source), *one).words;
      EXPECT_FALSE(has_word(words, "FRESH")) << uid << " without " << source << ": " << words;
      EXPECT_NE(words.find(source), std::string::npos) << uid << " without " << source << ": " << words;
    }
  }
}

// Columns that tell the past as such: what was known last, and what happened.
bool tells_the_past(const Dashboard& dashboard, const Panel& panel, const std::string& column) {
  static const std::set<std::string> past{"last_known_status", "last_known_lag", "from_status", "to_status", "outcome"};
  if (past.contains(column)) return true;
  const bool facts = panel.title.find("last 100") != std::string::npos || panel.title.find("last 200") != std::string::npos ||
                     panel.title.find("From signal") != std::string::npos;
  return facts || dashboard.uid == "events" || panel.title == "Outcome";
}

TEST(GrafanaFreshness, nothing_is_green_while_nobody_knows) {
  for (const auto& name : cache_names()) {
    if (!knows_nothing_now(name)) continue;
    const auto& on = cache(name);
    for (const auto& dashboard : dashboards()) {
      for (const auto& panel : dashboard.panels) {
        if (!panel.asks() || panel.is_chart()) continue;
        const auto frame = answer(on, dashboard, panel);
        for (const auto& row : frame.rows) {
          for (std::size_t c = 0; c < row.size(); ++c) {
            const auto& column = frame.columns[c].name;
            if (tells_the_past(dashboard, panel, column)) continue;
            // The gateway itself may be fresh while all it asks is silent.
            if (dashboard.uid == "cache" && name != "gateway_dead" && name != "schema_only") continue;
            const auto told = shown(panel, column, row[c]);
            EXPECT_FALSE(is_green(told.colour)) << name << ", " << place(dashboard, panel) << ", " << column << ": " << told.text;
          }
        }
      }
    }
  }
}

TEST(GrafanaFreshness, verdicts_are_unknown_while_nobody_knows) {
  static const std::set<std::string> good{"healthy",  "degraded", "connected",    "ok",          "idle",
                                          "training", "lagging",  "disconnected", "reconnecting"};
  static const std::set<std::string> verdicts{"effective_status", "status",          "lag",  "verdict", "training",
                                              "warmup",           "training_status", "build"};
  for (const std::string name : {"all_stale", "gateway_dead"}) {
    const auto& on = cache(name);
    for (const auto& dashboard : dashboards()) {
      for (const auto& panel : dashboard.panels) {
        if (!panel.asks() || panel.is_chart() || tells_the_past(dashboard, panel, "")) continue;
        const auto frame = answer(on, dashboard, panel);
        for (std::size_t c = 0; c < frame.columns.size(); ++c) {
          if (!verdicts.contains(frame.columns[c].name)) continue;
          for (const auto& row : frame.rows) {
            const auto words = gateway::text(row[c]).value_or("unknown");
            if (words == "failed") continue;  // the end of a build: what was, is
            EXPECT_TRUE(words.starts_with("unknown"))
                << name << ", " << place(dashboard, panel) << ", " << frame.columns[c].name << ": " << words;
          }
        }
      }
    }
  }
}

// Stale rows are marked across their width, by a column that colours the row.
// 200 signals of a strategy are kept. Where they all came within the hour, more may have come.
TEST(GrafanaFreshness, a_count_of_signals_that_are_not_all_kept_says_at_least) {
  const auto& page = *dashboard("signals");
  const auto& panel = *std::ranges::find(page.panels, "Activity", &Panel::title);
  const auto signals_in = [&](const Cache& on) {
    const auto frame = answer(on, page, panel);
    return gateway::text(frame.rows.at(0).at(frame.index("signals_1h"))).value_or("");
  };
  EXPECT_EQ(signals_in(cache("demo")).find("≥"), std::string::npos);

  auto burst = cache("demo");
  burst.file = std::filesystem::temp_directory_path() / ("burst-" + std::to_string(::getpid()) + ".db");
  std::filesystem::copy_file(cache("demo").file, burst.file, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::permissions(burst.file, std::filesystem::perms::owner_all);
  SQLite::Database{burst.file.string(), SQLite::OPEN_READWRITE}.exec("UPDATE signal SET time = unixepoch() - 1 - rowid % 1000");
  EXPECT_EQ(signals_in(burst), "≥ 800");
  std::filesystem::remove(burst.file);
}

TEST(GrafanaFreshness, stale_rows_are_tinted_across_their_width) {
  const auto& on = cache("all_stale");
  for (const auto& dashboard : dashboards()) {
    for (const auto& panel : dashboard.panels) {
      if (panel.type != "table") continue;
      const auto frame = answer(on, dashboard, panel);
      const auto index = frame.index("freshness");
      if (index == std::string::npos || frame.rows.empty()) continue;
      SCOPED_TRACE(place(dashboard, panel));
      const auto cell = field_config(panel, "freshness").value("custom.cellOptions", Json::object());
      EXPECT_EQ(cell.value("type", ""), "color-background");
      EXPECT_EQ(cell.value("applyToRow", false), true);
      for (const auto& row : frame.rows) {
        const auto colour = shown(panel, "freshness", row[index]).colour;
        EXPECT_FALSE(is_green(colour) || is_neutral(colour) || colour.empty()) << colour;
      }
      EXPECT_EQ(shown(panel, "freshness", gateway::Value{std::string("fresh")}).colour, "transparent");
    }
  }
}

}  // namespace
}  // namespace grafana
