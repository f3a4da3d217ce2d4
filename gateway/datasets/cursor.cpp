#include "datasets/cursor.hpp"

#include <fmt/format.h>

namespace gateway {

std::string read_cursors(const std::string& source, const std::vector<std::string>& names) {
  std::string sql;
  for (const auto& name : names) {
    sql += fmt::format("{}(SELECT value FROM cursor WHERE source = '{}' AND name = '{}') AS \"{}\"", sql.empty() ? "SELECT " : ", ", source,
                       name, name);
  }
  return sql;
}

Write write_cursor(const std::string& source, const std::string& name, Value value) {
  return {.table = "cursor",
          .mode = Mode::upsert,
          .columns = {"source", "name", "value"},
          .rows = {{source, name, std::move(value)}},
          .scope = {}};
}

std::optional<double> end_of_burst(const Table& rows, std::int64_t limit, double newest) {
  constexpr double microsecond = 1e-6;
  if (static_cast<std::int64_t>(rows.rows.size()) < limit) return std::nullopt;
  const double last = number(rows.at(rows.rows.size() - 1, "time")).value_or(0);
  if (last > newest - microsecond / 2) return std::nullopt;
  return last + microsecond;
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const auto& item : items) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

std::string epoch(const std::string& column) { return fmt::format("CASE WHEN isfinite({0}) THEN extract(epoch FROM {0}) END", column); }

}  // namespace gateway
