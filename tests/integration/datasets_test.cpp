// Datasets of the users' own, from files in DATASETS_DIR: shown with their age and history, and a faulty one hurts itself only.
#include <fmt/format.h>

#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

std::string is(const std::vector<std::string>& rows) { return fmt::format("{}", fmt::join(rows, "\n")); }

class Datasets : public Integration {
 protected:
  Datasets() {
    std::filesystem::create_directories(files());
    settings["DATASETS_DIR"] = files();
    upstreams.sql("GRANT SELECT ON positions, account_balances, datasets TO grafana_monitor");
  }
  std::filesystem::path files() const { return directory().parent_path() / "datasets"; }

  void write(const std::string& name, const std::string& text) const { std::ofstream(files() / name) << text; }
  void use_example(const std::string& name) const {
    std::filesystem::copy_file(std::filesystem::path(DATASET_EXAMPLES) / name, files() / name);
  }
  void set_position(const std::string& asset, const std::string& size) const {
    upstreams.sql(
        fmt::format("INSERT INTO positions (asset, size, average_entry_price, mode, unrealized_pnl) VALUES ('{}', {}, 100, 'one-way', 1.5) "
                    "ON CONFLICT (asset, mode) DO UPDATE SET size = excluded.size",
                    asset, size));
  }
};

constexpr const char* small = R"(dataset: sizes
upstream: postgres
table: positions
key: asset
columns: {asset: text, size: number}
)";

TEST_F(Datasets, AnExampleShowsRowsVerdictsHistoryAndEvents) {
  set_position("BTCUSDT", "0");
  use_example("positions.yaml");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT asset, size, size_limit, direction, limit_state, freshness FROM positions"),
                         is({"BTCUSDT|0.0|2.0|closed|within|fresh"})));
  set_position("BTCUSDT", "2.5");
  ASSERT_TRUE(eventually(query("SELECT size, limit_used, direction, limit_state FROM positions"), is({"2.5|1.25|long|exceeded"})));
  EXPECT_TRUE(eventually(query("SELECT event_type, service, summary FROM event_history WHERE category = 'dataset' ORDER BY event_type"),
                         is({"positions.limit_exceeded|postgres|BTCUSDT: 2.5 exceeds the limit of 2.0",
                             "positions.opened|postgres|BTCUSDT: position of 2.5 opened"})));
  EXPECT_TRUE(eventually(query("SELECT DISTINCT asset, size FROM positions_trend WHERE size IS NOT NULL ORDER BY size"),
                         is({"BTCUSDT|0.0", "BTCUSDT|2.5"})));
  EXPECT_TRUE(eventually(query("SELECT dataset, upstream, rows, has_trend, error, source, freshness FROM dataset"),
                         is({"positions|postgres|1|1|NULL|postgres.positions|fresh"})));
}

TEST_F(Datasets, RowsHistoryAndEventsAreThereAfterARestart) {
  set_position("BTCUSDT", "0");
  use_example("positions.yaml");
  start_gateway();
  ASSERT_TRUE(becomes("postgres.positions", "fresh"));
  set_position("BTCUSDT", "1");
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM event_history WHERE event_type = 'positions.opened'"), is({"1"})));
  ASSERT_TRUE(eventually(query("SELECT count(DISTINCT size) FROM positions_trend WHERE size IS NOT NULL"), is({"2"})));
  gateway().kill();
  upstreams.postgres().stop();
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT size, freshness FROM positions"), is({"1.0|stale"})));
  EXPECT_TRUE(eventually(query("SELECT count(DISTINCT size) FROM positions_trend WHERE size IS NOT NULL"), is({"2"})));
}

TEST_F(Datasets, AFaultyFileKeepsItsRowsInViewAndSaysWhatIsWrong) {
  set_position("BTCUSDT", "1");
  write("sizes.yaml", small);
  start_gateway();
  ASSERT_TRUE(becomes("postgres.sizes", "fresh"));
  gateway().terminate();
  write("sizes.yaml", std::string(small) + "colums: {}\n");
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT size, freshness FROM sizes"), is({"1.0|stale"})));
  EXPECT_TRUE(eventually(query("SELECT source, error_class, error FROM dataset"),
                         is({"postgres.sizes|config|sizes.yaml:6:1: unknown key 'colums': did you mean columns?"})));
  EXPECT_TRUE(becomes("postgres.signals", "fresh"));
  gateway().terminate();
  std::filesystem::remove(files() / "sizes.yaml");
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT count(*) FROM sqlite_schema WHERE name IN ('sizes', 'data_sizes')"), is({"0"})));
  EXPECT_TRUE(eventually(query("SELECT count(*) FROM source_status WHERE source = 'postgres.sizes'"), is({"0"})));
}

TEST_F(Datasets, ARenamedDatasetTakesItsRowsAndHistoryOver) {
  set_position("BTCUSDT", "1");
  write("sizes.yaml", std::string(small) + "history: {columns: {size: last}}\n");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT count(*) > 0 FROM sizes_trend"), is({"1"})));
  gateway().terminate();
  std::filesystem::remove(files() / "sizes.yaml");
  auto renamed = std::string(small) + "history: {columns: {size: last}}\nwas: sizes\n";
  renamed.replace(0, 14, "dataset: amounts");
  write("amounts.yaml", renamed);
  upstreams.postgres().stop();
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT size, freshness FROM amounts"), is({"1.0|stale"})));
  EXPECT_TRUE(eventually(query("SELECT count(*) > 0 FROM amounts_trend WHERE size = 1"), is({"1"})));
}

TEST_F(Datasets, OneThatSleepsFloodsOrEndsTheTransactionHurtsItselfOnly) {
  set_position("BTCUSDT", "1");
  const auto with_sql = [](const std::string& name, const std::string& sql) {
    return fmt::format("dataset: {}\nupstream: postgres\nsql: |\n  {}\nreads: []\nkey: n\ncolumns: {{n: integer}}\n", name, sql);
  };
  write("a_sleeps.yaml", with_sql("sleeps", "SELECT 1 AS n FROM pg_sleep(60)"));
  write("b_floods.yaml", with_sql("floods", "SELECT n FROM generate_series(1, 1000000) n"));
  write("c_commits.yaml", with_sql("commits", "COMMIT"));
  write("d_errs.yaml", with_sql("errs", "SELECT 1 / 0 AS n"));
  write("e_doubles.yaml", with_sql("doubles", "SELECT 1 AS n UNION ALL SELECT 1"));
  write("f_good.yaml", small);
  start_gateway();
  ASSERT_TRUE(becomes("postgres.sizes", "fresh"));
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  EXPECT_TRUE(eventually(query("SELECT source, error_class FROM source_status WHERE error_class IS NOT NULL ORDER BY source"),
                         is({"postgres.commits|sql", "postgres.doubles|malformed", "postgres.errs|sql", "postgres.floods|too_large",
                             "postgres.sleeps|timeout"})));
  EXPECT_TRUE(eventually(query("SELECT error FROM source_status WHERE source = 'postgres.floods'"),
                         is({"10001 rows or more, at most 10000: narrow the query, or raise bounds.rows"})));
  EXPECT_TRUE(
      eventually(query("SELECT freshness FROM source_status WHERE source IN ('postgres.sizes', 'postgres.signals', 'postgres.orders')"),
                 is({"fresh", "fresh", "fresh"})));
}

// It has a connection of its own: what is built in is read again and again before the first attempt at it has ended.
TEST_F(Datasets, ASleepingOneDelaysNothingThatIsBuiltIn) {
  settings["POSTGRES_TIMEOUT"] = "20s";
  settings["POSTGRES_INTERVAL"] = "1s";
  write("sleeps.yaml",
        "dataset: sleeps\nupstream: postgres\nsql: SELECT 1 AS n FROM pg_sleep(600)\nreads: []\nkey: n\ncolumns: {n: integer}\n");
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT count(*) >= 3, (SELECT count(*) FROM attempt WHERE source = 'postgres.sleeps') "
                               "FROM attempt WHERE source = 'postgres.signals'"),
                         is({"1|0"})));
  EXPECT_TRUE(eventually(query("SELECT error_class FROM source_status WHERE source = 'postgres.sleeps'"), is({"timeout"})));
  EXPECT_TRUE(eventually(query("SELECT count(*) FROM outage"), is({"0"})));
}

TEST_F(Datasets, ATableWithoutRightsOrColumnIsNamed) {
  upstreams.sql("REVOKE SELECT ON positions FROM grafana_monitor");
  write("sizes.yaml", small);
  write("typo.yaml",
        "dataset: typo\nupstream: postgres\ntable: orders\nkey: id\ncolumns: {id: text, idd: text, later: {type: text, optional: true}}\n");
  start_gateway();
  EXPECT_TRUE(eventually(query("SELECT error_class, error LIKE '%GRANT SELECT%' FROM source_status WHERE source = 'postgres.sizes'"),
                         is({"auth|1"})));
  EXPECT_TRUE(eventually(query("SELECT error FROM source_status WHERE source = 'postgres.typo'"),
                         is({"table orders has no column idd (renamed?)"})));
}

TEST_F(Datasets, AnsweredOverHttpWithMoneyAsText) {
  ScriptedService service;
  settings["HEALTH_SERVICES"] = "bank=" + service.url() + "/health";
  write("money.yaml", R"(dataset: money
upstream: bank
get: /health
rows: /accounts/*
key: name
columns: {name: text, amount: {type: number, format: decimal}, at: {type: time, format: rfc3339}}
history: {columns: {amount: last}}
)");
  service.answer(
      200,
      R"({"status":"healthy","accounts":[{"name":"a","amount":"12.50","at":"2026-01-31T12:00:00Z"},{"name":"b","amount":"-3","at":null}]})");
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT name, amount, CAST(at AS INTEGER), freshness FROM money ORDER BY name"),
                         is({"a|12.5|1769860800|fresh", "b|-3.0|NULL|fresh"})));
  service.answer(200, R"({"status":"healthy","accounts":[{"name":"a","amount":"12 EUR","at":null}]})");
  EXPECT_TRUE(eventually(query("SELECT error FROM source_status WHERE source = 'bank.money'"),
                         is({"GET /health: row 1, amount: expected a number"})));
  EXPECT_TRUE(eventually(query("SELECT effective_status FROM service_health WHERE service = 'bank'"), is({"healthy"})));
}

TEST_F(Datasets, CheckOnceAndGrantsHelpWhoeverWritesAFile) {
  set_position("BTCUSDT", "2.5");
  use_example("positions.yaml");
  write("typo.yaml", std::string(small) + "colums: {}\n");
  const auto check = cache_gateway({"check"}, settings);
  EXPECT_EQ(check.code, 3);
  EXPECT_NE(check.output.find("dataset positions (positions.yaml): a statement of postgres, 10 columns, key asset, mode"),
            std::string::npos)
      << check.output;
  EXPECT_NE(check.output.find("/typo.yaml:6:1: unknown key 'colums': did you mean columns?"), std::string::npos) << check.output;
  const auto rows = cache_gateway({"once", "--only", "positions"}, settings);
  EXPECT_EQ(rows.code, 0) << rows.errors;
  EXPECT_NE(rows.output.find("BTCUSDT"), std::string::npos) << rows.output;
  EXPECT_NE(rows.output.find("postgres.positions: rows 1, in "), std::string::npos) << rows.output;
  EXPECT_FALSE(std::filesystem::exists(cache()));
  EXPECT_EQ(cache_gateway({"once", "--only", "sizes"}, settings).code, 2);
  EXPECT_EQ(cache_gateway({"once", "--only", "nothing"}, settings).code, 2);
  EXPECT_NE(cache_gateway({"grants"}, settings).output.find("GRANT SELECT ON \"positions\" TO \"grafana_monitor\";"), std::string::npos);
}

class GrowingTable : public Datasets {
 protected:
  GrowingTable() {
    upstreams.sql(
        "DROP TABLE IF EXISTS ticks; CREATE TABLE ticks (\"Id\" bigint PRIMARY KEY, at timestamptz, price numeric); CREATE INDEX ON ticks "
        "(at); "
        "GRANT SELECT ON ticks TO grafana_monitor");
  }
  ~GrowingTable() override { upstreams.sql("DROP TABLE ticks"); }

  void declare(const std::string& keep, const std::string& more = {}) const {
    write("ticks.yaml",
          fmt::format("dataset: ticks\nupstream: postgres\ntable: ticks\nkey: id\ncolumns:\n  id: {{type: integer, from: Id}}\n"
                      "  at: time\n  price: number\nread: {{since: [at, id]}}\nkeep: {{{}, by: at}}\n{}",
                      keep, more));
  }
  // Rows with these ids, all of one time.
  void add(int first, int last, const std::string& at = "now()") const {
    upstreams.sql(fmt::format("INSERT INTO ticks SELECT n, {}, n FROM generate_series({}, {}) n", at, first, last));
  }
  Look held() const { return query("SELECT count(*), min(id), max(id) FROM ticks"); }
};

TEST_F(GrowingTable, IsReadOnThroughRowsOfOneTimeAndWhatComesLate) {
  declare("newest: 20000", "bounds: {rows: 20000}\n");
  add(1, 3, "now() - interval '1 hour'");
  start_gateway();
  ASSERT_TRUE(eventually(held(), is({"3|1|3"})));
  add(101, 12100);
  EXPECT_TRUE(eventually(held(), is({"12003|1|12100"})));
  add(50, 50, "now() - interval '1 minute'");
  EXPECT_TRUE(eventually(query("SELECT count(*) FROM ticks WHERE id = 50"), is({"1"})));
  upstreams.sql("UPDATE ticks SET price = -1 WHERE \"Id\" = 1");
  upstreams.sql("DELETE FROM ticks WHERE \"Id\" = 2");
  add(12101, 12101);
  EXPECT_TRUE(eventually(held(), is({"12005|1|12101"}))) << "what was deleted stays";
  EXPECT_EQ(reader.text("SELECT price FROM ticks WHERE id = 1"), "1.0") << "what is held is not read again";
}

TEST_F(GrowingTable, IsReadOnAfterARestartWithoutWhatTheTableHasNoLonger) {
  declare("newest: 1000", "events:\n  - {name: came, on: new, text: \"tick {id}\"}\n");
  add(1, 3, "now() - interval '1 hour'");
  start_gateway();
  ASSERT_TRUE(eventually(held(), is({"3|1|3"})));
  gateway().kill();
  upstreams.sql("DELETE FROM ticks");
  add(4, 5, "now() - interval '10 minutes'");
  start_gateway();
  EXPECT_TRUE(eventually(held(), is({"5|1|5"})));
  EXPECT_TRUE(
      eventually(query("SELECT summary FROM event_history WHERE event_type = 'ticks.came' ORDER BY summary"), is({"tick 4", "tick 5"})));
  gateway().terminate();
  declare("newest: 1000", "where: q.price > 4\n");
  start_gateway();
  EXPECT_TRUE(eventually(held(), is({"1|5|5"}))) << "another question is asked anew";
}

TEST_F(GrowingTable, OfABurstTheNewestAreKeptAndNoneIsNewTwice) {
  declare("newest: 10", "events:\n  - {name: came, on: new, text: \"tick {id}\"}\n");
  start_gateway();
  ASSERT_TRUE(becomes("postgres.ticks", "fresh"));
  for (int id = 1; id <= 30; ++id) add(id, id, fmt::format("now() - interval '{} ms'", 1000 - id));
  EXPECT_TRUE(eventually(held(), is({"10|21|30"})));
  const auto since = now();
  EXPECT_TRUE(eventually([&] { return attempts("postgres.ticks", since + 1) > 2; }));
  EXPECT_EQ(reader.text("SELECT count(*) FROM event_history WHERE event_type = 'ticks.came'"), "30");
}

TEST_F(GrowingTable, IsNotReadFurtherBackThanIsKept) {
  declare("for: 1h");
  add(1, 5, "now() - interval '2 hours'");
  add(6, 8);
  add(9, 9, "now() + interval '1 day'");
  start_gateway();
  EXPECT_TRUE(eventually(held(), is({"3|6|8"})));
  add(10, 12, "now() - interval '30 seconds'");
  EXPECT_TRUE(eventually(held(), is({"6|6|12"})));
}

}  // namespace
}  // namespace integration
