// Services behind real servers, with the settings they come with: nginx and haproxy. What they do to a client that polls
// is not ours to imagine.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "../hostile/raw_server.hpp"
#include "../integration/support/fixture.hpp"
#include "../integration/support/free_port.hpp"
#include "../integration/support/scratch.hpp"
#include "certificates.hpp"

namespace faults {
namespace {

using integration::eventually;
using integration::free_port;

class RealServers : public integration::Integration {
 protected:
  // A server of this configuration in the foreground; it is there when it accepts.
  void start(const std::string& program, const std::string& configuration, int port) {
    const auto directory = integration::new_directory(upstreams.directory(), program);
    const auto file = directory / "server.conf";
    std::ofstream(file) << configuration;
    const auto binary = "/usr/sbin/" + program;
    const std::vector<std::string> words =
        program == "nginx" ? std::vector<std::string>{binary, "-p", directory.string(), "-c", file.string(), "-e", "stderr"}
                           : std::vector<std::string>{binary, "-db", "-f", file.string()};
    const auto log = directory / "log";
    servers_.push_back(std::make_unique<integration::Process>(integration::Command{.words = words, .output = log, .errors = log}));
    const auto accepts = [port] { return integration::run({"bash", "-c", fmt::format("exec 3<>/dev/tcp/127.0.0.1/{}", port)}).code == 0; };
    ASSERT_TRUE(eventually(accepts)) << integration::content(log);
  }

  static std::string nginx(const std::string& servers) {
    return fmt::format(
        "daemon off; master_process off; pid nginx.pid; error_log stderr;\nevents {{}}\n"
        "http {{ access_log off; keepalive_timeout 1s; default_type application/json;\n"
        "client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;\n{}\n}}\n",
        servers);
  }

  std::string haproxy(int port, const std::string& bind, int backend) const {
    return fmt::format(
        "global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\n"
        "frontend in\n  bind 127.0.0.1:{} {}\n  default_backend out\nbackend out\n  server one 127.0.0.1:{}\n",
        port, bind, backend);
  }

  // haproxy wants certificate and key in one file.
  std::string combined(const std::string& kind) const {
    const auto pair = certificates.of(kind);
    const auto file = certificates.authority().parent_path() / (kind + ".both");
    std::ofstream(file) << integration::content(pair.certificate) << integration::content(pair.key);
    return file.string();
  }

  std::string nginx_tls(const std::string& kind) const {
    const auto pair = certificates.of(kind);
    return fmt::format("ssl_certificate {}; ssl_certificate_key {};", pair.certificate.string(), pair.key.string());
  }

  Certificates certificates{integration::new_directory(upstreams.directory(), "certificates")};

 private:
  std::vector<std::unique_ptr<integration::Process>> servers_;
};

constexpr const char* healthy = R"(return 200 '{"status":"healthy"}';)";

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
  const auto twice = [](hostile::Peer& peer, const std::string&) {
    const auto answer = [](const std::string& status) {
      const auto body = fmt::format(R"({{"status":"{}"}})", status);
      return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
    };
    if (!peer.send(answer("healthy"))) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return peer.send(answer("unhealthy"));
  };
  hostile::RawServer service(twice);
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
  hostile::RawServer nobody([](hostile::Peer&, const std::string&) { return false; });
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
  std::string servers, services;
  for (const std::string kind : {"good", "wildcard", "common-name"}) {
    const int port = free_port();
    servers += fmt::format("server {{ listen 127.0.0.1:{} ssl; {} location /health {{ {} }} }}\n", port, nginx_tls(kind), healthy);
    services += fmt::format("{}{}=https://LOCALHOST:{}/health", services.empty() ? "" : ",", kind, port);
    if (kind == "common-name") start("nginx", nginx(servers), port);
  }
  settings["UPSTREAM_CA_FILE"] = certificates.authority().string();
  settings["HEALTH_SERVICES"] = services;
  start_gateway();
  ASSERT_TRUE(service_becomes("good", "healthy")) << "in capital letters, too";
  ASSERT_TRUE(eventually(source("wildcard.health", "error_class"), "tls"));
  ASSERT_TRUE(eventually(source("common-name.health", "error_class"), "tls"));
}

}  // namespace
}  // namespace faults
