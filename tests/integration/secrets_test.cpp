// Passwords and keys appear nowhere: not in the cache's bytes (free pages included) or a file moved aside, the log, what
// `status` prints, what is served over HTTP, or the arguments; neither while all is well, nor when each of them is refused, nor when a peer
// repeats them.
#include <fmt/format.h>
#include <httplib.h>

#include "support/fixture.hpp"
#include "support/secret_forms.hpp"

namespace integration {
namespace {

class Secrets : public Integration {
 protected:
  Secrets() {
    settings["LOG_LEVEL"] = "debug";
    settings["ORDER_MANAGER_URL"] = service.url();
    settings["ORDERMANAGER_API_KEY"] = service_key;
    settings["RABBITMQ_PASSWORD"] = "unused-secret-2b";
    settings["RABBITMQ_USER"] = "somebody";
    settings["GATEWAY_LISTEN"] = fmt::format("127.0.0.1:{}", port);
  }

  void expect_no_secret(const std::string& where, const std::string& text) const { integration::expect_no_secret(secrets, where, text); }

  void look_everywhere() {
    ASSERT_TRUE(std::filesystem::exists(cache()));
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      if (entry.file_size() > 0) expect_no_secret(entry.path().filename().string(), content(entry.path()));
    }
    expect_no_secret("the log", gateway().log());
    expect_no_secret("the arguments", content(fmt::format("/proc/{}/cmdline", gateway().pid())));
    for (const char* path : {"/metrics", "/healthz", "/readyz"}) {
      const auto answer = httplib::Client("127.0.0.1", port).Get(path);
      ASSERT_TRUE(answer) << path;
      expect_no_secret(path, answer->body);
    }
    for (const auto& words : {std::vector<std::string>{"status"}, {"status", "--json"}, {"ping"}}) {
      const auto done = cache_gateway(words, settings);
      expect_no_secret(words.back(), done.output + done.errors);
    }
  }

  const int port = free_port();
  ScriptedService service;
  std::vector<std::string> secrets{monitor_password, broker_password, service_key, "unused-secret-2b", "wrong-secret-1", "wrong-secret-2"};
};

TEST_F(Secrets, NoneShowsWhileAllIsWell) {
  start_gateway();
  ASSERT_TRUE(eventually(query("SELECT status FROM system_health"), "healthy"));
  look_everywhere();
}

TEST_F(Secrets, NoneShowsWhenTheyAreRefused) {
  settings["GRAFANA_POSTGRES_PASSWORD"] = "wrong-secret-1";
  settings["RABBITMQ_MANAGEMENT_PASSWORD"] = "wrong-secret-2";
  service.answer(401, fmt::format(R"({{"error":"Invalid API key {}"}})", service_key));
  start_gateway();
  for (const char* name : {"postgres.health", "rabbitmq.health", "order-manager.health"}) {
    ASSERT_TRUE(eventually(source(name, "error_class"), "auth")) << name;
  }
  look_everywhere();
}

TEST_F(Secrets, NoneShowsWhenAServerRepeatsThemInNonsense) {
  start_gateway();
  ASSERT_TRUE(service_becomes("order-manager", "healthy"));
  service.answer(200, "Authorization: " + service_key);
  ASSERT_TRUE(eventually(source("order-manager.health", "error_class"), "malformed"));
  service.answer(500, "Traceback: key=" + service_key);
  ASSERT_TRUE(eventually(source("order-manager.health", "error_class"), "http"));
  look_everywhere();
}

TEST_F(Secrets, NoneShowsWhenAServiceRepeatsThemInItsHealth) {
  start_gateway();
  ASSERT_TRUE(service_becomes("order-manager", "healthy"));
  const auto basic = base64("somebody:" + service_key);
  for (const auto& echo : {"X-API-Key: " + service_key, "Authorization: Basic " + basic, std::string(880, '.') + service_key}) {
    service.answer(503, fmt::format(R"({{"status":"unhealthy","error":"{0}","checks":{{"database":{{"status":"unhealthy","error":"{0}"}},
      "{1}":{{"status":"{1}"}}}}}})",
                                    echo, service_key));
    ASSERT_TRUE(service_becomes("order-manager", "unhealthy"));
    service.be_healthy();
    ASSERT_TRUE(service_becomes("order-manager", "healthy"));
  }
  look_everywhere();
}

TEST_F(Secrets, NoneShowsWhenADatabaseHasThemInItsRows) {
  insert_signals(upstreams, "with-secrets", 1, 3);
  upstreams.sql(fmt::format(R"(UPDATE trading_signals SET trace_id = '{0}', metadata = '{{"reasoning":"password={0} for {1}"}}')",
                            monitor_password, base64("grafana_monitor:" + std::string(monitor_password))));
  start_gateway();
  ASSERT_TRUE(
      eventually(query("SELECT trace_id, reasoning FROM recent_signals LIMIT 1"), "***|password=*** for Z3JhZmFuYV9tb25pdG9yOn***"));
  look_everywhere();
}

TEST_F(Secrets, FaultySettingsDoNotShowThem) {
  settings["POSTGRES_PORT"] = "many";
  settings["WS_GATEWAY_URL"] = "http://user:wrong-secret-1@host:port";
  settings["GRAFANA_POSTGRES_PASSWORD_FILE"] = "/none";
  const auto done = cache_gateway({"once"}, settings);
  EXPECT_EQ(done.code, 2);
  expect_no_secret("the list of faults", done.output + done.errors);
}

}  // namespace
}  // namespace integration
