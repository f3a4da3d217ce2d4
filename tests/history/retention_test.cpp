// What stays: the newest 200 of every type and of every service always, beyond them what is young and among the newest
// EVENT_MAX of its type. And how it is asked for: by type or service complete, newest first.
#include "cache/cache_file.hpp"
#include "history_fixture.hpp"

namespace history {
namespace {

constexpr Retention narrow{.most = 300, .for_s = 3600};

class EventRetention : public HistoryFixture {
 protected:
  EventRetention() : HistoryFixture(narrow) {}

  // Every type there is, more of each than is kept, over some hours.
  void fill_all() {
    constexpr int rounds = 420;
    for (int i = 0; i < rounds; ++i) {
      later(30);
      decide(world, random, world.now);
      place(world, random, random.uuid(), world.now);
      fill(world.orders.back(), world.now);
      refuse(world, random, random.uuid(), world.now);
      unsubscribe(subscribe(world, random, world.now), world.now);
      const bool odd = i % 2 != 0;
      world.services["order-manager"].set(world.now, odd ? "degraded" : "healthy");
      world.services["model-service"].set(world.now, i % 20 == 0 ? "degraded" : "healthy");
      world.private_connection.set(world.now, odd ? "connected" : "disconnected");
      const Training training{.started_at = world.now - 10, .ends_at = world.now - 1, .version = "v" + std::to_string(i)};
      finish(world, random, training, strategies()[0]);
      gateway.poll_all();
      if (i % 7 == 0) gateway.tidy();
    }
    gateway.tidy();
  }
};

TEST_F(EventRetention, TheNewestTwoHundredOfEveryTypeAreAlwaysThere) {
  fill_all();
  for (int again = 0; again < 2; ++again) {
    for (const auto& [type, n] : counts()) {
      if (type == "gateway_started") continue;
      const auto all = events(type);
      EXPECT_GE(all.size(), std::min<std::size_t>(200, n)) << type;
      EXPECT_LE(all.size(), static_cast<std::size_t>(narrow.most) + 200) << type;
    }
    for (const auto* type : {"trading_signal_received", "order_created", "order_executed", "order_closed", "subscription_created",
                             "subscription_cancelled", "model_training_completed", "model_retrained", "service_status_changed"}) {
      EXPECT_GE(events(type).size(), 200U) << type;
    }
    later(40.0 * 86400);  // however old they become
    gateway.tidy();
  }
}

TEST_F(EventRetention, TheNewestTwoHundredOfEveryServiceAreAlwaysThere) {
  fill_all();
  later(40.0 * 86400);
  gateway.tidy();
  std::map<std::string, int> of;
  for (const auto& e : events()) ++of[e.service];
  for (const auto* service : {"model-service", "order-manager", "ws-gateway"}) EXPECT_GE(of[service], 200) << service;
  EXPECT_GE(of["gateway"], 1);
}

TEST_F(EventRetention, WhatIsNeitherNewNorYoungLeaves) {
  fill_all();
  auto all = events();
  const auto before = all.size();
  EXPECT_EQ(kept(std::move(all), narrow, gateway.own_now()).size(), before);
  later(40.0 * 86400);
  auto aged = events();
  gateway.tidy();
  EXPECT_EQ(events().size(), kept(std::move(aged), narrow, gateway.own_now()).size());
  EXPECT_LT(events().size(), before);
}

class Filtered : public EventRetention {
 protected:
  Filtered() {
    fill_all();
    gateway.publish();
  }
  gateway::Table published(const std::string& sql) {
    auto database = gateway::open_published(gateway.file());
    return gateway::read_table(database, sql);
  }
  void expect_complete_and_ordered(const std::string& column) {
    const auto all = published("SELECT event_id, time, event_type, service FROM event_history").rows;
    const std::size_t of = column == "event_type" ? 2 : 3;
    std::set<std::string> values;
    for (const auto& row : all) values.insert(gateway::text(row[of]).value_or(""));
    EXPECT_GE(values.size(), 4U);
    for (const auto& value : values) {
      auto wanted = all;
      std::erase_if(wanted, [&](const auto& row) { return gateway::text(row[of]) != value; });
      EXPECT_EQ(published("SELECT event_id, time, event_type, service FROM event_history WHERE " + column + " = '" + value + "'").rows,
                wanted)
          << value;
    }
    for (std::size_t i = 1; i < all.size(); ++i) {
      const auto newer = gateway::number(all[i - 1][1]).value_or(0), older = gateway::number(all[i][1]).value_or(0);
      ASSERT_GE(newer, older) << "newest first";
      if (newer == older) {
        ASSERT_LT(all[i - 1][0], all[i][0]) << "and of one moment by id";
      }
    }
  }
};

TEST_F(Filtered, ByTypeItIsCompleteAndOrdered) { expect_complete_and_ordered("event_type"); }
TEST_F(Filtered, ByServiceItIsCompleteAndOrdered) { expect_complete_and_ordered("service"); }

TEST_F(Filtered, EachQuestionIsAnsweredByAnIndexWithoutSorting) {
  for (const auto* where : {"", "WHERE event_type = 'order_closed'", "WHERE service = 'order-manager'"}) {
    const auto plan = published(std::string("EXPLAIN QUERY PLAN SELECT * FROM event_history ") + where + " LIMIT 200");
    std::string steps;
    for (const auto& row : plan.rows) steps += gateway::text(row.back()).value_or("") + "\n";
    EXPECT_NE(steps.find("INDEX event_by_"), std::string::npos) << steps;
    EXPECT_EQ(steps.find("USE TEMP B-TREE FOR ORDER BY"), std::string::npos) << steps;
  }
}

}  // namespace
}  // namespace history
