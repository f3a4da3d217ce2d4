#include "declared/schema.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "declared/expression.hpp"

namespace gateway {
namespace {

std::string columns_of(const Declared& d) {
  std::string sql;
  for (const auto& column : d.columns) {
    const bool in_key = std::ranges::find(d.key, column.name) != d.key.end();
    sql += fmt::format("  {} {}{},\n", quoted_name(column.name), sqlite_type(column.type), in_key || column.required ? " NOT NULL" : "");
  }
  if (d.key.empty()) return sql + "  _row INTEGER PRIMARY KEY CHECK (_row = 1)";
  std::string key;
  for (const auto& name : d.key) key += (key.empty() ? "" : ", ") + quoted_name(name);
  return sql + "  PRIMARY KEY (" + key + ")";
}

std::string view_columns_of(const Declared& d) {
  std::string sql;
  for (const auto& column : d.columns) sql += "d." + quoted_name(column.name) + ", ";
  for (const auto& [name, expression] : d.verdicts) {
    sql += fmt::format(
        "\n       CASE WHEN s.freshness = 'fresh' THEN CAST((\n{1}\n) AS TEXT) ELSE 'unknown' END AS {0}, CAST((\n{1}\n) AS TEXT) AS "
        "last_known_{0},",
        name, expression);
  }
  return sql;
}

// What leaves by age or number, and when another system answers in its place.
std::string retention_of(const Declared& d) {
  auto sql = filled(R"(
CREATE TEMP TRIGGER data_{name}_of_another_system AFTER DELETE ON identity WHEN old.upstream = {upstream} BEGIN
  DELETE FROM data_{name};
END;)",
                    {{"name", d.name}, {"upstream", quoted_text(d.upstream)}});
  if (d.keeps_answer()) return sql;
  sql += filled(
      R"(
CREATE INDEX data_{name}_by ON data_{name} ({by});
CREATE TEMP TRIGGER data_{name}_newest AFTER UPDATE OF last_success_at ON source WHEN new.source = {source} BEGIN
  DELETE FROM data_{name} WHERE rowid IN (SELECT rowid FROM data_{name} ORDER BY {by} DESC LIMIT -1 OFFSET {most});
END;)",
      {{"name", d.name}, {"by", quoted_name(d.keep_by)}, {"source", quoted_text(d.source())}, {"most", std::to_string(d.most_held())}});
  if (!d.keep_for) return sql;
  const auto seconds = std::to_string(d.keep_for->count() / 1000);
  return sql + filled(R"(
CREATE TEMP TRIGGER data_{name}_for AFTER UPDATE ON tick BEGIN
  DELETE FROM data_{name} WHERE {by} < new.time - {seconds};
END;)",
                      {{"name", d.name}, {"by", quoted_name(d.keep_by)}, {"seconds", seconds}});
}

// The first answer tells nothing: all its rows are new to us, not to the world.
std::string event_of(const Declared& d, const DeclaredEvent& event) {
  const std::string row = event.on == "gone" ? "old" : "new";
  std::string when =
      fmt::format("EXISTS (SELECT 1 FROM source WHERE source = {} AND last_success_at IS NOT NULL)", quoted_text(d.source()));
  std::string on = event.on == "gone" ? "DELETE" : "INSERT", id, details;
  if (event.on == "changed") {
    on = "UPDATE";
    when += fmt::format(" AND old.{0} IS NOT new.{0}", quoted_name(event.column));
  }
  // What another system's answer clears has not gone.
  if (event.on == "gone" && d.get.empty())
    when += fmt::format(" AND EXISTS (SELECT 1 FROM identity WHERE upstream = {})", quoted_text(d.upstream));
  if (!event.when.empty()) when += " AND (\n" + event.when + "\n)";
  for (const auto& key : d.key) {
    id += fmt::format(" || ':' || {}.{}", row, quoted_name(key));
    details += fmt::format("{}{}, {}.{}", details.empty() ? "" : ", ", quoted_text(key), row, quoted_name(key));
  }
  const bool from_row = !event.time.empty() && event.on == "new";
  if (!from_row) id += " || ':' || unixepoch()";
  const auto time =
      event.time.empty() ? std::string("unixepoch()") : fmt::format("coalesce({}.{}, unixepoch())", row, quoted_name(event.time));
  return filled(R"(
CREATE TEMP TRIGGER data_{name}_event_{event} AFTER {on} ON data_{name} WHEN {when} BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, origin, summary, details)
  VALUES ({type}{id}, {time}, {type}, 'dataset', {upstream}, '{origin}', {text}, json_object({details}))
  ON CONFLICT DO NOTHING;
END;)",
                {{"name", d.name},
                 {"event", event.name},
                 {"on", on},
                 {"when", when},
                 {"type", quoted_text(d.name + "." + event.name)},
                 {"id", id},
                 {"time", time},
                 {"upstream", quoted_text(d.upstream)},
                 {"origin", from_row ? "row" : "observed"},
                 {"text", text_expression(event.text, row)},
                 {"details", details}});
}

}  // namespace

std::string schema_of(const Declared& d) {
  auto sql = filled(R"(
CREATE TABLE data_{name} (
{columns}
) STRICT;
CREATE VIEW {view} AS
SELECT {shown}
       s.source, s.fetched_at, s.age_s, s.freshness
FROM (SELECT source, last_success_at AS fetched_at, age_s, freshness FROM source_status WHERE source = {source}) s CROSS JOIN data_{name} d{order};)",
                    {{"name", d.name},
                     {"view", quoted_name(d.name)},
                     {"columns", columns_of(d)},
                     {"shown", view_columns_of(d)},
                     {"source", quoted_text(d.source())},
                     {"order", d.order.empty() ? "" : "\nORDER BY " + d.order}});
  sql += retention_of(d) + history_schema_of(d);
  for (const auto& event : d.events) sql += event_of(d, event);
  return sql + "\n";
}

}  // namespace gateway
