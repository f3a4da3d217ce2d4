// Thirty random histories with a real PostgreSQL and the real program: rows come and change by SQL, one gateway is killed
// and started again at short intervals, another runs undisturbed on a file of its own. In the end both have the same
// history, and it is the one that happened.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "../integration/support/gateway.hpp"
#include "../integration/support/private_postgres.hpp"
#include "../integration/support/reader.hpp"
#include "expected_events.hpp"
#include "history_run.hpp"
#include "postgres_writer.hpp"
#include "random_world.hpp"
#include "trading.hpp"
#include "unit/support.hpp"

namespace history {
namespace {

using integration::Gateway;
using integration::Reader;
using integration::Variables;

double real_now() { return microseconds(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()); }

Variables quick(const std::string& database, const std::filesystem::path& cache) {
  Variables settings{{"POSTGRES_INTERVAL", "150ms"}, {"POSTGRES_TIMEOUT", "5s"},        {"STALE_AFTER", "60s"},     {"EVENT_MAX", "100000"},
                     {"RABBITMQ_HOST", "127.0.0.1"}, {"RABBITMQ_MANAGEMENT_PORT", "1"}, {"RABBITMQ_INTERVAL", "1h"}};
  settings.merge(integration::PrivatePostgres::instance().settings(database));
  settings.merge(integration::quick_settings(cache));
  return settings;
}

// A gateway process and its file.
struct Run {
  Run(const std::string& database, const gateway::TemporaryDirectory& directory, const std::string& name)
      : file(directory / (name + ".db")), log(directory / (name + ".log")), settings(quick(database, file)) {
    start();
  }
  void start() { process = std::make_unique<Gateway>(settings, log); }
  bool knows(const std::string& event) const {
    try {
      return Reader(file).number("SELECT count(*) FROM event_history WHERE event_id = '" + event + "'") > 0;
    } catch (const std::exception&) {
      return false;  // not published yet
    }
  }
  bool looked() const {
    try {
      return Reader(file).number("SELECT count(*) FROM source_status WHERE upstream = 'postgres' AND last_success_at IS NULL") == 0;
    } catch (const std::exception&) {
      return false;
    }
  }

  std::filesystem::path file, log;
  Variables settings;
  std::unique_ptr<Gateway> process;
};

template <typename Condition>
bool eventually(const Condition& holds) {
  constexpr auto only_says_when_to_stop_hoping = std::chrono::seconds(120);
  for (const auto give_up = std::chrono::steady_clock::now() + only_says_when_to_stop_hoping; std::chrono::steady_clock::now() < give_up;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

class Killed {
 public:
  Killed(std::uint64_t seed, int number)
      : seed_(seed),
        database_("killed_" + std::to_string(number)),
        random_(seed),
        random_world_(world_, random_, {.burst = 0.03, .huge_burst = 0, .outage = 0, .long_pauses = false, .trainings = false}) {
    integration::PrivatePostgres::instance().create(database_);
    // The shipped limit is for one gateway and its successor; here a dozen are on one server.
    integration::PrivatePostgres::instance().sql("ALTER ROLE grafana_monitor CONNECTION LIMIT 100");
    mirror_ = std::make_unique<PostgresWriter>(integration::PrivatePostgres::instance().superuser(database_));
    constexpr int fewer_than_a_list = 60;
    random_world_.begin(real_now(), static_cast<int>(random_.between(0, fewer_than_a_list)),
                        static_cast<int>(random_.between(0, fewer_than_a_list)));
    mirror_->write(world_);
    steady_ = std::make_unique<Run>(database_, directory_, "steady");
    shaken_ = std::make_unique<Run>(database_, directory_, "shaken");
  }
  ~Killed() {
    steady_.reset();
    shaken_.reset();
    mirror_.reset();
    integration::PrivatePostgres::instance().drop(database_);
  }
  Killed(const Killed&) = delete;
  Killed& operator=(const Killed&) = delete;

  bool both_looked() const { return steady_->looked() && shaken_->looked(); }

  void step() {
    if (random_.chance(0.7)) {
      random_world_.step(std::max(0.001, real_now() - world_.now));
      if (random_.chance(0.1)) learn();
      mirror_->write(world_);
    }
    if (!shaken_->process) {
      if (random_.chance(0.5)) shaken_->start();
    } else if (random_.chance(0.12)) {
      shaken_->process->kill();
      shaken_->process.reset();
      ++kills_;
    }
  }

  // The last row there will be; when it is in both files, so is all before it.
  void end() {
    if (!shaken_->process) shaken_->start();
    world_.now = std::max(world_.now, real_now());
    last_ = "order_created:" + rehearse(world_, random_, random_.uuid(), world_.now).id;
    mirror_->write(world_);
  }
  bool both_know_the_last() const { return steady_->knows(last_) && shaken_->knows(last_); }

  void expect_the_same() {
    const auto due = due_from_rows(world_, Beginning{}, false);
    for (const auto* run : {steady_.get(), shaken_.get()}) {
      auto events = events_of(run->file);
      std::erase_if(events, [](const Event& e) { return e.origin == "observed"; });
      const auto faults = differences(events, due, {.most = 100000, .for_s = 365 * 86400}, static_cast<std::int64_t>(world_.now));
      constexpr std::size_t most_lines = 6;
      std::string text;
      for (std::size_t k = 0; k < faults.size() && k < most_lines; ++k) text += "\n  " + faults[k];
      EXPECT_TRUE(faults.empty()) << "HISTORY_SEED=" << seed_ << " HISTORY_COUNT=1 " << run->file.filename() << ", killed " << kills_
                                  << " times: " << faults.size() << " faults" << text;
      events_ += events.size();
    }
  }
  int kills() const { return kills_; }
  std::size_t events() const { return events_; }

 private:
  void learn() {
    const Training training{.started_at = world_.now - 90,
                            .ends_at = world_.now - 0.01,
                            .version = fmt::format("v{}.{}", static_cast<std::int64_t>(world_.now), ++versions_),
                            .tells_duration = random_.chance(0.8)};
    finish(world_, random_, training, random_.one_of(strategies()));
  }

  std::uint64_t seed_;
  std::string database_, last_;
  Random random_;
  World world_;
  RandomWorld random_world_;
  gateway::TemporaryDirectory directory_;
  std::unique_ptr<PostgresWriter> mirror_;
  std::unique_ptr<Run> steady_, shaken_;
  int kills_ = 0, versions_ = 0;
  std::size_t events_ = 0;
};

TEST(KilledGateway, EndsWithTheHistoryOfOneThatNeverWas) {
  const auto choice = chosen(30);
  const int count = std::min(choice.count, 30);
  std::cout << "HISTORY_SEED=" << choice.seed << " HISTORY_COUNT=" << count << '\n' << std::flush;
  constexpr int at_a_time = 6, steps = 50;
  int kills = 0;
  std::size_t events = 0;
  for (int first = 0; first < count; first += at_a_time) {
    std::vector<std::unique_ptr<Killed>> all;
    for (int i = first; i < std::min(count, first + at_a_time); ++i)
      all.push_back(std::make_unique<Killed>(choice.seed + static_cast<std::uint64_t>(i), i));
    for (const auto& one : all) ASSERT_TRUE(eventually([&] { return one->both_looked(); }));
    for (int step = 0; step < steps; ++step) {
      for (const auto& one : all) one->step();
      std::this_thread::sleep_for(std::chrono::milliseconds(40));
    }
    for (const auto& one : all) one->end();
    for (const auto& one : all) {
      ASSERT_TRUE(eventually([&] { return one->both_know_the_last(); }));
      one->expect_the_same();
      kills += one->kills();
      events += one->events();
    }
  }
  std::cout << kills << " kills, " << events << " events compared\n";
  EXPECT_GE(kills, count);
}

TEST(GatewayStarted, OnceWritesNoneAndRunWritesOne) {
  integration::PrivatePostgres::instance().create("once");
  const gateway::TemporaryDirectory directory;
  const auto settings = quick("once", directory / "cache.db");
  const Reader reader(directory / "cache.db");
  const auto started = "SELECT count(*) FROM event_history WHERE event_type = 'gateway_started'";
  integration::cache_gateway({"once"}, settings);
  EXPECT_EQ(reader.number("SELECT count(*) FROM source_status WHERE source = 'postgres.orders' AND last_success_at IS NOT NULL"), 1);
  EXPECT_EQ(reader.number(started), 0);
  {
    Gateway gateway(settings, directory / "gateway.log");
    EXPECT_TRUE(eventually([&] { return reader.number(started) == 1; }));
    gateway.terminate();
  }
  integration::cache_gateway({"once"}, settings);
  EXPECT_EQ(reader.number(started), 1);
  integration::PrivatePostgres::instance().drop("once");
}

}  // namespace
}  // namespace history
