// What the role sees of the tables that the datasets read: columns, types, rights, and what stands in the way.
#pragma once

#include <string>
#include <vector>

#include "ask/postgres_connection.hpp"
#include "base/source.hpp"

namespace gateway {

struct PostgresCatalogue {
  Catalogue catalogue;
  std::vector<std::string> lockable;  // tables that LOCK TABLE .. IN ACCESS SHARE MODE takes from this role
  // Sessions that write to these tables may have another zone than UTC, in which timestamps without a zone are then. Empty: none.
  std::string zones;

  // For a source that reads these tables: what makes its times doubtful. Empty: nothing.
  std::string note(const std::vector<std::string>& tables) const;
};

// In a transaction of its own. Blocks; an error is the server's or the connection's.
Result<PostgresCatalogue> read_catalogue(PostgresConnection& connection, const std::vector<std::string>& tables, const std::string& role,
                                         Milliseconds timeout, const Deadline& deadline);

}  // namespace gateway
