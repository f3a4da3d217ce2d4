#include "ask/postgres_catalogue.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace gateway {
namespace {

// pg_attribute and not information_schema, which hides what the role may not read. A domain counts as what it is made of.
constexpr const char* columns_sql = R"(
SELECT c.relname::text AS "table", a.attname::text AS "column", has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable,
       format_type(base.oid, NULL) AS type
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid
 CROSS JOIN LATERAL (
       WITH RECURSIVE b(oid, made_of) AS (
         SELECT t.oid, t.typbasetype FROM pg_type t WHERE t.oid = a.atttypid
         UNION ALL SELECT t.oid, t.typbasetype FROM b JOIN pg_type t ON t.oid = b.made_of)
       SELECT oid FROM b WHERE made_of = 0) base
 WHERE c.relname = ANY($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid)
   AND a.attnum > 0 AND NOT a.attisdropped
   AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace))";

// Every table of these names, also where the search path does not lead or the role may not go. Row level security lets all
// rows through only where a policy that applies to the role says `true` and no other one narrows it.
constexpr const char* tables_sql = R"(
SELECT c.relname::text AS "table", n.nspname::text AS schema, pg_table_is_visible(c.oid) AS visible,
       has_schema_privilege(n.oid, 'USAGE') AS usable,
       n.nspname = ANY(SELECT btrim(s, ' "') FROM regexp_split_to_table(current_setting('search_path'), ',') s) AS on_path,
       c.relkind IN ('r', 'p', 'v') AND has_table_privilege(c.oid, 'SELECT') AS lockable,
       NOT row_security_active(c.oid) OR coalesce((
         SELECT bool_or(p.polpermissive AND p.using_ = 'true') AND bool_and(p.polpermissive OR p.using_ = 'true')
           FROM (SELECT polpermissive, coalesce(pg_get_expr(polqual, polrelid), 'true') AS using_
                   FROM pg_policy
                  WHERE polrelid = c.oid AND polcmd IN ('r', '*')
                    AND EXISTS (SELECT FROM unnest(polroles) r
                                 WHERE CASE WHEN r = 0 THEN true ELSE pg_has_role(r, 'USAGE') END)) p), false) AS all_rows
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = ANY($1::text[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
   AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
 ORDER BY visible DESC, usable DESC, on_path DESC, schema)";

// The zones that sessions of others get when they do not choose one: by role, by database, by the server. Ours is UTC only
// because the transaction says so, so reset_val is what the server gives; unless our own role or database has a setting. A zone
// counts as UTC when it is so in winter, in summer and now.
constexpr const char* zones_sql = R"(
WITH given AS (
  SELECT r.rolname, regexp_replace(c, '^[^=]*=', '') AS zone
    FROM pg_db_role_setting d
    LEFT JOIN pg_roles r ON r.oid = d.setrole
   CROSS JOIN LATERAL unnest(d.setconfig) c
   WHERE c ~* '^timezone=' AND d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())))
, zones AS (
  SELECT 'the role ' || rolname AS whose, zone FROM given WHERE rolname <> current_user
  UNION SELECT 'the database', zone FROM given WHERE rolname IS NULL
  UNION SELECT 'the server', reset_val FROM pg_settings
         WHERE name = 'TimeZone' AND NOT EXISTS (SELECT FROM given WHERE rolname IS NULL OR rolname = current_user))
SELECT string_agg(zone || ' (' || whose || ')', ', ' ORDER BY whose) AS zones
  FROM zones
 WHERE EXISTS (SELECT FROM unnest(ARRAY[now(), '2024-01-15 12:00+00', '2024-07-15 12:00+00']) t
                WHERE t AT TIME ZONE zone <> t AT TIME ZONE 'UTC'))";

// Why a table that exists cannot be read as it should, and the remedy.
std::string reason(const Table& tables, std::size_t row, const std::string& role) {
  const auto table = text(tables.at(row, "table")).value_or(""), schema = text(tables.at(row, "schema")).value_or("");
  const auto on_path = integer(tables.at(row, "on_path")) == 1;
  const auto put_on_path = fmt::format("ALTER ROLE {} SET search_path = {}, public", role, schema);
  if (integer(tables.at(row, "visible")) == 1) {
    return fmt::format(
        "row level security may hide rows of {} from the role {}; CREATE POLICY {} ON {} FOR SELECT TO {} USING (true), or GRANT SELECT on "
        "a view instead",
        table, role, role, table, role);
  }
  if (integer(tables.at(row, "usable")) == 1) {
    return fmt::format("{} is in the schema {}, which is not on the search path of the role {}; {}", table, schema, role, put_on_path);
  }
  return fmt::format("{} is in the schema {}, and the role {} has no USAGE on it; GRANT USAGE ON SCHEMA {} TO {}{}", table, schema, role,
                     schema, role, on_path ? std::string() : "; " + put_on_path);
}

}  // namespace

std::string PostgresCatalogue::note(const std::vector<std::string>& tables) const {
  if (zones.empty()) return {};
  for (const auto& table : tables) {
    const auto found = catalogue.tables.find(table);
    if (found == catalogue.tables.end()) continue;
    for (const auto& [column, known] : found->second) {
      if (known.type != "timestamp without time zone") continue;
      return fmt::format(
          "times without a zone, such as {}.{}, are read as UTC, but sessions get the time zone {}: they may be off by the difference; set "
          "timezone = 'UTC' there",
          table, column, zones);
    }
  }
  return {};
}

Result<PostgresCatalogue> read_catalogue(PostgresConnection& connection, const std::vector<std::string>& tables, const std::string& role,
                                         Milliseconds timeout, const Deadline& deadline) {
  if (auto begun = connection.begin("READ COMMITTED", timeout, deadline); !begun) return std::unexpected(begun.error());
  const auto names = array_literal(tables);
  const auto columns = connection.query({columns_sql, {names}}, deadline);
  const auto found = columns ? connection.query({tables_sql, {names}}, deadline) : columns;
  const auto zones = found ? connection.run(zones_sql, deadline) : found;
  if (const auto ended = connection.run("ROLLBACK", deadline); zones && !ended) return std::unexpected(ended.error());
  if (!found) return std::unexpected(found.error());
  if (connection.lost()) return std::unexpected(zones.error());
  if (columns->columns.size() != 4 || found->columns.size() != 7) {
    return failure(ErrorClass::malformed, connection.endpoint() + ": the answer does not match the query");
  }
  PostgresCatalogue all;
  // A server that does not tell its zones is read all the same.
  if (zones && zones->rows.size() == 1 && zones->columns.size() == 1) all.zones = text(zones->rows[0][0]).value_or("");
  for (std::size_t i = 0; i < columns->rows.size(); ++i) {
    const auto access = integer(columns->at(i, "readable")) == 1 ? Catalogue::Access::readable : Catalogue::Access::forbidden;
    all.catalogue.tables[text(columns->at(i, "table")).value_or("")][text(columns->at(i, "column")).value_or("")] = {
        access, text(columns->at(i, "type")).value_or("")};
  }
  for (std::size_t i = 0; i < found->rows.size(); ++i) {
    const auto table = text(found->at(i, "table")).value_or("");
    if (integer(found->at(i, "visible")) == 1) {
      if (integer(found->at(i, "lockable")) == 1) all.lockable.push_back(table);
      if (integer(found->at(i, "all_rows")) == 1) continue;
      all.catalogue.tables.erase(table);
    } else if (all.catalogue.tables.contains(table)) {
      continue;
    }
    all.catalogue.refused.try_emplace(table, reason(*found, i, role));
  }
  return all;
}

}  // namespace gateway
