// When a training began: observed while it runs, derived once its version is known. The derived start takes the place of
// the observed one of the same training, and of no other.
#include "history_fixture.hpp"

namespace history {
namespace {

class Trainings : public HistoryFixture {
 protected:
  const std::string started = "model_training_started";

  // Begins in a second; ends so much later.
  void train(double seconds, std::optional<std::string> version, bool tells_duration = true) {
    world.trainings.push_back(
        {.started_at = world.now + 1, .ends_at = world.now + 1 + seconds, .version = std::move(version), .tells_duration = tells_duration});
  }
  void end_training(const std::string& strategy = strategies()[0]) {
    auto& training = world.trainings.back();
    world.now = std::max(world.now, training.ends_at + 1);
    finish(world, random, training, strategy);
  }
  std::string origins() const {
    std::string all;
    for (const auto& e : events(started)) all += e.origin + " ";
    return all;
  }
};

TEST_F(Trainings, AnObservedStartGivesWayToTheDerivedOne) {
  train(120, "v1");
  later(10);
  gateway.poll_all();
  const auto observed = events(started);
  ASSERT_EQ(observed.size(), 1U);
  EXPECT_EQ(observed[0].origin, "observed");
  EXPECT_LE(observed[0].not_before.value_or(0), world.trainings[0].started_at);
  EXPECT_GE(observed[0].time, world.trainings[0].started_at);
  end_training();
  gateway.poll_all();
  EXPECT_EQ(origins(), "derived ");
  EXPECT_EQ(event(started + ":v1").time, world.trainings[0].ends_at - 120);
  EXPECT_EQ(event("model_training_completed:v1").time, world.trainings[0].ends_at);
  EXPECT_FALSE(has("model_retrained:v1")) << "the first version of its strategy";
}

TEST_F(Trainings, TheDerivedStartStaysAloneWhenTheVersionIsKnownBeforeTheTrainingIsSeen) {
  train(120, "v1");
  later(10);
  gateway.poll("model-service", {.kind = Trouble::Kind::none, .silent_sources = {"model-service.training"}});
  end_training();
  gateway.poll("postgres");
  gateway.poll_all();
  EXPECT_EQ(origins(), "derived ");
}

TEST_F(Trainings, AFailedTrainingKeepsItsObservedStart) {
  train(120, std::nullopt);
  later(10);
  gateway.poll_all();
  end_training();
  gateway.poll_all();
  later(1000);
  gateway.poll_all();
  EXPECT_EQ(origins(), "observed ");
}

TEST_F(Trainings, AVersionThatDoesNotTellItsDurationLeavesTheObservedStart) {
  train(30, "v1", false);
  later(10);
  gateway.poll_all();
  end_training();
  gateway.poll_all();
  EXPECT_EQ(origins(), "observed ");
  EXPECT_TRUE(has("model_training_completed:v1"));
}

TEST_F(Trainings, AQueuedTrainingThatFailsKeepsItsObservedStart) {
  train(120, "v1");
  later(10);
  gateway.poll_all();
  end_training();
  gateway.poll_all();
  train(200, std::nullopt);
  later(10);
  gateway.poll_all();
  end_training();
  later(300);
  gateway.poll_all();
  EXPECT_EQ(origins(), "observed derived ");
}

TEST_F(Trainings, AQueuedTrainingIsSeenBeforeTheVersionOfTheOneBefore) {
  train(120, "v1");
  later(10);
  gateway.poll_all();
  world.now = world.trainings.back().ends_at + 0.5;
  gateway.poll("model-service");
  train(200, std::nullopt);
  later(5);
  gateway.poll("model-service");
  finish(world, random, world.trainings.at(0), strategies()[0]);
  gateway.poll_all();
  EXPECT_EQ(origins(), "observed derived ");
}

TEST_F(Trainings, AFailedTrainingKeepsItsStartWhenTheNextOneFollowsSoon) {
  train(20, std::nullopt);
  later(10);
  gateway.poll_all();
  later(15);
  gateway.poll_all();
  train(120, "v1");
  later(10);
  gateway.poll_all();
  EXPECT_EQ(origins(), "observed observed ");
  end_training();
  gateway.poll_all();
  EXPECT_EQ(origins(), "derived observed ") << "newest first: the second one's start has given way";
}

TEST_F(Trainings, AVersionAfterTheFirstOfItsStrategyIsARetraining) {
  for (const auto* version : {"v1", "v2"}) {
    train(60, version);
    end_training();
    gateway.poll_all();
  }
  train(60, "v3");
  end_training(strategies()[1]);
  gateway.poll_all();
  EXPECT_FALSE(has("model_retrained:v1"));
  EXPECT_EQ(event("model_retrained:v2").time, world.trainings[1].ends_at);
  EXPECT_FALSE(has("model_retrained:v3"));
}

TEST_F(Trainings, AStartSeenAfterALongSilenceCarriesBothBounds) {
  train(100000, std::nullopt);
  const auto last_seen = gateway.own_now();
  gateway.stop();
  later(50000);
  gateway.start();
  gateway.poll_all();
  const auto seen = events(started);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].not_before, static_cast<double>(last_seen));
  EXPECT_EQ(seen[0].time, static_cast<double>(gateway.own_now()));
}

}  // namespace
}  // namespace history
