// The log: one line an event, as text or as JSON; a state that changes is said once, and not at every attempt.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class Log : public Integration {};

TEST_F(Log, LinesInJsonParse) {
  settings["LOG_FORMAT"] = "json";
  settings["LOG_LEVEL"] = "debug";
  settings["POSTGRES_DB"] = "no \"such\" \\ database";
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  start_gateway();
  ASSERT_TRUE(eventually(
      query("SELECT count(*) FROM source_status WHERE consecutive_failures >= 2 AND source IN ('postgres.health', 'rabbitmq.queues')"),
      "2"));
  EXPECT_EQ(gateway().terminate(), 0);
  std::istringstream lines(gateway().log());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    ASSERT_TRUE(json.is_object()) << line;
    for (const char* key : {"time", "level", "event"}) EXPECT_TRUE(json.contains(key) && json[key].is_string()) << line;
  }
  EXPECT_GE(count, 4) << gateway().log();
  EXPECT_NE(gateway().log().find("\"event\":\"attempt\""), std::string::npos) << "LOG_LEVEL=debug tells of every attempt";
}

TEST_F(Log, ARepeatedFaultIsNotLoggedAtEveryAttempt) {
  settings["BACKOFF_CAP"] = "200ms";
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  start_gateway();
  ASSERT_TRUE(
      eventually([&] { return reader.number("SELECT consecutive_failures FROM source_status WHERE source = 'rabbitmq.health'") >= 12; }));
  EXPECT_GE(gateway().logged("source=rabbitmq.health"), 1) << gateway().log();
  EXPECT_LE(gateway().logged("source=rabbitmq.health"), 3) << gateway().log();
}

TEST_F(Log, RecoveryIsLogged) {
  ScriptedService service;
  service.answer(500, "no");
  settings["ORDER_MANAGER_URL"] = service.url();
  start_gateway();
  ASSERT_TRUE(eventually([&] { return gateway().logged("source_failed source=order-manager.health") > 0; }));
  service.be_healthy();
  ASSERT_TRUE(eventually([&] { return gateway().logged("source_recovered source=order-manager.health") == 1; })) << gateway().log();
}

TEST_F(Log, ALevelHidesWhatIsBelowIt) {
  settings["LOG_LEVEL"] = "error";
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  start_gateway();
  ASSERT_TRUE(
      eventually([&] { return reader.number("SELECT consecutive_failures FROM source_status WHERE source = 'rabbitmq.health'") >= 2; }));
  EXPECT_EQ(gateway().log(), "");
}

// A log collector that hangs: the pipe fills, and neither publishing nor SIGTERM waits for it.
TEST_F(Log, APipeThatNobodyReadsHoldsNothingUp) {
  settings["LOG_LEVEL"] = "debug";
  const auto fifo = directory().parent_path() / "log.fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader_end = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(reader_end, 0);
  ASSERT_GE(::fcntl(reader_end, F_SETPIPE_SZ, 4096), 4096);
  Process process({.words = {CACHE_GATEWAY, "run"}, .environment = settings, .output = {}, .errors = fifo});
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  ASSERT_TRUE(eventually([&] {
    pollfd full{reader_end, POLLOUT, 0};
    return ::poll(&full, 1, 0) == 0;
  }));
  const auto count = reader.number("SELECT publish_count FROM gateway");
  constexpr auto several = 10;
  ASSERT_TRUE(eventually([&] { return reader.number("SELECT publish_count FROM gateway") >= count + several; }));
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
  EXPECT_GT(reader.number("SELECT publish_count FROM gateway"), count + several);
  ::close(reader_end);
}

}  // namespace
}  // namespace integration
