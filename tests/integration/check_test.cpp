// `check` and `why`: what people trip over when they install the gateway, each found and each with its remedy, at a real
// PostgreSQL and a real RabbitMQ.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class Check : public Integration {
 protected:
  Check() { be_patient(); }

  Finished check(const std::vector<std::string>& more = {"--ask"}, const std::vector<std::string>& wrapper = {}) const {
    auto words = wrapper;
    words.insert(words.end(), {CACHE_GATEWAY, "check"});
    words.insert(words.end(), more.begin(), more.end());
    auto environment = settings;
    environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
    return run(words, environment);
  }

  // A line of this grade that contains `what`, and below it a remedy that contains `remedy`.
  static ::testing::AssertionResult says(const Finished& done, const std::string& grade, const std::string& what,
                                         const std::string& remedy) {
    std::istringstream lines(done.output);
    for (std::string line, next; std::getline(lines, line);) {
      if (!line.starts_with(grade) || line.find(what) == std::string::npos) continue;
      std::getline(lines, next);
      if (next.starts_with("      do: ") && next.find(remedy) != std::string::npos) return ::testing::AssertionSuccess();
      return ::testing::AssertionFailure() << "the remedy is: " << next;
    }
    return ::testing::AssertionFailure() << done.output << done.errors;
  }
  ::testing::AssertionResult wrong(const std::string& what, const std::string& remedy) const {
    const auto done = check();
    if (done.code != 3) return ::testing::AssertionFailure() << "exit " << done.code << "\n" << done.output << done.errors;
    return says(done, "WRONG", what, remedy);
  }
};

TEST_F(Check, FindsNothingWrongWhereAllIsWell) {
  const auto done = check();
  EXPECT_EQ(done.code, 0) << done.output << done.errors;
  EXPECT_EQ(done.output.find("WRONG"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("ok    the role grafana_monitor may only read"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("may see all 1 vhosts"), std::string::npos) << done.output;
  EXPECT_FALSE(std::filesystem::exists(cache())) << "it writes nothing";
}

TEST_F(Check, WithoutAskContactsNobody) {
  settings["POSTGRES_PORT"] = std::to_string(free_port());
  const auto done = check({});
  EXPECT_EQ(done.code, 0) << done.output;
  EXPECT_EQ(done.output.find("postgres"), std::string::npos) << done.output;
}

TEST_F(Check, AWrongHost) {
  settings["POSTGRES_HOST"] = "no-such-host.invalid";
  EXPECT_TRUE(wrong("postgres: dns: no-such-host.invalid", "POSTGRES_HOST"));
}

TEST_F(Check, NobodyListens) {
  settings["RABBITMQ_MANAGEMENT_PORT"] = std::to_string(free_port());
  EXPECT_TRUE(wrong("rabbitmq: refused: ", "RABBITMQ_MANAGEMENT_PORT"));
}

TEST_F(Check, AWrongPassword) {
  settings["GRAFANA_POSTGRES_PASSWORD"] = "not-this-one";
  EXPECT_TRUE(wrong("postgres: auth: ", "set GRAFANA_POSTGRES_PASSWORD"));
}

TEST_F(Check, AWrongBrokerPassword) {
  settings["RABBITMQ_MANAGEMENT_PASSWORD"] = "not-this-one";
  EXPECT_TRUE(wrong("rabbitmq: auth: ", "RABBITMQ_MANAGEMENT_PASSWORD"));
}

TEST_F(Check, AWrongDatabase) {
  settings["POSTGRES_DB"] = "nowhere";
  EXPECT_TRUE(wrong("nowhere", "POSTGRES_DB"));
}

TEST_F(Check, AWrongKey) {
  TradingService model("model-service", upstreams);
  settings["MODEL_SERVICE_URL"] = model.url();
  settings["MODEL_SERVICE_API_KEY"] = "not-this-one";
  EXPECT_TRUE(wrong("model-service.training: auth: ", "set MODEL_SERVICE_API_KEY"));
}

TEST_F(Check, ASuperuserAsRole) {
  upstreams.sql("CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'boss-password'");
  settings["GRAFANA_POSTGRES_USER"] = "boss";
  settings["GRAFANA_POSTGRES_PASSWORD"] = "boss-password";
  const auto found = wrong("the role boss is a superuser", "gateway/deploy/grafana_monitor.sql");
  upstreams.sql("DROP ROLE boss");
  EXPECT_TRUE(found);
}

TEST_F(Check, ARoleThatMayWrite) {
  upstreams.sql("GRANT UPDATE ON orders TO grafana_monitor");
  EXPECT_TRUE(wrong("grafana_monitor may change tables: public.orders",
                    "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON public.orders FROM grafana_monitor"));
}

TEST_F(Check, ATableWithoutSelect) {
  upstreams.sql("REVOKE SELECT ON orders FROM grafana_monitor");
  EXPECT_TRUE(wrong("postgres.orders: auth: may not read orders.", "grafana_monitor.sql again"));
}

TEST_F(Check, ASchemaWithoutUsage) {
  upstreams.sql("CREATE SCHEMA trading; ALTER TABLE orders SET SCHEMA trading");
  EXPECT_TRUE(wrong("GRANT USAGE ON SCHEMA trading TO grafana_monitor", "run the statement above"));
}

TEST_F(Check, RowLevelSecurity) {
  upstreams.sql("ALTER TABLE orders ENABLE ROW LEVEL SECURITY");
  EXPECT_TRUE(wrong("row level security may hide rows of orders", "run the statement above"));
}

TEST_F(Check, AVhostWithoutPermission) {
  upstreams.broker().create_vhost("closed");
  EXPECT_TRUE(wrong("no permission in the vhost closed", "rabbitmqctl set_permissions -p 'closed' 'monitor'"));
  upstreams.broker().create_vhost("a'; reboot; '");
  EXPECT_TRUE(wrong("a'; reboot; '", "-p 'a'\\''; reboot; '\\''' 'monitor'"));
}

TEST_F(Check, AnAdministratorAtTheBroker) {
  settings["RABBITMQ_MANAGEMENT_USER"] = "guest";
  settings["RABBITMQ_MANAGEMENT_PASSWORD"] = "guest";
  EXPECT_TRUE(wrong("user guest is an administrator", "RABBITMQ_MANAGEMENT_USER=grafana_monitor"));
}

TEST_F(Check, StatisticsThatAreOff) {
  upstreams.rabbitmq().ctl({"eval", "application:set_env(rabbitmq_management_agent, disable_metrics_collector, true)."});
  const auto done = check();
  upstreams.rabbitmq().ctl({"eval", "application:set_env(rabbitmq_management_agent, disable_metrics_collector, false)."});
  EXPECT_TRUE(says(done, "note", "RabbitMQ's statistics are off", "disable_metrics_collector = false"));
}

TEST_F(Check, ADirectoryThatWeMayNotWrite) {
  if (::geteuid() == 0) {
    std::filesystem::permissions(directory(), std::filesystem::perms(0755));
    const auto done = check({}, {"setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"});
    EXPECT_EQ(done.code, 3) << done.output << done.errors;
    EXPECT_TRUE(says(done, "WRONG", "cannot be written by uid 12345", fmt::format("chown 12345:12345 {}", directory().string())));
  } else {
    std::filesystem::permissions(directory(), std::filesystem::perms(0500));
    EXPECT_TRUE(says(check({}), "WRONG", "cannot be written", "chown"));
    std::filesystem::permissions(directory(), std::filesystem::perms(0700));
  }
}

TEST_F(Check, AReaderWhoMayNotRead) {
  settings["CACHE_MODE"] = "0400";
  ASSERT_EQ(cache_gateway({"once"}, settings).code, 0);
  for (auto way = directory(); way.has_relative_path(); way = way.parent_path()) {
    if (std::filesystem::status(way).permissions() == std::filesystem::perms::owner_all)
      std::filesystem::permissions(way, std::filesystem::perms(0711));
  }
  EXPECT_TRUE(says(check({"--reader", "472:10002"}), "WRONG", "uid 472:10002 may not read", "CACHE_MODE=0440"));
  std::filesystem::permissions(directory(), std::filesystem::perms(0700));
  EXPECT_TRUE(says(check({"--reader", "472:10002"}), "WRONG", "uid 472:10002 may not enter " + directory().string(), "chmod o+x"));
  EXPECT_EQ(check({"--reader", "no such user"}).code, 2);
}

TEST_F(Check, ACacheThatEveryUserMayRead) {
  ASSERT_EQ(cache_gateway({"once"}, settings).code, 0);
  EXPECT_TRUE(says(check({}), "note", "every user of this host may read", "CACHE_MODE=0440"));
}

TEST_F(Check, AFileMountedInPlaceOfItsDirectory) {
  std::ofstream(cache()) << "";
  const auto mounted = fmt::format("mount --bind {0} {0} && exec \"$@\"", cache().string());
  const auto done = check({}, {"unshare", "--mount", "--map-root-user", "sh", "-c", mounted, "sh"});
  EXPECT_TRUE(says(done, "WRONG", "is itself a mount point", "mount the directory"));
}

TEST_F(Check, AFileInPlaceOfTheDirectory) {
  std::ofstream(directory() / "file") << "";
  settings["CACHE_PATH"] = (directory() / "file" / "cache.db").string();
  EXPECT_TRUE(says(check({}), "WRONG", "file is not a directory", "mkdir"));
}

TEST_F(Check, ANameThatGrafanasPluginRefuses) {
  std::filesystem::create_directory(directory() / ".SSH-cache");
  settings["CACHE_PATH"] = (directory() / ".SSH-cache" / "cache.db").string();
  EXPECT_TRUE(says(check({}), "WRONG", "the path contains .ssh", "under another name"));
}

TEST_F(Check, TheDefaultPasswordOfGrafana) {
  settings["GRAFANA_ADMIN_PASSWORD"] = "admin";
  EXPECT_TRUE(says(check({}), "note", "has the password admin", "set GRAFANA_ADMIN_PASSWORD"));
  settings["GRAFANA_BIND"] = "0.0.0.0";
  EXPECT_TRUE(says(check({}), "WRONG", "has the password admin and is open to the network", "set GRAFANA_ADMIN_PASSWORD"));
}

TEST_F(Check, NeverShowsASecret) {
  upstreams.broker().create_vhost("say-" + broker_password);
  const auto done = check();
  EXPECT_EQ((done.output + done.errors).find(broker_password), std::string::npos) << done.output;
}

class Why : public Integration {
 protected:
  Finished why(const std::string& source) const { return cache_gateway({"why", source}, {{"CACHE_PATH", cache().string()}}); }
  ::testing::AssertionResult tells(const std::string& source, const std::string& part) const {
    const auto done = why(source);
    if (done.output.find(part) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << done.output << done.errors;
  }
};

TEST_F(Why, TellsWhatChangedWhenNextAndWhatToDo) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  EXPECT_EQ(why("postgres.signals").code, 0);
  EXPECT_TRUE(tells("postgres.signals", "do       nothing"));
  upstreams.postgres().stop();
  ASSERT_TRUE(becomes("postgres.signals", "stale"));
  EXPECT_EQ(why("postgres.signals").code, 3);
  EXPECT_TRUE(tells("postgres.signals", "before that: ")) << "answered, or closed by a server that goes down";
  EXPECT_TRUE(tells("postgres.signals", "next     "));
  EXPECT_TRUE(tells("postgres.signals", "do       start postgres, or correct POSTGRES_HOST and POSTGRES_PORT"));
  EXPECT_TRUE(tells("postgres", "postgres.health  stale")) << "an upstream stands for its sources";
  gateway().kill();
  ASSERT_TRUE(eventually([&] { return why("rabbitmq.queues").output.find("the gateway is down") == 0; }));
}

TEST_F(Why, NamesThePhase) {
  ScriptedService service;
  service.be_mute();
  settings["ORDER_MANAGER_URL"] = service.url();
  settings["MODEL_SERVICE_URL"] = "http://127.0.0.1:" + std::to_string(free_port());
  start_gateway();
  ASSERT_TRUE(eventually(source("order-manager.health", "error_class"), "timeout"));
  ASSERT_TRUE(eventually(source("model-service.health", "error_class"), "refused"));
  EXPECT_TRUE(tells("order-manager.health", " timeout  wait "));
  EXPECT_TRUE(tells("model-service.health", " refused  connect "));
  service.answer(200, "no JSON");
  ASSERT_TRUE(eventually(source("order-manager.health", "error_class"), "malformed"));
  EXPECT_TRUE(tells("order-manager.health", " parse "));
}

TEST_F(Why, NamesWhatThereIsWhereTheNameIsWrong) {
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  const auto done = why("postgres.signal");
  EXPECT_EQ(done.code, 2);
  EXPECT_NE(done.errors.find("postgres.signals"), std::string::npos) << done.errors;
}

}  // namespace
}  // namespace integration
