// The history of a dataset's numbers, by the rules of the queues' history (queues.sql): runs of equal values on the grid of
// polls, in three tiers. What differs is the columns and which rows are a series.
#include <fmt/format.h>

#include <algorithm>

#include "declared/expression.hpp"
#include "declared/schema.hpp"

namespace gateway {
namespace {

constexpr int most_runs = 200'000;  // of one dataset: some 8 MB

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

// How the polls of a bucket become one value.
std::string summed_up(const std::string& column, const std::string& how) {
  const auto c = quoted_name(column);
  if (how == "max" || how == "min") return how + "(r." + c + ")";
  if (how == "mean") return "avg(r." + c + ")";
  return filled(
      "(SELECT l.{c} FROM run_{name} l WHERE l._series = r._series AND l._tier = new.tier - 1 AND l._from < new.bucket_at + new.step "
      "AND l._to >= new.bucket_at ORDER BY l._from DESC LIMIT 1)",
      {{"c", c}});
}

constexpr const char* empty_trend = R"(
CREATE VIEW {name}_trend AS SELECT CAST(NULL AS INTEGER) AS time WHERE false;)";

constexpr const char* tables = R"(
CREATE TABLE series_{name} (_id INTEGER PRIMARY KEY{label_columns}) STRICT;
CREATE TABLE poll_{name} (tier INTEGER NOT NULL DEFAULT 0, time INTEGER NOT NULL, ok INTEGER NOT NULL, PRIMARY KEY (tier, time)) STRICT, WITHOUT ROWID;
CREATE TABLE run_{name} (_series INTEGER NOT NULL, _tier INTEGER NOT NULL, _from INTEGER NOT NULL, _to INTEGER NOT NULL,
  {value_columns}, PRIMARY KEY (_series, _tier, _from)) STRICT, WITHOUT ROWID;
CREATE INDEX run_{name}_by_end ON run_{name} (_tier, _to, _series);
CREATE TABLE roll_{name} (tier INTEGER PRIMARY KEY, bucket_at INTEGER NOT NULL, step INTEGER NOT NULL) STRICT;
CREATE TRIGGER series_{name}_of_another_system AFTER DELETE ON identity WHEN old.upstream = {upstream} BEGIN
  DELETE FROM poll_{name};
  DELETE FROM run_{name};
  DELETE FROM series_{name};
END;)";

constexpr const char* sampling = R"(
CREATE TRIGGER poll_{name}_sampled AFTER INSERT ON poll_{name} WHEN new.tier = 0 AND new.ok = 1 BEGIN
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
CREATE TRIGGER poll_{name}_answered_before BEFORE UPDATE OF ok ON poll_{name} WHEN old.ok = 1 AND new.ok = 0 BEGIN
  SELECT raise(IGNORE);
END;
CREATE TRIGGER poll_{name}_answered_after_all AFTER UPDATE OF ok ON poll_{name} WHEN new.tier = 0 AND old.ok = 0 AND new.ok = 1 BEGIN
  DELETE FROM poll_{name} WHERE tier = 0 AND time = new.time;
  INSERT INTO poll_{name} (tier, time, ok) VALUES (0, new.time, 1);
END;)";

constexpr const char* rolling = R"(
CREATE TRIGGER roll_{name}_rolled AFTER INSERT ON roll_{name} BEGIN
  INSERT INTO run_{name} (_series, _tier, _from, _to, {values})
  SELECT r._series, new.tier, new.bucket_at, new.bucket_at, {summed_up}
    FROM poll_{name} p CROSS JOIN run_{name} r ON r._tier = new.tier - 1 AND r._from <= p.time AND r._to >= p.time
   WHERE p.tier = new.tier - 1 AND p.ok = 1 AND p.time >= new.bucket_at AND p.time < new.bucket_at + new.step
   GROUP BY r._series
  HAVING coalesce((SELECT a._to FROM run_{name} a WHERE a._series = r._series AND a._tier = new.tier AND a._from <= new.bucket_at
                    ORDER BY a._from DESC LIMIT 1), -1) < new.bucket_at;
  UPDATE run_{name} SET _to = new.bucket_at
   WHERE _tier = new.tier AND _to = new.bucket_at - new.step
     AND EXISTS (SELECT 1 FROM run_{name} b WHERE b._series = run_{name}._series AND b._tier = new.tier AND b._from = new.bucket_at
       AND {same_runs});
  DELETE FROM run_{name}
   WHERE _tier = new.tier AND _from = new.bucket_at
     AND EXISTS (SELECT 1 FROM run_{name} a
                  WHERE a._series = run_{name}._series AND a._tier = new.tier AND a._from < new.bucket_at AND a._to = new.bucket_at);
  INSERT INTO poll_{name} (tier, time, ok)
  SELECT new.tier, new.bucket_at, max(ok) FROM poll_{name}
   WHERE tier = new.tier - 1 AND time >= new.bucket_at AND time < new.bucket_at + new.step HAVING count(*) > 0
  ON CONFLICT DO NOTHING;
  DELETE FROM poll_{name} WHERE tier = new.tier - 1 AND time < new.bucket_at + new.step;
  DELETE FROM run_{name} WHERE _tier = new.tier - 1 AND _to < new.bucket_at + new.step;
  DELETE FROM roll_{name};
END;)";

// By age, by number (the oldest polls go first, for all series alike), and series without any run left.
constexpr const char* retention = R"(
CREATE TRIGGER poll_{name}_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM poll_{name} WHERE tier = 2 AND time < new.time - (SELECT history_quarters_s FROM gateway_state);
  DELETE FROM run_{name} WHERE _tier = 2 AND _to < new.time - (SELECT history_quarters_s FROM gateway_state);
  DELETE FROM run_{name} WHERE (_tier, _to) IN (SELECT _tier, _to FROM run_{name} ORDER BY _tier DESC, _to
                               LIMIT (SELECT max(0, count(*) - {most_runs}) FROM run_{name}));
  DELETE FROM poll_{name} WHERE tier > 0 AND time < (SELECT min(_from) FROM run_{name} r WHERE r._tier = poll_{name}.tier);
  DELETE FROM series_{name} WHERE _id NOT IN (SELECT _series FROM run_{name});
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
  std::string label_columns, value_columns, sums, no_values;
  for (const auto& label : d.history->labels)
    label_columns += fmt::format(", {} {}", quoted_name(label), sqlite_type(d.column(label)->type));
  for (const auto& [column, how] : d.history->columns) {
    values.push_back(column);
    const auto* const separator = value_columns.empty() ? "" : ", ";
    value_columns += fmt::format("{}{} {}", separator, quoted_name(column), type_in_history(d, column, how));
    sums += separator + summed_up(column, how);
    no_values += fmt::format("{}CAST(NULL AS {})", separator, type_in_history(d, column, how));
  }
  const auto& labels = d.history->labels;
  const auto s_labels = each(labels, "s.{c}", ", ");
  const auto sql = std::string(tables) + sampling + rolling + retention + trend;
  const auto once = filled(sql, {{"label_columns", label_columns},
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
                                 {"same_runs", each(values, "b.{c} IS run_{name}.{c}", " AND ")},
                                 {"summed_up", sums},
                                 {"s_labels", labels.empty() ? "" : s_labels + ", "},
                                 {"most_runs", std::to_string(most_runs)}});
  return filled(once, {{"name", d.name}});
}

}  // namespace gateway
