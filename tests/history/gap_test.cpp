// What changed while nobody looked: the event says between which two times it was.
#include "history_fixture.hpp"

namespace history {
namespace {

class Gaps : public HistoryFixture {
 protected:
  static constexpr double hour = 3600;
  std::vector<Event> changes() const { return events("service_status_changed"); }
};

TEST_F(Gaps, AChangeBetweenTwoPollsIsKnownToThePoll) {
  later(10);
  world.services["order-manager"].set(world.now, "degraded");
  gateway.poll_all();
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].time, static_cast<double>(gateway.own_now()));
  EXPECT_FALSE(changes()[0].not_before);
  EXPECT_EQ(changes()[0].status, "degraded");
}

TEST_F(Gaps, AChangeWhileTheGatewayWasAwayCarriesBothBounds) {
  const auto last = static_cast<double>(gateway.own_now());
  gateway.stop();
  later(hour);
  world.services["order-manager"].set(world.now, "unhealthy");
  world.private_connection.set(world.now, "disconnected");
  later(hour);
  gateway.start();
  gateway.poll_all();
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].not_before, last);
  EXPECT_EQ(changes()[0].time, last + 2 * hour);
  const auto lost = events("websocket_disconnected");
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].not_before, last);
  EXPECT_EQ(lost[0].time, last + 2 * hour);
}

TEST_F(Gaps, AChangeAcrossAShortRestartCarriesBothBoundsToo) {
  const auto last = static_cast<double>(gateway.own_now());
  gateway.stop();
  later(5);
  gateway.start();
  world.services["order-manager"].set(world.now, "unhealthy");
  world.private_connection.set(world.now, "disconnected");
  later(5);
  gateway.poll_all();
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].not_before, last);
  const auto lost = events("websocket_disconnected");
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].not_before, last);
}

TEST_F(Gaps, AServiceThatIsSilentTellsOnlyThatItChangedSomeTime) {
  const auto last = static_cast<double>(gateway.own_now());
  world.services["order-manager"].set(world.now, "silent");
  for (int i = 0; i < 10; ++i) {
    later(10);
    gateway.poll_all();
  }
  EXPECT_TRUE(changes().empty()) << "no observation is no change";
  world.services["order-manager"].set(world.now, "degraded");
  gateway.poll_all();
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].not_before, last);
}

TEST_F(Gaps, AConnectionThatWasUnknownForLongCarriesTheTimeItWasLastKnown) {
  const auto last = static_cast<double>(gateway.own_now());
  world.private_connection.set(world.now, "error");
  for (int i = 0; i < 10; ++i) {
    later(10);
    gateway.poll_all();
  }
  EXPECT_TRUE(events("websocket_disconnected").empty()) << "unknown is no transition";
  world.private_connection.set(world.now, "disconnected");
  gateway.poll_all();
  const auto lost = events("websocket_disconnected");
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].not_before, last);
}

TEST_F(Gaps, AChangeAcrossAShortUnknownCarriesTheTimeItWasLastKnown) {
  const auto last = static_cast<double>(gateway.own_now());
  later(10);
  world.private_connection.set(world.now, "");
  world.services["order-manager"].set(world.now, "absent");
  gateway.poll_all();
  later(10);
  world.private_connection.set(world.now, "disconnected");
  world.services["order-manager"].set(world.now, "degraded");
  gateway.poll_all();
  const auto lost = events("websocket_disconnected");
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].not_before, last);
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].not_before, last);
}

TEST_F(Gaps, TheConnectionsEventsTellLossAndReturn) {
  for (const auto* word : {"reconnecting", "disconnected", "connected"}) {
    later(10);
    world.private_connection.set(world.now, word);
    gateway.poll_all();
  }
  EXPECT_EQ(events("websocket_disconnected").size(), 1U) << "from reconnecting to disconnected it is still lost";
  EXPECT_EQ(events("websocket_reconnected").size(), 1U);
  EXPECT_TRUE(events("websocket_connected").empty());
}

TEST_F(Gaps, AnOutageIsLostAtItsFirstFailureAndRecoveredAtTheFirstAnswer) {
  later(10);
  const auto first = static_cast<double>(gateway.own_now());
  world.services["postgres"].set(world.now, "refused");
  gateway.poll_all();
  EXPECT_TRUE(events("upstream_lost").empty()) << "one failure is none";
  for (int i = 0; i < 3; ++i) {
    later(10);
    gateway.poll_all();
  }
  ASSERT_EQ(events("upstream_lost").size(), 1U);
  EXPECT_EQ(events("upstream_lost")[0].time, first);
  later(10);
  world.services["postgres"].set(world.now, "healthy");
  gateway.poll_all();
  ASSERT_EQ(events("upstream_recovered").size(), 1U);
  EXPECT_EQ(events("upstream_recovered")[0].time, static_cast<double>(gateway.own_now()));
}

}  // namespace
}  // namespace history
