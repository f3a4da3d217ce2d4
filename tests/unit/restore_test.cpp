// The published file is the only state: what a reader has seen is there again after a restart, with its honest age, and
// as much as fits of another schema's file.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "cache.hpp"
#include "cache/cache_file.hpp"
#include "golden.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

std::vector<std::string> tables_of(const Store& store) {
  std::vector<std::string> names;
  for (const auto& row :
       store.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").rows) {
    names.push_back(text(row[0]).value_or(""));
  }
  return names;
}

std::vector<Row> all_rows(const Store& store, const std::string& table) {
  auto rows = store.query("SELECT * FROM " + table).rows;
  std::ranges::sort(rows);
  return rows;
}

Batch half_read_hour() {
  return {.writes = {{.table = "quality_partial",
                      .mode = Mode::upsert,
                      .columns = {"kind", "reading", "hour", "strategy_id", "orders", "filled_orders", "open_orders", "pnl_orders",
                                  "successful_orders", "pnl"},
                      .rows = {{"orders", "pass", t0 / 3600 * 3600, "grid_v2", 5, 4, 1, 0, 0, 0.0}},
                      .scope = {}}},
          .rows = 1};
}

// A store that holds what all golden cases bring, an open outage and a failed source.
class Restore : public ::testing::Test {
 protected:
  void SetUp() override {
    // Of each source the batch with the most rows last: some cases are about tables that were emptied.
    std::map<std::string, std::multimap<std::int64_t, Batch>> batches;
    for (const auto& golden : golden_cases()) {
      const GoldenInput input(golden);
      if (input.answers.empty()) continue;
      if (auto result = source_named(golden.source).parse(input.prior, input.answers))
        batches[golden.source].emplace(result->rows, std::move(*result));
    }
    for (auto& [source, by_rows] : batches) {
      for (auto& [_, batch] : by_rows) cache_.succeed(source, t0, std::move(batch));
    }
    cache_.succeed("postgres.quality", t0, half_read_hour());
    const auto& failing = fixed_sources().back().name;
    for (int i = 1; i <= 2; ++i) cache_.fail(failing, t0 + i, {ErrorClass::refused, "connection refused"}, 3);
    cache_.store().set_identity("postgres", "7123456789");
    ASSERT_TRUE(cache_.store().copy_to(file_, {.published_at = t0 + 5, .count = 3, .bytes_before = 99}).has_value());
  }
  // Makes the file one of an older schema, in which this is so.
  void age(const std::string& sql) {
    SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
    for (const auto* type : {"view", "trigger"}) {
      for (const auto& row : read_table(database, "SELECT name FROM sqlite_schema WHERE type = ?", {std::string(type)}).rows) {
        database.exec("DROP " + std::string(type) + " " + text(row[0]).value_or(""));
      }
    }
    database.exec(sql + "; PRAGMA user_version = 0");
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_ / "cache.db";
  Cache cache_{fixed_sources()};
};

TEST_F(Restore, every_table_of_every_source_holds_something_to_lose) {
  for (const auto& source : fixed_sources()) {
    for (const auto& table : source.tables) EXPECT_FALSE(all_rows(cache_.store(), table).empty()) << table;
  }
}

TEST_F(Restore, brings_back_every_row_of_every_table) {
  Store restored;
  EXPECT_EQ(restored.restore(file_), std::vector<std::string>{});
  for (const auto& table : tables_of(restored)) EXPECT_EQ(all_rows(restored, table), all_rows(cache_.store(), table)) << table;
  EXPECT_EQ(restored.identity("postgres"), "7123456789");
}

TEST_F(Restore, what_is_restored_is_published_again_as_it_was) {
  Store restored;
  restored.restore(file_);
  const auto again = directory_ / "again.db";
  ASSERT_TRUE(restored.copy_to(again, {.published_at = t0 + 5, .count = 3, .bytes_before = 99}).has_value());
  EXPECT_EQ(inspect(again).state, FileState::good);
  for (const auto* view : {"source_status", "service_health", "service_component", "queue_now", "recent_signals", "outage"}) {
    const auto sql = std::string("SELECT * FROM ") + view;
    EXPECT_EQ(read_at(again, sql, t0 + 10).rows, read_at(file_, sql, t0 + 10).rows) << view;
  }
}

TEST_F(Restore, ages_are_honest_after_a_restart) {
  Store restored;
  restored.restore(file_);
  restored.begin(cache_.run_at(t0 + 1000));
  const auto again = directory_ / "again.db";
  ASSERT_TRUE(restored.copy_to(again, {.published_at = t0 + 1000, .count = 1, .bytes_before = 0}).has_value());
  const auto& first = fixed_sources().front().name;
  EXPECT_EQ(read_at(again, "SELECT freshness, age_s FROM source_status WHERE source = '" + first + "'", t0 + 1000).rows,
            (std::vector<Row>{{"stale", 1000}}));
  EXPECT_EQ(read_at(again, "SELECT count(*) FROM service_health WHERE effective_status <> 'unknown'", t0 + 1000).rows,
            (std::vector<Row>{{0}}));
  EXPECT_GT(
      integer(read_at(again, "SELECT count(*) FROM service_health WHERE last_known_status IS NOT NULL", t0 + 1000).rows[0][0]).value_or(0),
      0);
}

TEST_F(Restore, the_time_without_the_gateway_is_an_outage) {
  Store restored;
  restored.restore(file_);
  restored.begin(cache_.run_at(t0 + 1000));
  EXPECT_EQ(restored.query("SELECT started_at, ended_at FROM outage WHERE upstream = 'gateway'").rows,
            (std::vector<Row>{{t0 + 5, t0 + 1000}}));
}

TEST_F(Restore, an_open_outage_stays_open) {
  Store restored;
  restored.restore(file_);
  restored.begin(cache_.run_at(t0 + 6));
  EXPECT_EQ(restored.query("SELECT started_at FROM outage WHERE upstream = ? AND ended_at IS NULL", {fixed_sources().back().upstream}).rows,
            (std::vector<Row>{{t0 + 1}}));
}

TEST_F(Restore, does_not_set_off_retention_or_history_again) {
  Store restored;
  restored.restore(file_);
  Store twice;
  ASSERT_TRUE(restored.copy_to(directory_ / "second.db", {.published_at = t0 + 5, .count = 3, .bytes_before = 99}).has_value());
  twice.restore(directory_ / "second.db");
  for (const auto& table : tables_of(twice)) EXPECT_EQ(all_rows(twice, table), all_rows(cache_.store(), table)) << table;
}

TEST_F(Restore, the_file_has_no_triggers) {
  SQLite::Database published(file_.string());
  EXPECT_EQ(published.execAndGet("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").getInt(), 0);
}

TEST_F(Restore, triggers_work_again_afterwards) {
  Store restored;
  restored.restore(file_);
  restored.begin(cache_.run_at(t0 + 6));
  const auto& name = fixed_sources().front().name;
  for (int i = 0; i < 100; ++i) {
    const std::vector outcomes{failure_of(name, t0 + 10 + i, {ErrorClass::timeout, "no answer"})};
    restored.apply(outcomes, cache_.setups(),
                   {.upstream = fixed_sources().front().upstream, .next_attempt_at = 0, .failures_for_outage = 2, .failing_for_s = {}});
  }
  EXPECT_EQ(restored.query("SELECT count(*) FROM attempt WHERE source = ?", {name}).rows, (std::vector<Row>{{60}}));
}

TEST_F(Restore, a_column_that_the_older_schema_lacked_is_not_available) {
  age("ALTER TABLE signal DROP COLUMN trace_id");
  ASSERT_EQ(inspect(file_).state, FileState::older);
  Store restored;
  EXPECT_EQ(restored.restore(file_), std::vector<std::string>{});
  const auto ids = [](const Store& store) { return store.query("SELECT signal_id, price FROM signal ORDER BY 1").rows; };
  EXPECT_EQ(ids(restored), ids(cache_.store()));
  EXPECT_EQ(restored.query("SELECT count(*) FROM signal WHERE trace_id IS NOT NULL").rows, (std::vector<Row>{{0}}));
}

TEST_F(Restore, a_column_that_is_gone_today_is_left_behind) {
  age("ALTER TABLE signal ADD COLUMN bygone TEXT DEFAULT 'x'");
  Store restored;
  EXPECT_EQ(restored.restore(file_), std::vector<std::string>{});
  EXPECT_EQ(all_rows(restored, "signal"), all_rows(cache_.store(), "signal"));
}

TEST_F(Restore, a_table_that_the_older_schema_lacked_is_empty) {
  age("DROP TABLE component");
  Store restored;
  EXPECT_EQ(restored.restore(file_), std::vector<std::string>{});
  EXPECT_TRUE(all_rows(restored, "component").empty());
  EXPECT_EQ(all_rows(restored, "service"), all_rows(cache_.store(), "service"));
}

TEST_F(Restore, a_table_that_does_not_fit_is_named_and_takes_no_other_with_it) {
  age("CREATE TABLE other (service TEXT, component TEXT); INSERT INTO other VALUES ('a', 'b'); DROP TABLE component; ALTER TABLE other "
      "RENAME TO component");
  Store restored;
  const auto misfits = restored.restore(file_);
  ASSERT_EQ(misfits.size(), 1U);
  EXPECT_TRUE(misfits[0].starts_with("component")) << misfits[0];
  EXPECT_TRUE(all_rows(restored, "component").empty());
  EXPECT_EQ(all_rows(restored, "service"), all_rows(cache_.store(), "service"));
  EXPECT_EQ(all_rows(restored, "signal"), all_rows(cache_.store(), "signal"));
}

TEST_F(Restore, the_identity_of_version_1_is_that_of_postgres) {
  age("DROP TABLE identity; ALTER TABLE gateway_state ADD COLUMN identity TEXT; UPDATE gateway_state SET identity = '71/ytrader'");
  Store restored;
  EXPECT_EQ(restored.restore(file_), std::vector<std::string>{});
  EXPECT_EQ(restored.identity("postgres"), "71/ytrader");
}

// Which tables an upstream's sources write alone.
std::set<std::string> own_tables(const std::string& upstream) {
  std::set<std::string> own, of_others;
  for (const auto& source : fixed_sources())
    (source.upstream == upstream ? own : of_others).insert(source.tables.begin(), source.tables.end());
  for (const auto& table : of_others) own.erase(table);
  return own;
}

TEST_F(Restore, another_postgres_takes_the_rows_of_the_old_one_and_nothing_else) {
  auto& store = cache_.store();
  const auto others = [&] {
    std::map<std::string, std::vector<Row>> rows;
    for (const auto* table :
         {"queue", "queue_run", "queue_poll", "training", "service", "component", "outage_log", "status_run", "attempt", "upstream"})
      rows[table] = all_rows(store, table);
    rows["events"] = store.query("SELECT event_id FROM event WHERE origin = 'observed' ORDER BY 1").rows;
    rows["cursors"] = store.query("SELECT * FROM cursor WHERE source NOT LIKE 'postgres.%' ORDER BY 1, 2").rows;
    rows["sources"] = store.query("SELECT * FROM source WHERE upstream <> 'postgres' ORDER BY 1").rows;
    rows["connections"] = store.query("SELECT * FROM ws_connection_row WHERE connection = 'private'").rows;
    return rows;
  };
  const auto before = others();
  ASSERT_FALSE(store.query("SELECT 1 FROM event WHERE origin <> 'observed'").empty());
  store.begin_anew("postgres", "72/ytrader");
  EXPECT_EQ(others(), before);
  EXPECT_EQ(store.identity("postgres"), "72/ytrader");
  for (const auto& table : own_tables("postgres")) {
    if (table == "identity") continue;
    EXPECT_TRUE(all_rows(store, table).empty()) << table;
  }
  for (const auto* gone :
       {"SELECT * FROM event WHERE origin <> 'observed'", "SELECT * FROM event_floor",
        "SELECT * FROM cursor WHERE source LIKE 'postgres.%'", "SELECT * FROM ws_connection_row WHERE connection = 'public'",
        "SELECT * FROM source WHERE upstream = 'postgres' AND last_success_at IS NOT NULL",
        "SELECT * FROM service_error_row WHERE kind = 'rejection'"})
    EXPECT_TRUE(store.query(gone).empty()) << gone;
}

TEST_F(Restore, another_system_of_an_upstream_that_reads_nothing_changes_nothing) {
  auto& store = cache_.store();
  const auto before = all_rows(store, "signal");
  store.set_identity("other", "1");
  store.begin_anew("other", "2");
  EXPECT_EQ(all_rows(store, "signal"), before);
}

TEST_F(Restore, the_file_is_left_as_it_was) {
  const auto before = read_file(file_);
  Store restored;
  restored.restore(file_);
  EXPECT_EQ(read_file(file_), before);
  EXPECT_EQ(listing(directory_.path()), std::vector<std::string>{"cache.db"});
}

}  // namespace
}  // namespace gateway
