-- Run once by the database's image, on an empty volume: the trading system's schema, and the read-only role as production
-- makes it, with the password in GRAFANA_POSTGRES_PASSWORD.
\i /usr/local/share/trading-system/schema.sql
\i /usr/local/share/trading-system/grafana_monitor.sql
-- What gateway/datasets/examples read; `cache-gateway grants` prints it. Copied into volumes/datasets they are shown.
GRANT SELECT ON positions, account_balances TO grafana_monitor;
