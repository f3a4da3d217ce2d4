// The role: what it may do beyond reading. And the clock.
#include <fmt/format.h>

#include "ask/postgres_connection.hpp"
#include "check/check_upstreams.hpp"
#include "check/clock.hpp"

namespace gateway {
namespace {

constexpr const char* role_sql = R"(
SELECT current_user::text AS role, rolsuper AS super, rolbypassrls AS bypasses,
       rolcreaterole OR rolcreatedb OR rolreplication AS manages, extract(epoch FROM clock_timestamp())::float8 AS now,
       (SELECT string_agg(name, ', ' ORDER BY name)
          FROM (SELECT format('%I.%I', n.nspname, c.relname) AS name
                  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                 WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
                   AND (has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
                        OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE'))
                 ORDER BY 1 LIMIT 3) first_few) AS writable
  FROM pg_roles WHERE rolname = current_user)";

constexpr const char* make_role = "psql -U postgres -d DATABASE -f gateway/deploy/grafana_monitor.sql, and use grafana_monitor as the user";

Findings judged(const Table& row) {
  const auto role = text(row.at(0, "role")).value_or("?");
  const auto is = [&](const char* column) { return integer(row.at(0, column)) == 1; };
  if (is("super"))
    return {{Grade::fault, fmt::format("the role {} is a superuser: anyone who steals its password owns the database", role), make_role}};
  Findings all;
  if (is("bypasses"))
    all.push_back(
        {Grade::fault, fmt::format("the role {} bypasses row level security", role), fmt::format("ALTER ROLE {} NOBYPASSRLS", role)});
  if (is("manages"))
    all.push_back({Grade::fault, fmt::format("the role {} may create roles or databases, or replicate", role),
                   fmt::format("ALTER ROLE {} NOCREATEROLE NOCREATEDB NOREPLICATION", role)});
  if (const auto tables = text(row.at(0, "writable")))
    all.push_back({Grade::fault, fmt::format("the role {} may change tables: {}", role, *tables),
                   fmt::format("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}; or {}", *tables, role, make_role)});
  if (all.empty()) all.push_back({Grade::good, fmt::format("the role {} may only read", role), {}});
  return all;
}

}  // namespace

Findings check_postgres_role(const PostgresSettings& settings) {
  const Cancel cancel;
  ReceiveLimit limit;
  const Deadline deadline(settings.pace.timeout);
  auto connection = PostgresConnection::open(settings, deadline, cancel, limit);
  if (!connection) return {};  // its sources say so
  const auto before = precise_now();
  const auto row = connection->query({role_sql, {}}, deadline);
  const auto after = precise_now();
  if (!row || row->rows.size() != 1 || row->columns.size() != 6)
    return {{Grade::note,
             fmt::format("{}: the privileges of the role cannot be read: {}", connection->endpoint(), row ? "no row" : row.error().text),
             {}}};
  auto all = judged(*row);
  if (const auto now = number(row->at(0, "now"))) {
    if (auto finding = clock_finding("PostgreSQL at " + connection->endpoint(), *now, before, after, 0)) all.push_back(std::move(*finding));
  }
  return all;
}

}  // namespace gateway
