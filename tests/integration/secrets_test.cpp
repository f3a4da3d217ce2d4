// Passwords and keys appear nowhere: not in the cache's bytes, the log, what `status` prints, or the arguments, neither
// while all is well nor when each of them is refused.
#include <fmt/format.h>

#include "support/fixture.hpp"

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
  }

  void expect_no_secret(const std::string& where, const std::string& text) const {
    EXPECT_FALSE(text.empty()) << where << " must have been looked at";
    for (const auto& secret : secrets) EXPECT_EQ(text.find(secret), std::string::npos) << where << " contains " << secret;
  }

  void look_everywhere() {
    for (const auto& file : {cache(), std::filesystem::path(cache().string() + ".lock")}) {
      expect_no_secret(file.filename().string(), content(file));
    }
    expect_no_secret("the log", gateway().log());
    expect_no_secret("the arguments", content(fmt::format("/proc/{}/cmdline", gateway().pid())));
    for (const auto& words : {std::vector<std::string>{"status"}, {"status", "--json"}, {"ping"}}) {
      const auto done = cache_gateway(words, settings);
      expect_no_secret(words.back(), done.output + done.errors);
    }
  }

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
