// The gateway runs out of descriptors, or of memory. It says what is wrong, keeps the last good file in view, stays alive,
// and goes on by itself once there is enough again. Limits are set from outside while it runs.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include "../integration/support/fixture.hpp"
#include "../integration/support/raw_server.hpp"
#include "gate.hpp"

namespace faults {
namespace {

using integration::eventually;
using integration::http_answer;

class Resources : public integration::Integration {
 protected:
  Resources() : gate(service.port()) {
    settings["ORDER_MANAGER_URL"] = fmt::format("http://127.0.0.1:{}", gate.port());
    settings["SERVICES_TIMEOUT"] = "5s";
    integration::insert_signals(upstreams, "momentum", 1, 3);
  }

  void start_and_wait() {
    start_gateway();
    ASSERT_TRUE(all_fresh());
  }

  void limit(__rlimit_resource resource, rlim_t soft) {
    const rlimit wanted{soft, RLIM_INFINITY};
    rlimit before{};
    ASSERT_EQ(::prlimit(gateway().pid(), resource, nullptr, &before), 0);
    const rlimit possible{std::min(wanted.rlim_cur, before.rlim_max), before.rlim_max};
    ASSERT_EQ(::prlimit(gateway().pid(), resource, &possible, nullptr), 0);
  }

  // Bytes of address space in use.
  rlim_t address_space() {
    rlim_t pages = 0;
    std::ifstream(fmt::format("/proc/{}/statm", gateway().pid())) >> pages;
    return pages * static_cast<rlim_t>(::getpagesize());
  }

  double peak_memory_mib() {
    std::ifstream status(fmt::format("/proc/{}/status", gateway().pid()));
    for (std::string word; status >> word;) {
      double kib = 0;
      if (word == "VmHWM:" && status >> kib) return kib / 1024;
    }
    throw std::runtime_error("no VmHWM");
  }

  integration::ScriptedService service;
  Gate gate;
};

TEST_F(Resources, WithoutDescriptorsItSaysSoAndGoesOnAfterwards) {
  start_and_wait();
  limit(RLIMIT_NOFILE, 3);
  gate.set({Kind::reset});  // whoever needs a new connection gets none
  upstreams.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cache-gateway'");
  ASSERT_TRUE(eventually([&] { return gateway().logged("publish_failed") > 0; }));
  ASSERT_TRUE(becomes("postgres.signals", "stale"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM recent_signals"), "3");
  ASSERT_TRUE(eventually([&] { return gateway().logged("source_failed") > 0; }));
  EXPECT_TRUE(gateway().running());
  EXPECT_LE(gateway().logged("publish_failed"), 3) << "not at every attempt";
  limit(RLIMIT_NOFILE, RLIM_INFINITY);
  gate.set({});
  ASSERT_TRUE(all_fresh());
  EXPECT_EQ(gateway().logged("publish_recovered"), 1);
  EXPECT_TRUE(eventually([&] { return reader.text("SELECT count(*) FROM outage WHERE ended_at IS NULL"); }, "0"));
  EXPECT_EQ(reader.text("SELECT DISTINCT error FROM source_attempt WHERE error LIKE '%not a valid%'"), "") << "an upstream is not to blame";
  EXPECT_EQ(gateway().terminate(), 0);
}

TEST_F(Resources, WithLittleMemoryALargeAnswerIsAnErrorAndNoEnd) {
  start_and_wait();
  constexpr rlim_t little = rlim_t{24} << 20;
  constexpr std::size_t large = std::size_t{60} << 20;  // still below the cap of an answer
  limit(RLIMIT_AS, address_space() + little);
  gate.set({.kind = Kind::answer, .text = http_answer(200, R"({"status":"healthy","padding":")" + std::string(large, 'x') + "\"}")});
  ASSERT_TRUE(eventually([&] { return !gateway().running() || reader.source("order-manager.health", "error_class") != "NULL"; }));
  ASSERT_TRUE(gateway().running()) << gateway().log();
  EXPECT_EQ(reader.source("order-manager.health", "error_class"), "too_large");
  EXPECT_EQ(reader.source("postgres.signals"), "fresh");
  gate.set({});
  ASSERT_TRUE(all_fresh());
  EXPECT_TRUE(gateway().running());
}

TEST_F(Resources, AnAnswerAboveTheCapIsRefusedWithoutBeingKept) {
  start_and_wait();
  constexpr std::size_t too_large = std::size_t{70} << 20;
  gate.set({.kind = Kind::answer, .text = http_answer(200, R"({"status":"healthy","padding":")" + std::string(too_large, 'x') + "\"}")});
  ASSERT_TRUE(eventually(source("order-manager.health", "error_class"), "too_large"));
  gate.set({});
  ASSERT_TRUE(all_fresh());
}

// Queues that all change with every poll.
struct Names {
  const char* about;
  int queues;  // of which so many are allowed
  std::string padding;
};
class ManyQueues : public Resources, public ::testing::WithParamInterface<Names> {};

TEST_P(ManyQueues, TakeLessThan64MebibytesAboveIdle) {
  const auto& [_, most, padding] = GetParam();
  std::atomic<int> queues = 0, listings = 0;
  integration::RawServer broker([&](integration::Peer& peer, const std::string& request) {
    if (!integration::target_of(request).starts_with("/api/queues"))
      return peer.send(http_answer(200, R"({"status":"ok","object_totals":{"queues":0}})"));
    const int poll = ++listings;
    std::string body;
    for (int n = 0; n < queues; ++n) {
      body +=
          fmt::format(R"({}{{"vhost":"/{}","name":"some.queue.with.a.name.{}{}","messages":{},"message_stats":{{"publish":{},"ack":{}}}}})",
                      n == 0 ? "" : ",", padding, n, padding, poll % 5, poll * 7, poll * 7);
    }
    return peer.send(http_answer(200, "[" + body + "]"));
  });
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(broker.port());
  if (most > 5000) settings["RABBITMQ_QUEUES_MAX"] = std::to_string(most);
  be_patient();
  start_and_wait();
  const auto idle = peak_memory_mib();
  queues = most;
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "rows"), std::to_string(most)));
  const int before = listings;
  ASSERT_TRUE(eventually([&] { return listings >= before + 10; }));
  EXPECT_EQ(reader.source("rabbitmq.queues", "rows"), std::to_string(most));
  const auto grown = peak_memory_mib() - idle;
  EXPECT_LT(grown, 64);
  RecordProperty("grown_mib", static_cast<int>(grown));
}

INSTANTIATE_TEST_SUITE_P(Names, ManyQueues,
                         ::testing::Values(Names{"TenThousand", 10'000, ""},
                                           Names{"NamesAsLongAsTheBrokerAllows", 5000, std::string(210, 'x')}),
                         [](const auto& tried) { return tried.param.about; });

// One thread each, and within what the shipped unit allows.
TEST_F(Resources, AHundredServicesFitIntoTheUnitsLimit) {
  std::string services;
  for (int i = 0; i < 100; ++i) services += fmt::format("{}s{}=tcp://127.0.0.1:{}", i == 0 ? "" : ",", i, gate.port());
  settings["HEALTH_SERVICES"] = services;
  start_gateway();
  ASSERT_TRUE(
      eventually(query("SELECT count(*) FROM service_health WHERE service GLOB 's[0-9]*' AND effective_status = 'healthy'"), "100"));
  const auto unit = integration::content(UNIT_FILE);
  const auto allowed = std::stoi(unit.substr(unit.find("TasksMax=") + 9));
  const auto threads = integration::run({"ls", fmt::format("/proc/{}/task", gateway().pid())}).output;
  EXPECT_LT(std::ranges::count(threads, '\n'), allowed / 2);
}

// As root no limit on processes counts; so as somebody else.
TEST_F(Resources, AThreadThatCannotBeMadeEndsTheStartAndSaysWhy) {
  std::filesystem::permissions(directory(), std::filesystem::perms::all);
  const auto done =
      integration::run({"setpriv", "--reuid=64321", "--clear-groups", "prlimit", "--nproc=4", CACHE_GATEWAY, "run"}, settings);
  EXPECT_EQ(done.code, 1);
  EXPECT_NE((done.output + done.errors).find("cannot start thread"), std::string::npos) << done.output << done.errors;
  EXPECT_NE((done.output + done.errors).find("TasksMax="), std::string::npos);
}

}  // namespace
}  // namespace faults
