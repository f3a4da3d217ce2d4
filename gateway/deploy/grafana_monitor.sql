-- The read-only role for the gateway. Run by psql as a superuser in the trading system's database; running it again does
-- no harm, and takes nothing away that a role of this name already has.
--
--   psql -U postgres -d ytrader -f grafana_monitor.sql
--
-- No file has the password: psql asks for it, and sends it hashed. Without a terminal it is taken from the environment's
-- GRAFANA_POSTGRES_PASSWORD, and then a server that logs DDL statements logs it.
\set ON_ERROR_STOP on

BEGIN;

SELECT 'CREATE ROLE grafana_monitor LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana_monitor') \gexec
-- A second fence: the gateway asks in read-only transactions, with timeouts of its own, anyway.
ALTER ROLE grafana_monitor SET default_transaction_read_only = on;

SELECT format('GRANT CONNECT ON DATABASE %I TO grafana_monitor', current_database()) \gexec
GRANT USAGE ON SCHEMA public TO grafana_monitor;

-- What the gateway reads, and no other table. One that an older deployment lacks is shown as missing; after the migration
-- that brings it, run this again.
SELECT format('GRANT SELECT ON public.%I TO grafana_monitor', name)
  FROM unnest(ARRAY['trading_signals', 'orders', 'execution_events', 'model_versions', 'model_quality_metrics',
                    'subscriptions']) AS name
 WHERE to_regclass(format('public.%I', name)) IS NOT NULL \gexec

COMMIT;

\getenv given_password GRAFANA_POSTGRES_PASSWORD
\if :{?given_password}
ALTER ROLE grafana_monitor PASSWORD :'given_password';
\else
\password grafana_monitor
\endif
