-- The read-only role for the gateway. Run by psql as a superuser in the trading system's database, and again after a
-- migration that brings a table of the list below: a table that is not granted shows as `auth` in `cache-gateway status`.
--
--   psql -U postgres -d ytrader -f grafana_monitor.sql [-v schema=trading]
--
-- No file has the password: psql asks for it, and sends it hashed. Without a terminal it is taken from the environment's
-- GRAFANA_POSTGRES_PASSWORD, and then a server that logs DDL statements logs it.
\set ON_ERROR_STOP on
\if :{?schema}
\else
\set schema public
\endif

BEGIN;

SELECT 'CREATE ROLE grafana_monitor' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana_monitor') \gexec
ALTER ROLE grafana_monitor LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
-- The gateway has one session. An existing limit stays.
SELECT 'ALTER ROLE grafana_monitor CONNECTION LIMIT 10' FROM pg_roles WHERE rolname = 'grafana_monitor' AND rolconnlimit < 0 \gexec

-- What the gateway reads, and no other table. One that an older deployment lacks is shown as missing.
SELECT format('GRANT CONNECT ON DATABASE %I TO grafana_monitor', current_database()) \gexec
GRANT USAGE ON SCHEMA :"schema" TO grafana_monitor;
SELECT format('GRANT SELECT ON %I.%I TO grafana_monitor', :'schema', name)
  FROM unnest(ARRAY['trading_signals', 'orders', 'execution_events', 'model_versions', 'model_quality_metrics',
                    'subscriptions', 'datasets']) AS name
 WHERE to_regclass(format('%I.%I', :'schema', name)) IS NOT NULL \gexec

-- Rights above are the fence. These are defaults that the session may change, and keep a mistake from doing harm; only
-- temp_file_limit is out of its reach. Nothing keeps a role from changing its own password, sending NOTIFY or taking
-- advisory locks.
ALTER ROLE grafana_monitor SET default_transaction_read_only = on;
ALTER ROLE grafana_monitor SET statement_timeout = '60s';
ALTER ROLE grafana_monitor SET lock_timeout = '5s';
ALTER ROLE grafana_monitor SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE grafana_monitor SET temp_file_limit = '1GB';
ALTER ROLE grafana_monitor SET search_path = :"schema";

-- Temporary tables and large objects are everybody's by default, and can only be taken from everybody: the roles that exist
-- keep them by a grant of their own. One that is made later and needs them has to be granted them.
SELECT format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), rolname)
  FROM pg_roles
 WHERE rolname <> 'grafana_monitor' AND rolname !~ '^pg_' AND NOT rolsuper
   AND has_database_privilege(rolname, current_database(), 'TEMPORARY') \gexec
SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC, grafana_monitor', current_database()) \gexec
SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', function, rolname)
  FROM pg_roles, unnest(ARRAY['lo_creat(integer)', 'lo_create(oid)', 'lo_from_bytea(oid, bytea)']) AS function
 WHERE rolname <> 'grafana_monitor' AND rolname !~ '^pg_' AND NOT rolsuper
   AND has_function_privilege(rolname, 'pg_catalog.' || function, 'EXECUTE') \gexec
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC, grafana_monitor;

COMMIT;

\getenv given_password GRAFANA_POSTGRES_PASSWORD
\if :{?given_password}
ALTER ROLE grafana_monitor PASSWORD :'given_password';
\else
\password grafana_monitor
\endif
