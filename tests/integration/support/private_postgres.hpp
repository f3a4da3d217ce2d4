// A real PostgreSQL of a test program's own, with the trading system's tables and the read-only role as it is shipped.
#pragma once

#include "private_server.hpp"

namespace integration {

// Of the read-only role; told apart from everything else on purpose: a test looks for it where it must not be.
inline const std::string monitor_password = "pg-secret-7f3a";

class PrivatePostgres : public PrivateServer {
 public:
  // Started by the first call, and once for the whole program.
  static PrivatePostgres& instance();
  PrivatePostgres();
  // One without that template, for in a moment somebody may be connected.
  explicit PrivatePostgres(int port);

  void start(const Variables& more = {}) const { script("start", {std::to_string(port_)}, more); }  // after a stop
  void stop(const std::string& mode = "immediate") const { script("stop", {mode}); }                // as a crash does
  pid_t pid() const { return std::stoi(script("pid")); }

  // The whole database anew from its template: renamed tables, grants, locks and settings of an ended test are gone.
  void reset() const;
  // Another database with these tables.
  void create(const std::string& database) const;
  void drop(const std::string& database) const;

  std::string sql(const std::string& statement) const;                   // as superuser, in the database ytrader
  std::string superuser(const std::string& database = "ytrader") const;  // connection strings
  std::string monitor() const;
  Variables settings(const std::string& database = "ytrader") const;  // as the gateway is told
  std::string log() const { return content(directory() / "postgres.log"); }
  int port() const { return port_; }

 private:
  int port_;
};

}  // namespace integration
