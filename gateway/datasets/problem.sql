-- What is wrong now, in one list, and in one sentence

-- Worst first: by `rank`, among equals by `severity`. `since`: unix seconds, NULL where it is unknown.
CREATE VIEW problem AS
SELECT 0 AS rank, 'gateway' AS kind, 'gateway' AS subject, 'stale' AS status, g.published_at AS since,
       coalesce('this is a copy, which cannot be updated: ' || g.copy_error, 'it has published nothing since then; everything else is as last known')
         AS why, 0.0 AS severity, g.source, g.fetched_at, g.age_s, g.freshness
FROM gateway g WHERE g.freshness <> 'fresh'
UNION ALL
SELECT 7, 'copy', g.copy_of, 'degraded', g.copy_failing_since, g.copy_error, 0.0, g.source, g.fetched_at, g.age_s, g.freshness
FROM gateway g WHERE g.freshness = 'fresh' AND g.copy_error IS NOT NULL
UNION ALL
SELECT CASE h.effective_status WHEN 'unhealthy' THEN 1 WHEN 'unknown' THEN 2 ELSE 5 END, 'service', h.service, h.effective_status,
       CASE h.effective_status WHEN 'unknown' THEN h.fetched_at ELSE h.status_since END,
       coalesce(h.error, CASE WHEN h.freshness = 'never' THEN 'it has never answered' WHEN h.freshness = 'stale' THEN 'no current data' END), 0.0,
       h.source, h.fetched_at, h.age_s, h.freshness
FROM service_health h WHERE h.effective_status <> 'healthy' AND h.freshness <> 'off'
UNION ALL
SELECT 3, 'queue', q.name || CASE q.vhost WHEN '/' THEN '' ELSE ' (' || q.vhost || ')' END, q.lag, q.lagging_since,
       q.messages || CASE q.messages WHEN 1 THEN ' message' ELSE ' messages' END || coalesce(', ' || q.lag_reason, ''), q.lag_severity,
       q.source, q.fetched_at, q.age_s, q.freshness
FROM queue_now q WHERE q.lag = 'lagging'
UNION ALL
SELECT 4, 'connection', w.connection, w.status,
       CASE WHEN w.doubt IS NOT NULL THEN CAST(w.last_heartbeat_at AS INTEGER)
            ELSE coalesce((SELECT max(t.time) FROM ws_transition t WHERE t.connection = w.connection), w.observed_since) END,
       coalesce(w.doubt, w.last_error, 'the ' || w.connection || ' connection to the exchange is ' || w.status), 0.0,
       w.source, w.fetched_at, w.age_s, w.freshness
FROM ws_connection w WHERE w.freshness = 'fresh' AND (w.status NOT IN ('connected', 'unknown') OR w.doubt IS NOT NULL)
UNION ALL
SELECT 4, 'signals', 'orders', 'missing', NULL,
       f.without_order || ' of the last ' || f.judged || ' signals have no order', 0.0, f.source, f.fetched_at, f.age_s, f.freshness
FROM signals_without_order f WHERE f.without_order > 0
UNION ALL
SELECT 6, 'part', c.service || ': ' || c.component, c.status, NULL, c.error, 0.0, c.source, c.fetched_at, c.age_s, c.freshness
FROM service_component c WHERE c.freshness = 'fresh' AND c.status <> 'healthy'
UNION ALL
SELECT 7, 'source', s.source, s.freshness, s.last_success_at, coalesce(s.error, 'no answer yet'), 0.0,
       s.source, s.last_success_at, s.age_s, s.freshness
FROM source_status s
WHERE s.freshness IN ('stale', 'never') AND s.source NOT LIKE '%.health'
ORDER BY rank, severity DESC, subject;

-- For system_health: the worst three services, lagging queues, the exchange and signals; how much else has no current data.
-- Of a silent gateway only that: the rest is unknown because of it.
CREATE VIEW system_reason AS
WITH listed AS MATERIALIZED (SELECT row_number() OVER (PARTITION BY kind ORDER BY rank, severity DESC, subject) AS n, * FROM problem),
     aged AS (
       SELECT rank, n, kind, subject, status, why, CASE
         WHEN since IS NULL THEN '' WHEN unixepoch() - since < 0 THEN ''
         WHEN unixepoch() - since < 120 THEN ' for ' || (unixepoch() - since) || ' s'
         WHEN unixepoch() - since < 7200 THEN ' for ' || ((unixepoch() - since) / 60) || ' min'
         WHEN unixepoch() - since < 172800 THEN ' for ' || ((unixepoch() - since) / 3600) || ' h'
         ELSE ' for ' || ((unixepoch() - since) / 86400) || ' days' END AS lasting FROM listed),
     said AS (
       SELECT rank, n, CASE WHEN g.copy_error IS NULL THEN 'the gateway has published nothing' || lasting
                            ELSE 'this copy has not been updated' || lasting || ': ' ||
                                 CASE WHEN length(g.copy_error) > 200 THEN substr(g.copy_error, 1, 197) || '...' ELSE g.copy_error END END
                       AS words FROM aged CROSS JOIN gateway g WHERE kind = 'gateway'
       UNION ALL
       SELECT rank, n, subject || ' ' || status || lasting ||
              coalesce(': ' || CASE WHEN length(why) > 120 THEN substr(why, 1, 117) || '...' ELSE why END, '')
       FROM aged WHERE kind = 'service' AND n <= 3
       UNION ALL
       SELECT 5, 4, (count(*) - 3) || ' more services have problems' FROM aged WHERE kind = 'service' HAVING count(*) > 3
       UNION ALL
       SELECT 3, 1, CASE count(*) WHEN 1 THEN 'a queue lags: ' ELSE count(*) || ' queues lag, the worst ' END ||
              max(CASE n WHEN 1 THEN subject || ' ' || why END) FROM aged WHERE kind = 'queue' HAVING count(*) > 0
       UNION ALL
       SELECT rank, n, why FROM aged WHERE kind IN ('connection', 'signals')
       UNION ALL
       SELECT 7, 1, CASE count(*) WHEN 1 THEN max(subject) || ' has no current data' ELSE count(*) || ' sources have no current data' END
       FROM aged WHERE kind = 'source' HAVING count(*) > 0)
SELECT coalesce((SELECT group_concat(words, '; ') FROM (SELECT words FROM said
                  WHERE rank = 0 OR NOT EXISTS (SELECT 1 FROM aged WHERE kind = 'gateway') ORDER BY rank, n)),
                (SELECT CASE count(*) WHEN 0 THEN 'no service is configured' ELSE 'all ' || count(*) || ' services are healthy' END
                   FROM service_health WHERE freshness <> 'off')) AS reason;
