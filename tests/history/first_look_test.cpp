// What a gateway tells that looks for the first time: the newest 200 rows of each table, none of the others until they
// change, and nothing that has left comes back because its row is read again.
#include "history_fixture.hpp"

namespace history {
namespace {

constexpr int rows = 450;
constexpr std::size_t told = 200;

class FirstLook : public HistoryFixture {
 protected:
  FirstLook() {
    gateway.kill();
    std::filesystem::remove(gateway.file());
    constexpr double spaced_s = 400;
    for (int i = 0; i < rows; ++i) {
      later(spaced_s);
      decide(world, random, world.now).strategy_id = strategies()[static_cast<std::size_t>(i % 2)];
      auto& order = place(world, random, random.uuid(), world.now);
      if (i % 2 == 0) cancel(order, world.now + 1);
      unsubscribe(subscribe(world, random, world.now), world.now + 1);
      finish(world, random, {.started_at = world.now - 2, .ends_at = world.now - 1, .version = "v" + std::to_string(i)}, strategies()[0]);
    }
    later(spaced_s);
    gateway.start();
    gateway.poll_all();
  }
  // Of each type whether it is the newest so many that are there.
  void expect_newest(const std::string& type, std::vector<double> times) {
    std::ranges::sort(times, std::greater{});
    const auto all = events(type);
    ASSERT_EQ(all.size(), std::min(told, times.size())) << type;
    for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].time, times[i]) << type;
  }
};

TEST_F(FirstLook, OnlyTheNewestTwoHundredRowsOfEachTableAreEvents) {
  std::vector<double> signals, orders, created, cancelled, trained;
  for (const auto& s : world.signals) signals.push_back(s.time);
  for (const auto& o : world.orders) orders.push_back(o.created_at);
  for (const auto& s : world.subscriptions) created.push_back(s.created_at);
  for (const auto& s : world.subscriptions) cancelled.push_back(s.updated_at);
  for (const auto& v : world.versions) trained.push_back(v.trained_at);
  expect_newest("trading_signal_received", signals);
  expect_newest("order_created", orders);
  expect_newest("subscription_created", created);
  expect_newest("subscription_cancelled", cancelled);
  expect_newest("model_training_completed", trained);
  expect_newest("model_retrained", trained);
  EXPECT_EQ(events("order_closed").size(), told / 2) << "every second of those";
}

TEST_F(FirstLook, AnOldOrderIsAnEventWhenItEnds) {
  const auto id = world.orders.at(1).id;
  ASSERT_FALSE(has("order_created:" + id));
  cancel(world.orders.at(1), world.now);
  later(10);
  gateway.poll_all();
  EXPECT_EQ(event("order_closed:" + id).time, world.orders.at(1).updated_at);
}

TEST_F(FirstLook, RowsThatAreReadAnewTellNothing) {
  const auto before = counts();
  world.orders.pop_back();  // deleted upstream: everything is read again
  world.signals.pop_back();
  for (auto& order : world.orders) {
    if (order.status == "cancelled") order.updated_at = world.now;
  }
  for (int i = 0; i < 3; ++i) {
    later(10);
    gateway.poll_all();
  }
  EXPECT_EQ(counts(), before);
}

TEST_F(FirstLook, AnOrderThatEndedWhenRowsWereDeletedIsAnEvent) {
  world.orders.pop_back();
  cancel(world.orders.at(1), world.now);
  later(10);
  gateway.poll_all();
  EXPECT_TRUE(has("order_closed:" + world.orders.at(1).id));
}

class HasLeft : public HistoryFixture {
 protected:
  HasLeft() : HistoryFixture({.most = 200, .for_s = 3600}) {}
};

TEST_F(HasLeft, AnOldModelThatIsActivatedAgainIsNoTraining) {
  constexpr int more_than_a_list = 520;
  for (int i = 0; i < more_than_a_list; ++i) {
    later(60);
    finish(world, random, {.started_at = world.now - 2, .ends_at = world.now - 1, .version = "v" + std::to_string(i)}, strategies()[0]);
    world.versions.back().is_active = false;
    if (i % 100 == 0) gateway.poll_all();
  }
  gateway.poll_all();
  gateway.tidy();
  const auto before = counts();
  world.versions.front().is_active = true;
  later(10);
  gateway.poll_all();
  EXPECT_EQ(counts(), before);
}

TEST_F(HasLeft, ABurstThatIsReadAgainDoesNotComeBack) {
  constexpr int more_than_is_kept = 900;
  for (int i = 0; i < more_than_is_kept; ++i) refuse(world, random, decide(world, random, world.now).signal_id, world.now);
  gateway.poll_all();
  gateway.tidy();
  const auto before = counts();
  later(10);
  gateway.poll_all();
  EXPECT_EQ(counts(), before);
}

}  // namespace
}  // namespace history
