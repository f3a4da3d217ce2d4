// A real PostgreSQL of our own, started once for the whole program by tests/upstreams/postgres, on a free port, in a
// directory of its own. However this program ends, a guardian process stops the server and removes the directory.
#pragma once

#include <filesystem>
#include <string>

#include "settings/settings.hpp"

namespace hostile {

class PostgresServer {
 public:
  static PostgresServer& instance();  // started by the first call
  static void end();

  // The trading system's tables, all empty.
  void reset();
  std::string sql(const std::string& statement) const;  // as superuser
  std::string superuser() const;                        // a connection string
  // tests/upstreams/postgres with these words about this server (start: after a stop).
  std::string script(std::vector<std::string> words) const;
  const std::filesystem::path& directory() const { return directory_; }
  int port() const { return port_; }
  // As the gateway is told, with the read-only role.
  decltype(gateway::Settings::postgres) settings() const;

  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

 private:
  PostgresServer();
  ~PostgresServer();
  void appoint_guardian();
  std::string connection(const std::string& database) const;

  std::filesystem::path directory_;
  int port_ = 0, guardian_ = -1, gone_ = -1;
};

int free_port();

// The settings of a PostgreSQL at this port of the loopback.
decltype(gateway::Settings::postgres) postgres_at(int port, const std::string& password);

}  // namespace hostile
