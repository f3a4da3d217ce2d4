-- Quality: hourly sums a strategy, kept for HISTORY_QUARTERS, and older ones added up in one row a strategy (hour 0)

CREATE TABLE quality_hour (
  kind TEXT NOT NULL CHECK (kind IN ('orders', 'executions')),
  hour INTEGER NOT NULL,             -- its start; 0: all that is older than the kept hours
  strategy_id TEXT NOT NULL,         -- `(unknown)` where nothing tells
  orders INTEGER NOT NULL DEFAULT 0, -- by hour of creation, dry runs not counted
  filled_orders INTEGER NOT NULL DEFAULT 0,
  open_orders INTEGER NOT NULL DEFAULT 0,  -- while any is open, the hour is read again
  pnl_orders INTEGER NOT NULL DEFAULT 0,   -- execution events with a number as realized_pnl, by hour of execution
  successful_orders INTEGER NOT NULL DEFAULT 0,
  pnl REAL NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, hour, strategy_id)
) STRICT;
-- What a reading has summed up of an hour that takes it several steps. Never shown: the hour is replaced when all of it was read.
CREATE TABLE quality_partial (
  kind TEXT NOT NULL,
  reading TEXT NOT NULL CHECK (reading IN ('tail', 'pass')),
  hour INTEGER NOT NULL,
  strategy_id TEXT NOT NULL,
  orders INTEGER NOT NULL,
  filled_orders INTEGER NOT NULL,
  open_orders INTEGER NOT NULL,
  pnl_orders INTEGER NOT NULL,
  successful_orders INTEGER NOT NULL,
  pnl REAL NOT NULL,
  PRIMARY KEY (kind, reading, hour, strategy_id)
) STRICT;

-- One row a strategy and one `(all)`. `coverage_from_at` is NULL when all time is counted. Where there never was a table to
-- count in, the counts are not available instead of 0.
CREATE VIEW model_quality AS
WITH per_strategy AS (
  SELECT n.strategy_id, coalesce(sum(q.orders), 0) AS total_orders, coalesce(sum(q.filled_orders), 0) AS filled_orders,
         coalesce(sum(q.pnl_orders), 0) AS pnl_orders, coalesce(sum(q.successful_orders), 0) AS successful_orders, sum(q.pnl) AS pnl
    FROM (SELECT strategy_id FROM configured_strategy UNION SELECT strategy_id FROM signal WHERE strategy_id IS NOT NULL
          UNION SELECT strategy_id FROM model_version UNION SELECT strategy_id FROM quality_hour) n
    LEFT JOIN quality_hour q ON q.strategy_id = n.strategy_id
   GROUP BY n.strategy_id),
all_rows AS (
  SELECT 0 AS is_all, * FROM per_strategy
  UNION ALL
  SELECT 1, '(all)', coalesce(sum(total_orders), 0), coalesce(sum(filled_orders), 0), coalesce(sum(pnl_orders), 0),
    coalesce(sum(successful_orders), 0), sum(pnl)
    FROM per_strategy),
counted AS (
  SELECT kind, EXISTS (SELECT 1 FROM quality_hour q WHERE q.kind = k.kind)
           OR NOT EXISTS (SELECT 1 FROM source s WHERE s.last_success_at IS NULL
                             AND (s.source = 'postgres.quality' OR s.source = 'postgres.' || k.kind AND s.state = 'missing')) AS is_counted
    FROM (SELECT 'orders' AS kind UNION ALL SELECT 'executions') k)
SELECT a.strategy_id,
       CASE WHEN o.is_counted THEN a.total_orders END AS total_orders,
       CASE WHEN o.is_counted THEN a.filled_orders END AS filled_orders,
       CASE WHEN e.is_counted THEN a.pnl_orders END AS pnl_orders,
       CASE WHEN e.is_counted THEN a.successful_orders END AS successful_orders,
       CASE WHEN a.pnl_orders > 0 THEN 1.0 * a.successful_orders / a.pnl_orders END AS win_rate,
       CASE WHEN a.pnl_orders > 0 THEN a.pnl END AS total_pnl,
       v.accuracy, v.f1_score,
       (SELECT max(value) FROM cursor
         WHERE source = 'postgres.quality' AND name LIKE '%.fill_from' AND value IS NOT NULL) AS coverage_from_at,
       'postgres.quality' AS source, f.fetched_at, f.age_s, f.freshness
FROM (SELECT min(last_success_at) AS fetched_at, max(age_s) AS age_s,
             CASE WHEN sum(freshness = 'never') > 0 THEN 'never' WHEN sum(freshness = 'stale') > 0 THEN 'stale'
                  WHEN sum(freshness = 'fresh') > 0 THEN 'fresh' ELSE 'missing' END AS freshness
        FROM source_status WHERE source IN ('postgres.quality', 'postgres.models') AND freshness NOT IN ('off', 'missing')) f
CROSS JOIN all_rows a
JOIN counted o ON o.kind = 'orders'
JOIN counted e ON e.kind = 'executions'
LEFT JOIN model_version v ON v.version = (SELECT version FROM model_version m
                                           WHERE m.strategy_id = a.strategy_id AND m.is_active = 1 AND a.is_all = 0
                                           ORDER BY trained_at DESC LIMIT 1)
ORDER BY a.is_all DESC, a.strategy_id;

CREATE VIEW model_quality_trend AS
SELECT hour AS time, strategy_id, sum(orders) AS orders, sum(pnl_orders) AS pnl_orders, sum(successful_orders) AS successful_orders,
       CASE WHEN sum(pnl_orders) > 0 THEN 1.0 * sum(successful_orders) / sum(pnl_orders) END AS win_rate,
       CASE WHEN sum(pnl_orders) > 0 THEN sum(pnl) END AS pnl
FROM quality_hour
WHERE hour > 0
GROUP BY hour, strategy_id;

CREATE TEMP TRIGGER quality_of_another_system AFTER DELETE ON identity WHEN old.upstream = 'postgres' BEGIN
  DELETE FROM quality_hour;
  DELETE FROM quality_partial;
END;
