#include "cache/restore.hpp"

#include <fmt/format.h>

#include <array>

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

// A column is carried over where the new one takes every value of the old one: a table is STRICT, and one wrong value would lose it.
void copy_table(Database& database, const std::string& table, const std::string& old_table) {
  const auto columns = names(database,
                             "SELECT n.name FROM pragma_table_info(?, 'main') n JOIN pragma_table_info(?, 'old') o ON o.name = n.name "
                             "WHERE n.type IN (o.type, 'TEXT', 'ANY') OR (n.type = 'REAL' AND o.type = 'INTEGER')",
                             {table, old_table});
  if (columns.empty()) return;
  SQLite::Transaction transaction(database.handle());
  database.execute(fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} ({2}) SELECT {2} FROM old.{1}", table, old_table,
                               joined(columns, "\"{name}\"", ", ")));
  transaction.commit();
}

// Up to version 1 one identity stood for the whole file: PostgreSQL's.
void carry_identity_over(Database& database) {
  const auto old_place = database.query_once("SELECT 1 FROM pragma_table_info('gateway_state', 'old') WHERE name = 'identity'");
  if (old_place.empty()) return;
  database.execute("INSERT OR IGNORE INTO main.identity SELECT 'postgres', identity FROM old.gateway_state WHERE identity IS NOT NULL");
}

// What a dataset's tables are called: data_NAME and, with a history, the others.
constexpr std::array table_prefixes{"data_", "series_", "run_", "poll_"};

bool is_there(const Database& database, const char* schema, const std::string& name) {
  return !database.query_once(fmt::format("SELECT 1 FROM {}.sqlite_schema WHERE name = ?", schema), {name}).empty();
}

// The rows of a dataset that had another name in the old file.
std::vector<std::string> take_over_renamed(Database& database, const Declared& dataset) {
  std::vector<std::string> rejected;
  if (dataset.was.empty() || is_there(database, "old", dataset.data()) || !is_there(database, "old", "data_" + dataset.was))
    return rejected;
  for (const std::string prefix : table_prefixes) {
    if (!is_there(database, "main", prefix + dataset.name) || !is_there(database, "old", prefix + dataset.was)) continue;
    try {
      copy_table(database, prefix + dataset.name, prefix + dataset.was);
    } catch (const SQLite::Exception& e) {
      rejected.push_back(fmt::format("{}{}: {}", prefix, dataset.was, e.what()));
    }
  }
  const Row names{dataset.name, dataset.was, dataset.source()};
  const auto was_source = "(SELECT source FROM declared_dataset WHERE dataset = ?2)";
  for (const std::string table : {"source", "attempt", "cursor"}) {
    database.query_once(fmt::format("UPDATE OR IGNORE {} SET source = ?3 WHERE ?1 <> ?2 AND source = {}", table, was_source), names);
  }
  database.query_once("UPDATE OR IGNORE declared_dataset SET dataset = ?1, source = ?3 WHERE dataset = ?2", names);
  return rejected;
}

// Its file is faulty now: tables and views stay what they were, so that panels show the last rows and how old they are.
void keep_as_it_was(Database& database, const FaultyFile& faulty) {
  const auto known = database.query_once("SELECT name FROM old.sqlite_schema WHERE name = 'declared_dataset'");
  if (known.empty()) return;
  for (const auto& dataset :
       names(database, "SELECT dataset FROM old.declared_dataset WHERE dataset = ? OR file = ?", {faulty.dataset, faulty.file})) {
    std::vector<std::pair<std::string, std::string>> wanted;
    for (const std::string prefix : table_prefixes) wanted.emplace_back("TABLE", prefix + dataset);
    wanted.emplace_back("VIEW", dataset);
    wanted.emplace_back("VIEW", dataset + "_trend");
    for (const auto& [type, name] : wanted) {
      for (const auto& sql :
           names(database, "SELECT sql FROM old.sqlite_schema WHERE name = ? AND sql LIKE ?", {name, "CREATE " + type + " %"})) {
        if (!is_there(database, "main", name)) SQLite::Statement(database.handle(), sql).exec();
      }
    }
  }
}

}  // namespace

std::vector<std::string> restore(Database& database, const std::filesystem::path& file, const DeclaredDatasets& declared) {
  std::vector<std::string> rejected;
  const Attached old(database, file);
  const WithoutTriggers quiet(database);  // they fired when these rows were new
  for (const auto& faulty : declared.faulty) keep_as_it_was(database, faulty);
  const auto in_both = names(database,
                             "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                             "AND name IN (SELECT name FROM old.sqlite_schema WHERE type = 'table')");
  for (const auto& table : in_both) {
    try {
      copy_table(database, table, table);
    } catch (const SQLite::Exception& e) {
      rejected.push_back(fmt::format("{}: {}", table, e.what()));
    }
  }
  for (const auto& dataset : declared.datasets) {
    for (auto& fault : take_over_renamed(database, *dataset)) rejected.push_back(std::move(fault));
  }
  try {
    carry_identity_over(database);
  } catch (const SQLite::Exception& e) {
    rejected.push_back(fmt::format("identity: {}", e.what()));
  }
  return rejected;
}

}  // namespace gateway
