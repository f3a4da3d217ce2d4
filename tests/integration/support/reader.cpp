#include "reader.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fmt/format.h>

#include <stdexcept>

namespace integration {
namespace {

SQLite::Database opened(const std::filesystem::path& file) {
  SQLite::Database database("file:" + file.string() + "?mode=ro&immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  database.exec("PRAGMA query_only(1)");
  return database;
}

}  // namespace

std::string Reader::text(const std::string& sql) const {
  auto database = opened(file_);
  SQLite::Statement statement(database, sql);
  std::string text;
  for (bool first_row = true; statement.executeStep(); first_row = false) {
    if (!first_row) text += '\n';
    for (int c = 0; c < statement.getColumnCount(); ++c) {
      const auto column = statement.getColumn(c);
      if (c > 0) text += '|';
      text += column.isNull() ? "NULL" : column.getString();
    }
  }
  return text;
}

std::int64_t Reader::number(const std::string& sql) const {
  auto database = opened(file_);
  SQLite::Statement statement(database, sql);
  if (!statement.executeStep() || statement.getColumn(0).isNull()) throw std::runtime_error("no value: " + sql);
  return statement.getColumn(0).getInt64();
}

double Reader::real(const std::string& sql) const {
  auto database = opened(file_);
  SQLite::Statement statement(database, sql);
  if (!statement.executeStep() || statement.getColumn(0).isNull()) throw std::runtime_error("no value: " + sql);
  return statement.getColumn(0).getDouble();
}

std::string Reader::source(const std::string& name, const std::string& columns) const {
  return text(fmt::format("SELECT {} FROM source_status WHERE source = '{}'", columns, name));
}

std::string Reader::service(const std::string& name, const std::string& columns) const {
  return text(fmt::format("SELECT {} FROM service_health WHERE service = '{}'", columns, name));
}

std::string quoted(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) literal += c == '\'' ? std::string("''") : std::string(1, c);
  return literal + "'";
}

}  // namespace integration
