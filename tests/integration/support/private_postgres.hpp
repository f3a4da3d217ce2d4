// A real PostgreSQL of a test program's own, started once by tests/upstreams/postgres, on a free port, in a directory of its
// own. However the program ends, the server is stopped and the directory removed. For suites that need no broker.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "guardian.hpp"
#include "process.hpp"

namespace integration {

class PrivatePostgres {
 public:
  static PrivatePostgres& instance();  // started by the first call
  static void end();

  // The trading system's tables, all empty, and the read-only role as it is shipped.
  void reset() const;
  // Another database with these tables.
  void create(const std::string& database) const;
  void drop(const std::string& database) const;

  std::string sql(const std::string& statement) const;                   // as superuser, in the database ytrader
  std::string superuser(const std::string& database = "ytrader") const;  // a connection string
  Variables settings(const std::string& database = "ytrader") const;     // as the gateway is told
  // tests/upstreams/postgres with these words about this server (start: after a stop).
  std::string script(std::vector<std::string> words) const;

  const std::filesystem::path& directory() const { return directory_; }
  int port() const { return port_; }
  static const std::string& password();  // of the read-only role

 private:
  PrivatePostgres();

  std::filesystem::path directory_;
  int port_;
  Guardian guardian_;
};

}  // namespace integration
