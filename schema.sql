-- The cache: one SQLite file, written by the gateway, read by Grafana and by people with `sqlite3`.
--
-- Each section is one subject: its tables, what keeps them small, and the views that are public. Views are a promise
-- (their names and columns stay); tables are not. Times are unix seconds UTC: INTEGER where an age is computed from
-- them, REAL where fractions matter. NULL means "not available", never 0. Booleans are 0 or 1.
--
-- Freshness is never stored. Views compute it when somebody reads, against the reader's clock, so that the data of a
-- gateway that died goes stale by itself. Every verdict about now is `unknown` unless its source is fresh; the
-- last-known value stands beside it. Only functions that SQLite 3.40 has are used.

PRAGMA application_id = 1128744513;  -- "CGWA"
PRAGMA user_version = 1;             -- a file of another version is set aside, its rows carried over where they fit

----------------------------------------------------------------------------------------------------------------------
-- The gateway itself

CREATE TABLE gateway_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  published_at INTEGER,              -- when this file was made
  publish_count INTEGER NOT NULL DEFAULT 0,  -- since started_at
  published_bytes INTEGER NOT NULL DEFAULT 0,
  file_bytes INTEGER,
  publish_within_s REAL NOT NULL,    -- it publishes at least this often, whatever happens upstream
  backoff_cap_s REAL NOT NULL,
  identity TEXT                      -- of the PostgreSQL these rows came from
) STRICT;

-- One row. `bytes_per_day` is what publishing costs the disk, at the pace since it started; not available in the first minute.
CREATE VIEW gateway AS
SELECT version, started_at, published_at, publish_count, file_bytes,
       CASE WHEN published_at - started_at >= 60 THEN 86400.0 * published_bytes / (published_at - started_at) END AS bytes_per_day,
       'gateway' AS source, published_at AS fetched_at, unixepoch() - published_at AS age_s,
       CASE WHEN published_at IS NULL THEN 'never'
            WHEN unixepoch() - published_at BETWEEN -5 AND 3 * publish_within_s + 2 THEN 'fresh'
            ELSE 'stale' END AS freshness
FROM gateway_state;

----------------------------------------------------------------------------------------------------------------------
-- Sources: one dataset, asked for in one piece

CREATE TABLE source (
  source TEXT PRIMARY KEY,
  upstream TEXT NOT NULL,
  position INTEGER NOT NULL,         -- in the gateway's own list
  state TEXT NOT NULL CHECK (state IN ('on', 'off', 'missing')),
  interval_s REAL,
  stale_after_s REAL,
  last_attempt_at INTEGER,
  last_success_at INTEGER,           -- when the request of the last success was sent
  next_attempt_at INTEGER,
  duration_ms REAL,                  -- of the last attempt
  rows INTEGER,                      -- held in this file
  consecutive_failures INTEGER NOT NULL DEFAULT 0,
  failing_for_s REAL NOT NULL DEFAULT 0,  -- since the last success, by a clock that nobody sets
  error_class TEXT,
  error TEXT,
  failure_means TEXT                 -- nothing, unhealthy, no_endpoint; NULL after a success
) STRICT;

-- The last attempts of every source, for `why`. The newest 60 of each stay.
CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  time INTEGER NOT NULL,
  duration_ms REAL NOT NULL,
  connect_ms REAL,
  wait_ms REAL,
  read_ms REAL,
  parse_ms REAL,
  requests INTEGER NOT NULL,
  rows INTEGER,
  error_class TEXT,
  error TEXT
) STRICT;
CREATE INDEX attempt_by_source ON attempt (source, id);
CREATE TRIGGER attempt_retention AFTER INSERT ON attempt BEGIN
  DELETE FROM attempt WHERE source = new.source AND id <= (
    SELECT id FROM attempt WHERE source = new.source ORDER BY id DESC LIMIT 1 OFFSET 60);
END;

-- `off`: not configured. `missing`: the upstream has no such thing. `never`: no success in this file yet.
-- A clock set back must not make old data young: what was overdue at the last failed attempt stays stale.
CREATE VIEW source_status AS
SELECT source, upstream, interval_s, stale_after_s, last_attempt_at, last_success_at,
       unixepoch() - last_success_at AS age_s,
       CASE WHEN state <> 'on' THEN state
            WHEN last_success_at IS NULL THEN 'never'
            WHEN unixepoch() - last_success_at BETWEEN -5 AND stale_after_s AND failing_for_s <= stale_after_s THEN 'fresh'
            ELSE 'stale' END AS freshness,
       duration_ms, rows, consecutive_failures, error_class, error, next_attempt_at,
       (SELECT 60.0 * sum(requests) / max(1, max(time) - min(time)) FROM attempt a
         WHERE a.source = s.source AND a.time > s.last_attempt_at - 600) AS requests_per_min,
       position, failure_means
FROM source s
ORDER BY position;

CREATE VIEW source_attempt AS
SELECT time, source, duration_ms, connect_ms, wait_ms, read_ms, parse_ms, rows, error_class, error
FROM attempt
ORDER BY id DESC;

-- Where a source's reading goes on: watermarks and the like. Never shown.
CREATE TABLE cursor (
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  value ANY,
  PRIMARY KEY (source, name)
) STRICT;

----------------------------------------------------------------------------------------------------------------------
-- Outages: an upstream that failed twice in a row, or the gateway's own absence. The newest 500 stay.

-- How each upstream's attempts ended lately: an attempt failed if not one of its sources was answered.
CREATE TABLE upstream (
  upstream TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,         -- in a row
  first_failed_at INTEGER            -- of them
) STRICT;

CREATE TABLE outage_log (
  id INTEGER PRIMARY KEY,
  upstream TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,                  -- NULL while it lasts
  error_class TEXT,
  error TEXT
) STRICT;
CREATE UNIQUE INDEX outage_open ON outage_log (upstream) WHERE ended_at IS NULL;
CREATE TRIGGER outage_retention AFTER INSERT ON outage_log BEGIN
  DELETE FROM outage_log WHERE ended_at IS NOT NULL AND id <= (SELECT max(id) FROM outage_log) - 500;
END;

CREATE VIEW outage AS
SELECT upstream, started_at, ended_at, error_class, error FROM outage_log ORDER BY started_at DESC, id DESC;

----------------------------------------------------------------------------------------------------------------------
-- Health of services, and of what they say of their parts

CREATE TABLE service (
  service TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('healthy', 'degraded', 'unhealthy')),
  observed_at INTEGER NOT NULL,      -- of the last answer, or of a failure that is an answer
  status_since INTEGER,
  latency_ms REAL,
  error TEXT
) STRICT;
CREATE TRIGGER service_first_seen AFTER INSERT ON service BEGIN
  UPDATE service SET status_since = new.observed_at WHERE service = new.service;
END;
CREATE TRIGGER service_changed AFTER UPDATE OF status ON service WHEN old.status <> new.status BEGIN
  UPDATE service SET status_since = new.observed_at WHERE service = new.service;
END;

CREATE TABLE component (
  service TEXT NOT NULL,
  component TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('healthy', 'degraded', 'unhealthy', 'unknown')),
  basis TEXT NOT NULL CHECK (basis IN ('reported', 'probed')),
  error TEXT,
  PRIMARY KEY (service, component)
) STRICT;

-- A refusal is an observation, and stays one while it is the latest outcome of a gateway that still tries. A service
-- without the endpoint is unknown at once. Everything else is as fresh as its source.
CREATE VIEW service_health AS
SELECT substr(s.source, 1, length(s.source) - 7) AS service,
       CASE WHEN s.freshness IN ('off', 'missing') OR s.failure_means = 'no_endpoint' THEN 'unknown'
            WHEN s.failure_means = 'unhealthy' AND v.status IS NOT NULL
             AND unixepoch() - s.last_attempt_at BETWEEN -5 AND s.stale_after_s + g.backoff_cap_s THEN 'unhealthy'
            WHEN s.freshness = 'fresh' THEN coalesce(v.status, 'unknown')
            ELSE 'unknown' END AS effective_status,
       v.status AS last_known_status, v.status_since, v.latency_ms, coalesce(s.error, v.error) AS error,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN gateway_state g
LEFT JOIN service v ON v.service = substr(s.source, 1, length(s.source) - 7)
WHERE s.source LIKE '%.health'
ORDER BY s.position;

CREATE VIEW service_component AS
SELECT c.service, c.component,
       CASE WHEN h.freshness = 'fresh' THEN c.status ELSE 'unknown' END AS status,
       c.basis, c.error, c.status AS last_known_status, h.source, h.fetched_at, h.age_s, h.freshness
FROM service_health h CROSS JOIN component c ON c.service = h.service;

-- One row. Services that are not configured do not count.
CREATE VIEW system_health AS
SELECT CASE WHEN sum(effective_status = 'unhealthy') > 0 THEN 'unhealthy'
            WHEN count(*) = 0 OR sum(effective_status = 'unknown') > 0 THEN 'unknown'
            WHEN sum(effective_status = 'degraded') > 0 THEN 'degraded'
            ELSE 'healthy' END AS status,
       coalesce(sum(effective_status = 'healthy'), 0) AS healthy,
       coalesce(sum(effective_status = 'degraded'), 0) AS degraded,
       coalesce(sum(effective_status = 'unhealthy'), 0) AS unhealthy,
       coalesce(sum(effective_status = 'unknown'), 0) AS unknown,
       group_concat(source, ', ') AS source, min(fetched_at) AS fetched_at, max(age_s) AS age_s,
       CASE WHEN sum(freshness = 'never') > 0 THEN 'never'
            WHEN sum(freshness = 'stale') > 0 THEN 'stale'
            WHEN sum(freshness = 'fresh') > 0 THEN 'fresh'
            ELSE 'never' END AS freshness
FROM service_health
WHERE freshness <> 'off';

----------------------------------------------------------------------------------------------------------------------
-- Trading signals: the newest 100 of every strategy

CREATE TABLE signal (
  signal_id TEXT PRIMARY KEY,
  time REAL,                         -- when the model decided
  strategy_id TEXT,
  asset TEXT,
  side TEXT,                         -- buy, sell
  price REAL,                        -- of the market then; not an order's price
  confidence REAL,
  kind TEXT,                         -- model, rule (take-profit and exit rules), warmup
  model_version TEXT,
  is_warmup INTEGER,
  reasoning TEXT,
  spread REAL,
  volume_1m REAL,
  volatility_1m REAL,
  trace_id TEXT
) STRICT;
CREATE INDEX signal_by_strategy ON signal (strategy_id, time DESC);
CREATE INDEX signal_by_time ON signal (time DESC);
CREATE TRIGGER signal_retention AFTER UPDATE OF last_success_at ON source WHEN new.source = 'postgres.signals' BEGIN
  DELETE FROM signal WHERE signal_id IN (
    SELECT signal_id FROM (SELECT signal_id, row_number() OVER (PARTITION BY strategy_id ORDER BY time DESC, signal_id) AS n FROM signal)
    WHERE n > 100);
END;

CREATE VIEW recent_signals AS
SELECT g.time, g.signal_id, g.strategy_id, g.asset, g.side, g.price, g.confidence, g.kind, g.model_version, g.is_warmup,
       g.reasoning, g.spread, g.volume_1m, g.volatility_1m, g.trace_id,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN signal g
WHERE s.source = 'postgres.signals'
ORDER BY g.time DESC, g.signal_id;

----------------------------------------------------------------------------------------------------------------------
-- Queues, and the lag of each

CREATE TABLE queue (
  id INTEGER PRIMARY KEY,
  vhost TEXT NOT NULL,
  name TEXT NOT NULL,
  messages INTEGER,
  messages_ready INTEGER,
  messages_unacknowledged INTEGER,
  consumers INTEGER,
  publish_rate_per_s REAL,
  consume_rate_per_s REAL,           -- deliveries less redeliveries
  state TEXT,
  lag TEXT NOT NULL CHECK (lag IN ('ok', 'lagging', 'unknown')),
  lag_reason TEXT,
  lag_severity REAL,
  lagging_since INTEGER,
  slow_samples INTEGER NOT NULL,     -- successive samples with too slow a consumption
  growth_per_s REAL,                 -- over the last five minutes
  drain_eta_s REAL,
  UNIQUE (vhost, name)
) STRICT;

CREATE VIEW queue_now AS
SELECT q.vhost, q.name, q.messages, q.messages_ready, q.messages_unacknowledged, q.consumers,
       q.publish_rate_per_s, q.consume_rate_per_s, q.state,
       CASE WHEN s.freshness = 'fresh' THEN q.lag ELSE 'unknown' END AS lag,
       q.lag_reason, q.lag_severity, q.lagging_since, q.growth_per_s, q.drain_eta_s, q.lag AS last_known_lag,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN queue q
WHERE s.source = 'rabbitmq.queues';

-- History of lengths and rates. Values that repeat are one row: a run from one poll to another. `queue_poll` is the grid
-- of times at which we asked; a poll without an answer is a hole in every run.
CREATE TABLE queue_poll (
  time INTEGER PRIMARY KEY,
  ok INTEGER NOT NULL
) STRICT;

CREATE TABLE queue_run (
  queue_id INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  messages INTEGER,
  publish_per_ks INTEGER,            -- thousandths of a message a second: integers are small in the file
  consume_per_ks INTEGER,
  PRIMARY KEY (queue_id, from_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_run_by_end ON queue_run (to_at, queue_id);
CREATE TRIGGER queue_vanished AFTER DELETE ON queue BEGIN
  DELETE FROM queue_run WHERE queue_id = old.id;
END;

-- A good poll prolongs the runs whose values stand, and begins new ones for all others.
CREATE TRIGGER queue_sampled AFTER INSERT ON queue_poll WHEN new.ok = 1 BEGIN
  UPDATE queue_run SET to_at = new.time
   WHERE to_at = (SELECT max(time) FROM queue_poll WHERE time < new.time)
     AND EXISTS (SELECT 1 FROM queue q WHERE q.id = queue_id AND q.messages IS queue_run.messages
       AND CAST(round(q.publish_rate_per_s * 1000) AS INTEGER) IS publish_per_ks
       AND CAST(round(q.consume_rate_per_s * 1000) AS INTEGER) IS consume_per_ks);
  INSERT OR IGNORE INTO queue_run (queue_id, from_at, to_at, messages, publish_per_ks, consume_per_ks)
  SELECT id, new.time, new.time, messages, CAST(round(publish_rate_per_s * 1000) AS INTEGER), CAST(round(consume_rate_per_s * 1000) AS INTEGER)
    FROM queue q WHERE NOT EXISTS (SELECT 1 FROM queue_run r WHERE r.to_at = new.time AND r.queue_id = q.id);
  DELETE FROM queue_poll WHERE time < new.time - 7200;
  DELETE FROM queue_run WHERE to_at < new.time - 7200;
END;
