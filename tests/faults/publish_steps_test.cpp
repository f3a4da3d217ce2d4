// The gateway is killed at each step of a publish in turn, and started again, while readers poll: no read fails, every
// read sees one whole snapshot (rows that belong together are together), and nothing that was seen is missing later.
// STEP_KILLS (60) says how many steps; the table of what was tried is printed.
#include <fmt/format.h>

#include <atomic>
#include <iostream>
#include <mutex>
#include <thread>

#include "../integration/support/fixture.hpp"

namespace faults {
namespace {

using integration::eventually;

class PublishSteps : public integration::Integration {
 protected:
  PublishSteps() {
    settings["POSTGRES_INTERVAL"] = settings["RABBITMQ_INTERVAL"] = settings["PUBLISH_INTERVAL"] = "30ms";
    settings["BACKOFF_CAP"] = "30ms";
  }

  // Two rows in one transaction, again and again: a snapshot has both or none. Fewer than the cache keeps of a strategy.
  void insert_pairs(const std::stop_token& stop) const {
    integration::Session session(upstreams.superuser());
    for (int n = 1; !stop.stop_requested(); ++n) {
      session.run(fmt::format(
          "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) "
          "SELECT gen_random_uuid(), 's{}', 'BTCUSDT', 'buy', {}, clock_timestamp() AT TIME ZONE 'UTC' FROM generate_series(1, 2)",
          n / 20, n));
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
  }

  struct Watch {
    std::mutex mutex;
    std::vector<std::string> faults;
    std::atomic<std::int64_t> reads{0};
  };

  void watch(Watch& seen, const std::stop_token& stop) const {
    std::int64_t events = 0;
    while (!stop.stop_requested()) {
      std::string fault;
      try {
        // Torn pairs, signals that the source does not know of, and how many events there are.
        const auto sight = reader.text(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM recent_signals GROUP BY price HAVING count(*) <> 2)), "
            "(SELECT count(*) FROM recent_signals) - (SELECT rows FROM source_status WHERE source = 'postgres.signals'), "
            "(SELECT count(*) FROM event_history WHERE event_type = 'trading_signal_received')");
        if (!sight.starts_with("0|0|")) fault = "half a snapshot: " + sight;
        const auto now_events = std::stoll(sight.substr(sight.rfind('|') + 1));
        if (now_events < events) fault = fmt::format("{} events were seen, now {}", events, now_events);
        events = now_events;
        if (++seen.reads % 20 == 0 && reader.text("PRAGMA quick_check") != "ok") fault = "damaged";
      } catch (const std::exception& e) {
        fault = fmt::format("a read failed: {}", e.what());
      }
      if (fault.empty()) continue;
      const std::lock_guard lock(seen.mutex);
      seen.faults.push_back(fault);
    }
  }
};

TEST_F(PublishSteps, AKillAtAnyOfThemIsNotNoticed) {
  const char* wanted = std::getenv("STEP_KILLS");
  const int steps = wanted == nullptr ? 60 : std::stoi(wanted);
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  gateway().kill();
  Watch seen;
  std::map<std::string, int> killed_before;
  {
    const std::jthread inserting([this](const std::stop_token& stop) { insert_pairs(stop); });
    const std::jthread watching([&](const std::stop_token& stop) { watch(seen, stop); });
    for (int step = 1; step <= steps; ++step) {
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
  std::cout << seen.reads << " reads, " << seen.faults.size() << " faults; killed before:\n";
  for (const auto& [step, times] : killed_before) std::cout << fmt::format("  {:<20}{:>5}\n", step, times);
  for (const auto& fault : seen.faults) ADD_FAILURE() << fault;
  EXPECT_GE(killed_before.size(), 5U) << "not every kind of step was met";
  EXPECT_GT(seen.reads, steps);

  start_gateway();
  const auto ids = upstreams.sql("SELECT count(*) FROM trading_signals");
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM event_history WHERE event_type = 'trading_signal_received'"), ids))
      << "no event is lost";
  EXPECT_EQ(gateway().terminate(), 0);
  EXPECT_FALSE(std::filesystem::exists(cache().string() + ".next"));
}

}  // namespace
}  // namespace faults
