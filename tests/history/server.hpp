// A private PostgreSQL, started once for the program by the script in tests/upstreams, with a database for every history.
// However this program ends, the server is stopped and its directory removed: a shell waits for that.
#pragma once

#include <string>

#include "../integration/support/process.hpp"

namespace history {

class Server {
 public:
  static Server& instance();  // started by the first call
  static void end();

  // A database with the trading system's schema, empty.
  void create(const std::string& database);
  void drop(const std::string& database);
  std::string superuser(const std::string& database) const;            // a connection string
  integration::Variables settings(const std::string& database) const;  // as the gateway is told

 private:
  Server();
  ~Server();

  std::string directory_;
  int port_ = 0, guardian_ = -1;
};

}  // namespace history
