// One SQLite database with its prepared statements, for all that writes the store. Not thread-safe; what SQLite has to say is
// thrown as SQLite::Exception.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/rows.hpp"

namespace gateway {

// Runs a query on any database and gathers its rows.
Table read_table(SQLite::Database& database, const std::string& sql, const Row& parameters = {});

class Database {
 public:
  // In memory, empty.
  Database();

  // One statement, which stays prepared. `run` returns how many rows it changed itself, triggers apart.
  int run(const std::string& sql, const Row& parameters = {});
  int run_each(const std::string& sql, std::span<const Row* const> rows);
  // The first cell of what is found for each row, an integer, if anything is. The statement may leave values of the row out.
  std::vector<std::optional<std::int64_t>> find_each(const std::string& sql, std::span<const Row* const> rows);
  Table query(const std::string& sql, const Row& parameters = {});
  // Any number of statements, for once.
  void execute(const std::string& sql) { handle_.exec(sql); }
  Table query_once(const std::string& sql, const Row& parameters = {}) const { return read_table(handle_, sql, parameters); }

  // Ends what an exception has left half run, so that a transaction may end.
  void reset_statements();
  // Before VACUUM, and before the schema changes.
  void drop_statements() { statements_.clear(); }

  SQLite::Database& handle() { return handle_; }

 private:
  SQLite::Statement& prepared(const std::string& sql);

  mutable SQLite::Database handle_;
  std::map<std::string, std::unique_ptr<SQLite::Statement>> statements_;
};

// There are no triggers while it lives. They come back by text, so the schema may change meanwhile; not in a transaction that ends before.
class WithoutTriggers {
 public:
  explicit WithoutTriggers(Database& database);
  ~WithoutTriggers();
  WithoutTriggers(const WithoutTriggers&) = delete;
  WithoutTriggers& operator=(const WithoutTriggers&) = delete;

 private:
  SQLite::Database& handle_;
  std::vector<std::string> triggers_;
};

// Parts of a statement: each through the pattern, where {name} stands for it, with the separator between them.
std::string joined(const std::vector<std::string>& parts, const std::string& pattern, const char* separator);

}  // namespace gateway
