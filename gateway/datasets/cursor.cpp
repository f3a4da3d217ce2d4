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

}  // namespace gateway
