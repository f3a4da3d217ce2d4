// Every fault at every upstream. Five gateways run at once, each with a gate before one upstream and the straight way to
// the other four; a fault goes to all five gates, so that the cells of one row of the table are tried side by side and
// each gateway sees one upstream failing among living ones. A sixth has no gate and shows the pace at which the machine
// lets a gateway work while all is well. The table of what was seen is printed at the end.
#include <fmt/format.h>

#include <map>
#include <sstream>

#include "../integration/support/eventually.hpp"
#include "../integration/support/fixture.hpp"
#include "../integration/support/reader.hpp"
#include "../integration/support/result_table.hpp"
#include "../integration/support/scratch.hpp"
#include "five_upstreams.hpp"
#include "gate.hpp"
#include "matrix_table.hpp"

namespace faults {
namespace {

using integration::eventually;

// One gateway with the gate before its upstream; without one where `name` is none's.
struct Column {
  Column(std::string name, const FiveUpstreams& upstreams)
      : upstream(std::move(name)), settings(upstreams.settings(directory / "cache.db")), reader(directory / "cache.db") {
    if (!upstream.empty()) {
      gate = std::make_unique<Gate>(upstreams.port(upstream));
      FiveUpstreams::point_at(settings, upstream, gate->port());
    }
    gateway = std::make_unique<integration::Gateway>(settings, directory / "gateway.log");
  }

  std::string text(const std::string& sql) const { return reader.text(fmt::format(fmt::runtime(sql), fmt::arg("u", upstream))); }
  std::int64_t number(const std::string& sql) const { return reader.number(fmt::format(fmt::runtime(sql), fmt::arg("u", upstream))); }

  // Everything that is not as it should be while all is well.
  std::string faults() const {
    return text(
        "SELECT source || ' ' || freshness || ' ' || coalesce(error, '') FROM source_status WHERE freshness NOT IN ('fresh', 'off') OR "
        "error IS NOT NULL "
        "UNION ALL SELECT 'outage of ' || upstream FROM outage WHERE ended_at IS NULL "
        "UNION ALL SELECT service || ' is ' || effective_status FROM service_health WHERE effective_status <> 'healthy' AND freshness <> "
        "'off'");
  }

  // Answered attempts since then, by source.
  std::map<std::string, std::int64_t> pace(std::int64_t since) const {
    std::istringstream lines(text(fmt::format(
        "SELECT source || ' ' || count(*) FROM source_attempt WHERE error_class IS NULL AND time >= {} GROUP BY source", since)));
    std::map<std::string, std::int64_t> answered;
    std::string source;
    for (std::int64_t count = 0; lines >> source >> count;) answered[source] = count;
    return answered;
  }

  // What does not keep its interval among the sources of the other upstreams: asked five times since, and at no less than
  // half the pace of a gateway to which nothing happens.
  std::string disturbed(std::int64_t since, const Column& undisturbed) const {
    auto said = text(
        "SELECT source || ' ' || freshness || ' ' || coalesce(error, '') FROM source_status WHERE upstream <> '{u}' AND freshness NOT IN "
        "('fresh', 'off') "
        "UNION ALL SELECT 'outage of ' || upstream FROM outage WHERE upstream NOT IN ('{u}', 'gateway')");
    const auto normal = undisturbed.pace(since);
    auto here = pace(since);
    std::istringstream others(text("SELECT source FROM source_status WHERE upstream <> '{u}' AND freshness <> 'off'"));
    for (std::string source; others >> source;) {
      const auto there = normal.find(source);
      if (there == normal.end() || here[source] < 5 || here[source] * 2 < there->second)
        said += fmt::format("\n{}: {} answers, undisturbed {}", source, here[source], there == normal.end() ? 0 : there->second);
    }
    return said;
  }

  std::string upstream;
  std::filesystem::path directory = integration::new_directory(Upstreams::instance().directory(), "column");
  std::unique_ptr<Gate> gate;
  Variables settings;
  integration::Reader reader;
  std::unique_ptr<integration::Gateway> gateway;
  std::string seen;  // class and verdict while the fault lasted
  std::string kept;  // what it had delivered when the fault began
  std::int64_t age = 0, outages = 0;
};

struct Expected {
  bool exists = true, fresh = false, outage = true;
  std::string error_class, verdict;
};

Expected expected(const std::string& cell) {
  if (cell == "-") return {.exists = false};
  const auto space = cell.find(' ');
  Expected e{.error_class = cell.substr(0, space), .verdict = cell.substr(space + 1)};
  e.fresh = e.error_class == "fresh";
  e.outage = !e.fresh && e.error_class != "missing";  // who says that there is no such thing is alive
  return e;
}

class Matrix : public ::testing::TestWithParam<MatrixRow> {
 protected:
  static void SetUpTestSuite() {
    upstreams_ = new FiveUpstreams;
    for (const auto& name : upstream_names) columns_.push_back(std::make_unique<Column>(name, *upstreams_));
    undisturbed_ = std::make_unique<Column>("", *upstreams_);
  }
  static void TearDownTestSuite() {
    tried_.print();
    columns_.clear();
    undisturbed_.reset();
    delete upstreams_;
  }

  void TearDown() override {
    for (const auto& column : columns_) {
      column->gate->set({});
      if (HasFailure()) std::cerr << column->upstream << ":\n" << column->gateway->log() << '\n';
    }
  }

  static void for_each_cell(const std::function<void(Column&, const Expected&)>& work) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto cell = expected(GetParam().expected.at(i));
      const ::testing::ScopedTrace trace(__FILE__, __LINE__, fmt::format("{} x {}", GetParam().name, columns_[i]->upstream));
      if (cell.exists) work(*columns_[i], cell);
    }
  }

  static inline FiveUpstreams* upstreams_;
  static inline std::vector<std::unique_ptr<Column>> columns_;
  static inline std::unique_ptr<Column> undisturbed_;
  static inline integration::ResultTable tried_{"fault: class, verdict, fresh again after", {upstream_names.begin(), upstream_names.end()}};
};

TEST_P(Matrix, HurtsOneUpstreamOnlyAndLosesNothing) {
  const auto expected_ids = upstreams_->signal_ids();
  for_each_cell([&](Column& c, const Expected&) {
    ASSERT_TRUE(eventually([&] { return c.faults(); }, ""));
    ASSERT_TRUE(eventually([&] { return c.text(FiveUpstreams::last_rows_sql("postgres")); }, expected_ids));
    // Statistics of a queue come later than the queue itself: first none, then of a part of what was published to it.
    if (c.upstream == "rabbitmq") {
      ASSERT_TRUE(eventually([&] { return c.text(FiveUpstreams::last_rows_sql(c.upstream)); }, "deep|3|0"));
    }
    c.kept = c.text(FiveUpstreams::last_rows_sql(c.upstream));
    c.outages = c.number("SELECT count(*) FROM outage WHERE upstream = '{u}'");
  });
  if (HasFatalFailure()) return;

  const auto since = integration::now() + 1;  // attempts carry whole seconds
  for (const auto& column : columns_) column->gate->set(GetParam().fault);
  upstreams_->insert_signals(3);

  for_each_cell([&](Column& c, const Expected& cell) {
    if (cell.fresh) return;
    // Class and text name what and whom.
    EXPECT_TRUE(eventually(
        [&] { return c.text("SELECT group_concat(DISTINCT coalesce(error_class, 'none')) FROM source_status WHERE upstream = '{u}'"); },
        cell.error_class));
    EXPECT_EQ(c.text(fmt::format("SELECT source, error FROM source_status WHERE upstream = '{{u}}' AND error NOT LIKE '%127.0.0.1%' AND "
                                 "error NOT LIKE 'GET /%'")),
              "");
    c.age = c.number("SELECT coalesce(min(age_s), 0) FROM source_status WHERE upstream = '{u}'");
  });
  for_each_cell([&](Column& c, const Expected& cell) {
    if (cell.fresh) return;
    const auto freshness = cell.error_class == "missing" ? "missing" : "stale";
    EXPECT_TRUE(
        eventually([&] { return c.text("SELECT group_concat(DISTINCT freshness) FROM source_status WHERE upstream = '{u}'"); }, freshness));
    EXPECT_TRUE(eventually([&] { return c.number("SELECT min(age_s) FROM source_status WHERE upstream = '{u}'") > c.age; }))
        << "its age does not grow";
    EXPECT_TRUE(eventually([&] { return c.text("SELECT effective_status FROM service_health WHERE service = '{u}'"); }, cell.verdict));
    EXPECT_TRUE(eventually([&] { return c.text("SELECT status FROM system_health"); }, cell.verdict));
    EXPECT_EQ(c.text(FiveUpstreams::last_rows_sql(c.upstream)), c.kept) << "what it delivered last";
    if (c.upstream == "rabbitmq") {
      EXPECT_EQ(c.text("SELECT DISTINCT lag FROM queue_now"), "unknown");
    }
    if (c.upstream == "ws-gateway") {
      EXPECT_EQ(c.text("SELECT status FROM ws_connection WHERE connection = 'private'"), "unknown");
    }
    EXPECT_EQ(c.text("SELECT group_concat(DISTINCT error_class) FROM source_status WHERE upstream = '{u}'"), cell.error_class)
        << "it stays what it is";
    EXPECT_EQ(c.text("SELECT DISTINCT error FROM source_attempt WHERE error_class = 'other'"), "");
    EXPECT_TRUE(eventually([&] { return c.text("SELECT count(*) FROM outage WHERE upstream = '{u}' AND ended_at IS NULL"); },
                           cell.outage ? "1" : "0"));
    if (cell.outage) {
      EXPECT_NE(c.text("SELECT error_class FROM outage WHERE upstream = '{u}' AND ended_at IS NULL"), "other");
    }
  });
  // All others keep their interval.
  for_each_cell([&](Column& c, const Expected&) { EXPECT_TRUE(eventually([&] { return c.disturbed(since, *undisturbed_); }, "")); });
  for_each_cell([&](Column& c, const Expected& cell) {
    if (cell.fresh) {
      EXPECT_TRUE(eventually([&] { return c.faults(); }, ""));
    }
    c.seen = c.text(
        "SELECT coalesce((SELECT group_concat(DISTINCT error_class) FROM source_status WHERE upstream = '{u}'), 'fresh') || ' ' || "
        "effective_status FROM service_health WHERE service = '{u}'");
    // The promise of a prompt return: no wait between attempts is longer than the cap (600 ms, said in whole seconds).
    EXPECT_LE(c.number("SELECT max(next_attempt_at - last_attempt_at) FROM source_status WHERE upstream = '{u}'"), 3);
  });

  const auto restored = integration::now() + 1;
  const auto restored_at = std::chrono::steady_clock::now();
  for (const auto& column : columns_) column->gate->set({});
  const auto all_ids = upstreams_->signal_ids();
  for_each_cell([&](Column& c, const Expected& cell) {
    EXPECT_TRUE(eventually([&] { return c.faults(); }, ""));
    const std::chrono::duration<double> after = std::chrono::steady_clock::now() - restored_at;
    tried_.note(GetParam().name, c.upstream, cell.fresh ? c.seen : fmt::format("{}, {:.1f} s", c.seen, after.count()));
    EXPECT_TRUE(eventually([&] { return c.text(FiveUpstreams::last_rows_sql("postgres")); }, all_ids));
    if (c.upstream != "postgres") {
      EXPECT_EQ(c.text(FiveUpstreams::last_rows_sql(c.upstream)), c.kept);
    }
    // The attempt under way when the fault ended may still fail, no later one: with the cap of the wait above, all is fresh
    // within BACKOFF_CAP and one attempt.
    EXPECT_EQ(c.text(fmt::format("SELECT a.source, a.error FROM source_attempt a JOIN source_status s USING (source) WHERE s.upstream = "
                                 "'{{u}}' AND a.error_class IS NOT NULL AND a.time > {}",
                                 restored)),
              "");
    // No event lost or doubled: of rows, and of the outages themselves.
    EXPECT_EQ(c.text("SELECT group_concat(signal_id) FROM (SELECT signal_id FROM event_history WHERE event_type = "
                     "'trading_signal_received' AND strategy_id = 'momentum' "
                     "ORDER BY signal_id)"),
              all_ids);
    EXPECT_EQ(c.number("SELECT count(*) FROM outage WHERE upstream = '{u}'"), c.outages + (cell.outage ? 1 : 0));
    EXPECT_EQ(c.text("SELECT (SELECT count(*) FROM event_history WHERE event_type = 'upstream_lost'), (SELECT count(*) FROM event_history "
                     "WHERE event_type = 'upstream_recovered')"),
              c.text("SELECT count(*), count(ended_at) FROM outage"));
  });
}

INSTANTIATE_TEST_SUITE_P(Fault, Matrix, ::testing::ValuesIn(matrix()), [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
