// Writes a World into a real PostgreSQL: first all of it, then what has changed since, one transaction a call.
#pragma once

#include <string>

#include "../integration/support/session.hpp"
#include "world.hpp"

namespace history {

class PostgresWriter {
 public:
  explicit PostgresWriter(const std::string& connection) : session_(connection) {}
  void write(const World& world);

 private:
  integration::Session session_;
  World written_;
};

}  // namespace history
