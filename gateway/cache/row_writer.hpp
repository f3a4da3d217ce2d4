// Writes the rows of an answer into the tables that they name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/rows.hpp"
#include "cache/database.hpp"

namespace gateway {

class RowWriter {
 public:
  explicit RowWriter(Database& database) : database_(database) {}

  // Throws when a row, a column or a key does not fit the table; then some rows may be written: the caller has a savepoint.
  void write(const Write& write);

 private:
  struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> keys;  // the primary key and all unique constraints
  };

  void upsert(const Write& write);
  void replace(const Write& write);
  void erase(const Write& write);
  const Table& table(const std::string& name);
  void require_columns(const Write& write);
  const std::vector<std::string>& key(const Write& write);

  Database& database_;
  std::map<std::string, Table> tables_;  // those that were written to
};

}  // namespace gateway
