-- The exchange connections: private (reported by ws-gateway), public (inferred from the newest market event)

CREATE TABLE ws_connection_row (
  connection TEXT PRIMARY KEY CHECK (connection IN ('private', 'public')),
  status TEXT CHECK (status IN ('connected', 'disconnected', 'connecting', 'reconnecting')),  -- NULL: never known
  observed_at INTEGER NOT NULL,
  known_at INTEGER,                  -- the last observation that told the status; before observed_at: it is unknown now
  environment TEXT,
  connected_at REAL,
  last_heartbeat_at REAL,
  reconnect_count INTEGER,
  observed_since INTEGER,            -- what is not reported is observed since then
  last_error TEXT,
  active_subscriptions INTEGER,
  basis TEXT NOT NULL CHECK (basis IN ('reported', 'observed', 'inferred'))
) STRICT;

-- What the rows of subscriptions say of the two connections, and when something last moved at the exchange.
CREATE VIEW connection_traffic AS
SELECT c.connection, s.last_success_at AS read_at,
       CASE WHEN s.last_success_at IS NOT NULL THEN count(r.subscription_id) END AS subscriptions, max(r.last_event_at) AS last_event_at,
       (SELECT max(closed_at) FROM trade_order WHERE closure IN ('filled', 'cancelled') AND coalesce(is_dry_run, 0) = 0) AS orders_moved_at
FROM (SELECT 'private' AS connection UNION ALL SELECT 'public') c
CROSS JOIN source_status s
LEFT JOIN subscription_row r ON r.is_active = 1
 AND CASE WHEN r.channel_type IN ('order', 'position', 'balance') THEN 'private' ELSE 'public' END = c.connection
WHERE s.source = 'postgres.subscriptions'
GROUP BY c.connection;

-- Always two rows: of a connection that nothing was heard of yet, the facts are not available. What is reported connected is doubted
-- when orders moved at the exchange more than a minute after the last event that came over it.
CREATE VIEW ws_connection AS
SELECT c.connection,
       CASE WHEN s.freshness = 'fresh' AND w.known_at = w.observed_at AND NOT c.doubted THEN w.status ELSE 'unknown' END AS status,
       w.status AS last_known_status, w.environment, w.connected_at,
       CASE WHEN s.freshness = 'fresh' AND w.known_at = w.observed_at AND w.status = 'connected' AND NOT c.doubted
         THEN CAST(unixepoch() - w.connected_at AS REAL) END AS duration_s,
       h.last_heartbeat_at,
       w.reconnect_count, w.observed_since, w.last_error,
       CASE WHEN c.connection = 'private' AND c.subscriptions IS NOT NULL THEN c.subscriptions
            WHEN w.active_subscriptions = 0
             AND EXISTS (SELECT 1 FROM service_health h WHERE h.service = 'postgres' AND h.effective_status = 'unhealthy')
            THEN NULL ELSE w.active_subscriptions END AS active_subscriptions,
       w.basis,
       CASE c.connection WHEN 'private' THEN w.active_subscriptions END AS reported_subscriptions,
       CASE WHEN c.doubted THEN 'reported connected, but no event since ' || strftime('%H:%M:%S', c.last_event_at, 'unixepoch')
         || ' UTC, but orders changed after it' END AS doubt,
       c.source, s.last_success_at AS fetched_at, s.age_s, coalesce(s.freshness, 'never') AS freshness
FROM (SELECT c.connection, c.source, t.subscriptions, t.last_event_at,
             coalesce(c.connection = 'private' AND w.status = 'connected' AND t.orders_moved_at > t.last_event_at + 60
                      AND t.read_at > t.orders_moved_at + 60, 0) AS doubted
        FROM (SELECT 'private' AS connection, 'ws-gateway.health' AS source UNION ALL SELECT 'public', 'postgres.subscriptions') c
        LEFT JOIN connection_traffic t ON t.connection = c.connection
        LEFT JOIN ws_connection_row w ON w.connection = c.connection) c
LEFT JOIN ws_connection_row w ON w.connection = c.connection
-- Its own, or the newest event's. A join, and the table last, so that the column keeps its declared type.
LEFT JOIN (SELECT connection, 1 AS of_event, last_event_at AS last_heartbeat_at FROM connection_traffic
           UNION ALL SELECT connection, 0, last_heartbeat_at FROM ws_connection_row) h
  ON h.connection = c.connection
 AND h.of_event = (c.connection = 'private' AND c.last_event_at IS NOT NULL AND c.last_event_at > coalesce(w.last_heartbeat_at, 0))
LEFT JOIN source_status s ON s.source = c.source;

-- Observed changes. A change across an unknown time, however short, lies between not_before_at and time. The newest
-- 1,000 of each stay.
CREATE TABLE ws_transition_log (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  not_before_at INTEGER,
  connection TEXT NOT NULL,
  from_status TEXT NOT NULL,
  to_status TEXT NOT NULL
) STRICT;
CREATE TEMP TRIGGER ws_changed AFTER UPDATE OF status ON ws_connection_row WHEN old.status <> new.status BEGIN
  INSERT INTO ws_transition_log (time, not_before_at, connection, from_status, to_status)
  SELECT new.observed_at,
         CASE WHEN old.known_at <= new.known_at
               AND (new.known_at - old.known_at > s.stale_after_s OR old.known_at < g.started_at AND g.started_at <= new.known_at
                    OR old.known_at <> old.observed_at  -- an answer did not tell
                    OR EXISTS (SELECT 1 FROM attempt a WHERE a.source = s.source AND a.error_class = 'missing'
                                AND a.time BETWEEN old.known_at AND new.known_at))
              THEN old.known_at END,
         new.connection, old.status, new.status
    FROM source s CROSS JOIN gateway_state g
   WHERE s.source = CASE new.connection WHEN 'private' THEN 'ws-gateway.health' ELSE 'postgres.subscriptions' END;
  DELETE FROM ws_transition_log WHERE connection = new.connection AND id <= (
    SELECT id FROM ws_transition_log WHERE connection = new.connection ORDER BY id DESC LIMIT 1 OFFSET 1000);
END;

CREATE VIEW ws_transition AS
SELECT time, not_before_at, connection, from_status, to_status FROM ws_transition_log ORDER BY time DESC, id DESC;

CREATE TEMP TRIGGER ws_sampled AFTER UPDATE OF observed_at ON ws_connection_row BEGIN
  INSERT INTO status_sample (subject, time, status, contiguous_s)
  SELECT 'ws:' || new.connection, new.observed_at, CASE WHEN new.known_at = new.observed_at THEN new.status END,
         coalesce((SELECT stale_after_s FROM source
                    WHERE source = CASE new.connection WHEN 'private' THEN 'ws-gateway.health' ELSE 'postgres.subscriptions' END), 60);
END;

CREATE TEMP TRIGGER connection_event AFTER INSERT ON ws_transition_log WHEN 'connected' IN (new.from_status, new.to_status) BEGIN
  INSERT INTO event (event_id, time, not_before_at, event_type, category, service, status, origin, summary, details)
  SELECT type || ':' || new.connection || ':' || new.time, new.time, new.not_before_at, type, 'connection', 'ws-gateway', new.to_status,
    'observed',
    new.connection || ' exchange connection: ' || new.from_status || ' -> ' || new.to_status || coalesce(' (' || error || ')', ''),
    json_object('connection', new.connection, 'from', new.from_status, 'to', new.to_status, 'error', error)
   FROM (SELECT (SELECT last_error FROM ws_connection_row WHERE connection = new.connection AND status <> 'connected') AS error,
                CASE WHEN new.to_status <> 'connected' THEN 'websocket_disconnected'
                     -- It was connected before if it has ever ceased to be.
                     WHEN EXISTS (SELECT 1 FROM ws_transition_log
                                   WHERE connection = new.connection AND from_status = 'connected' AND id < new.id)
                     THEN 'websocket_reconnected'
                     ELSE 'websocket_connected' END AS type)
   WHERE true
  ON CONFLICT DO NOTHING;
END;

-- What was observed of the public connection stays.
CREATE TEMP TRIGGER connection_of_another_system AFTER DELETE ON identity WHEN old.upstream = 'postgres' BEGIN
  DELETE FROM ws_connection_row WHERE connection = 'public';
END;
