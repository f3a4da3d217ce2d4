// Two gateways, the store, the follower and what lies between are killed, frozen and cut off at random moments, while rows are inserted and
// readers on a read-only mount poll the copy: every read succeeds and sees one whole publish with one event for each row, none is older
// than the one before, and while one gateway reaches the store and the follower too, news comes. FOLLOW_FAULTS (20) says how many,
// FOLLOW_SEED repeats a run.
#include <fmt/format.h>
#include <signal.h>

#include <functional>
#include <random>
#include <thread>

#include "follow_fixture.hpp"
#include "numbered_signals.hpp"
#include "result_table.hpp"

namespace object_store {
namespace {

using integration::Process;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::stoull(value);
}

// What happens to one of them, and how it ends. `news_comes`: meanwhile, the other way.
struct Trouble {
  std::string name;
  bool news_comes;
  std::function<void()> begin, end;
};

class RandomFaults : public Follow {
 protected:
  RandomFaults() : second_gate_(store.port()) {
    settings["EVENT_MAX"] = "1000000";
    second_settings_ = settings;
    std::filesystem::create_directory(scratch_ / "cache-2");
    second_settings_["CACHE_PATH"] = (scratch_ / "cache-2" / "cache.db").string();
    second_settings_.insert_or_assign("OBJECT_STORE_URL", "s3://dashboards/gateway-2/cache.db.zst");
    second_settings_["OBJECT_STORE_ENDPOINT"] = fmt::format("http://127.0.0.1:{}", second_gate_.port());
    follow_settings["FOLLOW"] = origin + ",s3://dashboards/gateway-2/cache.db.zst";
  }

  void start_second() { second_ = std::make_unique<Gateway>(second_settings_, scratch_ / "gateway-2.log"); }

  // The next two signals, in one transaction.
  void insert_two() {
    constexpr int of_a_strategy = 90;  // fewer than the cache keeps
    last_ += 2;
    postgres.sql(
        fmt::format("INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version) "
                    "SELECT gen_random_uuid(), 's{}', 'BTCUSDT', 'buy', n, 0.9, clock_timestamp() AT TIME ZONE 'UTC', 'v1' FROM "
                    "generate_series({}, {}) n",
                    last_ / of_a_strategy, last_ - 1, last_));
  }
  bool news_comes() {
    insert_two();
    return eventually(copied(), std::to_string(last_));
  }

  // One that is killed, frozen, or cut off from the store.
  std::vector<Trouble> of_gateway(const std::string& name, std::unique_ptr<Gateway>& process, Gate& way, std::function<void()> start) {
    return {{name + " killed", true, [&] { process->kill(); }, std::move(start)},
            {name + " frozen", true, [&] { ::kill(process->pid(), SIGSTOP); }, [&] { ::kill(process->pid(), SIGCONT); }},
            {name + " cut off", true, [&] { way.set(any_fault()); }, [&] { way.set({}); }}};
  }
  std::vector<Trouble> all_troubles() {
    auto all = of_gateway("gateway 1", gateway, gate, [this] { start_gateway(); });
    for (auto& each : of_gateway("gateway 2", second_, second_gate_, [this] { start_second(); })) all.push_back(std::move(each));
    all.push_back({"store killed", false, [this] { store.stop(); }, [this] { store.start(); }});
    all.push_back({"follower cut off", false, [this] { near.set(any_fault()); }, [this] { near.set({}); }});
    all.push_back({"follower killed", false, [this] { follower.reset(); }, [this] { start_follower(); }});
    all.push_back({"follower frozen", false, [this] { follower->signal(SIGSTOP); }, [this] { follower->signal(SIGCONT); }});
    return all;
  }

  Fault any_fault() {
    switch (random_() % 3) {  // none that gives up the port, which the readers have inherited
      case 0: return {.kind = Kind::mute};
      case 1: return {.kind = Kind::reset};
      default: return {.kind = Kind::truncate, .bytes = 200 + random_() % 4000};
    }
  }
  void pause(int most_ms) { std::this_thread::sleep_for(std::chrono::milliseconds(random_() % static_cast<unsigned>(most_ms))); }

  Gate second_gate_;
  Variables second_settings_;
  std::unique_ptr<Gateway> second_;
  int last_ = 0;
  const std::uint64_t seed_ = setting("FOLLOW_SEED", std::random_device{}());
  std::mt19937_64 random_{seed_};
};

TEST_F(RandomFaults, ReadersOfTheCopyNeverFailAndNewsComesWhileAWayIsOpen) {
  const auto count = setting("FOLLOW_FAULTS", 20);
  std::cout << "FOLLOW_SEED=" << seed_ << " FOLLOW_FAULTS=" << count << std::endl;
  start_gateway();
  start_second();
  insert_two();
  ASSERT_TRUE(eventually(uploaded(), "2"));
  start_follower();
  ASSERT_TRUE(eventually(copied(), "2"));
  const auto troubles = all_troubles();
  integration::ResultTable tried("what ends while a copy is followed", {"times"});
  integration::Watch watch(copy().parent_path(), 2, integration::WatchedFile::of_several);
  std::map<std::string, int> times;
  for (std::uint64_t n = 0; n < count && !HasFailure(); ++n) {
    const auto& trouble = troubles[random_() % troubles.size()];
    ++times[trouble.name];
    pause(400);
    trouble.begin();
    pause(400);
    if (trouble.news_comes) {
      EXPECT_TRUE(news_comes()) << "while this lasted: " << trouble.name;
    }
    trouble.end();
    EXPECT_TRUE(news_comes()) << "after " << trouble.name;
  }
  const auto seen = watch.stop();
  for (const auto& [name, n] : times) tried.note(name, "times", std::to_string(n));
  tried.note("reads", "times", std::to_string(seen.reads));
  tried.print();
  for (const auto& fault : seen.faults) ADD_FAILURE() << fault;
  EXPECT_EQ(seen.newest, last_);
  EXPECT_GT(seen.reads, static_cast<std::int64_t>(count));
}

}  // namespace
}  // namespace object_store
