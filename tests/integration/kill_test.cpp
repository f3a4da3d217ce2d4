// The gateway is killed with SIGKILL at random moments, again and again, while rows are inserted and a reader polls: every
// read succeeds and sees one whole snapshot, and what was once seen is never missing later.
// KILL_COUNT (200) says how often, KILL_SEED repeats a run.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "support/fixture.hpp"

namespace integration {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

// What one read says, all of it from one open of the file.
const std::string everything = R"(
  SELECT (SELECT count(*) FROM recent_signals),
         (SELECT CAST(coalesce(max(price), 0) AS INTEGER) FROM recent_signals),
         (SELECT count(DISTINCT price) FROM recent_signals),
         (SELECT coalesce(rows, 0) FROM source_status WHERE source = 'postgres.signals'),
         (SELECT count(*) FROM event_history WHERE event_type = 'trading_signal_received'),
         (SELECT published_at FROM gateway),
         (SELECT count(*) FROM source_status s
           WHERE last_attempt_at IS NOT (SELECT max(time) FROM source_attempt a WHERE a.source = s.source)),
         (SELECT group_concat(upstream || ' ' || started_at || ' ' || coalesce(ended_at, 'open')) FROM outage WHERE upstream <> 'gateway'))";

struct Sight {
  std::int64_t signals = 0, newest = 0, distinct = 0, rows = 0, events = 0, published_at = 0, torn = 0;
  std::map<std::string, std::string> outages;  // upstream and start -> end

  explicit Sight(const std::string& text) {
    std::istringstream in(text);
    std::string word;
    for (auto* number : {&signals, &newest, &distinct, &rows, &events, &published_at, &torn}) {
      std::getline(in, word, '|');
      *number = std::stoll(word);
    }
    std::getline(in, word);
    if (word == "NULL") return;
    std::istringstream list(word);
    while (std::getline(list, word, ',')) outages[word.substr(0, word.rfind(' '))] = word.substr(word.rfind(' ') + 1);
  }
};

class Watcher {
 public:
  explicit Watcher(const Reader& reader) : reader_(reader) {}

  void look() {
    ++reads_;
    try {
      constexpr int now_and_then = 20;
      if (reads_ % now_and_then == 0 && reader_.text("PRAGMA quick_check") != "ok") fault("damaged");
      const Sight sight(reader_.text(everything));
      // Signals are inserted one by one, numbered by their price, and read in one transaction: what is seen is 1..newest.
      if (sight.signals != sight.newest || sight.distinct != sight.newest)
        fault(fmt::format("{} signals up to number {}", sight.signals, sight.newest));
      if (sight.rows != sight.signals) fault(fmt::format("{} signals, and the source says {}", sight.signals, sight.rows));
      if (sight.events != sight.signals) fault(fmt::format("{} signals, and {} events of them", sight.signals, sight.events));
      if (sight.torn != 0) fault("a source's last attempt is not among the attempts");
      if (sight.newest < newest_) fault(fmt::format("signal {} was seen, now the newest is {}", newest_.load(), sight.newest));
      if (sight.published_at < published_at_) fault("an older file than before");
      for (const auto& [outage, end] : outages_) {
        const auto found = sight.outages.find(outage);
        if (found == sight.outages.end()) fault("gone: the outage " + outage);
        else if (end != "open" && end != found->second) fault(fmt::format("the end of {} was {}, is {}", outage, end, found->second));
      }
      newest_ = sight.newest;
      published_at_ = sight.published_at;
      outages_ = sight.outages;
    } catch (const std::exception& e) {
      fault(fmt::format("a read failed: {}", e.what()));
    }
  }

  std::int64_t newest() const { return newest_; }
  std::size_t outages() const { return outages_.size(); }
  std::uint64_t reads() const { return reads_; }
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void fault(const std::string& what) {
    constexpr std::size_t enough = 20;
    if (faults_.size() < enough) faults_.push_back(fmt::format("read {}: {}", reads_, what));
  }

  const Reader& reader_;
  std::uint64_t reads_ = 0;
  std::atomic<std::int64_t> newest_ = 0;
  std::int64_t published_at_ = 0;
  std::map<std::string, std::string> outages_;
  std::vector<std::string> faults_;
};

class Kill : public Integration {
 protected:
  Kill() {
    // As much as possible happens between two kills.
    settings["POSTGRES_INTERVAL"] = settings["SERVICES_INTERVAL"] = settings["RABBITMQ_INTERVAL"] = "40ms";
    settings["BACKOFF_CAP"] = "40ms";
    settings["PUBLISH_INTERVAL"] = "20ms";
    settings["EVENT_MAX"] = "1000000";
    settings["ORDER_MANAGER_URL"] = service.url();
  }

  // Signals 1, 2, 3 ..., ninety of each strategy, which is less than the cache keeps.
  void insert_until(const std::stop_token& stop) {
    Session session(upstreams.superuser());
    for (int n = 1; !stop.stop_requested(); ++n) {
      constexpr int of_a_strategy = 90;
      session.run(
          fmt::format("INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) "
                      "VALUES (gen_random_uuid(), 's{}', 'BTCUSDT', 'buy', {}, clock_timestamp() AT TIME ZONE 'UTC')",
                      n / of_a_strategy, n));
      inserted = n;
      std::this_thread::sleep_for(std::chrono::milliseconds{30});
    }
  }

  ScriptedService service;
  std::atomic<int> inserted = 0;
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
  Watcher watcher(reader);
  {
    std::jthread inserting([this](const std::stop_token& stop) { insert_until(stop); });
    const std::jthread watching([&watcher](const std::stop_token& stop) {
      while (!stop.stop_requested()) watcher.look();
    });
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
    EXPECT_TRUE(eventually(source("postgres.signals", "freshness, rows"), fmt::format("fresh|{}", inserted.load())));
  }
  watcher.look();
  for (const auto& fault : watcher.faults()) ADD_FAILURE() << fault;
  EXPECT_GT(watcher.reads(), kills);
  EXPECT_EQ(watcher.newest(), inserted);
  EXPECT_GT(watcher.outages(), 0U);
  std::cout << watcher.reads() << " reads, " << inserted << " signals, " << watcher.outages() << " outages\n";
  EXPECT_EQ(gateway().terminate(), 0);
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(directory())) left.push_back(entry.path().filename().string());
  std::ranges::sort(left);
  EXPECT_EQ(left, (std::vector<std::string>{"cache.db", "cache.db.lock"}));
}

}  // namespace
}  // namespace integration
