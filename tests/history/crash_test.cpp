// Killed between a commit and its publish, or between any other two steps: what was published comes back as it was, what
// was not is read again, and nothing is there twice.
#include "history_fixture.hpp"

namespace history {
namespace {

using Crash = HistoryFixture;

TEST_F(Crash, BetweenCommitAndPublishLosesAndDoublesNothing) {
  place(world, random, random.uuid(), world.now);
  decide(world, random, world.now);
  later(10);
  gateway.poll_all();
  gateway.publish();
  later(10);
  fill(world.orders[0], world.now);
  refuse(world, random, random.uuid(), world.now);
  gateway.poll_all();  // committed, and never published
  const auto before = events();
  kill_and_start();
  EXPECT_FALSE(has("order_closed:" + world.orders[0].id));
  gateway.poll_all();
  for (const auto& e : before) {
    if (e.origin == "row") {
      EXPECT_EQ(event(e.id).time, e.time);
    }
  }
  EXPECT_EQ(events("order_created").size(), 2U);
  EXPECT_EQ(events("order_closed").size(), 2U);
  EXPECT_EQ(events("trading_signal_received").size(), 1U);
}

TEST_F(Crash, AtEveryStepOfALongBurstEndsInTheSameHistory) {
  constexpr int orders = 400;
  for (int i = 0; i < orders; ++i) {
    place(world, random, random.uuid(), world.now + i * 0.1);
    if (i % 3 == 0) cancel(world.orders.back(), world.now + i * 0.1 + 1);
    if (i % 40 == 0) {
      later(5);
      gateway.poll_all();
      if (i % 80 == 0) gateway.publish();
      kill_and_start();
    }
  }
  later(60);
  gateway.poll_all();
  EXPECT_EQ(events("order_created").size(), 400U);
  EXPECT_EQ(events("order_closed").size(), 134U);
}

TEST_F(Crash, EveryStartIsAnEventOfItsOwn) {
  later(10);
  kill_and_start();
  later(10);
  kill_and_start();
  EXPECT_EQ(events("gateway_started").size(), 3U);
}

TEST_F(Crash, PublishedEventsComeBackInEveryColumn) {
  for (int i = 0; i < 20; ++i) {
    place(world, random, decide(world, random, world.now).signal_id, world.now);
    subscribe(world, random, world.now);
  }
  gateway.poll_all();
  gateway.publish();
  const auto all = "SELECT * FROM event_history WHERE event_type <> 'gateway_started' ORDER BY event_id";
  const auto before = gateway.store().query(all).rows;
  kill_and_start();
  EXPECT_EQ(gateway.store().query(all).rows, before);
}

}  // namespace
}  // namespace history
