// Several hosts, as libpq takes them: in their order, each with its share of the time; a real standby, a dead host, a mute one.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "answers.hpp"
#include "free_port.hpp"
#include "postgres_settings.hpp"
#include "process.hpp"
#include "statements.hpp"

namespace hostile {
namespace {

class PostgresHosts : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto& server = PrivatePostgres::instance();
    server.reset();
    standby_port = integration::free_port();
    const auto work = fmt::format(R"(
      set -e
      bin=$(dirname /usr/lib/postgresql/*/bin/pg_basebackup)
      $bin/pg_basebackup -h {0}/postgres-socket -p {1} -U postgres -D {0}/postgres/standby -R -c fast
      chmod 700 {0}/postgres/standby
      $bin/pg_ctl start -D {0}/postgres/standby -s -w -t 30 -l {0}/postgres/standby.log -o "-p {2}" </dev/null)",
                                  server.directory().string(), server.port(), standby_port);
    std::vector<std::string> words{"bash", "-c", work};
    if (::geteuid() == 0) words.insert(words.begin(), {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"});
    const auto done = integration::run(words, {{"PATH", "/usr/bin:/bin"}});
    ASSERT_EQ(done.code, 0) << done.errors << done.output << integration::content(server.directory() / "postgres/standby.log");
  }
  static void TearDownTestSuite() {
    auto& server = PrivatePostgres::instance();
    std::vector<std::string> words{
        "bash", "-c",
        fmt::format(
            "$(dirname /usr/lib/postgresql/*/bin/pg_ctl)/pg_ctl stop -D {0}/postgres/standby -s -m immediate; rm -rf {0}/postgres/standby",
            server.directory().string())};
    if (::geteuid() == 0) words.insert(words.begin(), {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"});
    integration::run(words, {{"PATH", "/usr/bin:/bin"}});
  }

  struct Seen {
    std::string kind, port, identity, error;
  };
  Seen attempt(const std::vector<int>& ports, const std::string& kind = "any",
               std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    auto settings = settings_of(server);
    settings.target_session_attrs = kind;
    settings.pace.timeout = timeout;
    settings.port.clear();
    std::string hosts;
    for (const auto port : ports) {
      hosts += hosts.empty() ? "127.0.0.1" : ",127.0.0.1";
      settings.port += (settings.port.empty() ? "" : ",") + std::to_string(port);
    }
    settings.host = hosts;
    Statements asked(settings);
    asked.add("port", {"SELECT inet_server_port()::text FROM orders RIGHT JOIN generate_series(1, 1) ON true"}, {"orders"});
    Seen seen{
        .kind = asked.attempt().at("port"), .port = asked.values["port"], .identity = asked.identity(), .error = asked.errors["port"]};
    return seen;
  }

  PrivatePostgres& server = PrivatePostgres::instance();
  static inline int standby_port = 0;
};

TEST_F(PostgresHosts, TheFirstThatAnswersServes) {
  EXPECT_EQ(attempt({server.port(), standby_port}).port, std::to_string(server.port()));
  EXPECT_EQ(attempt({standby_port, server.port()}).port, std::to_string(standby_port));
  const auto dead = integration::free_port();
  EXPECT_EQ(attempt({dead, server.port()}).port, std::to_string(server.port()));
  const auto seen = attempt({dead, dead});
  EXPECT_EQ(seen.kind, "refused");
  EXPECT_NE(seen.error.find("; "), std::string::npos) << "both are named: " << seen.error;
}

TEST_F(PostgresHosts, AMuteHostTakesItsShareOnly) {
  RawServer mute(
      [](Peer& peer, const std::string&) {
        peer.stay_mute();
        return false;
      },
      "");
  const auto seen = attempt({mute.port(), server.port()}, "any", std::chrono::seconds(4));
  EXPECT_EQ(seen.port, std::to_string(server.port())) << seen.error;
}

TEST_F(PostgresHosts, TheKindDecidesWhereSeveralLive) {
  const auto primary = std::to_string(server.port()), standby = std::to_string(standby_port);
  EXPECT_EQ(attempt({standby_port, server.port()}, "primary").port, primary);
  EXPECT_EQ(attempt({standby_port, server.port()}, "read-write").port, primary);
  EXPECT_EQ(attempt({server.port(), standby_port}, "standby").port, standby);
  EXPECT_EQ(attempt({server.port(), standby_port}, "read-only").port, standby);
  EXPECT_EQ(attempt({server.port(), standby_port}, "prefer-standby").port, standby);
  EXPECT_EQ(attempt({server.port()}, "prefer-standby").port, primary);
}

TEST_F(PostgresHosts, AStandbyIsTheSameSystem) {
  const auto primary = attempt({server.port()}), standby = attempt({standby_port});
  EXPECT_EQ(standby.kind, "rows") << standby.error;
  EXPECT_EQ(primary.identity, standby.identity);
  EXPECT_EQ(primary.identity.find('/'), 19U) << primary.identity;
}

TEST_F(PostgresHosts, NoneOfTheKindIsRefusedAndSaysSo) {
  const auto seen = attempt({standby_port}, "primary");
  EXPECT_EQ(seen.kind, "refused");
  EXPECT_NE(seen.error.find("POSTGRES_TARGET_SESSION_ATTRS"), std::string::npos) << seen.error;
}

// While one of them lives, no outage may be claimed.
TEST_F(PostgresHosts, OneThatLivesOutweighsADeadOne) {
  auto settings = settings_of(server);
  settings.password = "wrong";
  settings.host = "127.0.0.1,127.0.0.1";
  for (const auto& ports :
       {fmt::format("{},{}", server.port(), integration::free_port()), fmt::format("{},{}", integration::free_port(), server.port())}) {
    settings.port = ports;
    Statements asked(settings);
    asked.add("one", {"SELECT 1"});
    EXPECT_EQ(asked.attempt(), (Classes{{"one", "auth"}})) << asked.errors["one"];
  }
}

}  // namespace
}  // namespace hostile
