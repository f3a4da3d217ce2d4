// Services behind real servers, with the settings they come with: nginx and haproxy. What they do to a client that polls
// is not ours to imagine.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "../integration/support/raw_server.hpp"
#include "real_servers.hpp"

namespace faults {
namespace {

using integration::eventually;
using integration::free_port;

// Polled at the very interval after which the server closes an idle connection.
TEST_F(RealServers, NginxPolledAtItsKeepAliveTimeoutNeverFails) {
  const int plain = free_port(), tls = free_port();
  start("nginx",
        nginx(fmt::format("server {{ listen 127.0.0.1:{0}; location /health {{ {2} }} }}\n"
                          "server {{ listen 127.0.0.1:{1} ssl; {3} location /health {{ {2} }} }}",
                          plain, tls, healthy, nginx_tls("good"))),
        tls);
  settings["UPSTREAM_CA_FILE"] = certificates.authority().string();
  settings["HEALTH_SERVICES"] = fmt::format("plain=http://127.0.0.1:{}/health,secure=https://127.0.0.1:{}/health", plain, tls);
  settings["SERVICES_INTERVAL"] = "1s";
  settings["STALE_AFTER"] = "10s";
  be_patient();
  start_gateway();
  const auto polled = query(
      "SELECT min(n) >= 10 FROM (SELECT count(*) AS n FROM source_attempt WHERE source IN ('plain.health', "
      "'secure.health') GROUP BY source)");
  ASSERT_TRUE(eventually(polled, "1"));
  const char* const longer = std::getenv("KEEP_ALIVE_SECONDS");
  if (longer != nullptr) std::this_thread::sleep_for(std::chrono::seconds(std::stol(longer)));
  EXPECT_EQ(reader.text("SELECT upstream, error FROM outage"), "");
  EXPECT_EQ(reader.text("SELECT service, message FROM service_error WHERE service IN ('plain', 'secure')"), "");
  EXPECT_EQ(reader.text("SELECT source, error FROM source_attempt WHERE source IN ('plain.health', 'secure.health') AND error IS NOT NULL"),
            "");
  EXPECT_EQ(reader.text("SELECT summary FROM event_history WHERE service IN ('plain', 'secure') AND status IS NOT 'healthy'"), "");
}

// Frameworks answer 301 to the address without the slash; nobody follows it.
TEST_F(RealServers, ASlashAtTheEndIsAskedForAsWritten) {
  const int port = free_port();
  start("nginx",
        nginx(fmt::format("server {{ listen 127.0.0.1:{}; location = /health {{ return 301 /health/; }} location = /health/ {{ {} }} }}",
                          port, healthy)),
        port);
  settings["HEALTH_SERVICES"] = fmt::format("with=http://127.0.0.1:{0}/health/,without=http://127.0.0.1:{0}/health", port);
  start_gateway();
  ASSERT_TRUE(service_becomes("with", "healthy"));
  ASSERT_TRUE(eventually(source("without.health", "error_class"), "http"));
}

TEST_F(RealServers, TheAgeOfAnAnswerOutOfACacheCounts) {
  const int port = free_port();
  start("nginx",
        nginx(fmt::format("server {{ listen 127.0.0.1:{}; location /health {{ add_header Age 400; {} }}\n"
                          "location /odd {{ add_header Age soon; {} }} }}",
                          port, healthy, healthy)),
        port);
  settings["HEALTH_SERVICES"] = fmt::format("old=http://127.0.0.1:{0}/health,odd=http://127.0.0.1:{0}/odd", port);
  start_gateway();
  ASSERT_TRUE(becomes("old.health", "stale"));
  EXPECT_EQ(reader.source("old.health", "age_s BETWEEN 400 AND 460"), "1");
  ASSERT_TRUE(becomes("odd.health", "fresh"));
}

// haproxy ends the idle connection itself, with close_notify; the service behind it says a second answer unasked, later.
TEST_F(RealServers, AnAnswerThatComesTwiceIsNeverTheAnswerToTheNextQuestion) {
  const auto twice = [](integration::Peer& peer, const std::string&) {
    const auto answer = [](const std::string& status) {
      return integration::http_answer(200, fmt::format(R"({{"status":"{}"}})", status));
    };
    if (!peer.send(answer("healthy"))) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return peer.send(answer("unhealthy"));
  };
  integration::RawServer service(twice);
  const int tls = free_port();
  start("haproxy", haproxy(tls, "ssl crt " + combined("good"), service.port()), tls);
  settings["UPSTREAM_CA_FILE"] = certificates.authority().string();
  settings["HEALTH_SERVICES"] = fmt::format("plain=http://127.0.0.1:{}/health,secure=https://127.0.0.1:{}/health", service.port(), tls);
  start_gateway();
  const auto polled = query(
      "SELECT min(n) >= 5 FROM (SELECT count(*) AS n FROM source_attempt WHERE source IN ('plain.health', "
      "'secure.health') GROUP BY source)");
  ASSERT_TRUE(eventually(polled, "1"));
  EXPECT_EQ(reader.service("plain"), "healthy");
  EXPECT_EQ(reader.service("secure"), "healthy");
  EXPECT_EQ(reader.text("SELECT summary FROM event_history WHERE service IN ('plain', 'secure') AND status IS NOT 'healthy'"), "");
}

// Under TLS 1.3 that refusal comes after the handshake, with the first read.
TEST_F(RealServers, AClientCertificateThatIsWantedIsAFaultOfTls) {
  integration::RawServer nobody([](integration::Peer&, const std::string&) { return false; });
  const int newer = free_port(), older = free_port();
  const auto bind = fmt::format("ssl crt {} verify required ca-file {}", combined("good"), certificates.authority().string());
  start("haproxy", haproxy(newer, bind, nobody.port()), newer);
  start("haproxy", haproxy(older, bind + " ssl-max-ver TLSv1.2", nobody.port()), older);
  settings["UPSTREAM_CA_FILE"] = certificates.authority().string();
  settings["HEALTH_SERVICES"] = fmt::format("newer=https://127.0.0.1:{}/health,older=https://127.0.0.1:{}/health", newer, older);
  start_gateway();
  for (const std::string name : {"newer", "older"}) {
    ASSERT_TRUE(eventually(source(name + ".health", "error_class"), "tls")) << name;
    EXPECT_EQ(reader.service(name), "unknown") << name;
    EXPECT_NE(reader.source(name + ".health", "error").find("client certificate"), std::string::npos);
  }
}

// OpenSSL's own check of names: a wildcard for everything is none, and who has other names is not called by the common one.
TEST_F(RealServers, NamesInCertificatesAreCheckedAsOpensslDoes) {
  serve_with_certificates({"good", "wildcard", "common-name"}, "LOCALHOST");
  start_gateway();
  ASSERT_TRUE(service_becomes("good", "healthy")) << "in capital letters, too";
  ASSERT_TRUE(eventually(source("wildcard.health", "error_class"), "tls"));
  ASSERT_TRUE(eventually(source("common-name.health", "error_class"), "tls"));
}

}  // namespace
}  // namespace faults
