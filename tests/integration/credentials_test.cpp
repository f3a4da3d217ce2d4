// A wrong password is a fault of ours and not of the upstream: class auth, no verdict about the server, no hammering.
#include <fmt/format.h>

#include <fstream>

#include "support/fixture.hpp"

namespace integration {
namespace {

class Credentials : public Integration {};

TEST_F(Credentials, AWrongPostgresPasswordIsAnAuthFault) {
  settings["GRAFANA_POSTGRES_PASSWORD"] = "not-this-one";
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "freshness, error_class"), "never|auth"));
  ASSERT_TRUE(eventually(source("postgres.health", "freshness, error_class"), "never|auth"));
  EXPECT_EQ(reader.service("postgres"), "unknown");
  ASSERT_TRUE(service_becomes("rabbitmq", "healthy"));
}

TEST_F(Credentials, AWrongRabbitmqPasswordIsAnAuthFault) {
  settings["RABBITMQ_MANAGEMENT_PASSWORD"] = "not-this-one";
  start_gateway();
  ASSERT_TRUE(eventually(source("rabbitmq.queues", "freshness, error_class"), "never|auth"));
  ASSERT_TRUE(eventually(source("rabbitmq.health", "freshness, error_class"), "never|auth"));
  EXPECT_EQ(reader.service("rabbitmq"), "unknown");
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
}

TEST_F(Credentials, APasswordChangedUpstreamIsNoObservationUntilStale) {
  start_gateway();
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
  upstreams.sql("ALTER ROLE grafana_monitor PASSWORD 'changed'");
  upstreams.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
  const auto state = query(
      "SELECT s.error_class, s.freshness, h.effective_status, h.last_known_status FROM source_status s, service_health h "
      "WHERE s.source = 'postgres.health' AND h.service = 'postgres'");
  ASSERT_TRUE(eventually(state, "auth|stale|unknown|healthy"));
  upstreams.sql(fmt::format("ALTER ROLE grafana_monitor PASSWORD {}", quoted(monitor_password)));
  ASSERT_TRUE(eventually(state, "NULL|fresh|healthy|healthy"));
}

TEST_F(Credentials, AWrongPasswordIsTriedOnceAndThenWaitsForTheCap) {
  settings["BACKOFF_CAP"] = "1h";
  settings["GRAFANA_POSTGRES_PASSWORD"] = "not-this-one";
  settings["RABBITMQ_MANAGEMENT_PASSWORD"] = "not-this-one";
  ScriptedService service;
  settings["ORDER_MANAGER_URL"] = service.url();
  start_gateway();
  constexpr auto several = 8;
  ASSERT_TRUE(eventually([&] { return attempts("order-manager.health", 0) >= several; }));
  for (const auto* source : {"postgres.health", "postgres.signals", "rabbitmq.health", "rabbitmq.queues"}) {
    EXPECT_EQ(attempts(source, 0), 1) << source;
  }
}

TEST_F(Credentials, SecretsMayComeFromFiles) {
  const auto file = directory().parent_path() / "password";
  std::ofstream(file) << monitor_password << '\n';
  settings.erase("GRAFANA_POSTGRES_PASSWORD");
  settings["GRAFANA_POSTGRES_PASSWORD_FILE"] = file.string();
  start_gateway();
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
}

TEST_F(Credentials, AReplacedSecretFileCountsWithoutARestart) {
  const auto at_postgres = directory().parent_path() / "postgres", at_rabbitmq = directory().parent_path() / "rabbitmq";
  std::ofstream(at_postgres) << monitor_password;
  std::ofstream(at_rabbitmq) << broker_password;
  for (const char* name : {"GRAFANA_POSTGRES_PASSWORD", "RABBITMQ_MANAGEMENT_PASSWORD"}) settings.erase(name);
  settings["GRAFANA_POSTGRES_PASSWORD_FILE"] = at_postgres.string();
  settings["RABBITMQ_MANAGEMENT_PASSWORD_FILE"] = at_rabbitmq.string();
  ScriptedService service;
  settings["ORDER_MANAGER_URL"] = service.url();
  start_gateway();
  ASSERT_TRUE(service_becomes("postgres", "healthy"));
  ASSERT_TRUE(service_becomes("rabbitmq", "healthy"));
  std::ofstream(at_postgres) << "pg-rotated-1c77";
  std::ofstream(at_rabbitmq) << "mq-rotated-5e02";
  const auto since = now();
  upstreams.sql("ALTER ROLE grafana_monitor PASSWORD 'pg-rotated-1c77'");
  upstreams.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'grafana_monitor'");
  upstreams.rabbitmq().ctl({"change_password", "monitor", "mq-rotated-5e02"});
  for (const char* name : {"postgres.signals", "rabbitmq.queues"}) {
    ASSERT_TRUE(eventually([&] { return attempts(name, since + 2) >= 2; })) << name;
    ASSERT_TRUE(eventually(source(name, "freshness, error_class"), "fresh|NULL")) << name;
  }
  // It is hidden as the old one was, from whoever repeats it.
  service.answer(200, R"({"status":"degraded","error":"pg-rotated-1c77, mq-rotated-5e02 and once mq-secret-91bd"})");
  ASSERT_TRUE(eventually(query("SELECT error FROM service_health WHERE service = 'order-manager'"), "***, *** and once ***"));
}

}  // namespace
}  // namespace integration
