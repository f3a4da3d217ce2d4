#include "declared/expression.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <set>

#include "base/text.hpp"
#include "declared/dataset.hpp"

namespace gateway {
namespace {

int authorize(void*, int action, const char* first, const char* second, const char*, const char*) {
  static const std::set<std::string_view> functions{"coalesce", "nullif",  "iif",   "abs",          "round", "min",
                                                    "max",      "upper",   "lower", "substr",       "instr", "trim",
                                                    "printf",   "replace", "like",  "json_extract", "length"};
  switch (action) {
    case SQLITE_SELECT: return SQLITE_OK;
    case SQLITE_READ: return first != nullptr && std::string_view(first) == "data" ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION: return second != nullptr && functions.contains(second) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
  }
}

// Each name in braces and the text before it.
template <typename Take>
std::string each_placeholder(const std::string& text, const Take& take) {
  std::size_t from = 0;
  for (;;) {
    const auto open = text.find('{', from), close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) return text.substr(from);
    take(text.substr(from, open - from), text.substr(open + 1, close - open - 1));
    from = close + 1;
  }
}

std::string quoted(const std::string& text, char quote) {
  std::string all(1, quote);
  for (const char c : text) all += c == quote ? std::string(2, quote) : std::string(1, c);
  return all + quote;
}

}  // namespace

std::string quoted_name(const std::string& name) { return quoted(name, '"'); }
std::string quoted_table(const std::string& name) {
  std::string all;
  for (const auto part : split(name, '.')) all += (all.empty() ? "" : ".") + quoted_name(std::string(part));
  return all;
}
std::string quoted_text(const std::string& value) { return quoted(value, '\''); }

std::optional<std::string> fault_of_expression(const Declared& dataset, ExpressionKind kind, const std::string& expression) {
  std::string columns;
  for (const auto& column : dataset.columns) {
    if (columns.find(quoted_name(column.name) + " ") != std::string::npos) return std::nullopt;  // a fault of its own
    columns += (columns.empty() ? "" : ", ") + quoted_name(column.name) + " " + sqlite_type(column.type);
  }
  if (columns.empty()) return std::nullopt;
  const auto* const statement = [kind] {
    switch (kind) {
      case ExpressionKind::added: return "SELECT (\n{}\n) FROM data AS new";
      case ExpressionKind::gone: return "SELECT (\n{}\n) FROM data AS old";
      case ExpressionKind::change: return "SELECT (\n{}\n) FROM data AS old, data AS new";
      case ExpressionKind::order: return "SELECT 1 FROM data ORDER BY\n{}\n";
      case ExpressionKind::row: break;
    }
    return "SELECT (\n{}\n) FROM data";
  }();
  try {
    SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    // "mesages" in double quotes is a misspelt column, and no text.
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    database.exec("CREATE TABLE data (" + columns + ")");
    sqlite3_set_authorizer(database.getHandle(), authorize, nullptr);
    const SQLite::Statement compiled(database, fmt::format(fmt::runtime(statement), expression));
    return std::nullopt;
  } catch (const std::exception& e) {
    return one_line(e.what());
  }
}

std::vector<std::string> placeholders(const std::string& text) {
  std::vector<std::string> names;
  each_placeholder(text, [&](const std::string&, const std::string& name) { names.push_back(name); });
  return names;
}

std::string text_expression(const std::string& text, const std::string& row) {
  std::string sql;
  const auto rest = each_placeholder(text, [&](const std::string& before, const std::string& name) {
    sql += quoted_text(before) + " || coalesce(" + row + "." + quoted_name(name) + ", '?') || ";
  });
  return sql + quoted_text(rest);
}

}  // namespace gateway
