// How a connection is made: hosts, addresses, libpq's parameters, trust.
#include <fmt/format.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>

#include "ask/postgres_connection.hpp"
#include "ask/sql_error.hpp"
#include "ask/tcp.hpp"
#include "base/text.hpp"

namespace gateway {
namespace {

// A start-up needs some kilobytes: parameters, notices, a chain of certificates.
constexpr std::size_t start_up_cap = std::size_t{256} << 10;

struct Endpoint {
  std::string host, port;
};

// As libpq takes lists: a port for each host, or one for all.
std::vector<Endpoint> endpoints(const PostgresSettings& settings) {
  const auto hosts = split(settings.host, ','), ports = split(settings.port, ',');
  std::vector<Endpoint> all;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    all.push_back({std::string(trimmed(hosts[i])), std::string(trimmed(ports.size() > 1 && i < ports.size() ? ports[i] : ports[0]))});
  }
  return all;
}

// The system's certificates: libpq 15 knows no word for them, and looks in the home directory.
std::string system_certificates() {
  const char* set = std::getenv("SSL_CERT_FILE");  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
  for (const char* file : {set, X509_get_default_cert_file(), "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    std::error_code ignored;
    if (file != nullptr && std::filesystem::exists(file, ignored)) return file;
  }
  return {};
}

// A preference is two rounds: with libpq's own word each host would be asked for its kind alone. And our role's sessions are
// read-only by default, which libpq takes for a server that is: what is meant is the server.
std::vector<std::string> kinds_of(const std::string& target_session_attrs) {
  if (target_session_attrs == "prefer-standby") return {"standby", "any"};
  if (target_session_attrs == "read-write") return {"primary"};
  if (target_session_attrs == "read-only") return {"standby"};
  return {target_session_attrs};
}

// What is said of several hosts: one that lives outweighs those that do not, so that no outage is claimed while it lives.
Error combined(std::vector<Error> errors) {
  auto all = std::move(errors.back());
  errors.pop_back();
  for (auto error = errors.rbegin(); error != errors.rend(); ++error) {
    if (implication(error->kind) != HealthImplication::unhealthy) all.kind = error->kind;
    all.text = error->text + "; " + all.text;
  }
  return all;
}

}  // namespace

// One attempt at a connection.
class PostgresConnector {
 public:
  PostgresConnector(const PostgresSettings& settings, const Cancel& cancel, ReceiveLimit& limit)
      : settings_(settings), cancel_(cancel), limit_(limit) {}

  Result<PostgresConnection> to_any(const Deadline& deadline) const {
    const auto hosts = endpoints(settings_);
    const auto kinds = kinds_of(settings_.target_session_attrs);
    std::vector<Error> errors;
    auto left = hosts.size() * kinds.size();
    for (const auto& kind : kinds) {
      for (const auto& host : hosts) {
        auto connection = to_host(host, kind, Deadline(share(deadline, left--)));
        if (connection) return connection;
        errors.push_back(std::move(connection.error()));
        if (cancel_.is_set() || deadline.passed()) return std::unexpected(combined(std::move(errors)));
      }
    }
    return std::unexpected(combined(std::move(errors)));
  }

 private:
  Result<PostgresConnection> to_host(const Endpoint& host, const std::string& kind, const Deadline& deadline) const {
    if (host.host.starts_with('/')) return to_address(host, kind, {}, deadline);
    const auto addresses = resolve(host.host, host.port);
    if (!addresses) return std::unexpected(addresses.error());
    Result<PostgresConnection> connection = failure(ErrorClass::dns, host.host + ": no address");
    for (std::size_t i = 0; i < addresses->size(); ++i) {
      connection = to_address(host, kind, (*addresses)[i].text(), Deadline(share(deadline, addresses->size() - i)));
      if (connection || cancel_.is_set() || deadline.passed()) break;
    }
    return connection;
  }

  // No start-up `options`: poolers refuse them. What a session needs is set in each transaction.
  PGconn* start(const Endpoint& host, const std::string& kind, const std::string& address) const {
    const bool verifies = settings_.sslmode.starts_with("verify-");
    const auto trust = settings_.sslrootcert.empty() && verifies ? system_certificates() : settings_.sslrootcert;
    const std::pair<const char*, std::string> pairs[]{{"host", host.host},
                                                      {"hostaddr", address},
                                                      {"port", host.port},
                                                      {"dbname", settings_.database},
                                                      {"user", settings_.user},
                                                      {"password", settings_.password.read()},
                                                      {"sslmode", settings_.sslmode},
                                                      {"sslrootcert", trust},
                                                      {"channel_binding", settings_.channel_binding},
                                                      {"target_session_attrs", kind},
                                                      {"application_name", "cache-gateway"},
                                                      {"client_encoding", "UTF8"},
                                                      {"gssencmode", "disable"}};
    std::vector<const char*> keys, values;
    for (const auto& [key, value] : pairs) {
      if (value.empty()) continue;
      keys.push_back(key);
      values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectStartParams(keys.data(), values.data(), 0);
  }

  Result<PostgresConnection> to_address(const Endpoint& host, const std::string& kind, const std::string& address,
                                        const Deadline& deadline) const {
    const auto endpoint = host.host + ":" + host.port;
    PostgresConnection::Handle handle(start(host, kind, address));
    auto* const c = handle.get();
    if (c == nullptr) return failure(ErrorClass::other, endpoint + ": out of memory");
    // The SQLSTATE is in the message then: there is no other way to it until a connection is made.
    PQsetErrorVerbosity(c, PQERRORS_VERBOSE);
    // The server's notices are its own business; libpq would print them to standard error.
    PQsetNoticeReceiver(c, [](void*, const PGresult*) {}, nullptr);
    auto state = PQstatus(c) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
      const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      if (wait_for(PQsocket(c), events, deadline, cancel_) != Wake::ready) {
        limit_.rest();
        return failure(ErrorClass::timeout, fmt::format("{} ({}): no answer while connecting", endpoint, address));
      }
      // Each time, because libpq may have begun a new connection, without TLS.
      if (!limit_.watch(PQsocket(c), start_up_cap)) {
        return failure(ErrorClass::other, endpoint + ": no file descriptor is left to watch the connection with");
      }
      state = PQconnectPoll(c);
    }
    limit_.rest();
    if (limit_.exceeded()) return failure(ErrorClass::malformed, endpoint + ": not a valid PostgreSQL response");
    if (state != PGRES_POLLING_OK) return std::unexpected(connection_error(PQerrorMessage(c), host.host, host.port));
    PQsetnonblocking(c, 1);
    return PostgresConnection(std::move(handle), host.host, host.port, cancel_, limit_);
  }

  const PostgresSettings& settings_;
  const Cancel& cancel_;
  ReceiveLimit& limit_;
};

Result<PostgresConnection> PostgresConnection::open(const PostgresSettings& settings, const Deadline& deadline, const Cancel& cancel,
                                                    ReceiveLimit& limit) {
  return PostgresConnector(settings, cancel, limit).to_any(deadline);
}

}  // namespace gateway
