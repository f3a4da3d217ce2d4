-- Run once by the database's image, on an empty volume: the trading system's schema and the read-only role.
\getenv monitor_password GRAFANA_POSTGRES_PASSWORD
\i /usr/local/share/trading-system/schema.sql
