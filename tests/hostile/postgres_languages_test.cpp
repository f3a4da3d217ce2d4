// Servers that speak other languages than English: the SQLSTATE decides, never a word.
#include <gtest/gtest.h>

#include <thread>

#include "postgres_settings.hpp"
#include "session.hpp"
#include "statements.hpp"

namespace hostile {
namespace {

class PostgresLanguages : public ::testing::TestWithParam<const char*> {
 protected:
  PostgresLanguages() {
    server.reset();
    speak(GetParam());
  }
  ~PostgresLanguages() override {
    server.sql("ALTER SYSTEM RESET lc_messages");
    server.sql("SELECT pg_reload_conf()");
  }

  // Until new sessions do.
  void speak(const std::string& language) const {
    server.sql("ALTER SYSTEM SET lc_messages = '" + language + ".UTF-8'");
    server.sql("SELECT pg_reload_conf()");
    for (int n = 0; n < 500 && server.sql("SHOW lc_messages") != language + ".UTF-8"; ++n) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ASSERT_EQ(server.sql("SHOW lc_messages"), language + ".UTF-8");
  }

  // The class and the text of an attempt's error.
  static std::pair<std::string, std::string> attempt(const gateway::PostgresSettings& settings) {
    Statements asked(settings);
    asked.add("health", {"SELECT 1"}, {}, true);
    const auto kind = asked.attempt().at("health");
    return {kind, asked.errors["health"]};
  }

  static void SetUpTestSuite() {
    PrivatePostgres::instance().stop("fast");
    PrivatePostgres::instance().start(with_locales);
  }

  static inline const integration::Variables with_locales{{"POSTGRES_LOCALES", "ru_RU ko_KR uk_UA"}};
  PrivatePostgres& server = PrivatePostgres::instance();
};

INSTANTIATE_TEST_SUITE_P(Languages, PostgresLanguages, ::testing::Values("ru_RU", "ko_KR", "uk_UA"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(PostgresLanguages, AWrongPasswordIsAuth) {
  auto settings = settings_of(server);
  settings.password = "wrong";
  const auto [kind, error] = attempt(settings);
  EXPECT_EQ(kind, "auth") << error;
  EXPECT_NE(error.find("28P01"), std::string::npos) << error;
  EXPECT_EQ(error.find("password authentication"), std::string::npos) << "the server does speak another language: " << error;
}

TEST_P(PostgresLanguages, NoConnectionLeftIsRefused) {
  server.sql("ALTER ROLE grafana_monitor CONNECTION LIMIT 0");
  const auto [kind, error] = attempt(settings_of(server));
  EXPECT_EQ(kind, "refused") << error;
  EXPECT_NE(error.find("53300"), std::string::npos) << error;
}

TEST_P(PostgresLanguages, AServerThatShutsDownIsRefused) {
  auto session = std::make_unique<integration::Session>(server.superuser());
  const auto pid = server.pid();
  ::kill(pid, SIGTERM);  // waits for the session
  std::pair<std::string, std::string> seen;
  for (int n = 0; n < 500 && seen.first != "refused"; ++n) seen = attempt(settings_of(server));
  session.reset();
  for (int n = 0; n < 1000 && ::kill(pid, 0) == 0; ++n) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  server.start(with_locales);
  EXPECT_EQ(seen.first, "refused") << seen.second;
  EXPECT_NE(seen.second.find("57P03"), std::string::npos) << seen.second;
}

TEST_P(PostgresLanguages, ErrorsOfStatementsKeepTheirClass) {
  Statements asked(settings_of(server));
  asked.add("missing", {"SELECT * FROM nowhere"});
  asked.add("forbidden", {"SELECT * FROM pg_authid"});
  EXPECT_EQ(asked.attempt(), (Classes{{"missing", "missing"}, {"forbidden", "auth"}}));
}

}  // namespace
}  // namespace hostile
