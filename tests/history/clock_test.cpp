// The gateway's clock is set an hour back or forward between two polls, while the database's goes on: the history of rows
// is the same, and no observed change claims to have ended before it began.
#include "history_fixture.hpp"

namespace history {
namespace {

constexpr double hour = 3600;

class ClockSteps : public HistoryFixture {
 protected:
  void trade() {
    for (int i = 0; i < 20; ++i) {
      later(10);
      refuse(world, random, decide(world, random, world.now).signal_id, world.now);
      place(world, random, random.uuid(), world.now);
      if (i % 2 == 0) fill(world.orders.back(), world.now);
      gateway.poll_all();
    }
  }
  void expect_all() const {
    std::map<std::string, double> times;
    for (const auto& e : events()) times[e.id] = e.time;
    for (const auto& s : world.signals) EXPECT_EQ(times["trading_signal_received:" + s.signal_id], s.time);
    for (const auto& o : world.orders) {
      EXPECT_EQ(times["order_created:" + o.id], o.created_at);
      if (!o.ends.empty()) {
        EXPECT_EQ(times["order_closed:" + o.id], o.ends.front());
      }
    }
  }
};

TEST_F(ClockSteps, AnHourForwardAndBackChangesNoEventOfARow) {
  for (const double ahead : {0.0, hour, 0.0, -hour, hour, 0.0}) {
    gateway.set_clock(ahead);
    trade();
    gateway.tidy();
  }
  expect_all();
}

TEST_F(ClockSteps, ARestartUnderAnotherClockChangesNoEventOfARow) {
  for (const double ahead : {hour, -hour, 0.0}) {
    trade();
    gateway.stop();
    gateway.set_clock(ahead);
    gateway.start();
  }
  trade();
  expect_all();
}

TEST_F(ClockSteps, ARowDatedInTheFutureIsReadWhenItsTimeHasComeAndIsNoReasonToBeginAnew) {
  gateway.set_clock(hour);
  place(world, random, random.uuid(), world.now + hour / 2);
  decide(world, random, world.now + hour / 2);
  trade();
  for (const auto& e : events()) EXPECT_LE(e.time, world.now) << e.id;
  later(hour / 2);
  gateway.poll_all();
  gateway.poll_all();
  expect_all();
  const auto before = attempts("postgres");
  constexpr std::size_t polls = 5;
  for (std::size_t i = 0; i < polls; ++i) {
    later(10);
    gateway.poll_all();
  }
  EXPECT_EQ(attempts("postgres") - before, polls) << "nothing was deleted: there is nothing to read anew";
}

TEST_F(ClockSteps, ABurstUnderAClockAheadIsComplete) {
  gateway.set_clock(hour);
  place(world, random, random.uuid(), world.now + hour / 2);
  decide(world, random, world.now + hour / 2);
  gateway.poll_all();
  later(10);
  constexpr int more_than_a_list = 900;
  for (int i = 0; i < more_than_a_list; ++i) refuse(world, random, decide(world, random, world.now).signal_id, world.now);
  gateway.poll_all();
  later(hour / 2);
  gateway.poll_all();
  expect_all();
}

TEST_F(ClockSteps, NoObservedChangeEndsBeforeItBegan) {
  const auto change_all = [&](const char* status, const char* connection) {
    world.services["order-manager"].set(world.now, status);
    world.private_connection.set(world.now, connection);
  };
  gateway.set_clock(-hour);
  later(10);
  change_all("degraded", "disconnected");
  world.trainings.push_back({.started_at = world.now - 1, .ends_at = world.now + 10 * hour, .version = std::nullopt});
  gateway.poll_all();
  gateway.set_clock(hour);
  later(10);
  change_all("healthy", "connected");
  gateway.poll_all();
  EXPECT_EQ(events("service_status_changed").size(), 2U);
  EXPECT_EQ(events("websocket_disconnected").size(), 1U);
  EXPECT_EQ(events("websocket_reconnected").size(), 1U);
  EXPECT_EQ(events("model_training_started").size(), 1U);
  for (const auto& e : events()) EXPECT_LE(e.not_before.value_or(e.time), e.time) << e.id;
}

}  // namespace
}  // namespace history
