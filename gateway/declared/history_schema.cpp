// The history of a dataset's numbers, by the rules of the queues' history (queues.sql): runs of equal values on the grid of
// polls, in three tiers. What differs is the columns and which rows are a series.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "declared/expression.hpp"
#include "declared/schema.hpp"

namespace gateway {
namespace {

// {each} of every name, with a separator between.
std::string each(const std::vector<std::string>& names, std::string_view pattern, std::string_view separator) {
  std::string all;
  for (const auto& name : names) {
    if (!all.empty()) all += separator;
    all += filled(pattern, {{"c", quoted_name(name)}});
  }
  return all;
}

const char* type_in_history(const Declared& d, const std::string& column, const std::string& how) {
  return how == "mean" ? "REAL" : sqlite_type(d.column(column)->type);
}

// How the polls of a bucket become one value: see HistoryTables.
std::string summed_up(const std::string& run, const std::string& column, const std::string& how) {
  if (how == "max" || how == "min") return how + "(r." + column + ")";
  if (how == "mean") return "avg(r." + column + ")";
  return filled(
      "(SELECT l.{c} FROM {run} l WHERE l._series = q._id AND l._tier = ?1 - 1 AND l._from < ?2 + ?3 AND l._to >= ?2 "
      "ORDER BY l._from DESC LIMIT 1)",
      {{"c", column}, {"run", run}});
}

constexpr const char* empty_trend = R"(
CREATE VIEW {name}_trend AS SELECT CAST(NULL AS INTEGER) AS time WHERE false;)";

constexpr const char* tables = R"(
CREATE TABLE series_{name} (_id INTEGER PRIMARY KEY{label_columns}) STRICT;{label_index}
CREATE TABLE poll_{name} (tier INTEGER NOT NULL DEFAULT 0, time INTEGER NOT NULL, ok INTEGER NOT NULL,
  PRIMARY KEY (tier, time)) STRICT, WITHOUT ROWID;
CREATE TABLE run_{name} (_series INTEGER NOT NULL, _tier INTEGER NOT NULL, _from INTEGER NOT NULL, _to INTEGER NOT NULL,
  {value_columns}, PRIMARY KEY (_series, _tier, _from)) STRICT, WITHOUT ROWID;
CREATE INDEX run_{name}_by_end ON run_{name} (_tier, _to, _series);
CREATE TEMP TRIGGER series_{name}_of_another_system AFTER DELETE ON identity WHEN old.upstream = {upstream} BEGIN
  DELETE FROM poll_{name};
  DELETE FROM run_{name};
  DELETE FROM series_{name};
END;)";

// Each poll finds the series of each row: without it, all of them would be looked through for each.
constexpr const char* label_index = R"(
CREATE INDEX _series_{name}_by_labels ON series_{name} ({labels});)";

constexpr const char* sampling = R"(
CREATE TEMP TRIGGER poll_{name}_sampled AFTER INSERT ON poll_{name} WHEN new.tier = 0 AND new.ok = 1 BEGIN
  INSERT INTO series_{name} ({labels}) SELECT DISTINCT {d_labels} FROM data_{name} d
   WHERE NOT EXISTS (SELECT 1 FROM series_{name} s WHERE {same_labels});
  UPDATE run_{name} SET _to = new.time
   WHERE _tier = 0 AND _to = (SELECT max(time) FROM poll_{name} WHERE tier = 0 AND time < new.time)
     AND EXISTS (SELECT 1 FROM series_{name} s JOIN data_{name} d ON {same_labels} WHERE s._id = _series AND {same_values});
  INSERT INTO run_{name} (_series, _tier, _from, _to, {values})
  SELECT s._id, 0, new.time, new.time, {d_values} FROM series_{name} s JOIN data_{name} d ON {same_labels}
   WHERE NOT EXISTS (SELECT 1 FROM run_{name} r WHERE r._tier = 0 AND r._to = new.time AND r._series = s._id)
  ON CONFLICT DO NOTHING;
END;
CREATE TEMP TRIGGER poll_{name}_answered_before BEFORE UPDATE OF ok ON poll_{name} WHEN old.ok = 1 AND new.ok = 0 BEGIN
  SELECT raise(IGNORE);
END;
CREATE TEMP TRIGGER poll_{name}_answered_after_all AFTER UPDATE OF ok ON poll_{name}
WHEN new.tier = 0 AND old.ok = 0 AND new.ok = 1 BEGIN
  DELETE FROM poll_{name} WHERE tier = 0 AND time = new.time;
  INSERT INTO poll_{name} (tier, time, ok) VALUES (0, new.time, 1);
END;)";

// Series without any run left.
constexpr const char* retention = R"(
CREATE TEMP TRIGGER series_{name}_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM series_{name} WHERE NOT EXISTS (SELECT 1 FROM run_{name} WHERE _series = _id);
END;)";

constexpr const char* trend = R"(
CREATE VIEW {name}_trend AS
SELECT p.time, {s_labels}{r_values}
FROM series_{name} s CROSS JOIN run_{name} r ON r._series = s._id
CROSS JOIN poll_{name} p ON p.tier = r._tier AND p.time BETWEEN r._from AND r._to AND p.ok = 1
UNION ALL
SELECT p.time, {s_labels}{no_values}
FROM poll_{name} p CROSS JOIN series_{name} s
WHERE p.ok = 0;)";

}  // namespace

std::string history_schema_of(const Declared& d) {
  if (!d.history) return filled(empty_trend, {{"name", d.name}});
  // A dataset of one row is one series without a label.
  std::vector<std::string> values;
  std::string label_columns, value_columns, no_values;
  for (const auto& label : d.history->labels)
    label_columns += fmt::format(", {} {}", quoted_name(label), sqlite_type(d.column(label)->type));
  for (const auto& [column, how] : d.history->columns) {
    values.push_back(column);
    const auto* const separator = value_columns.empty() ? "" : ", ";
    value_columns += fmt::format("{}{} {}", separator, quoted_name(column), type_in_history(d, column, how));
    no_values += fmt::format("{}CAST(NULL AS {})", separator, type_in_history(d, column, how));
  }
  const auto& labels = d.history->labels;
  const auto s_labels = each(labels, "s.{c}", ", ");
  const auto sql = std::string(tables) + sampling + retention + trend;
  const auto once = filled(sql, {{"label_columns", label_columns},
                                 {"label_index", labels.empty() ? "" : filled(label_index, {{"labels", each(labels, "{c}", ", ")}})},
                                 {"value_columns", value_columns},
                                 {"upstream", quoted_text(d.upstream)},
                                 {"labels", labels.empty() ? "_id" : each(labels, "{c}", ", ")},
                                 {"d_labels", labels.empty() ? "1" : each(labels, "d.{c}", ", ")},
                                 {"same_labels", labels.empty() ? "true" : each(labels, "s.{c} IS d.{c}", " AND ")},
                                 {"values", each(values, "{c}", ", ")},
                                 {"d_values", each(values, "d.{c}", ", ")},
                                 {"r_values", each(values, "r.{c}", ", ")},
                                 {"no_values", no_values},
                                 {"same_values", each(values, "d.{c} IS run_{name}.{c}", " AND ")},
                                 {"s_labels", labels.empty() ? "" : s_labels + ", "}});
  return filled(once, {{"name", d.name}});
}

HistoryTables history_tables_of(const Declared& d) {
  HistoryTables tables{.poll = "poll_" + d.name,
                       .run = "run_" + d.name,
                       .series = "series_" + d.name,
                       .series_id = "_id",
                       .of = "_series",
                       .tier = "_tier",
                       .from = "_from",
                       .to = "_to",
                       .values = {},
                       .most_runs = 200'000};  // some 8 MB
  for (const auto& [column, how] : d.history->columns)
    tables.values.emplace_back(quoted_name(column), summed_up(tables.run, quoted_name(column), how));
  return tables;
}

}  // namespace gateway
