// One connection to the private PostgreSQL, as whoever the connection string says. For what tests do to the upstream:
// insert, lock, revoke, rename. Answers are text as in Reader; a refused statement throws with the server's words.
#pragma once

#include <memory>
#include <string>

namespace integration {

class Session {
 public:
  explicit Session(const std::string& connection);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::string run(const std::string& sql);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace integration
