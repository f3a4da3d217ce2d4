// What becomes of an order: which events it makes, and at what times, whenever they are seen.
#include "history_fixture.hpp"

namespace history {
namespace {

using OrderEvents = HistoryFixture;

constexpr double two_days = 2 * 86400;

TEST_F(OrderEvents, AnOrderThatClosesTwoDaysLaterIsAnEventThen) {
  place(world, random, random.uuid(), world.now);
  const auto id = world.orders[0].id;
  later(10);
  gateway.poll_all();
  EXPECT_EQ(event("order_created:" + id).time, world.orders[0].created_at);
  EXPECT_FALSE(has("order_closed:" + id));
  later(two_days);
  cancel(world.orders[0], world.now);
  later(10);
  gateway.poll_all();
  EXPECT_EQ(event("order_closed:" + id).time, world.orders[0].updated_at);
  EXPECT_EQ(event("order_created:" + id).time, world.orders[0].created_at);
}

TEST_F(OrderEvents, AnOrderThatClosesWhileTheGatewayIsAwayIsAnEventAtTheTimeItClosed) {
  place(world, random, random.uuid(), world.now);
  later(10);
  gateway.poll_all();
  gateway.stop();
  later(two_days);
  fill(world.orders[0], world.now);
  later(two_days);
  gateway.start();
  gateway.poll_all();
  EXPECT_EQ(event("order_executed:" + world.orders[0].id).time, *world.orders[0].executed_at);
  EXPECT_EQ(event("order_closed:" + world.orders[0].id).time, *world.orders[0].executed_at);
}

TEST_F(OrderEvents, ARepeatedRejectionKeepsTheTimeOfTheFirst) {
  refuse(world, random, random.uuid(), world.now);
  const auto first = world.now;
  const auto id = "order_closed:" + world.orders[0].id;
  gateway.poll_all();
  for (const double pause : {20.0, 700.0, two_days}) {
    later(pause);
    refuse_again(world.orders[0], world.now);
    gateway.poll_all();
    EXPECT_EQ(event(id).time, first);
  }
  gateway.stop();
  later(30);
  refuse_again(world.orders[0], world.now);
  gateway.start();
  gateway.poll_all();
  EXPECT_EQ(event(id).time, first);
  EXPECT_EQ(events("order_closed").size(), 1U);
}

TEST_F(OrderEvents, ARepeatedRejectionAmongManyOthersKeepsTheTimeOfTheFirst) {
  constexpr int more_than_a_list = 300;
  for (int i = 0; i < more_than_a_list; ++i) refuse(world, random, random.uuid(), world.now + i * 0.01);
  later(10);
  gateway.poll_all();
  const auto id = "order_closed:" + world.orders[0].id;
  const auto first = event(id).time;
  later(10);
  refuse_again(world.orders[0], world.now);
  gateway.poll_all();
  EXPECT_EQ(event(id).time, first);
}

TEST_F(OrderEvents, EachEndMakesItsOwnEvents) {
  for (int i = 0; i < 4; ++i) place(world, random, random.uuid(), world.now);
  fill(world.orders[0], world.now + 1);
  cancel(world.orders[1], world.now + 1);
  reject(world.orders[2], world.now + 1);
  fill_partly(world.orders[3], world.now + 1);
  rehearse(world, random, random.uuid(), world.now);
  later(10);
  gateway.poll_all();
  const std::map<std::string, std::size_t> wanted{{"gateway_started", 1}, {"order_created", 5}, {"order_executed", 1}, {"order_closed", 3}};
  EXPECT_EQ(counts(), wanted);
  EXPECT_TRUE(has("order_executed:" + world.orders[0].id));
  EXPECT_FALSE(has("order_closed:" + world.orders[3].id)) << "partly filled is open";
  EXPECT_FALSE(has("order_closed:" + world.orders[4].id)) << "a dry run ends nothing";
}

TEST_F(OrderEvents, APartlyFilledOrderThatIsCancelledIsClosedButNotExecuted) {
  auto& order = place(world, random, random.uuid(), world.now);
  fill_partly(order, world.now + 2);
  later(10);
  gateway.poll_all();
  cancel(world.orders[0], world.now);
  later(10);
  gateway.poll_all();
  EXPECT_FALSE(has("order_executed:" + world.orders[0].id));
  EXPECT_EQ(event("order_closed:" + world.orders[0].id).status, "cancelled");
}

TEST_F(OrderEvents, EveryOrderOfASignalHasItsOwn) {
  const auto signal = decide(world, random, world.now).signal_id;
  refuse(world, random, signal, world.now);
  place(world, random, signal, world.now);
  rehearse(world, random, signal, world.now);
  rehearse(world, random, signal, world.now);
  gateway.poll_all();
  EXPECT_EQ(events("order_created").size(), 4U);
  for (const auto& order : world.orders) EXPECT_EQ(event("order_created:" + order.id).entity, signal + "|" + order.order_id + "||");
}

TEST_F(OrderEvents, ARowCommittedTwoMinutesLateIsNotOverlooked) {
  place(world, random, random.uuid(), world.now);
  gateway.poll_all();
  later(10);
  constexpr double late = 119;
  const auto order = place(world, random, random.uuid(), world.now - late).id;
  const auto signal = decide(world, random, world.now).signal_id;
  gateway.poll_all();
  later(10);
  const auto late_signal = decide(world, random, world.now - late).signal_id;
  gateway.poll_all();
  EXPECT_TRUE(has("order_created:" + order));
  EXPECT_TRUE(has("trading_signal_received:" + signal));
  EXPECT_TRUE(has("trading_signal_received:" + late_signal));
}

TEST_F(OrderEvents, ARowDatedInTheFutureHidesNoneThatComeAfterIt) {
  constexpr double hour = 3600;
  place(world, random, random.uuid(), world.now + hour);
  decide(world, random, world.now + hour);
  gateway.poll_all();
  for (int i = 0; i < 3; ++i) {
    later(10);
    place(world, random, random.uuid(), world.now);
    decide(world, random, world.now);
    gateway.poll_all();
  }
  EXPECT_EQ(events("order_created").size(), 3U);
  EXPECT_EQ(events("trading_signal_received").size(), 3U);
  later(hour);
  gateway.poll_all();
  EXPECT_EQ(events("order_created").size(), 4U) << "its time has come";
  EXPECT_EQ(events("trading_signal_received").size(), 4U);
}

}  // namespace
}  // namespace history
