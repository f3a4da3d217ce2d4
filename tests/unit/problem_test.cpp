// What is wrong now, as a person on call reads it: one list, worst first, and one sentence. And what is not believed: a part that is
// reported well while we know better, a connection over which nothing comes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cache.hpp"
#include "datasets/connection.hpp"
#include "datasets/health.hpp"
#include "golden.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class Problem : public ::testing::Test {
 protected:
  void SetUp() override { all_well(t0); }

  void all_well(std::int64_t at) {
    for (const auto& source : fixed_sources()) {
      if (source.name.ends_with(".health")) {
        service(source.upstream, "healthy", at);
      } else {
        cache_.succeed(source.name, at, {});
      }
    }
  }
  void service(const std::string& name, const std::string& status, std::int64_t at, const std::optional<std::string>& error = {}) {
    Batch batch{.writes = observed(name, status, at, 3.5, error,
                                   {{"connection", "healthy", "probed", std::nullopt},
                                    {"database", "healthy", "reported", std::nullopt},
                                    {"queue", "healthy", "reported", std::nullopt}}),
                .rows = 1};
    ASSERT_EQ(cache_.succeed(name + ".health", at, std::move(batch)), std::nullopt);
  }
  void write(const std::string& source, std::int64_t at, std::vector<Write> writes) {
    const auto rejected = cache_.succeed(source, at, {.writes = std::move(writes), .rows = 1});
    ASSERT_EQ(rejected, std::nullopt) << rejected->text;
  }
  static Write rows(const std::string& table, std::vector<std::string> columns, std::vector<Row> rows) {
    return {.table = table, .mode = Mode::replace, .columns = std::move(columns), .rows = std::move(rows), .scope = {}};
  }
  void subscribed(std::int64_t at, std::optional<double> private_event_at) {
    write("postgres.subscriptions", at,
          {rows("subscription_row", {"subscription_id", "channel_type", "topic", "is_active", "last_event_at"},
                {{"a", "order", "order", std::int64_t{1}, maybe(private_event_at)},
                 {"b", "balance", "wallet", std::int64_t{1}, Value{}},
                 {"c", "ticker", "tickers.BTCUSDT", std::int64_t{1}, static_cast<double>(at)}})});
  }
  // By ws-gateway, at t0.
  void reported(const std::string& status, std::optional<double> connected_at = {}, std::optional<std::int64_t> subscriptions = {}) {
    ConnectionSeen seen;
    seen.status = status;
    seen.connected_at = connected_at;
    seen.active_subscriptions = subscriptions;
    const auto prior = cache_.store().prior_state(source_named("ws-gateway.health"), t0);
    auto writes = observed("ws-gateway", "healthy", t0, 3.5, std::nullopt, {});
    writes.push_back(connection_row("private", prior.tables.at(0), seen, "reported", t0));
    write("ws-gateway.health", t0, std::move(writes));
  }
  void filled(std::int64_t at, double closed_at) {
    write("postgres.orders", at,
          {rows("trade_order", {"id", "time", "closure", "changed_at", "is_dry_run"},
                {{fmt::format("o{}", closed_at), closed_at - 5, "filled", closed_at, std::int64_t{0}}})});
  }
  std::vector<Row> read(const std::string& sql, std::int64_t now) { return cache_.read(sql, now).rows; }
  Value reason(std::int64_t now) { return cache_.value("SELECT reason FROM system_health", now); }

  Cache cache_{fixed_sources()};
  const Error refused_{ErrorClass::refused, "connection refused"};
  const Error timeout_{ErrorClass::timeout, "no answer within 5 s"};
};

// --- The sentence ----------------------------------------------------------------------------------------------------------

TEST_F(Problem, when_all_is_well_it_says_so) {
  EXPECT_EQ(read("SELECT * FROM problem", t0), std::vector<Row>{});
  EXPECT_EQ(reason(t0), Value(fmt::format("all {} services are healthy", read("SELECT * FROM service_health", t0).size())));
}

TEST_F(Problem, the_worst_service_comes_first_then_queues_with_the_worst_named) {
  service("order-manager", "unhealthy", t0, "database: not connected");
  service("position-manager", "degraded", t0, "slow");
  write("rabbitmq.queues", t0,
        {rows("queue", {"vhost", "name", "messages", "lag", "lag_reason", "lag_severity", "lagging_since"},
              {{"/", "signals.old", std::int64_t{2}, "lagging", "not consumed", 1.0, t0},
               {"/", "signals.new", std::int64_t{7}, "lagging", "no consumer", 3.0, t0},
               {"/", "orders", std::int64_t{900}, "ok", Value{}, 0.9, Value{}}})});
  const auto sentence = text(reason(t0 + 20)).value_or("");
  EXPECT_TRUE(
      sentence.starts_with("order-manager unhealthy for 20 s: database: not connected; 2 queues lag, the worst signals.new 7 "
                           "messages, no consumer; position-manager degraded for 20 s: slow"))
      << sentence;
  EXPECT_EQ(read("SELECT kind, subject FROM problem LIMIT 3", t0 + 20),
            (std::vector<Row>{{"service", "order-manager"}, {"queue", "signals.new"}, {"queue", "signals.old"}}));
}

TEST_F(Problem, a_service_without_the_endpoint_is_not_said_to_be_healthy) {
  cache_.fail("position-manager.health", t0 + 1, {ErrorClass::missing, "GET /health: HTTP 404; there is no such endpoint"});
  EXPECT_EQ(cache_.value("SELECT status FROM system_health", t0 + 1), Value("unknown"));
  const auto sentence = text(reason(t0 + 1)).value_or("");
  EXPECT_TRUE(sentence.starts_with("position-manager unknown for 1 s: GET /health: HTTP 404")) << sentence;
}

TEST_F(Problem, a_silent_gateway_is_all_that_is_said) {
  const TemporaryDirectory directory;
  const auto file = directory / "cache.db";
  ASSERT_TRUE(cache_.store().copy_to(file, {.published_at = t0, .count = 1, .bytes_before = 0}));
  EXPECT_EQ(read_at(file, "SELECT reason FROM system_health", t0 + 400).rows,
            (std::vector<Row>{{"the gateway has published nothing for 6 min"}}));
}

// While the copy is current the list alone says why it will not stay so; then the sentence does.
TEST_F(Problem, a_copy_that_cannot_be_updated_says_why) {
  const TemporaryDirectory directory;
  const auto file = directory / "cache.db";
  ASSERT_TRUE(cache_.store().copy_to(file, {.published_at = t0, .count = 1, .bytes_before = 0}));
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE)
      .exec("INSERT INTO copy_state VALUES (1, 's3://dash/key', " + std::to_string(t0) + ", 'refused: no store', " +
            std::to_string(t0 + 3) + ")");
  EXPECT_EQ(read_at(file, "SELECT subject, status, since, why FROM problem WHERE kind = 'copy'", t0 + 5).rows,
            (std::vector<Row>{{"s3://dash/key", "degraded", t0 + 3, "refused: no store"}}));
  EXPECT_EQ(read_at(file, "SELECT reason FROM system_health", t0 + 400).rows,
            (std::vector<Row>{{"this copy has not been updated for 6 min: refused: no store"}}));
  EXPECT_TRUE(read_at(file, "SELECT 1 FROM problem WHERE kind = 'copy'", t0 + 400).empty());
}

TEST_F(Problem, many_services_are_counted_and_sources_without_current_data_too) {
  const auto sentence = text(cache_.value("SELECT reason FROM system_health", t0 + 200000)).value_or("");
  EXPECT_NE(sentence.find("more services have problems"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("sources have no current data"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("for 2 days"), std::string::npos) << sentence;
}

// --- What a service says of what we ask ourselves ------------------------------------------------------------------------------

TEST_F(Problem, a_part_reported_healthy_is_not_believed_while_its_probe_is_refused) {
  const std::string database =
      "SELECT status, error, last_known_status FROM service_component WHERE service = 'ws-gateway' AND component = ";
  cache_.fail("postgres.health", t0 + 1, refused_);
  EXPECT_EQ(read(database + "'database'", t0 + 1),
            (std::vector<Row>{{"unknown", "reported healthy, but PostgreSQL does not answer the gateway", "healthy"}}));
  EXPECT_EQ(read(database + "'queue'", t0 + 1), (std::vector<Row>{{"healthy", Value{}, "healthy"}}));
  cache_.fail("rabbitmq.health", t0 + 2, refused_);
  EXPECT_EQ(read(database + "'queue'", t0 + 2),
            (std::vector<Row>{{"unknown", "reported healthy, but RabbitMQ does not answer the gateway", "healthy"}}));
}

TEST_F(Problem, our_own_wrong_password_is_no_evidence_against_it) {
  cache_.fail("postgres.health", t0 + 1, {ErrorClass::auth, "password"});
  EXPECT_EQ(read("SELECT status FROM service_component WHERE service = 'ws-gateway' AND component = 'database'", t0 + 1),
            (std::vector<Row>{{"healthy"}}));
}

// --- The private connection ------------------------------------------------------------------------------------------------

TEST_F(Problem, the_newest_private_event_is_the_heartbeat_and_the_rows_count_the_subscriptions) {
  reported("connected", t0 - 100.0, 12);
  subscribed(t0, t0 - 7.0);
  EXPECT_EQ(read("SELECT status, last_heartbeat_at, active_subscriptions, reported_subscriptions FROM ws_connection "
                 "WHERE connection = 'private'",
                 t0),
            (std::vector<Row>{{"connected", t0 - 7.0, std::int64_t{2}, std::int64_t{12}}}));
}

TEST_F(Problem, connected_is_doubted_when_orders_moved_after_the_last_event) {
  const std::string private_one =
      "SELECT status, last_known_status, duration_s IS NULL, doubt IS NOT NULL FROM ws_connection "
      "WHERE connection = 'private'";
  reported("connected", t0 - 900.0);
  subscribed(t0, t0 - 600.0);
  filled(t0, t0 - 580.0);  // within a minute: it may belong to that event
  EXPECT_EQ(read(private_one, t0), (std::vector<Row>{{"connected", "connected", std::int64_t{0}, std::int64_t{0}}}));
  filled(t0, t0 - 500.0);
  EXPECT_EQ(read(private_one, t0), (std::vector<Row>{{"unknown", "connected", std::int64_t{1}, std::int64_t{1}}}));
  EXPECT_NE(text(reason(t0)).value_or("").find("no event since 09:50:00 UTC"), std::string::npos);
  EXPECT_EQ(read("SELECT since FROM problem WHERE kind = 'connection'", t0), (std::vector<Row>{{t0 - 600}}));
  subscribed(t0, t0 - 499.0);
  EXPECT_EQ(read(private_one, t0), (std::vector<Row>{{"connected", "connected", std::int64_t{0}, std::int64_t{0}}}));
}

TEST_F(Problem, a_connection_is_not_doubted_before_the_subscriptions_were_read_again) {
  reported("connected");
  subscribed(t0, t0 - 600.0);
  filled(t0 + 5, t0 + 1.0);
  EXPECT_EQ(read("SELECT status FROM ws_connection WHERE connection = 'private'", t0 + 5), (std::vector<Row>{{"connected"}}));
}

TEST_F(Problem, what_is_reported_while_it_reconnects_stays) {
  reported("reconnecting", t0 - 50.0);
  EXPECT_EQ(read("SELECT connected_at, duration_s FROM ws_connection WHERE connection = 'private'", t0),
            (std::vector<Row>{{t0 - 50.0, Value{}}}));
}

// --- Trainings -------------------------------------------------------------------------------------------------------------

TEST_F(Problem, a_silent_model_service_is_probably_training_when_it_said_so_last) {
  const std::string error = "SELECT error FROM service_health WHERE service = 'model-service'";
  cache_.fail("model-service.health", t0 + 10, timeout_, 10);
  EXPECT_EQ(read(error, t0 + 10), (std::vector<Row>{{"no answer within 5 s"}}));
  write("model-service.training", t0 + 11,
        {rows("training", {"id", "is_training", "observed_at"}, {{std::int64_t{1}, std::int64_t{1}, t0 + 11}})});
  EXPECT_EQ(read(error, t0 + 12), (std::vector<Row>{{"no answer: probably training (no answer within 5 s)"}}));
  cache_.fail("model-service.health", t0 + 20, refused_, 20);
  EXPECT_EQ(read(error, t0 + 20), (std::vector<Row>{{"connection refused"}})) << "a training does not refuse";
}

TEST_F(Problem, a_training_is_probable_when_one_is_due) {
  std::vector<Row> versions;
  for (const auto ago : {10000.0, 20000.0, 30000.0}) {
    versions.push_back({fmt::format("v{}", ago), "s", t0 - ago, std::int64_t{60}, std::int64_t{0}, std::int64_t{0}});
  }
  write("postgres.models", t0,
        {rows("model_version", {"version", "strategy_id", "trained_at", "training_duration_s", "is_active", "is_first"}, versions)});
  EXPECT_EQ(read("SELECT 1 FROM training_probable", t0 - 5000), std::vector<Row>{});
  EXPECT_EQ(read("SELECT 1 FROM training_probable", t0 - 100), (std::vector<Row>{{std::int64_t{1}}}));
  EXPECT_EQ(read("SELECT 1 FROM training_probable", t0 + 20000), std::vector<Row>{}) << "long overdue: it has ceased to train";
}

class Silence : public Problem {
 protected:
  void silent(std::int64_t from, std::int64_t to, const Error& error) {
    for (auto at = from; at < to; at += 10) cache_.fail("model-service.health", at, error, static_cast<double>(at - from));
    service("model-service", "healthy", to);
  }
  void trained(std::int64_t at, double trained_at, std::int64_t duration_s) {
    write("postgres.models", at,
          {rows("model_version", {"version", "strategy_id", "trained_at", "training_duration_s", "is_active", "is_first"},
                {{"v7", "alpha", trained_at, duration_s, std::int64_t{1}, std::int64_t{0}}})});
  }
  std::vector<Row> told() {
    return read(
        "SELECT event_type, summary LIKE '%: training of v7 for alpha' FROM event_history "
        "WHERE event_type IN ('upstream_lost', 'upstream_recovered') AND service = 'model-service' ORDER BY time",
        t0 + 200);
  }
  const std::vector<Row> explained_{{"upstream_lost", std::int64_t{1}}, {"upstream_recovered", std::int64_t{1}}};
  const std::vector<Row> unexplained_{{"upstream_lost", std::int64_t{0}}, {"upstream_recovered", std::int64_t{0}}};
};

TEST_F(Silence, is_explained_by_the_training_that_is_told_of_later) {
  silent(t0 + 10, t0 + 80, timeout_);
  EXPECT_EQ(told(), unexplained_);
  trained(t0 + 90, t0 + 78.0, 70);
  EXPECT_EQ(read("SELECT explanation FROM outage", t0 + 90), (std::vector<Row>{{"training of v7 for alpha"}}));
  EXPECT_EQ(told(), explained_);
  trained(t0 + 100, t0 + 78.0, 70);
  EXPECT_EQ(told(), explained_) << "told once";
}

TEST_F(Silence, is_explained_by_the_training_that_was_told_of_before_it_ended) {
  for (auto at = t0 + 10; at < t0 + 80; at += 10) cache_.fail("model-service.health", at, timeout_, static_cast<double>(at - t0));
  trained(t0 + 81, t0 + 78.0, 70);
  service("model-service", "healthy", t0 + 85);
  EXPECT_EQ(told(), explained_);
}

TEST_F(Silence, of_an_hour_or_a_refusal_is_not_explained_by_a_training_of_a_minute) {
  silent(t0 + 10, t0 + 80, refused_);
  trained(t0 + 90, t0 + 78.0, 70);
  EXPECT_EQ(told(), unexplained_);
  EXPECT_EQ(read("SELECT count(*) FROM outage WHERE explanation IS NOT NULL", t0 + 90), (std::vector<Row>{{std::int64_t{0}}}));
}

TEST_F(Silence, that_began_long_before_the_training_is_not_explained) {
  silent(t0 + 10, t0 + 180, timeout_);
  trained(t0 + 190, t0 + 178.0, 20);
  EXPECT_EQ(told(), unexplained_);
}

// --- Signals without orders --------------------------------------------------------------------------------------------------

TEST_F(Problem, signals_that_led_to_no_order_are_counted_among_the_last_ten) {
  std::vector<Row> signals, orders;
  for (int i = 0; i < 14; ++i) {  // one every 30 s, the newest 10 s ago
    const auto id = fmt::format("s{:02}", i);
    const double time = t0 - 10 - 30.0 * i;
    signals.push_back({id, time, "alpha"});
    if (i == 5 || i >= 12) orders.push_back({"o" + id, id, time + 1, "rejected"});
  }
  write("postgres.signals", t0, {rows("signal", {"signal_id", "time", "strategy_id"}, signals)});
  write("postgres.orders", t0, {rows("trade_order", {"id", "signal_id", "time", "closure"}, orders)});
  // Two are younger than a minute. Of the ten after them one has an order.
  EXPECT_EQ(read("SELECT judged, without_order FROM signals_without_order", t0), (std::vector<Row>{{std::int64_t{10}, std::int64_t{9}}}));
  EXPECT_EQ(reason(t0), Value("9 of the last 10 signals have no order"));
  EXPECT_EQ(cache_.value("SELECT status FROM system_health", t0), Value("healthy")) << "no verdict of health by itself";
  EXPECT_EQ(read("SELECT without_order FROM signals_without_order", t0 + 100), (std::vector<Row>{{Value{}}})) << "nobody knows any more";
}

TEST_F(Problem, a_strategy_is_silent_for_long_by_its_own_measure) {
  std::vector<Row> signals;
  for (int i = 0; i < 5; ++i) {
    signals.push_back({fmt::format("q{}", i), t0 - 600.0 - 100.0 * i, "quick"});
    signals.push_back({fmt::format("s{}", i), t0 - 600.0 - 1000.0 * i, "slow"});
  }
  signals.push_back({"one", t0 - 600.0, "new"});
  write("postgres.signals", t0, {rows("signal", {"signal_id", "time", "strategy_id"}, signals)});
  EXPECT_EQ(read("SELECT strategy_id, since_s, median_pause_s, silence FROM signal_flow", t0),
            (std::vector<Row>{{"new", 600.0, Value{}, "unknown"}, {"quick", 600.0, 100.0, "long"}, {"slow", 600.0, 1000.0, "usual"}}));
}

}  // namespace
}  // namespace gateway
