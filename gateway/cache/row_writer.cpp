#include "cache/row_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "cache/unseen.hpp"

namespace gateway {
namespace {

bool contains(const std::vector<std::string>& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

std::vector<std::string> first_column(const gateway::Table& table) {
  std::vector<std::string> names;
  for (const auto& row : table.rows) names.push_back(text(row.at(0)).value_or(""));
  return names;
}

// A row that says what is held already is not written: no trigger fires, no page changes. With `unseen`, neither is one of which only
// those columns differ.
std::string upsert_sql(const std::string& table, const Write& write, const std::vector<std::string>& key, const Unseen& unseen = {}) {
  std::vector<std::string> others, seen;
  std::ranges::copy_if(write.columns, std::back_inserter(others), [&](const auto& column) { return !contains(key, column); });
  std::ranges::copy_if(others, std::back_inserter(seen), [&](const auto& column) { return !contains(unseen.columns, column); });
  const auto insert = fmt::format("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO ", table, joined(write.columns, "\"{name}\"", ", "),
                                  joined(write.columns, "?", ", "), joined(key, "\"{name}\"", ", "));
  if (others.empty()) return insert + "NOTHING";
  auto differs = joined(seen, table + ".\"{name}\" IS NOT excluded.\"{name}\"", " OR ");
  if (!unseen.unless.empty()) differs += (differs.empty() ? "" : " OR ") + unseen.unless;
  return insert + fmt::format("UPDATE SET {} WHERE {}", joined(others, "\"{name}\" = excluded.\"{name}\"", ", "),
                              differs.empty() ? "false" : differs);
}

// "column" op ?n for each of these columns, n as in the write's rows.
std::string terms(const Write& write, const std::vector<std::string>& columns, const char* op) {
  std::vector<std::string> terms;
  for (const auto& column : columns)
    terms.push_back(fmt::format("\"{}\" {} ?{}", column, op, std::ranges::find(write.columns, column) - write.columns.begin() + 1));
  return fmt::format("{}", fmt::join(terms, " AND "));
}

std::vector<const Row*> pointers(const std::vector<Row>& rows) {
  std::vector<const Row*> pointers;
  for (const auto& row : rows) pointers.push_back(&row);
  return pointers;
}

void add(RowWriter::Ids& ids, const std::vector<std::optional<std::int64_t>>& found) {
  for (const auto& id : found) {
    if (id) ids.insert(*id);
  }
}

}  // namespace

void RowWriter::write(const Write& write) {
  switch (write.mode) {
    case Mode::upsert: return upsert(write, pointers(write.rows));
    case Mode::replace: return replace(write);
    case Mode::erase: return erase(write, pointers(write.rows));
  }
}

void RowWriter::upsert(const Write& write, Rows rows) {
  if (rows.empty()) return;
  require_columns(write);
  const auto& unseen = unseen_of(write.table);
  if (!unseen.all) seen_changes_ += database_.run_each(upsert_sql(write.table, write, key(write), unseen), rows);
  if (unseen.all || !unseen.columns.empty()) database_.run_each(upsert_sql(write.table, write, key(write)), rows);
}

void RowWriter::replace(const Write& write) {
  const auto rows = pointers(write.rows);
  auto vanished = ids_in_scope(write);
  upsert(write, rows);
  for (const auto id : ids_of(write, rows)) vanished.erase(id);
  erase_ids(write, vanished, vanished.size());
}

void RowWriter::erase(const Write& write, Rows rows) {
  if (rows.empty()) return;
  require_columns(write);
  seen_changes_ += database_.run_each(fmt::format("DELETE FROM {} WHERE {}", write.table, terms(write, write.columns, "IS")), rows);
}

std::vector<const Row*> RowWriter::differing(const Write& write, Rows rows, Ids& same) {
  if (rows.empty()) return {};
  require_columns(write);
  const bool replaces = write.mode == Mode::replace;  // only those tables have ids for certain
  const auto found = database_.find_each(fmt::format("SELECT {} FROM {} WHERE {} AND {}", replaces ? "rowid" : "1", write.table,
                                                     terms(write, key(write), "="), terms(write, write.columns, "IS")),
                                         rows);
  if (replaces) add(same, found);
  std::vector<const Row*> others;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!found[i]) others.push_back(rows[i]);
  }
  return others;
}

void RowWriter::try_rows(const Write& write, Rows rows) {
  if (rows.empty()) return;
  require_columns(write);
  if (write.mode == Mode::erase) return;
  const auto trial = "trial_" + write.table;
  const auto definition = database_.query("SELECT sql FROM main.sqlite_schema WHERE name = ?", {write.table});
  const auto sql = std::get<std::string>(definition.rows.at(0).at(0));
  database_.execute(fmt::format("CREATE TEMP TABLE IF NOT EXISTS {} {}", trial, sql.substr(sql.find('('))));
  database_.run_each(upsert_sql(trial, write, key(write)), rows);
  database_.run("DELETE FROM " + trial);
}

RowWriter::Ids RowWriter::ids_of(const Write& write, Rows rows) {
  Ids ids;
  if (!rows.empty())
    add(ids, database_.find_each(fmt::format("SELECT rowid FROM {} WHERE {}", write.table, terms(write, key(write), "=")), rows));
  return ids;
}

RowWriter::Ids RowWriter::ids_in_scope(const Write& write) {
  std::string sql = fmt::format("SELECT rowid FROM {} WHERE true", write.table);
  Row values;
  for (const auto& [column, value] : write.scope) {
    sql += fmt::format(" AND \"{}\" IS ?", column);
    values.push_back(value);
  }
  Ids ids;
  for (const auto& row : database_.query(sql, values).rows) ids.insert(std::get<std::int64_t>(row[0]));
  return ids;
}

void RowWriter::erase_ids(const Write& write, Ids& ids, std::size_t at_most) {
  const auto sql = fmt::format("DELETE FROM {} WHERE rowid = ?", write.table);
  for (; at_most > 0 && !ids.empty(); --at_most) {
    seen_changes_ += database_.run(sql, {*ids.begin()});
    ids.erase(ids.begin());
  }
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
