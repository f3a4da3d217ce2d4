// The promise to dashboards: public views keep their columns and the types they declare, answer on an empty cache, and every
// view about now says where its rows come from and how old they are.
//
// The promise is tests/golden/views.txt, a line a column: VIEW COLUMN TYPE. What is added to the schema is added to it by
//   GOLDEN_UPDATE=1 build/tests/unit/unit-tests --gtest_filter='PublicViews.*'
// and reviewed as a diff. A line is taken out by hand only: it is a promise that somebody relies on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/text.hpp"
#include "cache.hpp"

namespace gateway {
namespace {

const std::filesystem::path promise_file = std::filesystem::path(GOLDEN_DIRECTORY) / "views.txt";

// Of these no panel asks.
const std::set<std::string> internal{"connection_traffic", "explained_silence", "quality_settled", "system_reason", "training_probable"};
// What happened, not what is now: these rows have a time instead of an age, as those of every NAME_trend. source_status is itself
// where ages come from.
const std::set<std::string> without_freshness{"dataset_column", "event_history",  "outage",        "outage_period",
                                              "service_error",  "source_attempt", "source_status", "ws_transition"};

std::vector<std::string> existing_views(const Store& store) {
  std::vector<std::string> names;
  for (const auto& row : store.query("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").rows)
    names.push_back(text(row[0]).value_or(""));
  return names;
}

std::vector<std::string> declared() {
  const Store store;
  std::vector<std::string> lines;
  for (const auto& view : existing_views(store)) {
    if (internal.contains(view)) continue;
    for (const auto& column : store.query("SELECT name, type FROM pragma_table_info(?)", {view}).rows)
      lines.emplace_back(trimmed(view + ' ' + text(column[0]).value_or("") + ' ' + text(column[1]).value_or("")));
  }
  return lines;
}

std::vector<std::string> promised() {
  std::vector<std::string> lines;
  std::ifstream in(promise_file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(PublicViews, are_what_was_promised) {
  const auto now = declared();
  const auto before = promised();
  ASSERT_FALSE(now.empty());
  for (const auto& line : before) EXPECT_NE(std::ranges::find(now, line), now.end()) << "promised, and gone: " << line;
  if (std::getenv("GOLDEN_UPDATE") != nullptr && !HasFailure()) {
    std::ofstream out(promise_file);
    for (const auto& line : now) out << line << '\n';
    return;
  }
  for (const auto& line : now) {
    EXPECT_NE(std::ranges::find(before, line), before.end()) << "new: " << line << "\nthe first lines of this test say how to add it";
  }
}

TEST(PublicViews, about_now_say_where_from_and_how_old) {
  const Store store;
  for (const auto& view : existing_views(store)) {
    if (internal.contains(view) || without_freshness.contains(view) || view.ends_with("_trend")) continue;
    const auto columns = store.query("SELECT * FROM " + view).columns;
    for (const auto* column : {"source", "fetched_at", "age_s", "freshness"}) {
      EXPECT_NE(std::ranges::find(columns, column), columns.end()) << view << '.' << column;
    }
  }
}

TEST(PublicViews, answer_before_the_gateway_ever_began) {
  const Store store;
  for (const auto& view : existing_views(store)) EXPECT_NO_THROW(store.query("SELECT * FROM " + view)) << view;
}

TEST(PublicViews, answer_while_nothing_was_fetched_yet) {
  Cache cache(fixed_sources());
  for (const auto& view : existing_views(cache.store())) EXPECT_NO_THROW(cache.read("SELECT * FROM " + view, Cache::started)) << view;
  EXPECT_EQ(cache.read("SELECT * FROM system_health", Cache::started).rows.size(), 1U);
  EXPECT_EQ(cache.read("SELECT * FROM gateway", Cache::started).rows.size(), 1U);
  EXPECT_EQ(cache.read("SELECT * FROM source_status", Cache::started).rows.size(), fixed_sources().size());
}

TEST(PublicViews, show_one_row_for_every_service_even_before_its_first_answer) {
  Cache cache(fixed_sources());
  std::vector<std::string> services;
  for (const auto& row : cache.read("SELECT service FROM service_health", Cache::started).rows)
    services.push_back(text(row[0]).value_or(""));
  for (const auto* service :
       {"postgres", "rabbitmq", "ws-gateway", "model-service", "order-manager", "position-manager", "feature-service"}) {
    EXPECT_EQ(std::ranges::count(services, service), 1) << service;
  }
}

}  // namespace
}  // namespace gateway
