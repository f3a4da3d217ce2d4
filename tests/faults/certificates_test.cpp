// Certificates that must not be trusted: expired, of a foreign authority, for another name; and a plain server where TLS
// is asked for. With PostgreSQL's verify-full and with services behind HTTPS. No observation is made through them.
#include <fmt/format.h>

#include "real_servers.hpp"

namespace faults {
namespace {

using integration::eventually;

class Certificate : public RealServers {};

TEST_F(Certificate, OnlyATrustedServiceIsBelieved) {
  serve_with_certificates({"good", "expired", "foreign", "misnamed"});
  const integration::ScriptedService plain;
  settings["HEALTH_SERVICES"] += fmt::format(",plain=https://127.0.0.1:{}/health", plain.port());
  start_gateway();
  ASSERT_TRUE(service_becomes("good", "healthy"));
  for (const std::string name : {"expired", "foreign", "misnamed", "plain"}) {
    ASSERT_TRUE(eventually(source(name + ".health", "error_class, freshness"), "tls|never")) << name;
    EXPECT_EQ(reader.service(name), "unknown") << name;
    EXPECT_NE(reader.source(name + ".health", "error").find("127.0.0.1"), std::string::npos) << reader.source(name + ".health", "error");
    ASSERT_TRUE(eventually(query(fmt::format("SELECT error_class FROM outage WHERE upstream = '{}'", name)), "tls")) << name;
  }
  EXPECT_EQ(reader.source("good.health"), "fresh");
}

class PostgresCertificate : public Certificate {
 protected:
  PostgresCertificate() {
    settings["POSTGRES_SSLMODE"] = "verify-full";
    settings["POSTGRES_SSLROOTCERT"] = certificates.authority().string();
  }
  ~PostgresCertificate() override {
    upstreams.sql("ALTER SYSTEM RESET ALL");
    upstreams.sql("SELECT pg_reload_conf()");
  }

  // The server writes the files itself, because it demands that they are its own. Open sessions end.
  void serve(const std::string& kind) const {
    const auto pair = certificates.of(kind);
    const auto put = [&](const std::filesystem::path& from, const std::string& to) {
      upstreams.sql(fmt::format("COPY (SELECT unnest(string_to_array({}, E'\\n'))) TO PROGRAM 'umask 077; cat >{}'",
                                integration::quoted(integration::content(from)), to));
    };
    put(pair.certificate, "tests.pem");
    put(pair.key, "tests.key");
    for (const auto* setting : {"ssl = on", "ssl_cert_file = 'tests.pem'", "ssl_key_file = 'tests.key'"})
      upstreams.sql(fmt::format("ALTER SYSTEM SET {}", setting));
    upstreams.sql("SELECT pg_reload_conf()");
    const auto marked = [&] { return upstreams.sql("SHOW ssl") == "on"; };
    ASSERT_TRUE(eventually(marked));
    upstreams.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cache-gateway'");
  }
};

TEST_F(PostgresCertificate, OnlyATrustedDatabaseIsBelieved) {
  start_gateway();
  ASSERT_TRUE(eventually(source("postgres.signals", "error_class"), "tls")) << "it does not speak TLS at all";
  for (const auto* bad : {"expired", "foreign", "misnamed"}) {
    serve("good");
    ASSERT_TRUE(becomes("postgres.signals", "fresh")) << bad;
    ASSERT_TRUE(service_becomes("postgres", "healthy")) << bad;
    serve(bad);
    ASSERT_TRUE(eventually(source("postgres.signals", "error_class, freshness"), "tls|stale")) << bad;
    ASSERT_TRUE(service_becomes("postgres", "unknown")) << bad;
    EXPECT_EQ(reader.service("postgres", "last_known_status"), "healthy") << bad;
    EXPECT_EQ(reader.source("rabbitmq.health"), "fresh") << bad;
  }
  serve("good");
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
}

// Without POSTGRES_SSLROOTCERT libpq looks in the home directory, where a service has nothing.
TEST_F(PostgresCertificate, WithoutASettingTheSystemsCertificatesAreTrusted) {
  settings.erase("POSTGRES_SSLROOTCERT");
  settings["SSL_CERT_FILE"] = certificates.authority().string();  // where OpenSSL looks first for the system's
  serve("good");
  start_gateway();
  ASSERT_TRUE(becomes("postgres.signals", "fresh"));
  serve("foreign");
  ASSERT_TRUE(eventually(source("postgres.signals", "error_class"), "tls"));
}

}  // namespace
}  // namespace faults
