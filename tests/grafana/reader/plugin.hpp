// What the SQLite data source makes of one query: the file opened anew, its macros, its typing of columns. Whatever it
// would have to bend, cut or leave out is a fault here; it would do so silently.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/rows.hpp"
#include "dashboard.hpp"
#include "interpolation.hpp"

namespace grafana {

enum class ColumnType { time, integer, number, text, unknown };

struct Column {
  std::string name;
  ColumnType type = ColumnType::unknown;
};

struct Frame {
  std::vector<Column> columns;
  std::vector<gateway::Row> rows;
  std::vector<std::string> faults;  // the first of them is the error that Grafana would show, if `failed`
  bool failed = false;

  const Column* column(const std::string& name) const;
  std::size_t index(const std::string& name) const;  // npos: no such column
};

// `sql` is already interpolated. The range fills what the plugin itself replaces.
Frame ask(const std::filesystem::path& cache, const std::string& sql, const std::vector<std::string>& time_columns, const TimeRange& range);

// The data source's own replacements; throws std::invalid_argument as it errs.
std::string with_macros(std::string sql, const TimeRange& range);

// RFC 3339, the one text that is a time.
bool is_rfc3339(const std::string& text);

}  // namespace grafana
