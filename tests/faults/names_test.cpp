// Names of upstreams: one that does not resolve, a resolver that hangs, and a name whose first addresses are dead. Each
// gateway runs in a mount namespace of its own with its own /etc/hosts and no other source of names; a FIFO in the place
// of that file is a resolver that hangs, because whoever looks a name up waits there for a writer.
#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>

#include "../integration/support/fixture.hpp"
#include "blackhole.hpp"
#include "gate.hpp"

namespace faults {
namespace {

using integration::eventually;

class Names : public integration::Integration {
 protected:
  Names() {
    settings["STALE_AFTER"] = "1500ms";
    settings["SERVICES_TIMEOUT"] = settings["POSTGRES_TIMEOUT"] = "800ms";
    std::ofstream(directory() / "nsswitch.conf") << "hosts: files\n";
    write_hosts("");
  }

  std::filesystem::path hosts() const { return directory() / "hosts"; }
  void write_hosts(const std::string& lines) const { std::ofstream(hosts()) << lines; }  // in place: the mount follows

  integration::Gateway& start() {
    const std::string script =
        "mount --bind \"$0/hosts\" /etc/hosts && mount --bind \"$0/nsswitch.conf\" /etc/nsswitch.conf && exec \"$@\"";
    gateway_ = std::make_unique<integration::Gateway>(
        settings, log_file(),
        std::vector<std::string>{"unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, directory().string()});
    return *gateway_;
  }

  void use_service_named(const std::string& name) { settings["ORDER_MANAGER_URL"] = fmt::format("http://{}:{}", name, service.port()); }

  ::testing::AssertionResult others_keep_pace() const {
    const auto since = integration::now() + 1;
    return eventually([&] {
      return attempts("rabbitmq.health", since) >= 4 && attempts("postgres.signals", since) >= 4 &&
             reader.source("rabbitmq.health") == "fresh" && reader.source("postgres.signals") == "fresh";
    });
  }

  integration::ScriptedService service;

 private:
  std::unique_ptr<integration::Gateway> gateway_;
};

TEST_F(Names, ANameThatIsGoneIsUnhealthyAndSaysWhich) {
  use_service_named("orders.test");
  write_hosts("127.0.0.1 orders.test\n");
  start();
  ASSERT_TRUE(service_becomes("order-manager", "healthy"));
  write_hosts("");
  ASSERT_TRUE(eventually(source("order-manager.health", "error_class, freshness"), "dns|stale"));
  EXPECT_NE(reader.source("order-manager.health", "error").find("orders.test"), std::string::npos);
  EXPECT_EQ(reader.service("order-manager", "effective_status, last_known_status"), "unhealthy|unhealthy");
  EXPECT_TRUE(others_keep_pace());
  write_hosts("127.0.0.1 orders.test\n");
  ASSERT_TRUE(service_becomes("order-manager", "healthy"));
  EXPECT_EQ(reader.text("SELECT upstream, error_class, ended_at IS NOT NULL FROM outage"), "order-manager|dns|1");
}

TEST_F(Names, ADatabaseWhoseNameIsGoneIsUnhealthyToo) {
  settings["POSTGRES_HOST"] = "database.test";
  start();
  ASSERT_TRUE(eventually(source("postgres.signals", "error_class"), "dns"));
  EXPECT_NE(reader.source("postgres.health", "error").find("database.test"), std::string::npos);
  EXPECT_EQ(reader.service("postgres"), "unhealthy");
  write_hosts("127.0.0.1 database.test\n");
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
}

TEST_F(Names, AResolverThatHangsIsReportedAndHoldsNobodyElse) {
  use_service_named("orders.test");
  std::filesystem::remove(hosts());
  ASSERT_EQ(::mkfifo(hosts().c_str(), 0666), 0);
  auto& gateway = start();
  ASSERT_TRUE(eventually(source("order-manager.health", "error_class"), "timeout"));
  EXPECT_NE(reader.source("order-manager.health", "error").find("name resolution"), std::string::npos)
      << reader.source("order-manager.health", "error");
  EXPECT_TRUE(others_keep_pace());
  ASSERT_TRUE(eventually([&] {
    return reader.number("SELECT consecutive_failures FROM source_status WHERE source = 'order-manager.health'") >= 3;
  })) << "said at every turn";
  EXPECT_EQ(reader.service("order-manager"), "unknown");
  EXPECT_EQ(gateway.terminate(), 0) << "the thread that hangs does not hold the end";
  EXPECT_EQ(reader.text("PRAGMA quick_check"), "ok");
}

TEST_F(Names, AResolverThatAnswersAgainEndsTheOutage) {
  use_service_named("orders.test");
  std::filesystem::remove(hosts());
  ASSERT_EQ(::mkfifo(hosts().c_str(), 0666), 0);
  const auto& gateway = start();
  ASSERT_TRUE(eventually(query("SELECT count(*) FROM outage WHERE upstream = 'order-manager'"), "1"));
  // A file in the place of the FIFO, and an end for whoever still waits at it.
  std::ofstream(directory() / "good") << "127.0.0.1 orders.test\n";
  const auto mounted = integration::run({"nsenter", "-t", std::to_string(gateway.pid()), "-U", "-m", "--preserve-credentials", "sh", "-c",
                                         "mount --bind \"$0/good\" /etc/hosts", directory().string()});
  ASSERT_EQ(mounted.code, 0) << mounted.errors;
  std::ofstream(hosts()) << "";
  ASSERT_TRUE(service_becomes("order-manager", "healthy"));
  EXPECT_EQ(reader.text("SELECT upstream, ended_at IS NOT NULL FROM outage"), "order-manager|1");
}

TEST_F(Names, ThreeDeadAddressesBeforeALiveOneAreOvercome) {
  constexpr const char* alive = "127.9.9.9";  // the farthest from the source address, so the last in every sorting
  const auto* const dead = "127.0.0.1";
  // The service and PostgreSQL listen on 127.0.0.1; a gate gives each a far address, and the ports of the near ones are dead.
  Gate service_gate(service.port(), alive), postgres_gate(upstreams.postgres().port(), alive);
  std::vector<std::unique_ptr<Blackhole>> holes;
  for (const auto* address : {dead, "127.0.0.2", "127.0.0.3"}) {
    for (const int port : {service_gate.port(), postgres_gate.port()}) holes.push_back(std::make_unique<Blackhole>(address, port));
  }
  std::string lines;
  for (const auto* address : {dead, "127.0.0.2", "127.0.0.3", alive}) lines += fmt::format("{0} orders.test\n{0} database.test\n", address);
  write_hosts(lines);
  settings["ORDER_MANAGER_URL"] = fmt::format("http://orders.test:{}", service_gate.port());
  settings["POSTGRES_HOST"] = "database.test";
  settings["POSTGRES_PORT"] = std::to_string(postgres_gate.port());
  settings["SERVICES_TIMEOUT"] = settings["POSTGRES_TIMEOUT"] = "2s";
  start();
  ASSERT_TRUE(service_becomes("order-manager", "healthy"));
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  EXPECT_EQ(reader.text("SELECT count(*) FROM outage"), "0");

  // Without the live one the error names an address.
  service_gate.set({Kind::refuse});
  ASSERT_TRUE(eventually([&] { return reader.source("order-manager.health", "error_class") != "NULL"; }));
  EXPECT_NE(reader.source("order-manager.health", "error").find("orders.test"), std::string::npos);
}

}  // namespace
}  // namespace faults
