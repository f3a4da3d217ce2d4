-- Whether signals come, and lead to orders. Not a verdict of health by itself: a strategy may be silent, and an order refused, for good
-- reasons.

-- One row: of the last ten signals that are old enough (a minute, as of the last reading of the orders), how many have no order. NULL
-- where orders or signals are not fresh.
CREATE VIEW signals_without_order AS
SELECT count(g.signal_id) AS judged,
       CASE WHEN o.freshness = 'fresh' AND s.freshness = 'fresh' THEN
         count(CASE WHEN g.signal_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM trade_order t WHERE t.signal_id = g.signal_id) THEN 1 END)
         END AS without_order,
       'postgres.signals, postgres.orders' AS source, min(s.last_success_at, o.last_success_at) AS fetched_at,
       max(s.age_s, o.age_s) AS age_s,
       CASE WHEN 'never' IN (s.freshness, o.freshness) THEN 'never' WHEN 'stale' IN (s.freshness, o.freshness) THEN 'stale'
            WHEN s.freshness = 'fresh' THEN o.freshness ELSE s.freshness END AS freshness
FROM source_status s CROSS JOIN source_status o
LEFT JOIN (SELECT signal_id FROM signal
            WHERE time <= (SELECT last_success_at - 60 FROM source WHERE source = 'postgres.orders')
            ORDER BY time DESC LIMIT 10) g ON true
WHERE s.source = 'postgres.signals' AND o.source = 'postgres.orders'
GROUP BY s.source;

-- One row a strategy: since when no signal came, and what is usual: the median pause between its signals. `silence` is `usual`, `long`
-- (over three usual pauses) or `unknown`.
CREATE VIEW signal_flow AS
SELECT f.strategy_id, f.last_signal_at, f.since_s, f.median_pause_s,
       CASE WHEN s.freshness <> 'fresh' OR f.median_pause_s IS NULL THEN 'unknown'
            WHEN f.since_s > max(3 * f.median_pause_s, 60) THEN 'long' ELSE 'usual' END AS silence,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN (
  SELECT strategy_id, max(time) AS last_signal_at, unixepoch() - max(time) AS since_s,
         avg(CASE WHEN n IN ((pauses + 1) / 2, (pauses + 2) / 2) THEN pause END) AS median_pause_s
    FROM (SELECT strategy_id, time, pause, row_number() OVER (PARTITION BY strategy_id ORDER BY pause IS NULL, pause) AS n,
                 count(pause) OVER (PARTITION BY strategy_id) AS pauses
            FROM (SELECT strategy_id, time, time - lag(time) OVER (PARTITION BY strategy_id ORDER BY time) AS pause
                    FROM signal WHERE time IS NOT NULL AND time <= unixepoch() + 5))
   GROUP BY strategy_id) f
WHERE s.source = 'postgres.signals'
ORDER BY f.strategy_id;
