// Behind pgbouncer as Debian has it, in both of its usual modes. It refuses start-up options and shares server sessions, so
// nothing may be set for a session, and nothing may stay behind.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "free_port.hpp"
#include "postgres_settings.hpp"
#include "postgres_trial.hpp"
#include "process.hpp"
#include "scratch.hpp"
#include "session.hpp"
#include "statements.hpp"

namespace hostile {
namespace {

class PostgresPooler : public ::testing::TestWithParam<const char*> {
 protected:
  PostgresPooler() {
    server.reset();
    directory_ = integration::new_directory(std::filesystem::temp_directory_path(), "pgbouncer");
    settings = settings_of(server);
    settings.port = std::to_string(integration::free_port());
    std::ofstream(directory_ / "users") << fmt::format("\"grafana_monitor\" \"{}\"\n", settings.password.read());
    std::ofstream(directory_ / "pgbouncer.ini") << fmt::format(
        "[databases]\nytrader = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\n"
        "unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {}\npool_mode = {}\ndefault_pool_size = 1\n",
        (server.directory() / "postgres-socket").string(), server.port(), settings.port, (directory_ / "users").string(), GetParam());
    std::vector<std::string> words{"/usr/sbin/pgbouncer", (directory_ / "pgbouncer.ini").string()};
    if (::geteuid() == 0) words.insert(words.begin(), {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"});
    pooler_ = std::make_unique<integration::Process>(
        integration::Command{.words = words, .environment = {{"PATH", "/usr/sbin:/usr/bin"}}, .output = log(), .errors = log()});
    for (int n = 0; n < 500 && integration::content(log()).find("process up") == std::string::npos; ++n) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  ~PostgresPooler() override {
    pooler_.reset();
    if (HasFailure()) std::cerr << integration::content(log());
    std::filesystem::remove_all(directory_);
  }

  std::filesystem::path log() const { return directory_ / "log"; }

  PrivatePostgres& server = PrivatePostgres::instance();
  gateway::PostgresSettings settings;

 private:
  std::filesystem::path directory_;
  std::unique_ptr<integration::Process> pooler_;
};

INSTANTIATE_TEST_SUITE_P(Modes, PostgresPooler, ::testing::Values("session", "transaction"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(PostgresPooler, EverySourceIsReadThroughIt) {
  server.sql(
      "INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, timestamp) VALUES (gen_random_uuid(), 's', 'A', 'buy', 1, "
      "now() AT TIME ZONE 'UTC')");
  PostgresTrial trial(settings);
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  trial.attempt_all();
  ASSERT_TRUE(all_rows(trial));
  EXPECT_EQ(trial.read("SELECT count(*) FROM recent_signals"), "1");
  EXPECT_EQ(trial.read("SELECT effective_status FROM service_health WHERE service = 'postgres'"), "healthy");
}

TEST_P(PostgresPooler, ASleepingDatasetIsCancelledBehindItAndNothingStaysSet) {
  settings.pace.timeout = std::chrono::seconds(3);
  Statements asked(settings);
  asked.add("sleeps", {"SELECT 1 FROM pg_sleep(600)"});
  asked.add("zone", {"SELECT current_setting('TimeZone') || ' ' || current_setting('transaction_read_only')"});
  const Classes expected{{"sleeps", "timeout"}, {"zone", "rows"}};
  EXPECT_EQ(asked.attempt(), expected);
  EXPECT_EQ(asked.attempt(), expected) << asked.errors["zone"];
  EXPECT_EQ(asked.values["zone"], "UTC on");
  EXPECT_EQ(asked.identity().find('/'), 19U);
  if (GetParam() == std::string("session")) return;  // the one server session is ours
  integration::Session other(
      fmt::format("host=127.0.0.1 port={} user=grafana_monitor password={} dbname=ytrader", settings.port, settings.password.read()));
  EXPECT_EQ(other.run("SHOW statement_timeout"), "1min") << "the role's own";
  EXPECT_EQ(other.run("SHOW transaction_isolation"), "read committed");
}

TEST_P(PostgresPooler, WhatItRefusesIsAnAnswerOfSomebodyWhoLives) {
  const auto kind = [&](gateway::PostgresSettings changed) {
    Statements asked(changed);
    asked.add("health", {"SELECT 1"}, {}, true);
    const auto classes = asked.attempt();
    EXPECT_NE(asked.errors["health"].find("08P01"), std::string::npos) << asked.errors["health"];
    return classes.at("health");
  };
  auto changed = settings;
  changed.password = "wrong";
  EXPECT_EQ(kind(changed), "sql");
  changed = settings;
  changed.database = "nowhere";
  EXPECT_EQ(kind(changed), "sql");
}

}  // namespace
}  // namespace hostile
