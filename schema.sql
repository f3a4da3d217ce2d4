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
  history_fine_s INTEGER NOT NULL DEFAULT 7200,
  history_minutes_s INTEGER NOT NULL DEFAULT 86400,
  history_quarters_s INTEGER NOT NULL DEFAULT 1209600,
  event_retention_s INTEGER NOT NULL DEFAULT 2592000,
  event_max INTEGER NOT NULL DEFAULT 1000,
  identity TEXT                      -- of the PostgreSQL these rows came from
) STRICT;

-- Turned by the gateway every few seconds; retention of what grows hangs on it as triggers, each beside its table.
CREATE TABLE tick (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  time INTEGER NOT NULL
) STRICT;
INSERT INTO tick VALUES (1, 0);

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

-- The last attempts of every source, for source_attempt. The newest 60 of each stay.
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
  error TEXT,
  means TEXT                         -- what the failure says of the upstream: nothing, unhealthy, no_endpoint
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
       -- n attempts span n - 1 intervals; one alone tells nothing
       (SELECT 60.0 * avg(requests) * (count(*) - 1) / nullif(max(time) - min(time), 0) FROM attempt a
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

-- One row. Services that are not configured do not count; those without the endpoint are unknown, and have no age.
CREATE VIEW system_health AS
SELECT CASE WHEN sum(effective_status = 'unhealthy') > 0 THEN 'unhealthy'
            WHEN count(*) = 0 OR sum(effective_status = 'unknown') > 0 THEN 'unknown'
            WHEN sum(effective_status = 'degraded') > 0 THEN 'degraded'
            ELSE 'healthy' END AS status,
       coalesce(sum(effective_status = 'healthy'), 0) AS healthy,
       coalesce(sum(effective_status = 'degraded'), 0) AS degraded,
       coalesce(sum(effective_status = 'unhealthy'), 0) AS unhealthy,
       coalesce(sum(effective_status = 'unknown'), 0) AS unknown,
       group_concat(source, ', ') AS source,
       min(CASE WHEN freshness <> 'missing' THEN fetched_at END) AS fetched_at, max(CASE WHEN freshness <> 'missing' THEN age_s END) AS age_s,
       CASE WHEN sum(freshness = 'never') > 0 THEN 'never'
            WHEN sum(freshness = 'stale') > 0 THEN 'stale'
            WHEN sum(freshness = 'fresh') > 0 THEN 'fresh'
            WHEN count(*) > 0 THEN 'missing'
            ELSE 'never' END AS freshness
FROM service_health
WHERE freshness <> 'off';

----------------------------------------------------------------------------------------------------------------------
-- Trading signals: the newest 200 of every strategy

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
    WHERE n > 200);
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

-- History of lengths and rates, in three tiers that do not overlap: 0 every poll, 1 a minute, 2 a quarter of an hour.
-- Values that repeat are one row: a run from one poll to another. `queue_poll` is the grid of times at which we asked;
-- a poll without an answer is a hole in every run.
CREATE TABLE queue_poll (
  tier INTEGER NOT NULL DEFAULT 0,
  time INTEGER NOT NULL,             -- of tiers 1 and 2: the start of the bucket
  ok INTEGER NOT NULL,
  PRIMARY KEY (tier, time)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_run (
  queue_id INTEGER NOT NULL,
  tier INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  messages INTEGER,                  -- of a bucket: the maximum
  publish_per_ks INTEGER,            -- thousandths of a message a second: integers are small in the file; of a bucket: the mean
  consume_per_ks INTEGER,
  PRIMARY KEY (queue_id, tier, from_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_run_by_end ON queue_run (tier, to_at, queue_id);
CREATE TRIGGER queue_vanished AFTER DELETE ON queue BEGIN
  DELETE FROM queue_run WHERE queue_id = old.id;
END;

-- A good poll prolongs the runs whose values stand, and begins new ones for all others.
CREATE TRIGGER queue_sampled AFTER INSERT ON queue_poll WHEN new.tier = 0 AND new.ok = 1 BEGIN
  UPDATE queue_run SET to_at = new.time
   WHERE tier = 0 AND to_at = (SELECT max(time) FROM queue_poll WHERE tier = 0 AND time < new.time)
     AND EXISTS (SELECT 1 FROM queue q WHERE q.id = queue_id AND q.messages IS queue_run.messages
       AND CAST(round(q.publish_rate_per_s * 1000) AS INTEGER) IS publish_per_ks
       AND CAST(round(q.consume_rate_per_s * 1000) AS INTEGER) IS consume_per_ks);
  INSERT INTO queue_run (queue_id, tier, from_at, to_at, messages, publish_per_ks, consume_per_ks)
  SELECT id, 0, new.time, new.time, messages, CAST(round(publish_rate_per_s * 1000) AS INTEGER), CAST(round(consume_rate_per_s * 1000) AS INTEGER)
    FROM queue q WHERE NOT EXISTS (SELECT 1 FROM queue_run r WHERE r.tier = 0 AND r.to_at = new.time AND r.queue_id = q.id)
  ON CONFLICT DO NOTHING;
END;

-- A second attempt within the second of one that failed is a good poll like any other.
CREATE TRIGGER queue_answered_after_all AFTER UPDATE OF ok ON queue_poll WHEN new.tier = 0 AND old.ok = 0 AND new.ok = 1 BEGIN
  DELETE FROM queue_poll WHERE tier = 0 AND time = new.time;
  INSERT INTO queue_poll (tier, time, ok) VALUES (0, new.time, 1);
END;

-- Rolling one bucket of a finer tier into a coarser one is an insert here; the gateway does it when the bucket has left
-- the finer tier's window.
CREATE TABLE queue_rollup (
  tier INTEGER NOT NULL,             -- the coarser one
  bucket_at INTEGER NOT NULL,
  step INTEGER NOT NULL,             -- 60 or 900 seconds
  PRIMARY KEY (tier)
) STRICT;
CREATE TRIGGER queue_rolled AFTER INSERT ON queue_rollup BEGIN
  INSERT INTO queue_run (queue_id, tier, from_at, to_at, messages, publish_per_ks, consume_per_ks)
  SELECT r.queue_id, new.tier, new.bucket_at, new.bucket_at, max(r.messages),
         CAST(round(avg(r.publish_per_ks)) AS INTEGER), CAST(round(avg(r.consume_per_ks)) AS INTEGER)
    FROM queue_poll p CROSS JOIN queue_run r
      ON r.tier = new.tier - 1 AND r.from_at <= p.time AND r.to_at >= p.time
   WHERE p.tier = new.tier - 1 AND p.ok = 1 AND p.time >= new.bucket_at AND p.time < new.bucket_at + new.step
   GROUP BY r.queue_id
  -- A clock set far back polls into buckets that are rolled: what is there stays.
  HAVING coalesce((SELECT a.to_at FROM queue_run a WHERE a.queue_id = r.queue_id AND a.tier = new.tier AND a.from_at <= new.bucket_at
                    ORDER BY a.from_at DESC LIMIT 1), -1) < new.bucket_at;
  -- A run of buckets that say the same becomes one row.
  UPDATE queue_run SET to_at = new.bucket_at
   WHERE tier = new.tier AND to_at = new.bucket_at - new.step
     AND EXISTS (SELECT 1 FROM queue_run b WHERE b.queue_id = queue_run.queue_id AND b.tier = new.tier AND b.from_at = new.bucket_at
       AND b.messages IS queue_run.messages AND b.publish_per_ks IS queue_run.publish_per_ks AND b.consume_per_ks IS queue_run.consume_per_ks);
  DELETE FROM queue_run
   WHERE tier = new.tier AND from_at = new.bucket_at
     AND EXISTS (SELECT 1 FROM queue_run a WHERE a.queue_id = queue_run.queue_id AND a.tier = new.tier AND a.from_at < new.bucket_at AND a.to_at = new.bucket_at);
  INSERT INTO queue_poll (tier, time, ok)
  SELECT new.tier, new.bucket_at, max(ok) FROM queue_poll
   WHERE tier = new.tier - 1 AND time >= new.bucket_at AND time < new.bucket_at + new.step HAVING count(*) > 0
  ON CONFLICT DO NOTHING;
  DELETE FROM queue_poll WHERE tier = new.tier - 1 AND time < new.bucket_at + new.step;
  DELETE FROM queue_run WHERE tier = new.tier - 1 AND to_at < new.bucket_at + new.step;
  DELETE FROM queue_rollup;
END;
CREATE TRIGGER queue_history_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM queue_poll WHERE tier = 2 AND time < new.time - (SELECT history_quarters_s FROM gateway_state);
  DELETE FROM queue_run WHERE tier = 2 AND to_at < new.time - (SELECT history_quarters_s FROM gateway_state);
END;

-- Ages alone do not bound it: thousands of queues that change with every poll would grow to a gigabyte, written anew at every
-- publish. 750,000 runs are some 25 MB, enough for 200 such queues over all tiers. With more the history reaches less far
-- back, for all queues alike: the oldest polls go first, and with them what was seen then.
CREATE TABLE queue_cut (               -- always empty: an insert here cuts one tier
  tier INTEGER NOT NULL
) STRICT;
CREATE TRIGGER queue_history_bound AFTER UPDATE ON tick WHEN (SELECT count(*) FROM queue_run) > 750000 BEGIN
  INSERT INTO queue_cut VALUES (2), (1), (0);
END;
CREATE TRIGGER queue_history_cut AFTER INSERT ON queue_cut BEGIN
  DELETE FROM queue_poll WHERE tier = new.tier AND time <= (
    SELECT max(to_at) FROM (SELECT to_at FROM queue_run WHERE tier = new.tier ORDER BY to_at
                             LIMIT (SELECT max(0, count(*) - 750000) FROM queue_run)));
  DELETE FROM queue_run WHERE tier = new.tier AND to_at < coalesce((SELECT min(time) FROM queue_poll WHERE tier = new.tier), to_at + 1);
  DELETE FROM queue_cut;
END;

-- On one time grid for all queues: a value that repeats is carried forward, a poll that failed is a row of NULLs.
CREATE VIEW queue_trend AS
SELECT p.time, q.vhost, q.name, r.messages, r.publish_per_ks / 1000.0 AS publish_rate_per_s, r.consume_per_ks / 1000.0 AS consume_rate_per_s
FROM queue q CROSS JOIN queue_run r ON r.queue_id = q.id
CROSS JOIN queue_poll p ON p.tier = r.tier AND p.time BETWEEN r.from_at AND r.to_at AND p.ok = 1
UNION ALL
SELECT p.time, q.vhost, q.name, CAST(NULL AS INTEGER), NULL, NULL  -- the same affinities, or SQLite builds the whole union
FROM queue_poll p CROSS JOIN queue q
WHERE p.ok = 0;

----------------------------------------------------------------------------------------------------------------------
-- Orders: all that are open (the newest 10,000), and the newest 200 of every other closure

CREATE TABLE trade_order (
  id TEXT PRIMARY KEY,               -- orders.id; `event:<id>` where only execution events exist
  order_id TEXT,                     -- the exchange's, or a synthetic one
  signal_id TEXT,
  strategy_id TEXT,                  -- of the signal
  time REAL,                         -- created_at
  asset TEXT,
  side TEXT,                         -- buy, sell
  order_type TEXT,
  quantity REAL,
  price REAL,
  status TEXT,                       -- as upstream says
  closure TEXT NOT NULL CHECK (closure IN ('open', 'filled', 'cancelled', 'rejected', 'dry_run')),
  changed_at REAL,                   -- filled: executed_at, else updated_at; a closed order's moves when a refusal repeats
  closed_at REAL,                    -- changed_at as first seen with this closure
  close_reason TEXT,
  filled_quantity REAL,
  average_price REAL,
  fees REAL,
  executed_at REAL,
  is_dry_run INTEGER
) STRICT;
CREATE INDEX trade_order_by_closure ON trade_order (closure, time DESC);
CREATE INDEX trade_order_by_signal ON trade_order (signal_id, closure, time DESC);
CREATE INDEX trade_order_by_time ON trade_order (time DESC);
CREATE TRIGGER order_seen AFTER INSERT ON trade_order WHEN new.closure IN ('filled', 'cancelled', 'rejected') BEGIN
  UPDATE trade_order SET closed_at = new.changed_at WHERE id = new.id;
END;
CREATE TRIGGER order_closure_changed AFTER UPDATE OF closure ON trade_order WHEN old.closure <> new.closure BEGIN
  UPDATE trade_order SET closed_at = CASE WHEN new.closure IN ('filled', 'cancelled', 'rejected') THEN new.changed_at END WHERE id = new.id;
END;
-- What the next cycle reads again, two minutes below the newest, stays until then: an order that left and came back
-- would be seen for the first time once more, and its end at the time of its last refusal.
CREATE TRIGGER order_retention AFTER UPDATE OF last_success_at ON source WHEN new.source IN ('postgres.orders', 'postgres.executions') BEGIN
  DELETE FROM trade_order WHERE id IN (
    SELECT id FROM (SELECT id, closure, time, row_number() OVER (PARTITION BY closure ORDER BY time DESC, order_id) AS n FROM trade_order)
    WHERE n > 10000 OR n > 200 AND closure <> 'open'
      AND coalesce(time < (SELECT min(value) - 120 FROM cursor WHERE source = 'postgres.orders' AND name IN ('watermark', 'newest')), 1));
END;

-- Execution events of the orders above, and the newest 200.
CREATE TABLE execution (
  event_id TEXT PRIMARY KEY,
  signal_id TEXT,
  strategy_id TEXT,
  asset TEXT,
  side TEXT,
  price REAL,
  quantity REAL,
  fees REAL,
  executed_at REAL,
  realized_pnl REAL
) STRICT;
CREATE INDEX execution_by_signal ON execution (signal_id, executed_at DESC);

-- The newest execution event of a signal belongs to its newest filled order; without one the order's own figures count.
CREATE VIEW recent_orders AS
SELECT o.time, o.order_id, o.signal_id,
       coalesce(o.strategy_id, (SELECT nullif(x.strategy_id, 'unknown') FROM execution x WHERE x.signal_id = o.signal_id ORDER BY x.executed_at DESC LIMIT 1)) AS strategy_id,
       o.asset, o.side, o.order_type, o.quantity, o.price, o.status, o.closure, o.closed_at, o.close_reason,
       CASE WHEN e.event_id IS NOT NULL THEN e.price ELSE o.average_price END AS execution_price,
       CASE WHEN e.event_id IS NOT NULL THEN e.quantity ELSE o.filled_quantity END AS execution_quantity,
       CASE WHEN e.event_id IS NOT NULL THEN e.fees ELSE o.fees END AS execution_fees,
       coalesce(o.executed_at, e.executed_at) AS executed_at,
       e.realized_pnl, o.is_dry_run, o.id,
       'postgres.orders' AS source, f.fetched_at, f.age_s, f.freshness
FROM (SELECT min(last_success_at) AS fetched_at, max(age_s) AS age_s,
             CASE WHEN sum(freshness = 'never') > 0 THEN 'never' WHEN sum(freshness = 'stale') > 0 THEN 'stale'
                  WHEN sum(freshness = 'fresh') > 0 THEN 'fresh' ELSE 'missing' END AS freshness
        FROM source_status WHERE source IN ('postgres.orders', 'postgres.executions') AND freshness NOT IN ('off', 'missing')) f
CROSS JOIN trade_order o
LEFT JOIN execution e ON e.event_id = (
  SELECT x.event_id FROM execution x
   WHERE x.signal_id = o.signal_id AND o.closure = 'filled'
     AND NOT EXISTS (SELECT 1 FROM trade_order n WHERE n.signal_id = o.signal_id AND n.closure = 'filled' AND (n.time, n.id) > (o.time, o.id))
   ORDER BY x.executed_at DESC, x.event_id LIMIT 1)
ORDER BY o.time DESC, o.order_id;

----------------------------------------------------------------------------------------------------------------------
-- Models: versions, what is active, what is being trained

CREATE TABLE model_version (
  version TEXT PRIMARY KEY,
  strategy_id TEXT NOT NULL,         -- `(default)` where upstream has none
  model_type TEXT,
  trained_at REAL,                   -- the end of the training
  training_duration_s INTEGER,
  training_dataset_size INTEGER,
  is_active INTEGER NOT NULL,
  is_first INTEGER NOT NULL,         -- of its strategy
  accuracy REAL,                     -- test split, else validation
  precision REAL,
  recall REAL,
  f1_score REAL,
  metrics_split TEXT
) STRICT;
CREATE INDEX model_version_by_strategy ON model_version (strategy_id, trained_at DESC);

-- Strategies that the settings name, so that a silent one is shown too.
CREATE TABLE configured_strategy (
  strategy_id TEXT PRIMARY KEY
) STRICT;

CREATE TABLE training (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  is_training INTEGER NOT NULL,
  queue_size INTEGER,
  pending_dataset_builds INTEGER,
  observed_at INTEGER NOT NULL
) STRICT;

-- One row a strategy and active version; a strategy without one is in warm-up.
CREATE VIEW model_state AS
SELECT n.strategy_id, v.version AS active_version, v.model_type, v.trained_at,
       CASE WHEN t.freshness = 'fresh' THEN CASE (SELECT is_training FROM training) WHEN 1 THEN 'training' WHEN 0 THEN 'idle' ELSE 'unknown' END
            ELSE 'unknown' END AS training_status,
       CASE WHEN s.freshness = 'fresh' THEN v.version IS NULL END AS warmup,
       v.accuracy, v.f1_score, v.training_duration_s, v.training_dataset_size,
       CASE (SELECT is_training FROM training) WHEN 1 THEN 'training' WHEN 0 THEN 'idle' END AS last_known_training_status,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s
CROSS JOIN (SELECT strategy_id FROM configured_strategy UNION SELECT strategy_id FROM signal WHERE strategy_id IS NOT NULL
            UNION SELECT strategy_id FROM model_version) n
LEFT JOIN source_status t ON t.source = 'model-service.training'
LEFT JOIN model_version v ON v.strategy_id = n.strategy_id AND v.is_active = 1
WHERE s.source = 'postgres.models'
ORDER BY n.strategy_id, v.trained_at DESC;

-- Completed trainings, newest first: the newest 500.
CREATE VIEW model_training AS
SELECT v.trained_at AS time, v.strategy_id, v.version, v.model_type, v.is_active, v.training_duration_s, v.training_dataset_size,
       v.accuracy, v.precision, v.recall, v.f1_score, v.metrics_split,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN model_version v
WHERE s.source = 'postgres.models'
ORDER BY v.trained_at DESC;

----------------------------------------------------------------------------------------------------------------------
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
-- Hours that are never read again: nothing in them is open, and they lie before those that the source reads after a pause.
CREATE VIEW quality_settled AS
SELECT q.kind, q.hour FROM quality_hour q JOIN cursor c ON c.source = 'postgres.quality' AND c.name = q.kind || '.read_at'
WHERE q.hour > 0 AND q.hour < (SELECT time FROM tick) - (SELECT history_quarters_s FROM gateway_state) AND q.hour < c.value - 7200
GROUP BY q.kind, q.hour HAVING max(q.open_orders) = 0;
CREATE TRIGGER quality_compaction AFTER UPDATE ON tick WHEN EXISTS (SELECT 1 FROM quality_settled) BEGIN
  INSERT INTO quality_hour (kind, hour, strategy_id, orders, filled_orders, pnl_orders, successful_orders, pnl)
  SELECT kind, 0, strategy_id, sum(orders), sum(filled_orders), sum(pnl_orders), sum(successful_orders), sum(pnl) FROM quality_hour
   WHERE (kind, hour) IN (SELECT kind, hour FROM quality_settled)
   GROUP BY kind, strategy_id
  ON CONFLICT (kind, hour, strategy_id) DO UPDATE SET orders = orders + excluded.orders, filled_orders = filled_orders + excluded.filled_orders,
    pnl_orders = pnl_orders + excluded.pnl_orders, successful_orders = successful_orders + excluded.successful_orders, pnl = pnl + excluded.pnl;
  DELETE FROM quality_hour WHERE (kind, hour) IN (SELECT kind, hour FROM quality_settled);
END;

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
  SELECT 1, '(all)', coalesce(sum(total_orders), 0), coalesce(sum(filled_orders), 0), coalesce(sum(pnl_orders), 0), coalesce(sum(successful_orders), 0), sum(pnl)
    FROM per_strategy),
counted AS (
  SELECT kind, EXISTS (SELECT 1 FROM quality_hour q WHERE q.kind = k.kind)
           OR NOT EXISTS (SELECT 1 FROM source s WHERE s.last_success_at IS NULL
                             AND (s.source = 'postgres.quality' OR s.source = 'postgres.' || k.kind AND s.state = 'missing')) AS is_counted
    FROM (SELECT 'orders' AS kind UNION ALL SELECT 'executions') k)
SELECT a.strategy_id, CASE WHEN o.is_counted THEN a.total_orders END AS total_orders, CASE WHEN o.is_counted THEN a.filled_orders END AS filled_orders,
       CASE WHEN e.is_counted THEN a.pnl_orders END AS pnl_orders, CASE WHEN e.is_counted THEN a.successful_orders END AS successful_orders,
       CASE WHEN a.pnl_orders > 0 THEN 1.0 * a.successful_orders / a.pnl_orders END AS win_rate,
       CASE WHEN a.pnl_orders > 0 THEN a.pnl END AS total_pnl,
       v.accuracy, v.f1_score,
       (SELECT max(value) FROM cursor WHERE source = 'postgres.quality' AND name LIKE '%.fill_from' AND value IS NOT NULL) AS coverage_from_at,
       'postgres.quality' AS source, f.fetched_at, f.age_s, f.freshness
FROM (SELECT min(last_success_at) AS fetched_at, max(age_s) AS age_s,
             CASE WHEN sum(freshness = 'never') > 0 THEN 'never' WHEN sum(freshness = 'stale') > 0 THEN 'stale'
                  WHEN sum(freshness = 'fresh') > 0 THEN 'fresh' ELSE 'missing' END AS freshness
        FROM source_status WHERE source IN ('postgres.quality', 'postgres.models') AND freshness NOT IN ('off', 'missing')) f
CROSS JOIN all_rows a
JOIN counted o ON o.kind = 'orders'
JOIN counted e ON e.kind = 'executions'
LEFT JOIN model_version v ON v.version = (SELECT version FROM model_version m WHERE m.strategy_id = a.strategy_id AND m.is_active = 1 AND a.is_all = 0
                                           ORDER BY trained_at DESC LIMIT 1)
ORDER BY a.is_all DESC, a.strategy_id;

CREATE VIEW model_quality_trend AS
SELECT hour AS time, strategy_id, sum(orders) AS orders, sum(pnl_orders) AS pnl_orders, sum(successful_orders) AS successful_orders,
       CASE WHEN sum(pnl_orders) > 0 THEN 1.0 * sum(successful_orders) / sum(pnl_orders) END AS win_rate,
       CASE WHEN sum(pnl_orders) > 0 THEN sum(pnl) END AS pnl
FROM quality_hour
WHERE hour > 0
GROUP BY hour, strategy_id;

----------------------------------------------------------------------------------------------------------------------
-- Subscriptions: all active ones, and the newest 500 cancelled

CREATE TABLE subscription_row (
  subscription_id TEXT PRIMARY KEY,
  channel_type TEXT,
  symbol TEXT,
  topic TEXT,
  requesting_service TEXT,
  is_active INTEGER NOT NULL,
  created_at REAL,
  cancelled_at REAL,                 -- as first seen
  last_event_at REAL                 -- of this row; upstream updates only one row of a topic
) STRICT;
CREATE INDEX subscription_by_topic ON subscription_row (topic, is_active);
CREATE TRIGGER subscription_cancelled_once AFTER UPDATE OF cancelled_at ON subscription_row
WHEN old.cancelled_at IS NOT NULL AND new.cancelled_at IS NOT old.cancelled_at AND new.is_active = 0 BEGIN
  UPDATE subscription_row SET cancelled_at = old.cancelled_at WHERE subscription_id = new.subscription_id;
END;

CREATE VIEW subscription AS
SELECT r.subscription_id, r.channel_type, r.symbol, r.topic, r.requesting_service, r.is_active, r.created_at, r.cancelled_at, r.last_event_at,
       (SELECT max(t.last_event_at) FROM subscription_row t WHERE t.topic = r.topic AND t.is_active = 1) AS topic_last_event_at,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN subscription_row r
WHERE s.source = 'postgres.subscriptions'
ORDER BY r.is_active DESC, r.created_at DESC;

----------------------------------------------------------------------------------------------------------------------
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

-- Always two rows: of a connection that nothing was heard of yet, the facts are not available.
CREATE VIEW ws_connection AS
SELECT c.connection,
       CASE WHEN s.freshness = 'fresh' AND w.known_at = w.observed_at THEN w.status ELSE 'unknown' END AS status,
       w.status AS last_known_status, w.environment, w.connected_at,
       CASE WHEN s.freshness = 'fresh' AND w.known_at = w.observed_at AND w.status = 'connected' THEN CAST(unixepoch() - w.connected_at AS REAL) END AS duration_s,
       w.last_heartbeat_at, w.reconnect_count, w.observed_since, w.last_error,
       CASE WHEN w.active_subscriptions = 0 AND EXISTS (SELECT 1 FROM service_health h WHERE h.service = 'postgres' AND h.effective_status = 'unhealthy')
            THEN NULL ELSE w.active_subscriptions END AS active_subscriptions,
       w.basis, c.source, s.last_success_at AS fetched_at, s.age_s, coalesce(s.freshness, 'never') AS freshness
FROM (SELECT 'private' AS connection, 'ws-gateway.health' AS source UNION ALL SELECT 'public', 'postgres.subscriptions') c
LEFT JOIN ws_connection_row w ON w.connection = c.connection
LEFT JOIN source_status s ON s.source = c.source;

-- Observed changes. A change across a time when nobody knew, however short, lies between not_before_at and time. The newest 1,000 of each stay.
CREATE TABLE ws_transition_log (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  not_before_at INTEGER,
  connection TEXT NOT NULL,
  from_status TEXT NOT NULL,
  to_status TEXT NOT NULL
) STRICT;
CREATE TRIGGER ws_changed AFTER UPDATE OF status ON ws_connection_row WHEN old.status <> new.status BEGIN
  INSERT INTO ws_transition_log (time, not_before_at, connection, from_status, to_status)
  SELECT new.observed_at,
         CASE WHEN old.known_at <= new.known_at
               AND (new.known_at - old.known_at > s.stale_after_s OR old.known_at < g.started_at AND g.started_at <= new.known_at
                    OR old.known_at <> old.observed_at  -- an answer did not tell
                    OR EXISTS (SELECT 1 FROM attempt a WHERE a.source = s.source AND a.error_class = 'missing' AND a.time BETWEEN old.known_at AND new.known_at))
              THEN old.known_at END,
         new.connection, old.status, new.status
    FROM source s CROSS JOIN gateway_state g WHERE s.source = CASE new.connection WHEN 'private' THEN 'ws-gateway.health' ELSE 'postgres.subscriptions' END;
  DELETE FROM ws_transition_log WHERE connection = new.connection AND id <= (
    SELECT id FROM ws_transition_log WHERE connection = new.connection ORDER BY id DESC LIMIT 1 OFFSET 1000);
END;

CREATE VIEW ws_transition AS
SELECT time, not_before_at, connection, from_status, to_status FROM ws_transition_log ORDER BY time DESC, id DESC;

----------------------------------------------------------------------------------------------------------------------
-- Status over time, of services and connections: runs of one status from poll to poll; where nobody knew there is no run.
-- Kept for HISTORY_QUARTERS, the newest 2,000 runs of each.

CREATE TABLE status_run (
  subject TEXT NOT NULL,             -- a service, or `ws:private`, `ws:public`
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (subject, from_at)
) STRICT, WITHOUT ROWID;
CREATE TABLE status_sample (          -- always empty: an insert here is one observation
  subject TEXT NOT NULL,
  time INTEGER NOT NULL,
  status TEXT,                        -- NULL: this poll told nothing
  contiguous_s REAL NOT NULL          -- a longer silence ends a run
) STRICT;
CREATE TRIGGER status_sampled AFTER INSERT ON status_sample BEGIN
  UPDATE status_run SET to_at = new.time
   WHERE subject = new.subject AND from_at = (SELECT max(from_at) FROM status_run WHERE subject = new.subject)
     AND status IS new.status AND new.time - to_at BETWEEN 0 AND new.contiguous_s;
  INSERT INTO status_run (subject, from_at, to_at, status)
  SELECT new.subject, new.time, new.time, new.status
   WHERE new.status IS NOT NULL AND NOT EXISTS (SELECT 1 FROM status_run WHERE subject = new.subject AND to_at = new.time AND status = new.status)
  ON CONFLICT DO UPDATE SET status = excluded.status;
  DELETE FROM status_sample;
END;
CREATE TRIGGER health_sampled AFTER INSERT ON attempt WHEN new.source LIKE '%.health' BEGIN
  INSERT INTO status_sample (subject, time, status, contiguous_s)
  SELECT substr(new.source, 1, length(new.source) - 7), new.time,
         CASE WHEN new.error_class IS NULL OR new.means = 'unhealthy' THEN (SELECT status FROM service WHERE service = substr(new.source, 1, length(new.source) - 7)) END,
         coalesce((SELECT stale_after_s FROM source WHERE source = new.source), 60);
END;
CREATE TRIGGER ws_sampled AFTER UPDATE OF observed_at ON ws_connection_row BEGIN
  INSERT INTO status_sample (subject, time, status, contiguous_s)
  SELECT 'ws:' || new.connection, new.observed_at, CASE WHEN new.known_at = new.observed_at THEN new.status END, coalesce((SELECT stale_after_s FROM source
    WHERE source = CASE new.connection WHEN 'private' THEN 'ws-gateway.health' ELSE 'postgres.subscriptions' END), 60);
END;
CREATE TRIGGER status_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM status_run WHERE to_at < new.time - (SELECT history_quarters_s FROM gateway_state);
  DELETE FROM status_run WHERE (subject, from_at) IN (
    SELECT subject, from_at FROM (SELECT subject, from_at, row_number() OVER (PARTITION BY subject ORDER BY from_at DESC) AS n FROM status_run) WHERE n > 2000);
END;

-- `end_time` is the last poll that said so: what comes after it is unknown until the next run.
CREATE VIEW service_status_trend AS
SELECT from_at AS time, to_at AS end_time, subject AS service, status FROM status_run WHERE subject NOT LIKE 'ws:%';
CREATE VIEW ws_status_trend AS
SELECT from_at AS time, to_at AS end_time, substr(subject, 4) AS connection, status FROM status_run WHERE subject LIKE 'ws:%';

----------------------------------------------------------------------------------------------------------------------
-- Errors of services, told apart by their text without ids and numbers. The newest 100 a service stay.

CREATE TABLE service_error_row (
  service TEXT NOT NULL,
  kind TEXT NOT NULL,                -- a class of source_status, or health, rejection
  pattern TEXT NOT NULL,             -- the message, ids and numbers replaced
  message TEXT NOT NULL,             -- as last seen
  count INTEGER NOT NULL,            -- polls that saw it; of rejections: orders
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (service, kind, pattern)
) STRICT;
CREATE TABLE error_sample (           -- always empty: an insert here is one sighting
  service TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  time INTEGER NOT NULL
) STRICT;
CREATE TRIGGER error_seen AFTER INSERT ON error_sample BEGIN
  INSERT INTO service_error_row (service, kind, pattern, message, count, first_at, last_at)
  VALUES (new.service, new.kind, error_pattern(new.message), new.message, 1, new.time, new.time)
  ON CONFLICT (service, kind, pattern) DO UPDATE SET count = count + 1,
    message = CASE WHEN excluded.last_at >= last_at THEN excluded.message ELSE message END,
    first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at);
  DELETE FROM error_sample;
END;
-- Errors of attempts are inserted by the gateway: only it knows which of them belong to one poll.
CREATE TRIGGER health_error AFTER INSERT ON attempt WHEN new.error IS NULL AND new.source LIKE '%.health' BEGIN
  INSERT INTO error_sample SELECT service, 'health', error, new.time FROM service
   WHERE service = substr(new.source, 1, length(new.source) - 7) AND error IS NOT NULL;
END;
CREATE TRIGGER order_rejection AFTER UPDATE OF closed_at ON trade_order WHEN old.closed_at IS NULL AND new.closure = 'rejected' AND new.close_reason IS NOT NULL BEGIN
  INSERT INTO error_sample VALUES ('order-manager', 'rejection', new.close_reason, CAST(coalesce(new.closed_at, new.time, unixepoch()) AS INTEGER));
END;
CREATE TRIGGER service_error_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM service_error_row WHERE last_at < new.time - (SELECT event_retention_s FROM gateway_state);
  DELETE FROM service_error_row WHERE rowid IN (
    SELECT rowid FROM (SELECT rowid, row_number() OVER (PARTITION BY service ORDER BY last_at DESC) AS n FROM service_error_row) WHERE n > 100);
END;

CREATE VIEW service_error AS
SELECT last_at AS time, service, kind, message, count, first_at, last_at FROM service_error_row ORDER BY last_at DESC, service, kind;

----------------------------------------------------------------------------------------------------------------------
-- One history of events. An event is written once, by the trigger on the row or the change it tells of, under an id that
-- follows from it, so that reading the row again changes nothing.

CREATE TABLE event (
  event_id TEXT PRIMARY KEY,
  time REAL NOT NULL,
  not_before_at REAL,                -- of a change that nobody watched: it lies between this and `time`
  event_type TEXT NOT NULL,
  category TEXT NOT NULL,
  service TEXT NOT NULL,
  status TEXT,
  origin TEXT NOT NULL CHECK (origin IN ('row', 'derived', 'observed')),
  signal_id TEXT,
  order_id TEXT,
  model_version TEXT,
  subscription_id TEXT,
  strategy_id TEXT,
  asset TEXT,
  side TEXT,
  price REAL,
  confidence REAL,
  symbol TEXT,
  channel_type TEXT,
  requesting_service TEXT,
  summary TEXT NOT NULL,
  details TEXT                       -- JSON
) STRICT;
CREATE INDEX event_by_time ON event (time DESC);
CREATE INDEX event_by_type ON event (event_type, time DESC);
CREATE INDEX event_by_service ON event (service, time DESC);

-- What has left does not come back when its row is read again: events older than the newest that left of their type are
-- not written.
CREATE TABLE event_floor (
  event_type TEXT PRIMARY KEY,
  time REAL NOT NULL,
  event_id TEXT NOT NULL
) STRICT;
CREATE TRIGGER event_left AFTER DELETE ON event WHEN old.origin <> 'observed' BEGIN
  INSERT INTO event_floor VALUES (old.event_type, old.time, old.event_id)
  ON CONFLICT DO UPDATE SET time = excluded.time, event_id = excluded.event_id
   WHERE excluded.time > time OR excluded.time = time AND excluded.event_id < event_id;
END;
CREATE TRIGGER event_below_floor BEFORE INSERT ON event WHEN new.origin <> 'observed' AND EXISTS (
  SELECT 1 FROM event_floor f WHERE f.event_type = new.event_type
     AND (new.time < f.time OR new.time = f.time AND new.event_id >= f.event_id)) BEGIN
  SELECT raise(IGNORE);
END;

-- At the first look only the newest 200 rows of a table are events. Orders are read in steps: see `events_from` below.
CREATE TRIGGER event_first_look AFTER UPDATE OF last_success_at ON source WHEN old.last_success_at IS NULL BEGIN
  DELETE FROM event WHERE new.source = 'postgres.models' AND category = 'model' AND model_version IN (
    SELECT model_version FROM event WHERE event_type = 'model_training_completed'
       AND time < (SELECT time FROM event WHERE event_type = 'model_training_completed' ORDER BY time DESC LIMIT 1 OFFSET 199));
  DELETE FROM event WHERE event_type IN (SELECT column2 FROM (VALUES ('postgres.signals', 'trading_signal_received'),
      ('postgres.subscriptions', 'subscription_created'), ('postgres.subscriptions', 'subscription_cancelled')) WHERE column1 = new.source)
     AND time < (SELECT time FROM event newer WHERE newer.event_type = event.event_type ORDER BY time DESC LIMIT 1 OFFSET 199);
END;

CREATE TRIGGER event_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM event WHERE event_id IN (
    SELECT event_id FROM (
      SELECT event_id, time, row_number() OVER (PARTITION BY event_type ORDER BY time DESC, event_id) AS of_type,
             row_number() OVER (PARTITION BY service ORDER BY time DESC, event_id) AS of_service FROM event)
    WHERE of_type > 200 AND of_service > 200
      AND (of_type > (SELECT event_max FROM gateway_state) OR time < new.time - (SELECT event_retention_s FROM gateway_state)));
END;

CREATE TRIGGER signal_event AFTER INSERT ON signal WHEN new.time IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, model_version, strategy_id, asset, side, price, confidence, summary, details)
  VALUES ('trading_signal_received:' || new.signal_id, new.time, 'trading_signal_received', 'signal', 'model-service', new.kind, 'row', new.signal_id, new.model_version,
    new.strategy_id, new.asset, new.side, new.price, new.confidence,
    printf('%s %s', upper(coalesce(new.side, '?')), coalesce(new.asset, '?')) || CASE WHEN new.price IS NULL THEN '' ELSE printf(' at %.10g', new.price) END ||
      CASE WHEN new.confidence IS NULL THEN '' ELSE printf(', confidence %.0f %%', new.confidence * 100) END || ' (' || coalesce(new.strategy_id, '?') || ', ' || coalesce(new.kind, '?') || ')',
    json_object('reasoning', new.reasoning, 'trace_id', new.trace_id, 'is_warmup', new.is_warmup))
  ON CONFLICT DO NOTHING;
END;

-- Rows of orders that were created before `events_from` and are new here were there before the gateway first looked, or
-- are read anew: they tell nothing, until they change.
CREATE TRIGGER order_created_event AFTER INSERT ON trade_order WHEN new.time IS NOT NULL AND new.id NOT LIKE 'event:%'
 AND coalesce(new.time >= (SELECT value FROM cursor WHERE source = 'postgres.orders' AND name = 'events_from'), 1) BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, order_id, strategy_id, asset, side, price, summary, details)
  VALUES ('order_created:' || new.id, new.time, 'order_created', 'order', 'order-manager', new.closure, 'row', new.signal_id, new.order_id, new.strategy_id, new.asset, new.side, new.price,
    printf('%s %s', upper(coalesce(new.side, '?')), coalesce(new.asset, '?')) || CASE WHEN new.quantity IS NULL THEN '' ELSE printf(' %.10g', new.quantity) END ||
      CASE new.closure WHEN 'dry_run' THEN ' dry run' ELSE ' created' END,
    json_object('order_type', new.order_type, 'quantity', new.quantity, 'is_dry_run', new.is_dry_run))
  ON CONFLICT DO NOTHING;
END;
CREATE TABLE order_end (               -- always empty: an insert here is one end of an order
  id TEXT NOT NULL
) STRICT;
CREATE TRIGGER order_seen_ended AFTER INSERT ON trade_order WHEN new.closure IN ('filled', 'cancelled', 'rejected')
 AND coalesce(new.time >= (SELECT value FROM cursor WHERE source = 'postgres.orders' AND name = 'events_from'), 1) BEGIN
  INSERT INTO order_end VALUES (new.id);
END;
CREATE TRIGGER order_ended AFTER UPDATE OF closure ON trade_order WHEN old.closure <> new.closure AND new.closure IN ('filled', 'cancelled', 'rejected') BEGIN
  INSERT INTO order_end VALUES (new.id);
END;
CREATE TRIGGER order_ended_event AFTER INSERT ON order_end BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, order_id, strategy_id, asset, side, price, summary, details)
  SELECT 'order_executed:' || id, changed_at, 'order_executed', 'order', 'order-manager', 'filled', 'row', signal_id, order_id, strategy_id, asset, side, average_price,
    printf('%s %s', upper(coalesce(side, '?')), coalesce(asset, '?')) || CASE WHEN filled_quantity IS NULL THEN '' ELSE printf(' %.10g', filled_quantity) END ||
      ' executed' || CASE WHEN average_price IS NULL THEN '' ELSE printf(' at %.10g', average_price) END,
    json_object('filled_quantity', filled_quantity, 'average_price', average_price, 'fees', fees)
   FROM trade_order WHERE id = new.id AND closure = 'filled' AND changed_at IS NOT NULL
  ON CONFLICT DO NOTHING;
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, order_id, strategy_id, asset, side, price, summary, details)
  SELECT 'order_closed:' || id, changed_at, 'order_closed', 'order', 'order-manager', closure, 'row', signal_id, order_id, strategy_id, asset, side, coalesce(average_price, price),
    printf('%s %s', upper(coalesce(side, '?')), coalesce(asset, '?')) || CASE WHEN quantity IS NULL THEN '' ELSE printf(' %.10g', quantity) END ||
      ' ' || closure || coalesce(': ' || substr(replace(close_reason, char(10), ' '), 1, 200), ''),
    json_object('reason', close_reason, 'filled_quantity', filled_quantity)
   FROM trade_order WHERE id = new.id AND changed_at IS NOT NULL
  ON CONFLICT DO NOTHING;
  DELETE FROM order_end;
END;

-- A version is known once its training has ended; when that began follows from how long it took. It is the start that was
-- observed if it lies within that one's bounds, and the training still ran then: another may be queued right behind it.
-- A minute's grace for what a duration leaves out, seconds for clocks that differ.
CREATE TRIGGER model_event AFTER INSERT ON model_version WHEN new.trained_at IS NOT NULL BEGIN
  DELETE FROM event WHERE event_id = (
    SELECT event_id FROM event WHERE event_type = 'model_training_started' AND origin = 'observed' AND time <= new.trained_at + 5
       AND new.trained_at - new.training_duration_s BETWEEN coalesce(not_before_at - 5, 0) AND time + 60
     ORDER BY time DESC LIMIT 1);
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, model_version, strategy_id, summary, details)
  SELECT 'model_training_started:' || new.version, new.trained_at - new.training_duration_s, 'model_training_started', 'model', 'model-service', 'started', 'derived', new.version,
    new.strategy_id, 'training of ' || new.version || ' for ' || new.strategy_id || ' started', json_object('model_type', new.model_type, 'training_duration_s', new.training_duration_s)
   WHERE new.training_duration_s IS NOT NULL
  ON CONFLICT DO NOTHING;
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, model_version, strategy_id, summary, details)
  VALUES ('model_training_completed:' || new.version, new.trained_at, 'model_training_completed', 'model', 'model-service', CASE new.is_active WHEN 1 THEN 'active' ELSE 'inactive' END, 'row',
    new.version, new.strategy_id,
    'training of ' || new.version || ' for ' || new.strategy_id || ' completed' || CASE WHEN new.accuracy IS NULL THEN '' ELSE printf(', accuracy %.3f', new.accuracy) END,
    json_object('model_type', new.model_type, 'training_dataset_size', new.training_dataset_size, 'accuracy', new.accuracy, 'f1_score', new.f1_score))
  ON CONFLICT DO NOTHING;
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, model_version, strategy_id, summary, details)
  SELECT 'model_retrained:' || new.version, new.trained_at, 'model_retrained', 'model', 'model-service', CASE new.is_active WHEN 1 THEN 'active' ELSE 'inactive' END, 'derived',
    new.version, new.strategy_id, new.strategy_id || ' retrained: ' || new.version, json_object('model_type', new.model_type)
   WHERE new.is_first = 0
  ON CONFLICT DO NOTHING;
END;
-- The metrics of a version are written after its row.
CREATE TRIGGER model_measured AFTER UPDATE OF accuracy ON model_version WHEN old.accuracy IS NULL AND new.accuracy IS NOT NULL BEGIN
  UPDATE event SET summary = summary || printf(', accuracy %.3f', new.accuracy),
         details = json_set(details, '$.accuracy', new.accuracy, '$.f1_score', new.f1_score)
   WHERE event_id = 'model_training_completed:' || new.version AND details ->> '$.accuracy' IS NULL;
END;
CREATE TRIGGER training_event AFTER UPDATE OF is_training ON training WHEN old.is_training = 0 AND new.is_training = 1
 AND NOT EXISTS (SELECT 1 FROM model_version WHERE trained_at - training_duration_s BETWEEN min(old.observed_at, new.observed_at) - 5 AND new.observed_at + 60
                   AND new.observed_at <= trained_at + 5) BEGIN
  INSERT INTO event (event_id, time, not_before_at, event_type, category, service, status, origin, summary)
  VALUES ('model_training_started:model-service:' || new.observed_at, new.observed_at, CASE WHEN old.observed_at <= new.observed_at THEN old.observed_at END,
    'model_training_started', 'model', 'model-service', 'started', 'observed', 'a training started')
  ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER subscription_created_event AFTER INSERT ON subscription_row WHEN new.created_at IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, subscription_id, symbol, channel_type, requesting_service, summary, details)
  VALUES ('subscription_created:' || new.subscription_id, new.created_at, 'subscription_created', 'subscription', 'ws-gateway', 'created', 'row', new.subscription_id, new.symbol,
    new.channel_type, new.requesting_service, coalesce(new.requesting_service, '?') || ' subscribed to ' || coalesce(new.topic, '?'), json_object('topic', new.topic))
  ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER subscription_gone_event AFTER INSERT ON subscription_row WHEN new.is_active = 0 AND new.cancelled_at IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, subscription_id, symbol, channel_type, requesting_service, summary, details)
  VALUES ('subscription_cancelled:' || new.subscription_id, new.cancelled_at, 'subscription_cancelled', 'subscription', 'ws-gateway', 'cancelled', 'row', new.subscription_id, new.symbol,
    new.channel_type, new.requesting_service, coalesce(new.requesting_service, '?') || ' cancelled ' || coalesce(new.topic, '?'), json_object('topic', new.topic))
  ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER subscription_cancelled_event AFTER UPDATE OF is_active ON subscription_row WHEN old.is_active = 1 AND new.is_active = 0 AND new.cancelled_at IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, subscription_id, symbol, channel_type, requesting_service, summary, details)
  VALUES ('subscription_cancelled:' || new.subscription_id, new.cancelled_at, 'subscription_cancelled', 'subscription', 'ws-gateway', 'cancelled', 'row', new.subscription_id, new.symbol,
    new.channel_type, new.requesting_service, coalesce(new.requesting_service, '?') || ' cancelled ' || coalesce(new.topic, '?'), json_object('topic', new.topic))
  ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER connection_event AFTER INSERT ON ws_transition_log WHEN 'connected' IN (new.from_status, new.to_status) BEGIN
  INSERT INTO event (event_id, time, not_before_at, event_type, category, service, status, origin, summary, details)
  SELECT type || ':' || new.connection || ':' || new.time, new.time, new.not_before_at, type, 'connection', 'ws-gateway', new.to_status, 'observed',
    new.connection || ' exchange connection: ' || new.from_status || ' -> ' || new.to_status || coalesce(' (' || error || ')', ''),
    json_object('connection', new.connection, 'from', new.from_status, 'to', new.to_status, 'error', error)
   FROM (SELECT (SELECT last_error FROM ws_connection_row WHERE connection = new.connection AND status <> 'connected') AS error, CASE WHEN new.to_status <> 'connected' THEN 'websocket_disconnected'
                     -- It was connected before if it has ever ceased to be.
                     WHEN EXISTS (SELECT 1 FROM ws_transition_log WHERE connection = new.connection AND from_status = 'connected' AND id < new.id) THEN 'websocket_reconnected'
                     ELSE 'websocket_connected' END AS type)
   WHERE true
  ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER service_status_event AFTER UPDATE OF status ON service WHEN old.status <> new.status BEGIN
  INSERT INTO event (event_id, time, not_before_at, event_type, category, service, status, origin, summary, details)
  VALUES ('service_status_changed:' || new.service || ':' || new.observed_at, new.observed_at,
    (SELECT old.observed_at FROM source s CROSS JOIN gateway_state g
      WHERE s.source = new.service || '.health'
        AND (new.observed_at - old.observed_at > s.stale_after_s OR old.observed_at < g.started_at AND g.started_at <= new.observed_at
             -- Without the endpoint it was unknown at once.
             OR EXISTS (SELECT 1 FROM attempt a WHERE a.source = s.source AND a.error_class = 'missing' AND a.time BETWEEN old.observed_at AND new.observed_at))),
    'service_status_changed', 'health', new.service, new.status, 'observed', new.service || ': ' || old.status || ' -> ' || new.status || coalesce(' (' || new.error || ')', ''),
    json_object('from', old.status, 'to', new.status, 'error', new.error))
  ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER upstream_lost_event AFTER INSERT ON outage_log WHEN new.upstream <> 'gateway' BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, summary, details)
  VALUES ('upstream_lost:' || new.upstream || ':' || new.started_at, new.started_at, 'upstream_lost', 'health', new.upstream, 'lost', 'observed',
    new.upstream || ' lost: ' || coalesce(new.error, new.error_class, '?'), json_object('error_class', new.error_class, 'error', new.error))
  ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER upstream_recovered_event AFTER UPDATE OF ended_at ON outage_log WHEN old.ended_at IS NULL AND new.ended_at IS NOT NULL
 AND EXISTS (SELECT 1 FROM source WHERE upstream = new.upstream AND state <> 'off') BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, summary, details)
  VALUES ('upstream_recovered:' || new.upstream || ':' || new.ended_at, new.ended_at, 'upstream_recovered', 'health', new.upstream, 'recovered', 'observed',
    new.upstream || ' answers again after ' || CASE WHEN new.ended_at - new.started_at < 120 THEN printf('%d s', new.ended_at - new.started_at)
      WHEN new.ended_at - new.started_at < 7200 THEN printf('%d min', (new.ended_at - new.started_at) / 60)
      ELSE printf('%.1f h', (new.ended_at - new.started_at) / 3600.0) END,
    json_object('lost_at', new.started_at))
  ON CONFLICT DO NOTHING;
END;

CREATE VIEW event_history AS
SELECT e.time, e.not_before_at, e.event_id, e.event_type, e.category, e.service, e.status, e.origin, e.signal_id, e.order_id, e.model_version,
       e.subscription_id, e.strategy_id, e.asset, e.side, e.price, e.confidence, e.symbol, e.channel_type, e.requesting_service, e.summary, e.details
FROM event e
ORDER BY e.time DESC, e.event_id;
