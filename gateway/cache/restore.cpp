#include "cache/restore.hpp"

#include <fmt/format.h>

#include "cache/cache_file.hpp"

namespace gateway {
namespace {

// Another file as the schema `old`.
class Attached {
 public:
  Attached(Database& database, const std::filesystem::path& file) : database_(database) {
    database.query_once("ATTACH ? AS old", {immutable_uri(file)});
  }
  ~Attached() { database_.handle().tryExec("DETACH old"); }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  Database& database_;
};

std::vector<std::string> names(const Database& database, const std::string& sql, const Row& parameters = {}) {
  std::vector<std::string> names;
  for (const auto& row : database.query_once(sql, parameters).rows) names.push_back(std::get<std::string>(row[0]));
  return names;
}

void copy_table(Database& database, const std::string& table) {
  const auto columns = names(
      database, "SELECT name FROM pragma_table_info(?, 'main') INTERSECT SELECT name FROM pragma_table_info(?, 'old')", {table, table});
  SQLite::Transaction transaction(database.handle());
  database.execute(
      fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} ({1}) SELECT {1} FROM old.{0}", table, joined(columns, "\"{name}\"", ", ")));
  transaction.commit();
}

// Up to version 1 one identity stood for the whole file: PostgreSQL's.
void carry_identity_over(Database& database) {
  const auto old_place = database.query_once("SELECT 1 FROM pragma_table_info('gateway_state', 'old') WHERE name = 'identity'");
  if (old_place.empty()) return;
  database.execute("INSERT OR IGNORE INTO main.identity SELECT 'postgres', identity FROM old.gateway_state WHERE identity IS NOT NULL");
}

}  // namespace

std::vector<std::string> restore(Database& database, const std::filesystem::path& file) {
  std::vector<std::string> rejected;
  const Attached old(database, file);
  const WithoutTriggers quiet(database);  // they fired when these rows were new
  const auto in_both = names(database,
                             "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                             "AND name IN (SELECT name FROM old.sqlite_schema WHERE type = 'table')");
  for (const auto& table : in_both) {
    try {
      copy_table(database, table);
    } catch (const SQLite::Exception& e) {
      rejected.push_back(fmt::format("{}: {}", table, e.what()));
    }
  }
  try {
    carry_identity_over(database);
  } catch (const SQLite::Exception& e) {
    rejected.push_back(fmt::format("identity: {}", e.what()));
  }
  return rejected;
}

}  // namespace gateway
