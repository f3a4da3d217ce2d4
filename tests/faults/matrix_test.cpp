// Every fault at every upstream. Five gateways run at once, each with a gate before one upstream and the straight way to
// the other four; a fault goes to all five gates, so that the cells of one row of the table are tried side by side and
// each gateway sees one upstream failing among living ones.
#include <fmt/format.h>

#include <cmath>

#include "../integration/support/eventually.hpp"
#include "../integration/support/fixture.hpp"
#include "../integration/support/reader.hpp"
#include "../integration/support/scratch.hpp"
#include "asked_upstreams.hpp"
#include "gate.hpp"
#include "matrix_table.hpp"

namespace faults {
namespace {

using integration::eventually;

// One gateway with the gate before its upstream.
struct Column {
  Column(std::string name, const AskedUpstreams& asked)
      : upstream(std::move(name)),
        gate(asked.port(upstream)),
        settings(asked.settings(scratch.path() / "cache.db")),
        reader(scratch.path() / "cache.db") {
    AskedUpstreams::lead_through(settings, upstream, gate.port());
    gateway = std::make_unique<integration::Gateway>(settings, scratch.path() / "gateway.log");
  }

  std::string text(const std::string& sql) const { return reader.text(fmt::format(fmt::runtime(sql), fmt::arg("u", upstream))); }
  std::int64_t number(const std::string& sql) const { return reader.number(fmt::format(fmt::runtime(sql), fmt::arg("u", upstream))); }

  // Everything that is not as it should be while all is well.
  std::string faults() const {
    return text(
        "SELECT source || ' ' || freshness || ' ' || coalesce(error, '') FROM source_status WHERE freshness NOT IN ('fresh', 'off') OR "
        "error IS NOT NULL "
        "UNION ALL SELECT 'outage of ' || upstream FROM outage WHERE ended_at IS NULL "
        "UNION ALL SELECT service || ' is ' || effective_status FROM service_health WHERE effective_status <> 'healthy'");
  }

  // What does not keep its pace among the sources of the other upstreams.
  std::string disturbed(std::int64_t since) const {
    return text(
        fmt::format("SELECT source || ' ' || freshness || ' ' || coalesce(error, '') FROM source_status s WHERE upstream <> '{{u}}' AND "
                    "freshness <> 'off' AND "
                    "(freshness <> 'fresh' OR (SELECT count(*) FROM source_attempt a WHERE a.source = s.source AND a.error_class IS NULL "
                    "AND a.time >= {}) < 5) "
                    "UNION ALL SELECT 'outage of ' || upstream FROM outage WHERE upstream NOT IN ('{{u}}', 'gateway')",
                    since));
  }

  std::string upstream;
  integration::Scratch scratch;
  Gate gate;
  Variables settings;
  integration::Reader reader;
  std::unique_ptr<integration::Gateway> gateway;
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
    asked_ = new AskedUpstreams;
    for (const auto& name : upstream_names) columns_.push_back(std::make_unique<Column>(name, *asked_));
  }
  static void TearDownTestSuite() {
    columns_.clear();
    delete asked_;
  }

  void TearDown() override {
    for (const auto& column : columns_) {
      column->gate.set({});
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

  static inline AskedUpstreams* asked_;
  static inline std::vector<std::unique_ptr<Column>> columns_;
};

TEST_P(Matrix, HurtsOneUpstreamOnlyAndLosesNothing) {
  const auto expected_ids = asked_->signal_ids();
  for_each_cell([&](Column& c, const Expected&) {
    ASSERT_TRUE(eventually([&] { return c.faults(); }, ""));
    ASSERT_TRUE(eventually([&] { return c.text(AskedUpstreams::kept("postgres")); }, expected_ids));
    // Statistics of a queue come later than the queue itself.
    ASSERT_TRUE(eventually([&] { return c.text(AskedUpstreams::kept(c.upstream)); },
                           [](const auto& kept) { return kept.find("NULL") == std::string::npos; }, "no NULL"));
    c.kept = c.text(AskedUpstreams::kept(c.upstream));
    c.outages = c.number("SELECT count(*) FROM outage WHERE upstream = '{u}'");
  });
  if (HasFatalFailure()) return;

  const auto since = integration::now() + 1;  // attempts carry whole seconds
  for (const auto& column : columns_) column->gate.set(GetParam().fault);
  asked_->insert_signals(3);

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
    EXPECT_EQ(c.text("SELECT status FROM system_health"), cell.verdict);
    EXPECT_EQ(c.text(AskedUpstreams::kept(c.upstream)), c.kept) << "what it delivered last";
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
  for_each_cell([&](Column& c, const Expected&) { EXPECT_TRUE(eventually([&] { return c.disturbed(since); }, "")); });
  for_each_cell([&](Column& c, const Expected& cell) {
    if (cell.fresh) {
      EXPECT_TRUE(eventually([&] { return c.faults(); }, ""));
    }
    // The promise of a prompt return: no wait between attempts is longer than the cap (600 ms, said in whole seconds).
    EXPECT_LE(c.number("SELECT max(next_attempt_at - last_attempt_at) FROM source_status WHERE upstream = '{u}'"), 3);
  });

  const auto restored = integration::now() + 1;
  for (const auto& column : columns_) column->gate.set({});
  const auto all_ids = asked_->signal_ids();
  for_each_cell([&](Column& c, const Expected& cell) {
    EXPECT_TRUE(eventually([&] { return c.faults(); }, ""));
    EXPECT_TRUE(eventually([&] { return c.text(AskedUpstreams::kept("postgres")); }, all_ids));
    if (c.upstream != "postgres") {
      EXPECT_EQ(c.text(AskedUpstreams::kept(c.upstream)), c.kept);
    }
    // The attempt under way when the fault ended may still fail, no later one.
    EXPECT_LE(c.number(fmt::format(
                  "SELECT count(*) FROM source_attempt WHERE source = '{{u}}.health' AND error_class IS NOT NULL AND time > {}", restored)),
              0);
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
