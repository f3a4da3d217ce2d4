// What is said of the exchange connections: reported or inferred, unknown once nobody knows, and every observed change a
// transition with the bounds between which it happened.
#include <gtest/gtest.h>

#include <algorithm>

#include "cache.hpp"
#include "golden.hpp"

namespace gateway {
namespace {

constexpr auto t0 = Cache::started;

class ConnectionVerdict : public ::testing::Test {
 protected:
  // A golden answer, at a time of ours and after what the cache holds.
  void answer(const std::string& source, const std::string& name, std::int64_t at) {
    const auto golden = std::ranges::find_if(golden_cases(), [&](const auto& one) { return one.source == source && one.name == name; });
    ASSERT_NE(golden, golden_cases().end()) << name;
    GoldenInput input(*golden);
    if (source == "postgres.subscriptions" && input.answers.size() == 2) {  // later than the first time: nothing changed since
      auto changed = std::get<Table>(input.answers[0]);
      changed.columns.insert(changed.columns.end(), {"looked_back", "place_time", "place_id"});
      changed.rows.clear();
      input.answers.emplace_back(std::move(changed));
    }
    auto prior = cache_.store().prior_state(source_named(source), at);
    prior.catalogue = input.prior.catalogue;
    auto batch = source_named(source).parse(prior, input.answers);
    ASSERT_TRUE(batch.has_value()) << batch.error().text;
    ASSERT_EQ(cache_.succeed(source, at, std::move(*batch)), std::nullopt);
  }
  void ws_gateway(const std::string& name, std::int64_t at) { answer("ws-gateway.health", name, at); }
  void subscriptions(const std::string& name, std::int64_t at) { answer("postgres.subscriptions", name, at); }

  std::vector<Row> connection(const std::string& columns, const std::string& which, std::int64_t now) {
    return cache_.read("SELECT " + columns + " FROM ws_connection WHERE connection = '" + which + "'", now).rows;
  }
  std::vector<Row> transitions() {
    return cache_.read("SELECT time, not_before_at, connection, from_status, to_status FROM ws_transition", t0).rows;
  }

  Cache cache_{fixed_sources()};
};

TEST_F(ConnectionVerdict, both_are_shown_before_anything_was_heard_of_them) {
  EXPECT_EQ(cache_
                .read("SELECT connection, status, last_known_status, environment, connected_at, duration_s, last_heartbeat_at, "
                      "reconnect_count, observed_since, last_error, active_subscriptions, basis, source, freshness FROM ws_connection "
                      "ORDER BY connection",
                      t0)
                .rows,
            (std::vector<Row>{{"private", "unknown", Value{}, Value{}, Value{}, Value{}, Value{}, Value{}, Value{}, Value{}, Value{},
                               Value{}, "ws-gateway.health", "never"},
                              {"public", "unknown", Value{}, Value{}, Value{}, Value{}, Value{}, Value{}, Value{}, Value{}, Value{},
                               Value{}, "postgres.subscriptions", "never"}}));
  EXPECT_EQ(Store().query("SELECT status FROM ws_connection").rows, (std::vector<Row>{{"unknown"}, {"unknown"}}));
}

TEST_F(ConnectionVerdict, the_private_one_is_as_reported_while_fresh) {
  ws_gateway("websocket-down", t0);
  EXPECT_EQ(connection("status, last_known_status, basis, environment", "private", t0 + 30),
            (std::vector<Row>{{"reconnecting", "reconnecting", "reported", "testnet"}}));
  EXPECT_EQ(connection("status, last_known_status", "private", t0 + 31), (std::vector<Row>{{"unknown", "reconnecting"}}));
}

TEST_F(ConnectionVerdict, the_public_one_is_inferred_from_market_events) {
  subscriptions("flowing", t0);
  EXPECT_EQ(connection("status, basis", "public", t0), (std::vector<Row>{{"connected", "inferred"}}));
  subscriptions("quiet", t0 + 10);
  EXPECT_EQ(connection("status, basis", "public", t0 + 10), (std::vector<Row>{{"disconnected", "inferred"}}));
}

TEST_F(ConnectionVerdict, the_public_one_is_unknown_before_the_first_event) {
  subscriptions("never-an-event", t0);
  EXPECT_EQ(connection("status, last_known_status", "public", t0), (std::vector<Row>{{"unknown", Value{}}}));
}

TEST_F(ConnectionVerdict, the_public_one_is_unknown_again_without_any_active_topic) {
  subscriptions("flowing", t0);
  subscriptions("none", t0 + 10);
  EXPECT_EQ(connection("status, last_known_status", "public", t0 + 10), (std::vector<Row>{{"unknown", "connected"}}));
}

TEST_F(ConnectionVerdict, the_private_one_is_unknown_while_the_service_says_a_word_that_we_do_not_know) {
  ws_gateway("healthy", t0);
  ws_gateway("unknown-word", t0 + 10);
  EXPECT_EQ(connection("status, last_known_status", "private", t0 + 10), (std::vector<Row>{{"unknown", "connected"}}));
}

TEST_F(ConnectionVerdict, the_private_one_is_unknown_once_the_service_does_not_tell_of_it_and_its_facts_stay) {
  ws_gateway("nested-state", t0);
  const auto facts = "last_known_status, environment, connected_at, last_heartbeat_at, reconnect_count, active_subscriptions, basis";
  const auto before = connection(facts, "private", t0);
  ws_gateway("not-told-any-more", t0 + 10);
  EXPECT_EQ(connection("status, duration_s", "private", t0 + 10), (std::vector<Row>{{"unknown", Value{}}}));
  EXPECT_EQ(connection(facts, "private", t0 + 10), before);
  EXPECT_EQ(cache_.value("SELECT known_at FROM ws_connection_row WHERE connection = 'private'", t0 + 10), Value{t0});
}

TEST_F(ConnectionVerdict, how_long_it_is_connected_is_known_only_after_it_came_back) {
  ws_gateway("healthy", t0);
  EXPECT_EQ(connection("connected_at, duration_s, reconnect_count, observed_since", "private", t0 + 5),
            (std::vector<Row>{{Value{}, Value{}, 0, t0}}));
  ws_gateway("websocket-down", t0 + 10);
  ws_gateway("healthy", t0 + 20);
  EXPECT_EQ(connection("connected_at, duration_s, reconnect_count, observed_since", "private", t0 + 25),
            (std::vector<Row>{{static_cast<double>(t0 + 20), 5.0, 1, t0}}));
}

TEST_F(ConnectionVerdict, the_first_connect_is_no_reconnect) {
  const auto counted = [&](std::int64_t now) { return connection("connected_at, reconnect_count", "private", now).at(0); };
  ws_gateway("websocket-down", t0);
  ws_gateway("healthy", t0 + 10);
  EXPECT_EQ(counted(t0 + 10), (Row{static_cast<double>(t0 + 10), 0}));
  ws_gateway("websocket-down", t0 + 20);
  ws_gateway("healthy", t0 + 30);
  EXPECT_EQ(counted(t0 + 30), (Row{static_cast<double>(t0 + 30), 1}));
  EXPECT_EQ(cache_.value("SELECT group_concat(event_type, ' ') FROM (SELECT event_type FROM event_history ORDER BY time)", t0),
            Value("websocket_connected websocket_disconnected websocket_reconnected"));
}

TEST_F(ConnectionVerdict, a_duration_is_not_available_once_stale) {
  ws_gateway("nested-state", t0);
  EXPECT_FALSE(is_null(connection("duration_s", "private", t0 + 5).at(0).at(0)));
  EXPECT_EQ(connection("duration_s", "private", t0 + 31), (std::vector<Row>{{Value{}}}));
}

TEST_F(ConnectionVerdict, every_observed_change_is_a_transition) {
  ws_gateway("healthy", t0);
  ws_gateway("websocket-down", t0 + 10);
  ws_gateway("websocket-down", t0 + 20);
  ws_gateway("healthy", t0 + 30);
  EXPECT_EQ(transitions(), (std::vector<Row>{{t0 + 30, Value{}, "private", "reconnecting", "connected"},
                                             {t0 + 10, Value{}, "private", "connected", "reconnecting"}}));
}

TEST_F(ConnectionVerdict, a_change_while_nobody_looked_carries_both_bounds) {
  ws_gateway("healthy", t0);
  ws_gateway("websocket-down", t0 + 600);
  EXPECT_EQ(transitions(), (std::vector<Row>{{t0 + 600, t0, "private", "connected", "reconnecting"}}));
}

TEST_F(ConnectionVerdict, a_change_across_a_short_unknown_carries_the_time_it_was_last_known) {
  ws_gateway("healthy", t0);
  ws_gateway("unknown-word", t0 + 5);
  ws_gateway("not-told-any-more", t0 + 10);
  ws_gateway("websocket-down", t0 + 15);
  cache_.fail("ws-gateway.health", t0 + 20, {ErrorClass::missing, "HTTP 404"});
  ws_gateway("healthy", t0 + 25);
  EXPECT_EQ(transitions(), (std::vector<Row>{{t0 + 25, t0 + 15, "private", "reconnecting", "connected"},
                                             {t0 + 15, t0, "private", "connected", "reconnecting"}}));
}

TEST_F(ConnectionVerdict, a_missed_poll_is_no_unknown) {
  ws_gateway("healthy", t0);
  cache_.fail("ws-gateway.health", t0 + 10, {ErrorClass::timeout, "no answer"});
  ws_gateway("websocket-down", t0 + 20);
  EXPECT_EQ(transitions(), (std::vector<Row>{{t0 + 20, Value{}, "private", "connected", "reconnecting"}}));
}

TEST_F(ConnectionVerdict, no_subscriptions_is_not_available_while_postgres_is_unhealthy) {
  subscriptions("none", t0);
  EXPECT_EQ(connection("active_subscriptions", "public", t0), (std::vector<Row>{{0}}));
  cache_.fail("postgres.health", t0 + 5, {ErrorClass::refused, "connection refused"});
  EXPECT_EQ(connection("active_subscriptions", "public", t0 + 5), (std::vector<Row>{{Value{}}}));
}

}  // namespace
}  // namespace gateway
