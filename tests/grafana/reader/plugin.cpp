#include "plugin.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>
#include <stdexcept>

#include "base/text.hpp"

namespace grafana {
namespace {

using gateway::Row;
using gateway::Value;

constexpr double year_2000 = 946'684'800, year_2100 = 4'102'444'800;

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) text.replace(at, what.size(), with);
}

std::string seconds_in_ms(std::int64_t ms) { return fmt::format("{}", ms / 1000 * 1000); }

std::string group_of(const std::string& arguments) {
  const auto parts = gateway::split(arguments, ',');
  if (parts.size() < 2 || parts.size() > 3) {
    throw std::invalid_argument(fmt::format("unsupported number of arguments ({}) for unixEpochGroupSeconds", parts.size()));
  }
  const auto interval = std::string(gateway::trimmed(parts[1]));
  if (interval.empty() || !std::ranges::all_of(interval, [](char c) { return c >= '0' && c <= '9'; })) {
    throw std::invalid_argument(fmt::format("could not convert '{}' to an integer grouping interval", interval));
  }
  return fmt::format("cast(({0} / {1}) as int) * {1}", parts[0], interval);
}

// By the declared type alone: an expression has none.
ColumnType declared(std::string upper) {
  std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper == "INTEGER" || upper == "INT") return ColumnType::integer;
  if (upper == "REAL" || upper == "NUMERIC" || upper == "DOUBLE" || upper == "FLOAT") return ColumnType::number;
  if (upper == "NULL" || upper == "TEXT" || upper == "BLOB") return ColumnType::text;
  return ColumnType::unknown;
}

ColumnType stored(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value)) return ColumnType::integer;
  if (std::holds_alternative<double>(value)) return ColumnType::number;
  return ColumnType::text;
}

const char* word(ColumnType type) {
  switch (type) {
    case ColumnType::time: return "time";
    case ColumnType::integer: return "integer";
    case ColumnType::number: return "float";
    case ColumnType::text: return "text";
    case ColumnType::unknown: break;
  }
  return "nothing";
}

std::string shown(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *i);
  if (const auto* d = std::get_if<double>(&value)) return fmt::format("{}", *d);
  if (const auto* s = std::get_if<std::string>(&value)) return "\"" + gateway::shortened(gateway::one_line(*s), 60) + "\"";
  return "NULL";
}

// What is wrong with a value of a time column; empty: nothing.
std::string wrong_as_time(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return is_rfc3339(*text) ? "" : "is no RFC 3339 text";
  const auto seconds = gateway::number(value).value_or(0);
  return seconds >= year_2000 && seconds < year_2100 ? "" : "is no time in seconds of this century";
}

class Reader {
 public:
  Reader(SQLite::Database& database, const std::string& sql, const std::vector<std::string>& time_columns)
      : statement_(database, sql), declared_(static_cast<std::size_t>(statement_.getColumnCount())) {
    std::set<std::string> names;
    for (int c = 0; c < statement_.getColumnCount(); ++c) {
      Column column{.name = statement_.getColumnName(c), .type = declared(declared_type(c))};
      declared_[static_cast<std::size_t>(c)] = column.type != ColumnType::unknown;
      if (std::ranges::find(time_columns, column.name) != time_columns.end()) column.type = ColumnType::time;
      if (!names.insert(column.name).second) fault("two columns are named " + column.name);
      frame_.columns.push_back(std::move(column));
    }
    for (const auto& name : time_columns) {
      if (!names.contains(name)) fault("timeColumns names " + name + ", which is no column");
    }
  }

  Frame read() {
    while (statement_.executeStep()) {
      Row row;
      for (std::size_t c = 0; c < frame_.columns.size(); ++c) row.push_back(taken(c));
      frame_.rows.push_back(std::move(row));
    }
    return std::move(frame_);
  }

 private:
  std::string declared_type(int c) {
    try {
      return statement_.getColumnDeclaredType(c);
    } catch (const SQLite::Exception&) {  // an expression
      return {};
    }
  }
  void fault(std::string text) {
    constexpr std::size_t enough = 20;
    if (frame_.faults.size() < enough) frame_.faults.push_back(std::move(text));
  }

  Value value(std::size_t c) {
    const auto column = statement_.getColumn(static_cast<int>(c));
    switch (column.getType()) {
      case SQLITE_INTEGER: return static_cast<std::int64_t>(column.getInt64());
      case SQLITE_FLOAT: return column.getDouble();
      case SQLITE_NULL: return {};
      default: return column.getString();
    }
  }

  Value taken(std::size_t c) {
    auto taken = value(c);
    auto& column = frame_.columns[c];
    if (gateway::is_null(taken)) return taken;
    if (column.type == ColumnType::time) {
      if (const auto wrong = wrong_as_time(taken); !wrong.empty()) fault(fmt::format("{}: {} {}", column.name, shown(taken), wrong));
      return taken;
    }
    const auto is = stored(taken);
    if (column.type == ColumnType::unknown) column.type = is;
    // An integer in a column declared REAL loses nothing; in a computed column the next first row could turn it round.
    const bool fits = is == column.type || (column.type == ColumnType::number && is == ColumnType::integer && declared_[c]);
    if (!fits) fault(fmt::format("{}: {} is forced from {} to {}", column.name, shown(taken), word(is), word(column.type)));
    if (const auto* d = std::get_if<double>(&taken); d != nullptr && !std::isfinite(*d))
      fault(column.name + ": a number that is not finite");
    return taken;
  }

  SQLite::Statement statement_;
  std::vector<bool> declared_;
  Frame frame_;
};

}  // namespace

const Column* Frame::column(const std::string& name) const {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

std::size_t Frame::index(const std::string& name) const {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? std::string::npos : static_cast<std::size_t>(found - columns.begin());
}

bool is_rfc3339(const std::string& text) {
  static const std::regex form(R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))");
  return std::regex_match(text, form);
}

std::string with_macros(std::string sql, const TimeRange& range) {
  replace_all(sql, "$__from", seconds_in_ms(range.from_ms));
  replace_all(sql, "$__to", seconds_in_ms(range.to_ms));
  constexpr std::string_view macro = "$__unixEpochGroupSeconds(";
  for (auto at = sql.find(macro); at != std::string::npos; at = sql.find(macro, at)) {
    const auto end = sql.find(')', at);
    if (end == std::string::npos) break;
    const auto inside = sql.substr(at + macro.size(), end - at - macro.size());
    sql.replace(at, end + 1 - at, group_of(inside));
  }
  return sql;
}

Frame ask(const std::filesystem::path& cache, const std::string& sql, const std::vector<std::string>& time_columns,
          const TimeRange& range) {
  try {
    const auto final_sql = with_macros(sql, range);
    SQLite::Database database("file:" + cache.string() + "?mode=ro&immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI);
    sqlite3_limit(database.getHandle(), SQLITE_LIMIT_ATTACHED, 0);
    database.exec("PRAGMA query_only = 1");
    return Reader(database, final_sql, time_columns).read();
  } catch (const std::exception& e) {
    Frame frame;
    frame.failed = true;
    frame.faults.push_back(fmt::format("error: {}", e.what()));
    return frame;
  }
}

}  // namespace grafana
