// Writes the rows of an answer into the tables that they name.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/rows.hpp"
#include "cache/database.hpp"

namespace gateway {

// All throw when a row, a column or a key does not fit the table; then some rows may be written: the caller has a savepoint.
class RowWriter {
 public:
  using Ids = std::set<std::int64_t>;
  using Rows = std::span<const Row* const>;

  explicit RowWriter(Database& database) : database_(database) {}

  void write(const Write& write);
  // How many rows were written so far of which people see another one than before: see unseen.hpp.
  std::int64_t seen_changes() const { return seen_changes_; }

  // The same in parts, for a write that is too large for one turn of the loop. `rows` are some of the write's.
  // Those that say something else than what is held; of a replacement the ids of all others are added to `same`.
  std::vector<const Row*> differing(const Write& write, Rows rows, Ids& same);
  // Whether they fit: written into an empty table of the same definition, and nowhere else.
  void try_rows(const Write& write, Rows rows);
  void upsert(const Write& write, Rows rows);
  void erase(const Write& write, Rows rows);
  // The rows that a replacement is about.
  Ids ids_in_scope(const Write& write);
  Ids ids_of(const Write& write, Rows rows);
  void erase_ids(const Write& write, Ids& ids, std::size_t at_most);

 private:
  struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> keys;  // the primary key and all unique constraints
  };

  void replace(const Write& write);
  const Table& table(const std::string& name);
  void require_columns(const Write& write);
  const std::vector<std::string>& key(const Write& write);

  Database& database_;
  std::map<std::string, Table> tables_;  // those that were written to
  std::int64_t seen_changes_ = 0;
};

}  // namespace gateway
