// The gateway is killed at each step of a publish in turn, and started again, while readers on a read-only mount poll: no
// read fails, every read sees one whole snapshot, and nothing that was seen is missing later.
// STEP_KILLS (60) says how often; the table of what was tried is printed.
#include <fmt/format.h>

#include <thread>

#include "../integration/support/fixture.hpp"
#include "../integration/support/numbered_signals.hpp"
#include "../integration/support/result_table.hpp"

namespace faults {
namespace {

using integration::eventually;

class PublishSteps : public integration::Integration {
 protected:
  PublishSteps() {
    settings["POSTGRES_INTERVAL"] = settings["RABBITMQ_INTERVAL"] = settings["PUBLISH_INTERVAL"] = "30ms";
    settings["SAVE_INTERVAL"] = "30ms";
    settings["SAVE_BUDGET"] = "1000TB";
    settings["BACKOFF_CAP"] = "30ms";
  }

  integration::NumberedSignals signals{upstreams};
};

TEST_F(PublishSteps, AKillAtAnyOfThemIsNotNoticed) {
  const char* wanted = std::getenv("STEP_KILLS");
  const int kills = wanted == nullptr ? 60 : std::stoi(wanted);
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  gateway().kill();
  std::map<std::string, int> killed_before;
  integration::Watch watch(directory(), 2);
  {
    const std::jthread inserting([this](const std::stop_token& stop) { signals.insert_until(stop); });
    for (int n = 0; n < kills; ++n) {
      constexpr int of_the_first_publishes = 150;
      constexpr int stride = 37;  // so that few kills meet all kinds, too
      const int step = 1 + n * stride % of_the_first_publishes;
      const auto log = directory().parent_path() / "step.log";
      std::filesystem::remove(log);
      auto with_shim = settings;
      with_shim["LD_PRELOAD"] = KILL_AT_STEP;
      with_shim["KILL_AT_STEP"] = std::to_string(step);
      integration::Gateway dying(with_shim, log);
      ASSERT_EQ(dying.wait(), 128 + SIGKILL) << dying.log();
      const auto text = dying.log();
      const auto at = text.find("killed before ");
      ASSERT_NE(at, std::string::npos) << text;
      ++killed_before[text.substr(at + 14, text.find('\n', at) - at - 14)];
    }
  }
  start_gateway();
  EXPECT_TRUE(eventually(source("postgres.signals", "freshness, rows"), fmt::format("fresh|{}", signals.last()))) << "no event is lost";
  const auto seen = watch.stop();
  integration::ResultTable tried("killed before", {"times", "reads", "faults seen", "signals, one event each"});
  for (const auto& [step, times] : killed_before) tried.note(step, "times", std::to_string(times));
  tried.note("all", "times", std::to_string(kills));
  tried.note("all", "reads", std::to_string(seen.reads));
  tried.note("all", "faults seen", std::to_string(seen.faults.size()));
  tried.note("all", "signals, one event each", std::to_string(seen.newest));
  tried.print();
  for (const auto& fault : seen.faults) ADD_FAILURE() << fault;
  EXPECT_GE(killed_before.size(), 7U) << "not every kind of step was met";
  EXPECT_GT(seen.reads, kills);
  EXPECT_EQ(seen.newest, signals.last());
  EXPECT_EQ(gateway().terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(cache().string() + ".next"));
  EXPECT_FALSE(std::filesystem::exists(cache().string() + ".saved.next"));
}

}  // namespace
}  // namespace faults
