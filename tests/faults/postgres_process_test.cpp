// PostgreSQL's processes stopped and restarted: a backend that hangs, a server that hangs, an orderly restart, a crash with
// recovery. Rows are written meanwhile, and each is one event afterwards.
#include <fmt/format.h>
#include <signal.h>

#include "../integration/support/fixture.hpp"

namespace faults {
namespace {

using integration::eventually;

class PostgresProcess : public integration::Integration {
 protected:
  PostgresProcess() {
    settings["STALE_AFTER"] = "1500ms";
    settings["POSTGRES_TIMEOUT"] = "600ms";
  }

  ~PostgresProcess() override {
    for (const auto pid : stopped_) ::kill(pid, SIGCONT);
  }

  // Written to the log at once: what a crash of PostgreSQL itself forgets is another matter.
  void insert(int count) const { integration::insert_signals(upstreams, "momentum", 1, count, integration::at_once); }

  ::testing::AssertionResult every_signal_is_one_event() const {
    const auto ids =
        upstreams.sql("SELECT string_agg(id, ',' ORDER BY id COLLATE \"C\") FROM (SELECT signal_id::text AS id FROM trading_signals) AS s");
    return eventually(query("SELECT group_concat(signal_id) FROM (SELECT signal_id FROM event_history WHERE event_type = "
                            "'trading_signal_received' ORDER BY signal_id)"),
                      ids);
  }

  std::string backends() const {
    return upstreams.sql("SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE application_name = 'cache-gateway'");
  }

  // Not one that is about to end: on a busy machine an attempt may just have been given up.
  std::string only_backend() const {
    EXPECT_TRUE(eventually([&] { return backends().find_first_not_of("0123456789") == std::string::npos; }));
    return backends();
  }

  void stop(pid_t pid) {
    ASSERT_EQ(::kill(pid, SIGSTOP), 0);
    stopped_.push_back(pid);
  }
  void let_go_on() {
    for (const auto pid : stopped_) ::kill(pid, SIGCONT);
    stopped_.clear();
  }

 private:
  std::vector<pid_t> stopped_;
};

TEST_F(PostgresProcess, AStoppedBackendIsLeftForANewOne) {
  insert(3);
  start_gateway();
  ASSERT_TRUE(every_signal_is_one_event());
  const auto backend = only_backend();
  stop(std::stoi(backend));
  insert(2);
  ASSERT_TRUE(eventually(query("SELECT count(*) > 0 FROM source_attempt WHERE source LIKE 'postgres.%' AND error_class = 'timeout'"), "1"));
  ASSERT_TRUE(becomes("postgres.signals", "fresh")) << "through another backend";
  EXPECT_TRUE(every_signal_is_one_event());
  let_go_on();
  ASSERT_TRUE(eventually([&] { return backends().find(',') == std::string::npos && backends() != backend; }))
      << "nothing is left behind: " << backends();
}

TEST_F(PostgresProcess, AStoppedServerIsATimeoutAndUnknown) {
  insert(3);
  start_gateway();
  ASSERT_TRUE(every_signal_is_one_event());
  const auto backend = only_backend();
  stop(upstreams.postgres().pid());
  stop(std::stoi(backend));
  ASSERT_TRUE(eventually(source("postgres.signals", "error_class, freshness"), "timeout|stale"));
  ASSERT_TRUE(service_becomes("postgres", "unknown"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
  EXPECT_TRUE(eventually([&] { return reader.source("rabbitmq.health"); }, "fresh"));
  const auto outages = [&] { return reader.text("SELECT upstream, error_class, ended_at IS NOT NULL FROM outage"); };
  ASSERT_TRUE(eventually(outages, "postgres|timeout|0"));
  let_go_on();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  EXPECT_TRUE(eventually(outages, "postgres|timeout|1"));
}

TEST_F(PostgresProcess, AnOrderlyRestartAndACrashLoseNoEvent) {
  start_gateway();
  for (const auto* mode : {"fast", "immediate"}) {
    insert(3);
    ASSERT_TRUE(every_signal_is_one_event()) << mode;
    insert(2);  // perhaps not yet read when the server goes
    upstreams.postgres().stop(mode);
    ASSERT_TRUE(service_becomes("postgres", "unhealthy")) << mode;
    upstreams.postgres().start();
    insert(2);
    ASSERT_TRUE(becomes("postgres.signals", "fresh")) << mode;
    EXPECT_TRUE(every_signal_is_one_event()) << mode;
    ASSERT_TRUE(service_becomes("postgres", "healthy")) << mode;
  }
}

}  // namespace
}  // namespace faults
