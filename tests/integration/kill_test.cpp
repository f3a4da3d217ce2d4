// The gateway is killed with SIGKILL at random moments, again and again, while rows are inserted and readers on a read-only
// mount poll: every read succeeds and sees one whole snapshot, and what was once seen is never missing later.
// KILL_COUNT (200) says how often, KILL_SEED repeats a run.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <random>
#include <thread>

#include "support/fixture.hpp"
#include "support/numbered_signals.hpp"
#include "support/result_table.hpp"

namespace integration {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

class Kill : public Integration {
 protected:
  Kill() {
    // As much as possible happens between two kills.
    settings["POSTGRES_INTERVAL"] = settings["SERVICES_INTERVAL"] = settings["RABBITMQ_INTERVAL"] = "40ms";
    settings["BACKOFF_CAP"] = "40ms";
    settings["PUBLISH_INTERVAL"] = "20ms";
    settings["SAVE_INTERVAL"] = "100ms";
    settings["SAVE_BUDGET"] = "1000TB";
    settings["EVENT_MAX"] = "1000000";
    settings["ORDER_MANAGER_URL"] = service.url();
  }

  ScriptedService service;
  NumberedSignals signals{upstreams};
};

TEST_F(Kill, NoReadFailsAndNothingSeenIsLost) {
  const auto kills = setting("KILL_COUNT", 200);
  const auto seed = setting("KILL_SEED", std::random_device{}());
  std::cout << "KILL_SEED=" << seed << " KILL_COUNT=" << kills << std::endl;
  std::mt19937_64 random(seed);
  // Milliseconds: after the start of the program, which is before its first publish, or after that publish.
  std::uniform_int_distribution<int> early(0, 60), late(0, 200);

  // One outage before, and others while it is killed.
  service.stop();
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  ASSERT_TRUE(eventually(query("SELECT upstream, ended_at FROM outage"), "order-manager|NULL"));
  service.start();
  ASSERT_TRUE(eventually(query("SELECT upstream, ended_at > 0 FROM outage"), "order-manager|1"));
  constexpr std::size_t readers = 2;
  Watch watch(directory(), readers);
  {
    std::jthread inserting([this](const std::stop_token& stop) { signals.insert_until(stop); });
    for (std::uint64_t n = 1; n <= kills; ++n) {
      const bool at_work = n % 2 == 0;
      if (at_work) {
        const auto before = version_of_file();
        ASSERT_TRUE(eventually([&] { return version_of_file() != before; }));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{at_work ? late(random) : early(random)});
      gateway().kill();
      constexpr std::uint64_t service_turns = 20;
      if (n % service_turns == 0) service.stop();
      if (n % service_turns == service_turns / 2) service.start();
      start_gateway();
    }
    // The survivor goes on as if nothing had been.
    inserting.request_stop();
    inserting.join();
    EXPECT_TRUE(eventually(source("postgres.signals", "freshness, rows"), fmt::format("fresh|{}", signals.last())));
  }
  const auto seen = watch.stop();
  ResultTable tried("killed at random moments", {"times", "reads", "faults seen", "signals, one event each", "outages"});
  tried.note("SIGKILL", "times", std::to_string(kills));
  tried.note("SIGKILL", "reads", std::to_string(seen.reads));
  tried.note("SIGKILL", "faults seen", std::to_string(seen.faults.size()));
  tried.note("SIGKILL", "signals, one event each", std::to_string(seen.newest));
  tried.note("SIGKILL", "outages", std::to_string(seen.outages));
  tried.print();
  for (const auto& fault : seen.faults) ADD_FAILURE() << fault;
  EXPECT_GT(seen.reads, static_cast<std::int64_t>(kills));
  EXPECT_EQ(seen.newest, signals.last());
  EXPECT_GT(seen.outages, 0);
  EXPECT_EQ(gateway().terminate(), 0);
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) left.push_back(entry.path().filename().string());
  std::ranges::sort(left);
  EXPECT_EQ(left, (std::vector<std::string>{"cache.db", "cache.db.lock", "cache.db.saved"}));
}

}  // namespace
}  // namespace integration
