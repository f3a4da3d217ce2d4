// How rows are kept: the four ways to write them, what a failure leaves alone, and what is noted of each source.
#include "cache/store.hpp"

#include <gtest/gtest.h>

#include "cache.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

const std::vector<std::string> columns{"service", "component", "status", "basis"};

Write parts(Mode mode, std::vector<std::string> names, const std::string& service = "alpha", const std::string& status = "healthy") {
  Write write{.table = "component", .mode = mode, .columns = columns, .rows = {}, .scope = {}};
  for (auto& name : names) write.rows.push_back({service, std::move(name), status, std::string("reported")});
  return write;
}

Batch batch_of(Write write) {
  Batch batch;
  batch.rows = static_cast<std::int64_t>(write.rows.size());
  batch.writes.push_back(std::move(write));
  return batch;
}

class StoreTest : public ::testing::Test {
 protected:
  static Source counted(const std::string& name) {
    auto source = bare_source(name);
    source.tables = {"component"};
    source.row_count_sql = "SELECT count(*) FROM component";
    return source;
  }

  void put(Write write) {
    const auto error = cache_.succeed("one.parts", t0, batch_of(std::move(write)));
    ASSERT_EQ(error, std::nullopt) << error->text;
  }
  std::vector<Row> rows(const std::string& sql) { return cache_.read(sql, t0).rows; }
  std::vector<Row> rows_now(const std::string& sql) { return cache_.store().query(sql).rows; }
  std::vector<Row> names() { return rows("SELECT service, component FROM component ORDER BY 1, 2"); }

  Cache cache_{{counted("one.parts"), bare_source("two.a"), bare_source("two.b")}};
};

TEST_F(StoreTest, upsert_adds_rows_and_leaves_others) {
  put(parts(Mode::upsert, {"a"}));
  put(parts(Mode::upsert, {"b"}));
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "a"}, {"alpha", "b"}}));
}

TEST_F(StoreTest, upsert_updates_the_row_with_the_same_key) {
  put(parts(Mode::upsert, {"a"}));
  put(parts(Mode::upsert, {"a"}, "alpha", "unhealthy"));
  EXPECT_EQ(rows("SELECT component, status FROM component"), (std::vector<Row>{{"a", "unhealthy"}}));
}

TEST_F(StoreTest, upsert_leaves_columns_it_does_not_write) {
  auto with_error = parts(Mode::upsert, {"a"});
  with_error.columns.push_back("error");
  with_error.rows[0].emplace_back(std::string("kept"));
  put(with_error);
  put(parts(Mode::upsert, {"a"}, "alpha", "degraded"));
  EXPECT_EQ(rows("SELECT status, error FROM component"), (std::vector<Row>{{"degraded", "kept"}}));
}

TEST_F(StoreTest, replace_removes_what_is_no_longer_there) {
  put(parts(Mode::replace, {"a", "b", "c"}));
  put(parts(Mode::replace, {"b", "d"}, "alpha", "unhealthy"));
  EXPECT_EQ(rows("SELECT component, status FROM component ORDER BY 1"), (std::vector<Row>{{"b", "unhealthy"}, {"d", "unhealthy"}}));
}

TEST_F(StoreTest, a_row_that_did_not_change_is_not_written) {
  const auto written = [&] { return integer(rows_now("SELECT total_changes()").at(0).at(0)).value_or(0); };
  for (const std::size_t count : {100, 1000}) {  // in one slice, and in several
    std::vector<std::string> many;
    for (std::size_t i = 0; i < count; ++i) many.push_back(std::to_string(i));
    for (const auto mode : {Mode::upsert, Mode::replace}) {
      put(parts(mode, many));
      const auto before = written();
      put(parts(mode, many));
      EXPECT_LT(written() - before, 20) << "the attempt is noted, and nothing else";
      auto one_differs = parts(mode, many);
      one_differs.rows[count / 2][2] = std::string("degraded");
      put(one_differs);
      EXPECT_EQ(rows_now("SELECT component FROM component WHERE status = 'degraded'"), (std::vector<Row>{{many[count / 2]}}));
      put(parts(mode, many));
      EXPECT_TRUE(rows_now("SELECT component FROM component WHERE status = 'degraded'").empty());
    }
  }
}

TEST_F(StoreTest, replace_by_nothing_empties_the_table) {
  put(parts(Mode::replace, {"a", "b"}));
  put(parts(Mode::replace, {}));
  EXPECT_TRUE(names().empty());
}

TEST_F(StoreTest, replace_keeps_to_its_scope) {
  put(parts(Mode::upsert, {"a", "b"}, "alpha"));
  put(parts(Mode::upsert, {"a", "b"}, "beta"));
  auto only_alpha = parts(Mode::replace, {"b", "c"}, "alpha");
  only_alpha.scope = {{"service", std::string("alpha")}};
  put(only_alpha);
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "b"}, {"alpha", "c"}, {"beta", "a"}, {"beta", "b"}}));
  only_alpha.rows.clear();
  put(only_alpha);
  EXPECT_EQ(names(), (std::vector<Row>{{"beta", "a"}, {"beta", "b"}}));
}

TEST_F(StoreTest, replace_takes_a_row_that_is_named_twice) {
  put(parts(Mode::replace, {"a", "a"}));
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "a"}}));
}

TEST_F(StoreTest, erase_removes_the_rows_it_names) {
  put(parts(Mode::upsert, {"a", "b", "c"}));
  put({.table = "component",
       .mode = Mode::erase,
       .columns = {"service", "component"},
       .rows = {{"alpha", "a"}, {"alpha", "x"}, {"beta", "b"}},
       .scope = {}});
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "b"}, {"alpha", "c"}}));
}

TEST_F(StoreTest, text_is_kept_byte_for_byte) {
  const std::string odd = "a'b\"c;--\n" + std::string("\0", 1) + "Я€\xF0\x9F\x98\x80";
  put(parts(Mode::upsert, {odd}));
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", odd}}));
}

TEST_F(StoreTest, a_failure_leaves_the_rows) {
  put(parts(Mode::upsert, {"a"}));
  cache_.fail("one.parts", t0 + 10, {ErrorClass::timeout, "no answer"});
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "a"}}));
}

TEST_F(StoreTest, an_outcome_that_does_not_fit_becomes_an_error_of_its_source) {
  put(parts(Mode::upsert, {"a"}));
  auto rejected_row = batch_of(parts(Mode::replace, {"b", "c"}));
  rejected_row.writes[0].rows[1][2] = std::string("no such status");
  const auto error = cache_.succeed("one.parts", t0 + 10, rejected_row);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorClass::malformed);
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "a"}})) << "nothing of it may stay";
  const auto status = cache_.read(
      "SELECT last_success_at, last_attempt_at, consecutive_failures, error_class FROM source_status WHERE source = 'one.parts'", t0 + 10);
  EXPECT_EQ(status.rows, (std::vector<Row>{{t0, t0 + 10, 1, "malformed"}}));
}

TEST_F(StoreTest, another_storage_class_than_the_columns_is_a_misfit) {
  const Write write{.table = "service",
                    .mode = Mode::upsert,
                    .columns = {"service", "status", "observed_at"},
                    .rows = {{"alpha", "healthy", "not a time"}},
                    .scope = {}};
  const auto error = cache_.succeed("one.parts", t0, batch_of(write));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorClass::malformed);
}

TEST_F(StoreTest, a_misfit_leaves_the_other_outcomes_of_the_attempt) {
  auto rejected_row = batch_of(parts(Mode::upsert, {"x"}, "alpha", "no such status"));
  const auto errors =
      cache_.apply({success_of("two.a", t0, rejected_row), success_of("two.b", t0, batch_of(parts(Mode::upsert, {"good"})))});
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_TRUE(errors[0].has_value());
  EXPECT_FALSE(errors[1].has_value());
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "good"}}));
  EXPECT_EQ(rows("SELECT freshness FROM source_status WHERE source LIKE 'two.%' ORDER BY source"),
            (std::vector<Row>{{"never"}, {"fresh"}}));
}

// Of a server that answers otherwise than it was asked.
TEST_F(StoreTest, foreign_names_of_columns_are_a_misfit_and_never_part_of_a_statement) {
  put(parts(Mode::upsert, {"a"}));
  for (const std::vector<std::string>& foreign : {std::vector<std::string>{"service", "component", "status", "evil"},
                                                  {"service", "component", "status", "basis\") SELECT 1 --"},
                                                  {"status", "basis", "status", "basis"}}) {
    for (const auto mode : {Mode::upsert, Mode::replace}) {
      auto rejected_row = parts(mode, {"b"});
      rejected_row.columns = foreign;
      for (int n = 0; n < 2; ++n) {
        const auto error = cache_.succeed("one.parts", t0, batch_of(rejected_row));
        ASSERT_TRUE(error.has_value());
        EXPECT_EQ(error->kind, ErrorClass::malformed);
        EXPECT_EQ(error->text.find("evil"), std::string::npos) << error->text;
      }
    }
  }
  put(parts(Mode::upsert, {"c"}));
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "a"}, {"alpha", "c"}}));
}

TEST_F(StoreTest, the_store_goes_on_after_a_misfit) {
  EXPECT_TRUE(cache_.succeed("one.parts", t0, batch_of(parts(Mode::upsert, {"x"}, "alpha", "no such status"))).has_value());
  put(parts(Mode::upsert, {"a"}));
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "a"}}));
}

TEST_F(StoreTest, a_success_is_noted) {
  put(parts(Mode::upsert, {"a", "b"}));
  EXPECT_EQ(rows("SELECT last_attempt_at, last_success_at, next_attempt_at, duration_ms, rows, consecutive_failures, error_class, error "
                 "FROM source_status WHERE source = 'one.parts'"),
            (std::vector<Row>{{t0, t0, t0 + 10, 12.0, 2, 0, Value{}, Value{}}}));
}

TEST_F(StoreTest, rows_are_those_held_not_those_of_the_last_answer) {
  put(parts(Mode::upsert, {"a", "b"}));
  put(parts(Mode::upsert, {"c"}));
  EXPECT_EQ(rows("SELECT rows FROM source_status WHERE source = 'one.parts'"), (std::vector<Row>{{3}}));
}

TEST_F(StoreTest, failures_are_counted_and_forgotten_at_the_next_success) {
  const auto state =
      "SELECT last_success_at, last_attempt_at, consecutive_failures, error_class, error FROM source_status WHERE source = 'one.parts'";
  put(parts(Mode::upsert, {"a"}));
  cache_.fail("one.parts", t0 + 10, {ErrorClass::timeout, "first"});
  cache_.fail("one.parts", t0 + 20, {ErrorClass::refused, "second"});
  EXPECT_EQ(rows(state), (std::vector<Row>{{t0, t0 + 20, 2, "refused", "second"}}));
  cache_.succeed("one.parts", t0 + 30);
  EXPECT_EQ(rows(state), (std::vector<Row>{{t0 + 30, t0 + 30, 0, Value{}, Value{}}}));
}

TEST_F(StoreTest, attempts_are_listed_newest_first) {
  put(parts(Mode::upsert, {"a", "b"}));
  cache_.fail("one.parts", t0 + 10, {ErrorClass::server_error, "HTTP 500"});
  EXPECT_EQ(rows("SELECT time, source, duration_ms, rows, error_class, error FROM source_attempt WHERE source = 'one.parts'"),
            (std::vector<Row>{{t0 + 10, "one.parts", 12.0, Value{}, "http", "HTTP 500"}, {t0, "one.parts", 12.0, 2, Value{}, Value{}}}));
}

TEST_F(StoreTest, the_phases_of_an_attempt_are_kept) {
  auto outcome = success_of("one.parts", t0);
  outcome.timing = {.duration_ms = 10, .connect_ms = 1, .wait_ms = 2, .read_ms = std::nullopt, .parse_ms = 4};
  cache_.apply({outcome});
  EXPECT_EQ(rows("SELECT duration_ms, connect_ms, wait_ms, read_ms, parse_ms FROM source_attempt"),
            (std::vector<Row>{{10.0, 1.0, 2.0, Value{}, 4.0}}));
}

TEST_F(StoreTest, the_newest_60_attempts_of_every_source_stay) {
  cache_.succeed("one.parts", t0 - 1000);
  for (int i = 0; i < 150; ++i) cache_.apply({success_of("two.a", t0 + i), success_of("two.b", t0 + i)});
  EXPECT_EQ(rows("SELECT source, count(*), min(time), max(time) FROM source_attempt GROUP BY source ORDER BY source"),
            (std::vector<Row>{{"one.parts", 1, t0 - 1000, t0 - 1000}, {"two.a", 60, t0 + 90, t0 + 149}, {"two.b", 60, t0 + 90, t0 + 149}}));
}

TEST_F(StoreTest, requests_a_minute_are_counted_over_the_intervals_between_attempts) {
  const auto rate = [&] { return cache_.value("SELECT requests_per_min FROM source_status WHERE source = 'one.parts'", t0 + 60); };
  EXPECT_EQ(rate(), Value{});
  cache_.succeed("one.parts", t0);
  EXPECT_EQ(rate(), Value{}) << "one attempt has no interval";
  for (int i = 1; i <= 6; ++i) cache_.succeed("one.parts", t0 + i * 10);
  EXPECT_EQ(rate(), Value{6.0});
}

TEST_F(StoreTest, identity_is_remembered_for_each_upstream) {
  EXPECT_EQ(cache_.store().identity("one"), "");
  cache_.store().set_identity("one", "/named");
  cache_.store().set_identity("one", "7123456789/named");
  cache_.store().set_identity("two", "8");
  EXPECT_EQ(cache_.store().identity("one"), "7123456789/named");
  EXPECT_EQ(cache_.store().identity("two"), "8");
}

TEST_F(StoreTest, the_sources_of_another_system_were_never_fetched) {
  cache_.succeed("one.parts", t0);
  cache_.apply({success_of("two.a", t0), success_of("two.b", t0)});
  cache_.store().set_identity("two", "old");
  cache_.store().begin_anew("two", "new");
  EXPECT_EQ(rows("SELECT source, freshness FROM source_status ORDER BY source"),
            (std::vector<Row>{{"one.parts", "fresh"}, {"two.a", "never"}, {"two.b", "never"}}));
}

TEST_F(StoreTest, compacting_loses_nothing) {
  std::vector<std::string> many;
  for (int i = 0; i < 5000; ++i) many.push_back("component with a rather long name, number " + std::to_string(i));
  put(parts(Mode::replace, many));
  put(parts(Mode::replace, {"a"}));
  const auto pages = [&] { return integer(cache_.store().query("SELECT page_count FROM pragma_page_count").rows[0][0]).value_or(0); };
  const auto before = pages();
  cache_.store().compact();
  EXPECT_LT(pages(), before);
  EXPECT_EQ(names(), (std::vector<Row>{{"alpha", "a"}}));
  put(parts(Mode::upsert, {"b"}));
  EXPECT_EQ(names().size(), 2U);
}

TEST_F(StoreTest, a_copy_to_an_impossible_place_is_an_error_and_no_exception) {
  const TemporaryDirectory directory;
  const auto size = cache_.store().copy_to(directory.path() / "absent" / "cache.db", {.published_at = t0, .count = 1, .bytes_before = 0});
  ASSERT_FALSE(size.has_value());
  EXPECT_NE(size.error().find("cache.db"), std::string::npos);
}

TEST_F(StoreTest, known_answers_what_a_source_needs_to_know) {
  put(parts(Mode::upsert, {"a"}));
  auto source = bare_source("one.parts");
  source.prior_state_sql = {"SELECT component FROM component", "SELECT count(*) FROM service"};
  const auto prior = cache_.store().prior_state(source, t0 + 5);
  EXPECT_EQ(prior.now, t0 + 5);
  ASSERT_EQ(prior.tables.size(), 2U);
  EXPECT_EQ(prior.tables[0].rows, (std::vector<Row>{{"a"}}));
  EXPECT_EQ(prior.tables[1].rows, (std::vector<Row>{{0}}));
}

// What people see of an attempt, and what is only noted.
class SeenTest : public ::testing::Test {
 protected:
  // Whether people saw more of it than that there was an attempt.
  bool seen(const Outcome& outcome) {
    const auto storing = cache_.store().begin_storing(std::span(&outcome, 1), cache_.setups(), {.upstream = "one", .failing_for_s = {}});
    storing->step(Store::no_limit);
    return storing->seen_change();
  }
  bool seen(Write write) { return seen(success_of("one.health", ++now_, batch_of(std::move(write)))); }
  static Write service(std::int64_t at, double latency_ms, const std::string& status = "healthy") {
    return {.table = "service",
            .mode = Mode::upsert,
            .columns = {"service", "status", "observed_at", "latency_ms"},
            .rows = {{std::string("one"), status, at, latency_ms}},
            .scope = {}};
  }
  static Write connection(std::int64_t at) {
    return {.table = "ws_connection_row",
            .mode = Mode::upsert,
            .columns = {"connection", "status", "observed_at", "known_at", "basis"},
            .rows = {{std::string("private"), std::string("connected"), at, at, std::string("reported")}},
            .scope = {}};
  }

  std::int64_t now_ = t0;
  Cache cache_{{bare_health("one")}};
};

TEST_F(SeenTest, an_attempt_that_changes_nothing_is_not_seen) {
  EXPECT_TRUE(seen(service(t0, 1.5))) << "the first one";
  EXPECT_FALSE(seen(service(t0 + 10, 2.5))) << "only when it was asked and how long it took";
  EXPECT_EQ(cache_.value("SELECT latency_ms FROM service_health", t0 + 10), Value{2.5}) << "is noted all the same";
  EXPECT_TRUE(seen(service(t0 + 20, 2.5, "degraded")));
  EXPECT_FALSE(seen(service(t0 + 30, 2.5, "degraded")));
}

TEST_F(SeenTest, rows_that_come_change_and_go_are_seen) {
  EXPECT_TRUE(seen(parts(Mode::replace, {"a", "b"})));
  EXPECT_FALSE(seen(parts(Mode::replace, {"a", "b"})));
  EXPECT_TRUE(seen(parts(Mode::replace, {"a"})));
  EXPECT_FALSE(
      seen({.table = "cursor", .mode = Mode::upsert, .columns = {"source", "name", "value"}, .rows = {{"one.health", "x", now_}}}));
}

TEST_F(SeenTest, a_failure_is_seen_when_it_begins_changes_and_ends) {
  const auto fails = [&](ErrorClass kind) { return seen(failure_of("one.health", ++now_, Error{kind, "fails"})); };
  EXPECT_TRUE(seen(service(t0, 1.5)));
  EXPECT_TRUE(fails(ErrorClass::timeout));
  EXPECT_TRUE(fails(ErrorClass::timeout)) << "an outage begins";
  EXPECT_FALSE(fails(ErrorClass::timeout));
  EXPECT_TRUE(fails(ErrorClass::dns));
  EXPECT_TRUE(seen(service(t0 + 10, 1.5)));
  EXPECT_FALSE(seen(service(t0 + 20, 1.5)));
}

TEST_F(SeenTest, a_connection_of_which_nothing_is_known_any_more_is_seen) {
  EXPECT_TRUE(seen(connection(t0)));
  EXPECT_FALSE(seen(connection(t0 + 10)));
  auto unknown = connection(t0 + 20);
  unknown.columns = {"connection", "observed_at", "basis"};
  unknown.rows = {{std::string("private"), t0 + 20, std::string("reported")}};
  EXPECT_TRUE(seen(unknown));
  unknown.rows[0][1] = t0 + 25;
  EXPECT_FALSE(seen(unknown)) << "still not";
  EXPECT_TRUE(seen(connection(t0 + 30))) << "known again";
  EXPECT_FALSE(seen(connection(t0 + 40)));
}

// A file that is not replaced for long would call stale what answers all the time.
TEST_F(SeenTest, the_time_when_the_file_would_call_a_source_stale_that_answered_is_known) {
  EXPECT_TRUE(seen(success_of("one.health", t0, {})));
  cache_.publish(t0);
  EXPECT_EQ(cache_.store().shown_stale_at(), std::nullopt) << "it shows all there is";
  seen(success_of("one.health", t0 + 10, {}));
  seen(success_of("one.health", t0 + 20, {}));
  EXPECT_EQ(cache_.store().shown_stale_at(), t0 + Cache::stale_after);
  cache_.publish(t0 + 20);
  EXPECT_EQ(cache_.store().shown_stale_at(), std::nullopt);
}

}  // namespace
}  // namespace gateway
