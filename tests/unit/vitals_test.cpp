// What /healthz and /readyz say, by a clock of the test's choosing.
#include "serve/vitals.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

class VitalsTest : public ::testing::Test {
 protected:
  const Clock::time_point start = Clock::now();
  Vitals vitals{10s};
};

TEST_F(VitalsTest, a_loop_that_turned_lately_is_alive_and_one_that_did_not_is_not) {
  EXPECT_FALSE(vitals.alive(start).good) << "it has not turned yet";
  vitals.turned(start);
  EXPECT_TRUE(vitals.alive(start).good);
  EXPECT_TRUE(vitals.alive(start + 30s).good);
  const auto stuck = vitals.alive(start + 42s);
  EXPECT_FALSE(stuck.good);
  EXPECT_EQ(stuck.reason, "the loop has not turned for 42 s");
  vitals.turned(start + 43s);
  EXPECT_TRUE(vitals.alive(start + 43s).good);
}

TEST_F(VitalsTest, a_turn_publishes_nothing) {
  vitals.turned(start);
  EXPECT_EQ(vitals.ready(start).reason, "starting: nothing has been published yet");
  EXPECT_FALSE(vitals.ready(start).good);
}

TEST_F(VitalsTest, ready_follows_the_rule_of_the_view_gateway) {
  vitals.published(std::nullopt, start);
  EXPECT_TRUE(vitals.ready(start + 32s).good) << "three times publish_within, and two seconds";
  const auto late = vitals.ready(start + 33s);
  EXPECT_FALSE(late.good);
  EXPECT_EQ(late.reason, "nothing has been published for 33 s");
}

TEST_F(VitalsTest, a_publish_that_fails_shows_at_once_in_one_line) {
  vitals.published(std::nullopt, start);
  vitals.published("disk\nfull", start + 1s);
  EXPECT_FALSE(vitals.ready(start + 1s).good);
  EXPECT_EQ(vitals.ready(start + 1s).reason, "publishing fails: disk full");
  vitals.published(std::nullopt, start + 2s);
  EXPECT_TRUE(vitals.ready(start + 2s).good);
}

}  // namespace
}  // namespace gateway
