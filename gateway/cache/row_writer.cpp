#include "cache/row_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace gateway {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

std::vector<std::string> first_column(const gateway::Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table.rows) names.push_back(text(row.at(0)).value_or(""));
  return names;
}

// A row that says what is held already is not written: no trigger fires, no page changes.
std::string upsert_sql(const Write& write, const std::vector<std::string>& key) {
  std::vector<std::string> others;
  std::ranges::copy_if(write.columns, std::back_inserter(others), [&](const auto& column) { return !contains(key, column); });
  const auto insert =
      fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO ", write.table, joined(write.columns, "\"{name}\"", ", "),
                  joined(write.columns, "?", ", "), joined(key, "\"{name}\"", ", "));
  if (others.empty()) return insert + "NOTHING";
  return insert + fmt::format("UPDATE SET {} WHERE {}", joined(others, "\"{name}\" = excluded.\"{name}\"", ", "),
                              joined(others, write.table + ".\"{name}\" IS NOT excluded.\"{name}\"", " OR "));
}

// The ids of the rows that a replacement is about.
std::set<std::int64_t> ids_in_scope(Database& database, const Write& write) {
  std::string sql = fmt::format("SELECT rowid FROM {} WHERE true", write.table);
  Row values;
  for (const auto& [column, value] : write.scope) {
    sql += fmt::format(" AND \"{}\" IS ?", column);
    values.push_back(value);
  }
  std::set<std::int64_t> ids;
  for (const auto& row : database.query(sql, values).rows) ids.insert(std::get<std::int64_t>(row[0]));
  return ids;
}

// The row's values in these columns, in their order.
Row values_of(const Write& write, const Row& row, const std::vector<std::string>& columns) {
  Row values;
  for (const auto& column : columns)
    values.push_back(row.at(static_cast<std::size_t>(std::ranges::find(write.columns, column) - write.columns.begin())));
  return values;
}

}  // namespace

void RowWriter::write(const Write& write) {
  switch (write.mode) {
    case Mode::upsert: return upsert(write);
    case Mode::replace: return replace(write);
    case Mode::erase: return erase(write);
  }
}

void RowWriter::upsert(const Write& write) {
  if (write.rows.empty()) return;
  require_columns(write);
  database_.run_each(upsert_sql(write, key(write)), write.rows);
}

void RowWriter::replace(const Write& write) {
  auto vanished = ids_in_scope(database_, write);
  upsert(write);
  if (!write.rows.empty()) {
    const auto& columns = key(write);
    const auto find = fmt::format("SELECT rowid FROM {} WHERE {}", write.table, joined(columns, "\"{name}\" = ?", " AND "));
    for (const auto& row : write.rows) {
      const auto found = database_.query(find, values_of(write, row, columns));
      if (!found.empty()) vanished.erase(std::get<std::int64_t>(found.rows[0][0]));
    }
  }
  const auto vanish = fmt::format("DELETE FROM {} WHERE rowid = ?", write.table);
  for (const auto id : vanished) database_.run(vanish, {id});
}

void RowWriter::erase(const Write& write) {
  if (write.rows.empty()) return;
  require_columns(write);
  database_.run_each(fmt::format("DELETE FROM {} WHERE {}", write.table, joined(write.columns, "\"{name}\" IS ?", " AND ")), write.rows);
}

const RowWriter::Table& RowWriter::table(const std::string& name) {
  if (const auto known = tables_.find(name); known != tables_.end()) return known->second;
  Table table;
  table.columns = first_column(database_.query("SELECT name FROM pragma_table_info(?)", {name}));
  table.keys.push_back(first_column(database_.query("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", {name})));
  const auto unique = database_.query("SELECT name FROM pragma_index_list(?) WHERE \"unique\" = 1 AND partial = 0", {name});
  for (const auto& index : unique.rows)
    table.keys.push_back(first_column(database_.query("SELECT name FROM pragma_index_info(?)", {index[0]})));
  return tables_.emplace(name, std::move(table)).first->second;
}

// The names of an answer's columns are whoever answers' words: only those that the table has become part of a statement.
void RowWriter::require_columns(const Write& write) {
  const auto& known = table(write.table).columns;
  if (!std::ranges::all_of(write.columns, [&](const auto& column) { return contains(known, column); }))
    throw std::invalid_argument(write.table + " has no such column as the answer");
}

// The primary key or unique constraint that the write's columns cover.
const std::vector<std::string>& RowWriter::key(const Write& write) {
  for (const auto& key : table(write.table).keys) {
    if (!key.empty() && std::ranges::all_of(key, [&](const auto& column) { return contains(write.columns, column); })) return key;
  }
  throw std::invalid_argument(write.table + ": the answer has no key column");
}

}  // namespace gateway
