#include "cache/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace gateway {
namespace {

void bind_values(SQLite::Statement& statement, std::span<const Value> values) {
  int index = 0;
  for (const auto& value : values) {
    ++index;
    if (is_null(value)) statement.bind(index);
    else if (const auto* i = std::get_if<std::int64_t>(&value)) statement.bind(index, *i);
    else if (const auto* d = std::get_if<double>(&value)) statement.bind(index, *d);
    else statement.bind(index, std::get<std::string>(value));
  }
}

Value value_of(const SQLite::Column& column) {
  switch (column.getType()) {
    case SQLITE_INTEGER: return static_cast<std::int64_t>(column.getInt64());
    case SQLITE_FLOAT: return column.getDouble();
    case SQLITE_NULL: return {};
    default: return column.getString();
  }
}

Table gather(SQLite::Statement& statement, const Row& parameters) {
  Table table;
  for (int c = 0; c < statement.getColumnCount(); ++c) table.columns.emplace_back(statement.getColumnName(c));
  bind_values(statement, parameters);
  while (statement.executeStep()) {
    Row row;
    for (int c = 0; c < statement.getColumnCount(); ++c) row.push_back(value_of(statement.getColumn(c)));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Table read_table(SQLite::Database& database, const std::string& sql, const Row& parameters) {
  SQLite::Statement statement(database, sql);
  return gather(statement, parameters);
}

// One thread has it, so that no call needs a lock.
Database::Database() : handle_(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE | SQLite::OPEN_URI | SQLite::OPEN_NOMUTEX) {
  handle_.exec("PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA temp_store = MEMORY;");
}

SQLite::Statement& Database::prepared(const std::string& sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) found = statements_.emplace(sql, std::make_unique<SQLite::Statement>(handle_, sql)).first;
  auto& statement = *found->second;
  statement.reset();
  statement.clearBindings();
  return statement;
}

int Database::run(const std::string& sql, const Row& parameters) {
  const auto* row = &parameters;
  return run_each(sql, std::span(&row, 1));
}

int Database::run_each(const std::string& sql, std::span<const Row* const> rows) {
  auto& statement = prepared(sql);
  int changed = 0;
  for (const auto* row : rows) {
    statement.reset();
    bind_values(statement, *row);
    changed += statement.exec();
  }
  statement.reset();
  return changed;
}

std::vector<std::optional<std::int64_t>> Database::find_each(const std::string& sql, std::span<const Row* const> rows) {
  auto& statement = prepared(sql);
  const auto values = static_cast<std::size_t>(statement.getBindParameterCount());
  std::vector<std::optional<std::int64_t>> found;
  for (const auto* row : rows) {
    statement.reset();
    bind_values(statement, std::span(*row).first(std::min(values, row->size())));
    found.push_back(statement.executeStep() ? std::optional(statement.getColumn(0).getInt64()) : std::nullopt);
  }
  statement.reset();
  return found;
}

Table Database::query(const std::string& sql, const Row& parameters) {
  auto& statement = prepared(sql);
  auto table = gather(statement, parameters);
  statement.reset();
  return table;
}

void Database::reset_statements() {
  for (auto& [_, statement] : statements_) statement->tryReset();
}

// SQLite has a switch for this, which leaves those of the schema `temp` on.
WithoutTriggers::WithoutTriggers(Database& database) : handle_(database.handle()) {
  for (const auto& row : database.query_once("SELECT name, sql FROM sqlite_temp_schema WHERE type = 'trigger' ORDER BY rowid").rows) {
    constexpr std::string_view create = "CREATE";
    triggers_.push_back("CREATE TEMP" + text_of(row[1]).substr(create.size()));
    handle_.exec(fmt::format("DROP TRIGGER temp.{}", text_of(row[0])));
  }
}

WithoutTriggers::~WithoutTriggers() {
  for (const auto& sql : triggers_) handle_.exec(sql);
}

std::string joined(const std::vector<std::string>& parts, const std::string& pattern, const char* separator) {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += separator;
    text += fmt::format(fmt::runtime(pattern), fmt::arg("name", part));
  }
  return text;
}

}  // namespace gateway
