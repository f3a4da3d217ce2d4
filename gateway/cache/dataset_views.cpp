#include "cache/dataset_views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "declared/expression.hpp"
#include "declared/schema.hpp"

namespace gateway {
namespace {

constexpr int most_rows = 1000;  // of each dataset: what a table on a dashboard can show

struct ViewColumn {
  std::string name, type;  // as in dataset_column; of a verdict empty
};

struct DatasetView {
  std::string name, labels;
  std::vector<ViewColumn> rows;
  std::vector<std::string> measures;
};

std::vector<DatasetView> datasets_of(const Database& database) {
  std::vector<DatasetView> all;
  for (const auto& row : database
                             .query_once("SELECT dataset, labels FROM declared_dataset "
                                         "WHERE dataset IN (SELECT name FROM sqlite_schema WHERE type = 'view') ORDER BY position")
                             .rows) {
    DatasetView d{.name = text_of(row[0]), .labels = text_of(row[1]), .rows = {}, .measures = {}};
    for (const auto& column : database
                                  .query_once("SELECT v.name, c.type FROM pragma_table_info(?1) v "
                                              "LEFT JOIN declared_column c ON c.dataset = ?1 AND c.name = v.name "
                                              "WHERE v.name NOT IN ('source', 'fetched_at', 'age_s') ORDER BY v.cid",
                                              {d.name})
                                  .rows)
      d.rows.push_back({text_of(column[0]), text(column[1]).value_or("")});
    for (const auto& column : database
                                  .query_once("SELECT v.name FROM pragma_table_info(?1 || '_trend') v JOIN declared_column c "
                                              "ON c.dataset = ?1 AND c.name = v.name AND c.in_trend = 1 ORDER BY v.cid",
                                              {d.name})
                                  .rows)
      d.measures.push_back(text_of(column[0]));
    all.push_back(std::move(d));
  }
  return all;
}

// SQL that gives the column's value as JSON.
std::string json_of(const ViewColumn& column) {
  const auto name = quoted_name(column.name);
  if (column.type == "time") return fmt::format("json_quote(strftime('%Y-%m-%d %H:%M:%S', {}, 'unixepoch'))", name);
  if (column.type == "bool") return fmt::format("CASE {} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END", name);
  return fmt::format("json_quote({})", name);
}

// Not json_object(): a function takes 127 arguments, and a dataset may have a hundred columns. In groups, for an expression may be
// 1,000 deep, and each || is one deeper.
std::string rows_of(const DatasetView& d) {
  constexpr std::size_t of_a_group = 100;
  std::string object;
  for (std::size_t n = 0; n < d.rows.size(); ++n) {
    if (n % of_a_group == 0) object += n == 0 ? "(" : ") || (";
    else object += " || ";
    object += fmt::format("{} || {}", quoted_text((n == 0 ? "{" : ",") + quoted_name(d.rows[n].name) + ":"), json_of(d.rows[n]));
  }
  return filled(R"(
UNION ALL SELECT {text}, {object}) || '}', source, fetched_at, age_s, freshness FROM (SELECT * FROM {view} LIMIT {most}))",
                {{"text", quoted_text(d.name)}, {"object", object}, {"view", quoted_name(d.name)}, {"most", std::to_string(most_rows)}});
}

// One term whatever the number of measures: SQLite allows 500 in a compound.
std::string trend_of(const DatasetView& d) {
  if (d.measures.empty()) return {};
  std::string series, values, cases;
  for (const auto label : split(d.labels, ','))
    series += fmt::format("{}coalesce(CAST(t.{} AS TEXT), '(none)')", series.empty() ? "" : " || ' ' || ", quoted_name(std::string(label)));
  for (const auto& measure : d.measures) {
    values += fmt::format("{}({})", values.empty() ? "" : ", ", quoted_text(measure));
    cases += fmt::format(" WHEN {} THEN t.{}", quoted_text(measure), quoted_name(measure));
  }
  return filled(R"(
UNION ALL SELECT {text}, t.time, {series}, m.column1, CAST(CASE m.column1{cases} END AS REAL)
FROM {view} t CROSS JOIN (VALUES {values}) m)",
                {{"text", quoted_text(d.name)},
                 {"series", d.labels.empty() ? "m.column1" : series},
                 {"cases", cases},
                 {"view", quoted_name(d.name + "_trend")},
                 {"values", values}});
}

// SQLite, and the reader's, takes statements of a million bytes: some 15,000 columns. Datasets beyond that are left out.
void add(std::string& terms, const std::string& term) {
  constexpr std::size_t most_sql = 990'000;
  if (terms.size() + term.size() <= most_sql) terms += term;
}

}  // namespace

void create_dataset_views(Database& database) {
  std::string rows, trends;
  for (const auto& dataset : datasets_of(database)) {
    add(rows, rows_of(dataset));
    add(trends, trend_of(dataset));
  }
  database.drop_statements();
  // What schema.sql made, which has no rows and the columns' names, and then the datasets.
  for (const auto& [view, terms] : {std::pair("dataset_row", rows), std::pair("dataset_trend", trends)}) {
    auto sql = text_of(database.query_once("SELECT sql FROM sqlite_schema WHERE name = ?", {std::string(view)}).rows.at(0).at(0));
    sql = sql.substr(0, sql.find("\nUNION ALL"));
    database.execute(fmt::format("DROP VIEW {};{}{};", view, sql, terms));
  }
}

}  // namespace gateway
