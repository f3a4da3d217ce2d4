// More rows between two polls than any list keeps, or than one answer holds: every one of them is an event, and the
// gateway comes to rest.
#include "history_fixture.hpp"

namespace history {
namespace {

constexpr int burst = 5000;
constexpr int over_a_chunk = 6500;
constexpr double longer_than_a_refill = 1500;

class Burst : public HistoryFixture {
 protected:
  explicit Burst(Retention retention = {.most = 100000}) : HistoryFixture(retention) {
    // Something came before, as always.
    for (int i = 0; i < 30; ++i) {
      decide(world, random, world.now + i);
      place(world, random, random.uuid(), world.now + i);
    }
    later(40);
    gateway.poll_all();
    later(10);
  }

  void orders(int n, double within_s) {
    for (int i = 0; i < n; ++i) refuse(world, random, random.uuid(), world.now - within_s * (n - 1 - i) / n);
  }
  void signals(int n, double within_s) {
    for (int i = 0; i < n; ++i) decide(world, random, world.now - within_s * (n - 1 - i) / n);
  }
  std::size_t missing_orders() const {
    std::set<std::string> ids;
    for (const auto& e : events()) ids.insert(e.id);
    std::size_t missing = 0;
    for (const auto& order : world.orders) {
      missing += ids.contains("order_created:" + order.id) ? 0 : 1;
      if (!order.ends.empty()) missing += ids.contains("order_closed:" + order.id) ? 0 : 1;
    }
    return missing;
  }
  std::size_t missing_signals() const {
    std::set<std::string> ids;
    for (const auto& e : events("trading_signal_received")) ids.insert(e.entity.substr(0, e.entity.find('|')));
    return static_cast<std::size_t>(std::ranges::count_if(world.signals, [&](const auto& s) { return !ids.contains(s.signal_id); }));
  }
  void poll_twice() {
    gateway.poll_all();
    later(10);
    gateway.poll_all();
  }
};

TEST_F(Burst, FiveThousandOrdersBetweenTwoPollsAreAllEvents) {
  orders(burst, 9);
  ASSERT_NO_THROW(poll_twice());
  EXPECT_EQ(missing_orders(), 0U);
}

TEST_F(Burst, MoreOrdersInASecondThanOneAnswerHoldsAreAllEvents) {
  orders(over_a_chunk, 1);
  ASSERT_NO_THROW(poll_twice());
  EXPECT_EQ(missing_orders(), 0U);
}

TEST_F(Burst, MoreOrdersOfOneMomentThanOneAnswerHoldsAreAllEvents) {
  orders(over_a_chunk, 0);
  ASSERT_NO_THROW(poll_twice());
  EXPECT_EQ(missing_orders(), 0U);
}

TEST_F(Burst, MoreSignalsInASecondThanOneAnswerHoldsAreAllEvents) {
  signals(over_a_chunk, 1);
  ASSERT_NO_THROW(poll_twice());
  EXPECT_EQ(missing_signals(), 0U);
}

TEST_F(Burst, MoreSignalsOfOneMomentThanOneAnswerHoldsAreAllEvents) {
  signals(over_a_chunk, 0);
  ASSERT_NO_THROW(poll_twice());
  EXPECT_EQ(missing_signals(), 0U);
}

TEST_F(Burst, SignalsOfALongAbsenceAreAllEvents) {
  gateway.stop();
  later(longer_than_a_refill);
  constexpr int more_than_a_list_each = 1000;
  signals(more_than_a_list_each, longer_than_a_refill);
  gateway.start();
  gateway.poll_all();
  EXPECT_EQ(missing_signals(), 0U);
}

TEST_F(Burst, OrdersOfALongAbsenceAreAllEvents) {
  gateway.stop();
  later(longer_than_a_refill);
  orders(over_a_chunk, longer_than_a_refill);
  gateway.start();
  gateway.poll_all();
  EXPECT_EQ(missing_orders(), 0U);
}

TEST_F(Burst, ARowDatedSecondsAheadDoesNotCutItShort) {
  constexpr double ahead_s = 60;
  place(world, random, random.uuid(), world.now + ahead_s);
  decide(world, random, world.now + ahead_s);
  gateway.poll_all();
  later(1);
  orders(over_a_chunk, 9);
  signals(over_a_chunk, 9);
  ASSERT_NO_THROW(poll_twice());
  EXPECT_EQ(missing_orders(), 0U);
  EXPECT_EQ(missing_signals(), 0U);
}

TEST_F(Burst, NoneIsLostWhenTheGatewayIsKilledHalfWayThrough) {
  orders(over_a_chunk, 300);
  signals(over_a_chunk, 300);
  gateway.poll_all();
  kill_and_start();
  gateway.poll_all();
  gateway.publish();
  kill_and_start();
  EXPECT_EQ(missing_orders(), 0U);
  EXPECT_EQ(missing_signals(), 0U);
}

TEST_F(Burst, MoreSubscriptionsThanAListAreAllCreatedAndCancelled) {
  constexpr int more_than_a_list = 700;
  for (int i = 0; i < more_than_a_list; ++i) subscribe(world, random, world.now);
  gateway.poll_all();
  EXPECT_EQ(events("subscription_created").size(), world.subscriptions.size());
  later(10);
  for (auto& row : world.subscriptions) unsubscribe(row, world.now - random.real(0, 5));
  gateway.poll_all();
  EXPECT_EQ(events("subscription_cancelled").size(), world.subscriptions.size());
}

TEST_F(Burst, MoreSubscriptionsThanAListThatCameAndWentUnseenAreEvents) {
  constexpr int more_than_a_list = 700;
  for (int i = 0; i < more_than_a_list; ++i) unsubscribe(subscribe(world, random, world.now - 6), world.now - random.real(0, 5));
  gateway.poll_all();
  EXPECT_EQ(events("subscription_created").size(), world.subscriptions.size());
  EXPECT_EQ(events("subscription_cancelled").size(), world.subscriptions.size());
}

TEST_F(Burst, ItIsReadOnceAndNotAgainWithoutPause) {
  orders(burst, 9);
  signals(burst, 9);
  gateway.poll_all();
  const auto before = attempts("postgres");
  constexpr std::size_t polls = 5;
  for (std::size_t i = 0; i < polls; ++i) {
    later(10);
    ASSERT_NO_THROW(gateway.poll_all());
  }
  EXPECT_LE(attempts("postgres") - before, 2 * polls) << "the window above the watermark may be read again, but not for ever";
}

class BurstAtTheDefault : public Burst {
 protected:
  BurstAtTheDefault() : Burst(Retention{}) {}
};

TEST_F(BurstAtTheDefault, TheNewestOfEachTypeStay) {
  orders(burst, 9);
  poll_twice();
  gateway.tidy();
  const auto retention = Retention{};
  for (const auto* type : {"order_created", "order_closed"}) {
    const auto stay = events(type);
    ASSERT_EQ(stay.size(), static_cast<std::size_t>(retention.most)) << type;
    std::vector<double> times;
    for (const auto& order : world.orders) times.push_back(order.created_at);
    std::ranges::sort(times, std::greater{});
    EXPECT_GE(stay.back().time, times.at(stay.size() - 1)) << type;
  }
}

TEST_F(BurstAtTheDefault, AnEventThatHasLeftDoesNotComeBackAtAnotherTime) {
  orders(burst, 9);
  poll_twice();
  gateway.tidy();
  const auto id = "order_closed:" + world.orders.at(40).id;  // among the oldest of the burst
  ASSERT_FALSE(has(id));
  later(10);
  refuse_again(world.orders.at(40), world.now);
  gateway.poll_all();
  gateway.tidy();
  EXPECT_FALSE(has(id)) << "it happened once, and that is past";
}

}  // namespace
}  // namespace history
