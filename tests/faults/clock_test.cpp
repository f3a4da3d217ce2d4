// The machine's clock jumps an hour back and an hour forward, and the gateway is stopped for a while: data that is old
// never looks fresh again, and no event is doubled or moved. The clock is libfaketime's, the same for the gateway and for
// the reader; it is set through a file while both run.
#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "../integration/support/fixture.hpp"
#include "gate.hpp"

namespace faults {
namespace {

using integration::eventually;

class ClockTest : public integration::Integration {
 protected:
  ClockTest() : gate(upstreams.postgres().port()), service_gate(service.port()) {
    settings["POSTGRES_PORT"] = std::to_string(gate.port());
    settings["ORDER_MANAGER_URL"] = fmt::format("http://127.0.0.1:{}", service_gate.port());
    settings["STALE_AFTER"] = "3s";
    set_clock("+0");
    clock = {{"LD_PRELOAD", LIBFAKETIME},
             {"FAKETIME_TIMESTAMP_FILE", clock_file()},
             {"FAKETIME_NO_CACHE", "1"},
             {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
    settings.merge(integration::Variables(clock));
    integration::insert_signals(upstreams, "momentum", 1, 5, integration::at_once);
  }

  std::string clock_file() const { return (directory() / "clock").string(); }
  // In one piece: the gateway reads the file at every look at the clock.
  void set_clock(const std::string& offset) const {
    std::ofstream(clock_file() + ".new") << offset << '\n';
    std::filesystem::rename(clock_file() + ".new", clock_file());
  }

  // As somebody on the same machine reads.
  std::string read(const std::string& sql) const {
    const auto done = integration::run(
        {"sqlite3", "-batch", "-readonly", "-nullvalue", "NULL", fmt::format("file:{}?mode=ro&immutable=1", cache().string()), sql}, clock);
    if (done.code != 0) throw std::runtime_error(done.errors);
    return done.output.substr(0, done.output.find_last_not_of('\n') + 1);
  }
  integration::Look look(const std::string& sql) const {
    return [this, sql] { return read(sql); };
  }

  ::testing::AssertionResult all_fresh() const {
    return eventually(
        look("SELECT source || ' ' || freshness || ' ' || coalesce(error, '') FROM source_status WHERE freshness NOT IN ('fresh', 'off')"),
        "");
  }

  // What PostgreSQL delivered is said to be stale by everything published from now on, until some publishes have passed.
  void expect_stale_for_a_while() const {
    const auto publishes = [&] { return std::stoll(read("SELECT publish_count FROM gateway")); };
    constexpr int enough = 6;
    int other = 0;
    for (const auto until = publishes() + enough; publishes() < until;) {
      const auto freshness = read("SELECT group_concat(DISTINCT freshness) FROM source_status WHERE upstream = 'postgres'");
      other += freshness == "stale" ? 0 : 1;
    }
    EXPECT_EQ(other, 0);
    EXPECT_EQ(read("SELECT freshness, count(*) FROM recent_signals GROUP BY 1"), "stale|5");
  }

  const std::string signal_events = "SELECT event_id, time FROM event_history WHERE event_type = 'trading_signal_received' ORDER BY 1";
  integration::ScriptedService service;
  Gate gate, service_gate;
  integration::Variables clock;
};

TEST_F(ClockTest, OldDataNeverBecomesFreshWhenItJumps) {
  start_gateway();
  ASSERT_TRUE(eventually(look("SELECT count(*) FROM recent_signals"), "5"));
  ASSERT_TRUE(all_fresh());
  const auto events = read(signal_events);
  gate.set({Kind::refuse});
  ASSERT_TRUE(eventually(look("SELECT group_concat(DISTINCT freshness) FROM source_status WHERE upstream = 'postgres'"), "stale"));
  for (const auto* offset : {"-3600", "+3600", "+0"}) {
    set_clock(offset);
    expect_stale_for_a_while();
    ASSERT_TRUE(eventually(look("SELECT DISTINCT freshness FROM source_status WHERE source IN ('rabbitmq.health', 'order-manager.health')"),
                           "fresh"))
        << offset;
    EXPECT_EQ(read(signal_events), events) << offset;
  }
  gate.set({});
  ASSERT_TRUE(all_fresh());
  EXPECT_EQ(read(signal_events), events);
  EXPECT_EQ(read("SELECT count(*), count(ended_at) FROM outage WHERE upstream = 'postgres'"), "1|1");
}

TEST_F(ClockTest, AllIsFreshAgainAfterAJumpAndNoEventDoubles) {
  start_gateway();
  ASSERT_TRUE(eventually(look("SELECT count(*) FROM recent_signals"), "5"));
  const auto events = read(signal_events);
  for (const auto* offset : {"-3600", "+3600", "+0"}) {
    set_clock(offset);
    const auto count = std::stoll(read("SELECT publish_count FROM gateway"));
    ASSERT_TRUE(eventually([&] { return std::stoll(read("SELECT publish_count FROM gateway")) > count + 3; })) << offset;
    ASSERT_TRUE(all_fresh()) << offset;
    EXPECT_EQ(read(signal_events), events) << offset;
    EXPECT_EQ(read("SELECT event_type FROM event_history WHERE event_type LIKE 'upstream%' OR event_type = 'service_status_changed'"), "")
        << offset;
  }
  EXPECT_EQ(read("SELECT count(*) FROM outage WHERE upstream <> 'gateway'"), "0");
  EXPECT_EQ(
      read("SELECT count(*), sum(error LIKE 'the clock was set back by 3%'), sum(error LIKE 'the clock was set forward by 7%') FROM outage "
           "WHERE upstream = 'gateway' AND ended_at - started_at > 3500"),
      "3|2|1")
      << "each jump is told with both its bounds";
}

// A gateway that is stopped looks to readers as one that died, and then as one that lives. STOP_SECONDS (60) says how long.
TEST_F(ClockTest, AStoppedGatewayIsStaleAndThenGoesOn) {
  const char* wanted = std::getenv("STOP_SECONDS");
  const std::chrono::seconds long_enough{wanted == nullptr ? 60 : std::stoi(wanted)};
  start_gateway();
  ASSERT_TRUE(eventually(look("SELECT count(*) FROM recent_signals"), "5"));
  ASSERT_TRUE(all_fresh());
  const auto events = read(signal_events);
  ::kill(gateway().pid(), SIGSTOP);
  const auto until = std::chrono::steady_clock::now() + long_enough;
  const std::string freshness = "SELECT group_concat(DISTINCT freshness) FROM source_status WHERE freshness <> 'off'";
  ASSERT_TRUE(eventually(look(freshness), "stale"));
  do {
    EXPECT_EQ(read(freshness), "stale");
    EXPECT_EQ(read("SELECT status FROM system_health"), "unknown");
    EXPECT_EQ(read("SELECT count(*) FROM recent_signals"), "5");
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
  } while (std::chrono::steady_clock::now() < until && !HasFailure());
  integration::insert_signals(upstreams, "momentum", 6, 8, integration::at_once);
  ::kill(gateway().pid(), SIGCONT);
  ASSERT_TRUE(all_fresh());
  ASSERT_TRUE(eventually(look("SELECT count(*) FROM recent_signals"), "8"));
  EXPECT_TRUE(read(signal_events).find(events.substr(0, events.find('\n'))) != std::string::npos);
  EXPECT_EQ(read("SELECT count(*), count(DISTINCT signal_id) FROM event_history WHERE event_type = 'trading_signal_received'"), "8|8");
  EXPECT_EQ(read("SELECT count(*) FROM outage WHERE ended_at IS NULL"), "0");
  EXPECT_EQ(read("SELECT error LIKE 'the gateway was stopped, or the machine slept, for %' FROM outage WHERE upstream = 'gateway'"), "1");
}

}  // namespace
}  // namespace faults
