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
      "(SELECT l.{c} FROM run_{name} l WHERE l.series_id = r.series_id AND l.tier = new.tier - 1 AND l.from_at < new.bucket_at + new.step "
      "AND l.to_at >= new.bucket_at ORDER BY l.from_at DESC LIMIT 1)",
      {{"c", c}});
}

constexpr const char* empty_trend = R"(
CREATE VIEW {name}_trend AS SELECT CAST(NULL AS INTEGER) AS time WHERE false;)";

constexpr const char* tables = R"(
CREATE TABLE series_{name} (id INTEGER PRIMARY KEY{label_columns}) STRICT;
CREATE TABLE poll_{name} (tier INTEGER NOT NULL DEFAULT 0, time INTEGER NOT NULL, ok INTEGER NOT NULL, PRIMARY KEY (tier, time)) STRICT, WITHOUT ROWID;
CREATE TABLE run_{name} (series_id INTEGER NOT NULL, tier INTEGER NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
  {value_columns}, PRIMARY KEY (series_id, tier, from_at)) STRICT, WITHOUT ROWID;
CREATE INDEX run_{name}_by_end ON run_{name} (tier, to_at, series_id);
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
  UPDATE run_{name} SET to_at = new.time
   WHERE tier = 0 AND to_at = (SELECT max(time) FROM poll_{name} WHERE tier = 0 AND time < new.time)
     AND EXISTS (SELECT 1 FROM series_{name} s JOIN data_{name} d ON {same_labels} WHERE s.id = series_id AND {same_values});
  INSERT INTO run_{name} (series_id, tier, from_at, to_at, {values})
  SELECT s.id, 0, new.time, new.time, {d_values} FROM series_{name} s JOIN data_{name} d ON {same_labels}
   WHERE NOT EXISTS (SELECT 1 FROM run_{name} r WHERE r.tier = 0 AND r.to_at = new.time AND r.series_id = s.id)
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
  INSERT INTO run_{name} (series_id, tier, from_at, to_at, {values})
  SELECT r.series_id, new.tier, new.bucket_at, new.bucket_at, {summed_up}
    FROM poll_{name} p CROSS JOIN run_{name} r ON r.tier = new.tier - 1 AND r.from_at <= p.time AND r.to_at >= p.time
   WHERE p.tier = new.tier - 1 AND p.ok = 1 AND p.time >= new.bucket_at AND p.time < new.bucket_at + new.step
   GROUP BY r.series_id
  HAVING coalesce((SELECT a.to_at FROM run_{name} a WHERE a.series_id = r.series_id AND a.tier = new.tier AND a.from_at <= new.bucket_at
                    ORDER BY a.from_at DESC LIMIT 1), -1) < new.bucket_at;
  UPDATE run_{name} SET to_at = new.bucket_at
   WHERE tier = new.tier AND to_at = new.bucket_at - new.step
     AND EXISTS (SELECT 1 FROM run_{name} b WHERE b.series_id = run_{name}.series_id AND b.tier = new.tier AND b.from_at = new.bucket_at
       AND {same_runs});
  DELETE FROM run_{name}
   WHERE tier = new.tier AND from_at = new.bucket_at
     AND EXISTS (SELECT 1 FROM run_{name} a
                  WHERE a.series_id = run_{name}.series_id AND a.tier = new.tier AND a.from_at < new.bucket_at AND a.to_at = new.bucket_at);
  INSERT INTO poll_{name} (tier, time, ok)
  SELECT new.tier, new.bucket_at, max(ok) FROM poll_{name}
   WHERE tier = new.tier - 1 AND time >= new.bucket_at AND time < new.bucket_at + new.step HAVING count(*) > 0
  ON CONFLICT DO NOTHING;
  DELETE FROM poll_{name} WHERE tier = new.tier - 1 AND time < new.bucket_at + new.step;
  DELETE FROM run_{name} WHERE tier = new.tier - 1 AND to_at < new.bucket_at + new.step;
  DELETE FROM roll_{name};
END;)";

// By age, by number (the oldest polls go first, for all series alike), and series without any run left.
constexpr const char* retention = R"(
CREATE TRIGGER poll_{name}_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM poll_{name} WHERE tier = 2 AND time < new.time - (SELECT history_quarters_s FROM gateway_state);
  DELETE FROM run_{name} WHERE tier = 2 AND to_at < new.time - (SELECT history_quarters_s FROM gateway_state);
  DELETE FROM run_{name} WHERE (tier, to_at) IN (SELECT tier, to_at FROM run_{name} ORDER BY tier DESC, to_at
                               LIMIT (SELECT max(0, count(*) - {most_runs}) FROM run_{name}));
  DELETE FROM poll_{name} WHERE tier > 0 AND time < (SELECT min(from_at) FROM run_{name} r WHERE r.tier = poll_{name}.tier);
  DELETE FROM series_{name} WHERE id NOT IN (SELECT series_id FROM run_{name});
END;)";

constexpr const char* trend = R"(
CREATE VIEW {name}_trend AS
SELECT p.time, {s_labels}{r_values}
FROM series_{name} s CROSS JOIN run_{name} r ON r.series_id = s.id
CROSS JOIN poll_{name} p ON p.tier = r.tier AND p.time BETWEEN r.from_at AND r.to_at AND p.ok = 1
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
                                 {"labels", labels.empty() ? "id" : each(labels, "{c}", ", ")},
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
