-- The cache: one SQLite file, written by the gateway, read by Grafana and by people with `sqlite3`.
--
-- This file contains everything that does not belong to a single dataset. A dataset's tables and views are next to its code, in
-- gateway/datasets/*.sql; gateway/CMakeLists.txt concatenates them, this file first.
--
-- Each section covers one subject: its tables, their retention, and the public views. The names and columns of views
-- are stable; tables are internal. Times are unix seconds UTC: INTEGER where an age is computed from
-- them, REAL where fractions matter. NULL means "not available", never 0. Booleans are 0 or 1.
--
-- Freshness is never stored. Views compute it at read time, against the reader's clock, so the data turns stale
-- even if the gateway dies. Every verdict about the present is `unknown` unless its source is fresh; the
-- last known value is in a column beside it. Only functions of SQLite 3.40 are used.
--
-- A few tables hold nothing: SQLite has no procedures, and a trigger cannot call one, so an insert into such a table is
-- how several statements get a name, and parameters, for several callers. Each says who calls it.
--
-- Triggers are the writer's alone and TEMP, so that they are not in the file: a reader would parse them with every open, which takes
-- as long as all else does. Several on one table fire in no order that is promised.

PRAGMA application_id = 1128744513;  -- "CGWA"
PRAGMA user_version = 4;             -- a file of another version is moved aside; matching rows are carried over

----------------------------------------------------------------------------------------------------------------------
-- The gateway itself

CREATE TABLE gateway_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  published_at INTEGER,              -- when this file was published
  publish_count INTEGER NOT NULL DEFAULT 0,  -- since started_at
  published_bytes INTEGER NOT NULL DEFAULT 0,
  saved_at INTEGER,                  -- when the cache was last saved to disk; equal to published_at: this file is that copy
  saved_bytes INTEGER NOT NULL DEFAULT 0,    -- since started_at
  file_bytes INTEGER,
  loop_max_ms REAL,                  -- since started_at
  maintenance TEXT,                  -- the announcement in the file `maintenance` next to this one
  maintenance_until INTEGER,         -- NULL: until that file is removed
  publish_within_s REAL NOT NULL,    -- it publishes at least this often, even without changes
  backoff_cap_s REAL NOT NULL,
  history_quarters_s INTEGER NOT NULL DEFAULT 1209600,
  event_retention_s INTEGER NOT NULL DEFAULT 2592000,
  event_max INTEGER NOT NULL DEFAULT 1000
) STRICT;

-- Turned by the gateway twice a minute. Retention of what grows hangs on it as triggers, each beside its table: SQLite
-- has no timer, and a list of statements in the gateway would name every table once more.
CREATE TABLE tick (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  time INTEGER NOT NULL
) STRICT;
INSERT INTO tick VALUES (1, 0);

-- One row in a copy made by `cache-gateway follow`; no row in a file published by a gateway.
CREATE TABLE copy_state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  origin TEXT NOT NULL,              -- the object it was fetched from
  copied_at INTEGER NOT NULL,        -- when it was fetched
  error TEXT,                        -- why there is no newer copy
  failing_since INTEGER
) STRICT;

-- One row. `loop_max_ms` is the longest time the gateway's loop was blocked by one task.
-- `bytes_per_day` is what publishing writes, usually to memory; `saved_bytes_per_day` is what is written to disk by saves,
-- the last at `saved_at`. Both are extrapolated from the time since the start, and not available in the first minute.
-- `maintenance`: the announcement of a current planned outage; NULL: there is none.
-- `copy_of`: the object that this file is a copy of, fetched at `copied_at`; NULL: not a copy. `copy_error`: why there is no newer copy.
-- `unsaved_s`: how much of this file's data a power cut would lose now; NULL: nothing has been saved.
CREATE VIEW gateway AS
SELECT version, started_at, published_at, publish_count, file_bytes,
       CASE WHEN published_at - started_at >= 60 THEN 86400.0 * published_bytes / (published_at - started_at) END AS bytes_per_day,
       loop_max_ms, saved_at,
       CASE WHEN published_at - started_at >= 60 THEN 86400.0 * saved_bytes / (published_at - started_at) END AS saved_bytes_per_day,
       max(published_at - saved_at, 0) AS unsaved_s,
       'gateway' AS source, published_at AS fetched_at, unixepoch() - published_at AS age_s,
       CASE WHEN published_at IS NULL THEN 'never'
            WHEN unixepoch() - published_at BETWEEN -5 AND 3 * publish_within_s + 2 THEN 'fresh'
            ELSE 'stale' END AS freshness,
       CASE WHEN coalesce(maintenance_until > unixepoch(), 1) THEN maintenance END AS maintenance, maintenance_until,
       c.origin AS copy_of, c.copied_at, c.error AS copy_error, c.failing_since AS copy_failing_since
FROM gateway_state LEFT JOIN copy_state c;

----------------------------------------------------------------------------------------------------------------------
-- Sources: datasets, each queried as a unit

CREATE TABLE source (
  source TEXT PRIMARY KEY,
  upstream TEXT NOT NULL,
  position INTEGER NOT NULL,         -- in the gateway's own list
  state TEXT NOT NULL CHECK (state IN ('on', 'off', 'missing')),
  interval_s REAL,
  stale_after_s REAL,
  last_attempt_at INTEGER,
  last_success_at INTEGER,           -- when the request of the last success was sent, less the age of the answer
  next_attempt_at INTEGER,
  duration_ms REAL,                  -- of the last attempt
  rows INTEGER,                      -- held in this file
  consecutive_failures INTEGER NOT NULL DEFAULT 0,
  failing_for_s REAL NOT NULL DEFAULT 0,  -- since the last success, by the steady clock
  error_class TEXT,
  error TEXT,
  failure_means TEXT,                -- nothing, unhealthy, no_endpoint; NULL after a success
  note TEXT                          -- a warning although it answers, such as a time zone that makes its times doubtful
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
CREATE TEMP TRIGGER attempt_retention AFTER INSERT ON attempt BEGIN
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
       -- n attempts span n - 1 intervals; a single one gives no rate
       (SELECT 60.0 * avg(requests) * (count(*) - 1) / nullif(max(time) - min(time), 0) FROM attempt a
         WHERE a.source = s.source AND a.time > s.last_attempt_at - 600) AS requests_per_min,
       position, failure_means, note
FROM source s
ORDER BY position;

CREATE VIEW source_attempt AS
SELECT time, source, duration_ms, connect_ms, wait_ms, read_ms, parse_ms, rows, error_class, error
FROM attempt
ORDER BY id DESC;

-- The positions up to which sources have read. Internal.
CREATE TABLE cursor (
  source TEXT NOT NULL,
  name TEXT NOT NULL,
  value ANY,
  PRIMARY KEY (source, name)
) STRICT;

-- The system that an upstream's rows came from, if known: PostgreSQL's system identifier and the database. A row is
-- deleted when a different system answers: triggers next to each table then delete what was read from the old one;
-- observations of the upstream stay.
CREATE TABLE identity (
  upstream TEXT PRIMARY KEY,
  identity TEXT NOT NULL
) STRICT;
CREATE TEMP TRIGGER source_of_another_system AFTER DELETE ON identity BEGIN
  DELETE FROM cursor WHERE source IN (SELECT source FROM source WHERE upstream = old.upstream);
  UPDATE source SET last_attempt_at = NULL, last_success_at = NULL, rows = NULL, consecutive_failures = 0, failing_for_s = 0,
         error_class = NULL, error = NULL, failure_means = NULL
   WHERE upstream = old.upstream;
END;

----------------------------------------------------------------------------------------------------------------------
-- Outages: of an upstream that failed twice in a row, or of the gateway itself. The newest 500 are kept.

-- The recent failures of each upstream: an attempt failed if none of its sources was answered.
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
  error TEXT,
  explanation TEXT                   -- found later: a training
) STRICT;
CREATE UNIQUE INDEX outage_open ON outage_log (upstream) WHERE ended_at IS NULL;
CREATE TEMP TRIGGER outage_retention AFTER INSERT ON outage_log BEGIN
  DELETE FROM outage_log WHERE ended_at IS NOT NULL AND id <= (SELECT max(id) FROM outage_log) - 500;
END;

CREATE VIEW outage AS
SELECT upstream, started_at, ended_at, error_class, error, explanation FROM outage_log ORDER BY started_at DESC, id DESC;

-- For charts: every outage has an end (for ongoing ones the last known time), and current downtime of the gateway is included.
CREATE VIEW outage_period AS
SELECT o.upstream, o.started_at, o.ended_at, max(o.started_at + 1, coalesce(o.ended_at, g.known_until)) AS until_at, o.error_class, o.error,
       o.explanation
FROM outage o
CROSS JOIN (SELECT coalesce(max(CASE WHEN freshness = 'fresh' THEN unixepoch() ELSE published_at END), unixepoch()) AS known_until
              FROM gateway) g
WHERE o.upstream <> 'gateway'
UNION ALL
SELECT upstream, started_at, ended_at, max(started_at + 1, coalesce(ended_at, unixepoch())), error_class, error, explanation
FROM outage WHERE upstream = 'gateway'
UNION ALL
SELECT 'gateway', published_at, NULL, unixepoch(), NULL, NULL, NULL FROM gateway WHERE freshness = 'stale' AND published_at < unixepoch();

-- model-service does not answer while it trains: matches an outage with a training, within the resolution of polling.
CREATE VIEW explained_silence AS
SELECT o.id, 'training of ' || v.version || ' for ' || v.strategy_id AS explanation
FROM outage_log o JOIN model_version v
  ON o.started_at >= v.trained_at - v.training_duration_s - 60 AND o.ended_at <= v.trained_at + 120
WHERE o.upstream = 'model-service' AND o.error_class = 'timeout';

----------------------------------------------------------------------------------------------------------------------
-- Status over time, of services and connections: runs of one status from poll to poll; while the status was unknown there is no run.
-- Kept for HISTORY_QUARTERS, the newest 2,000 runs of each.

CREATE TABLE status_run (
  subject TEXT NOT NULL,             -- a service, or `ws:private`, `ws:public`
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  PRIMARY KEY (subject, from_at)
) STRICT, WITHOUT ROWID;
-- Always empty: an insert here is one observation. Services and exchange connections follow the same rule; each calls it from a
-- trigger next to its table.
CREATE TABLE status_sample (
  subject TEXT NOT NULL,
  time INTEGER NOT NULL,
  status TEXT,                        -- NULL: no information from this poll
  contiguous_s REAL NOT NULL          -- a longer silence ends a run
) STRICT;
CREATE TEMP TRIGGER status_sampled AFTER INSERT ON status_sample BEGIN
  UPDATE status_run SET to_at = new.time
   WHERE subject = new.subject
     AND from_at = (SELECT max(from_at) FROM status_run WHERE subject = new.subject AND from_at <= new.time)  -- a clock may be set back
     AND status IS new.status AND new.time - to_at BETWEEN 0 AND new.contiguous_s;
  INSERT INTO status_run (subject, from_at, to_at, status)
  SELECT new.subject, new.time, new.time, new.status
   WHERE new.status IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM status_run WHERE subject = new.subject AND to_at = new.time AND status = new.status)
  ON CONFLICT DO UPDATE SET status = excluded.status;
  DELETE FROM status_sample;
END;
CREATE TEMP TRIGGER status_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM status_run WHERE to_at < new.time - (SELECT history_quarters_s FROM gateway_state);
  DELETE FROM status_run WHERE (subject, from_at) IN (
    SELECT subject, from_at
      FROM (SELECT subject, from_at, row_number() OVER (PARTITION BY subject ORDER BY from_at DESC) AS n FROM status_run)
     WHERE n > 2000);
END;

-- `end_time` is the last poll with this status; the time until the next run is unknown.
CREATE VIEW service_status_trend AS
SELECT from_at AS time, to_at AS end_time, subject AS service, status FROM status_run WHERE subject NOT LIKE 'ws:%';
CREATE VIEW ws_status_trend AS
SELECT from_at AS time, to_at AS end_time, substr(subject, 4) AS connection, status FROM status_run WHERE subject LIKE 'ws:%';

----------------------------------------------------------------------------------------------------------------------
-- Errors of services, grouped by their text without ids and numbers. The newest 100 per service are kept.

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
-- Always empty: an insert here is one occurrence. Failed attempts, errors reported by services and rejected orders share one list.
CREATE TABLE error_sample (
  service TEXT NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  time INTEGER NOT NULL
) STRICT;
CREATE TEMP TRIGGER error_seen AFTER INSERT ON error_sample BEGIN
  INSERT INTO service_error_row (service, kind, pattern, message, count, first_at, last_at)
  VALUES (new.service, new.kind, error_pattern(new.message), new.message, 1, new.time, new.time)
  ON CONFLICT (service, kind, pattern) DO UPDATE SET count = count + 1,
    message = CASE WHEN excluded.last_at >= last_at THEN excluded.message ELSE message END,
    first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at);
  DELETE FROM error_sample;
END;
CREATE TEMP TRIGGER service_error_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM service_error_row WHERE last_at < new.time - (SELECT event_retention_s FROM gateway_state);
  DELETE FROM service_error_row WHERE rowid IN (
    SELECT rowid FROM (SELECT rowid, row_number() OVER (PARTITION BY service ORDER BY last_at DESC) AS n FROM service_error_row)
      WHERE n > 100);
END;

CREATE VIEW service_error AS
SELECT last_at AS time, service, kind, message, count, first_at, last_at FROM service_error_row ORDER BY last_at DESC, service, kind;

----------------------------------------------------------------------------------------------------------------------
-- The history of events. An event is written once, by the trigger on its row or change, under an id derived from it, so
-- reading the row again changes nothing.

CREATE TABLE event (
  event_id TEXT PRIMARY KEY,
  time REAL NOT NULL,
  not_before_at REAL,                -- of a change between two polls: it happened between this and `time`
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
CREATE INDEX event_by_type ON event (event_type, time DESC, event_id);  -- the order of retention
CREATE INDEX event_by_service ON event (service, time DESC);

-- What has left does not come back when its row is read again: events older than the newest that left of their type are
-- not written.
CREATE TABLE event_floor (
  event_type TEXT PRIMARY KEY,
  time REAL NOT NULL,
  event_id TEXT NOT NULL
) STRICT;
CREATE TEMP TRIGGER event_left AFTER DELETE ON event WHEN old.origin <> 'observed' BEGIN
  INSERT INTO event_floor VALUES (old.event_type, old.time, old.event_id)
  ON CONFLICT DO UPDATE SET time = excluded.time, event_id = excluded.event_id
   WHERE excluded.time > time OR excluded.time = time AND excluded.event_id < event_id;
END;
CREATE TEMP TRIGGER event_below_floor BEFORE INSERT ON event WHEN new.origin <> 'observed' AND EXISTS (
  SELECT 1 FROM event_floor f WHERE f.event_type = new.event_type
     AND (new.time < f.time OR new.time = f.time AND new.event_id >= f.event_id)) BEGIN
  SELECT raise(IGNORE);
END;

-- At the first look only the newest 200 rows of a table are events. Orders are read in steps: see `events_from` below.
CREATE TEMP TRIGGER event_first_look AFTER UPDATE OF last_success_at ON source
WHEN old.last_success_at IS NULL AND new.last_success_at IS NOT NULL BEGIN
  DELETE FROM event WHERE new.source = 'postgres.models' AND category = 'model' AND model_version IN (
    SELECT model_version FROM event WHERE event_type = 'model_training_completed'
       AND time < (SELECT time FROM event WHERE event_type = 'model_training_completed' ORDER BY time DESC LIMIT 1 OFFSET 199));
  DELETE FROM event WHERE event_type IN (SELECT column2 FROM (VALUES ('postgres.signals', 'trading_signal_received'),
      ('postgres.subscriptions', 'subscription_created'), ('postgres.subscriptions', 'subscription_cancelled')) WHERE column1 = new.source)
     AND time < (SELECT time FROM event newer WHERE newer.event_type = event.event_type ORDER BY time DESC LIMIT 1 OFFSET 199);
END;

CREATE TEMP TRIGGER event_retention AFTER UPDATE ON tick BEGIN
  DELETE FROM event WHERE event_id IN (
    SELECT event_id FROM (
      SELECT event_id, time, row_number() OVER (PARTITION BY event_type ORDER BY time DESC, event_id) AS of_type,
             row_number() OVER (PARTITION BY service ORDER BY time DESC, event_id) AS of_service FROM event)
    WHERE of_type > 200 AND of_service > 200
      AND (of_type > (SELECT event_max FROM gateway_state) OR time < new.time - (SELECT event_retention_s FROM gateway_state)));
END;

CREATE TEMP TRIGGER upstream_lost_event AFTER INSERT ON outage_log WHEN new.upstream <> 'gateway' BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, summary, details)
  VALUES ('upstream_lost:' || new.upstream || ':' || new.started_at, new.started_at, 'upstream_lost', 'health', new.upstream,
    'lost', 'observed',
    new.upstream || ' lost: ' || coalesce(new.error, new.error_class, '?'),
    json_object('error_class', new.error_class, 'error', new.error))
  ON CONFLICT DO NOTHING;
END;
CREATE TEMP TRIGGER upstream_recovered_event AFTER UPDATE OF ended_at ON outage_log WHEN old.ended_at IS NULL AND new.ended_at IS NOT NULL
 AND EXISTS (SELECT 1 FROM source WHERE upstream = new.upstream AND state <> 'off') BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, summary, details)
  VALUES ('upstream_recovered:' || new.upstream || ':' || new.ended_at, new.ended_at, 'upstream_recovered', 'health', new.upstream,
    'recovered', 'observed',
    new.upstream || ' answers again after ' || CASE
      WHEN new.ended_at - new.started_at < 120 THEN printf('%d s', new.ended_at - new.started_at)
      WHEN new.ended_at - new.started_at < 7200 THEN printf('%d min', (new.ended_at - new.started_at) / 60)
      ELSE printf('%.1f h', (new.ended_at - new.started_at) / 3600.0) END,
    json_object('lost_at', new.started_at))
  ON CONFLICT DO NOTHING;
  UPDATE outage_log SET explanation = (SELECT explanation FROM explained_silence e WHERE e.id = new.id) WHERE id = new.id;
END;
-- The pair of events does not stand unexplained.
CREATE TEMP TRIGGER outage_explained AFTER UPDATE OF explanation ON outage_log
WHEN old.explanation IS NULL AND new.explanation IS NOT NULL BEGIN
  UPDATE event SET summary = summary || ': ' || new.explanation
   WHERE event_id IN ('upstream_lost:' || new.upstream || ':' || new.started_at,
                      'upstream_recovered:' || new.upstream || ':' || new.ended_at);
END;

CREATE VIEW event_history AS
SELECT e.time, e.not_before_at, e.event_id, e.event_type, e.category, e.service, e.status, e.origin, e.signal_id, e.order_id,
       e.model_version, e.subscription_id, e.strategy_id, e.asset, e.side, e.price, e.confidence, e.symbol, e.channel_type,
       e.requesting_service, e.summary, e.details
FROM event e
ORDER BY e.time DESC, e.event_id;

----------------------------------------------------------------------------------------------------------------------
-- User-defined datasets, from the files in DATASETS_DIR. Each has a table data_NAME, a view NAME and a view NAME_trend, which
-- gateway/declared/schema.cpp generates from its file.

CREATE TABLE declared_dataset (
  dataset TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  source TEXT NOT NULL,
  upstream TEXT NOT NULL,
  file TEXT NOT NULL,
  about TEXT,
  max_rows INTEGER,
  has_trend INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,         -- of the question: another one begins anew
  labels TEXT NOT NULL               -- of the history: others begin it anew
) STRICT;
CREATE TABLE declared_column (
  dataset TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  note TEXT,
  in_trend INTEGER NOT NULL,
  PRIMARY KEY (dataset, name)
) STRICT;

-- One row per dataset; `dataset` is also the name of its view, and NAME_trend that of its history.
CREATE VIEW dataset AS
SELECT d.dataset, d.upstream, d.about, d.file, s.rows, d.max_rows, d.has_trend, s.error_class, s.error,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM declared_dataset d JOIN source_status s ON s.source = d.source
ORDER BY d.position;
CREATE VIEW dataset_column AS
SELECT c.dataset, c.position, c.name, c.type, c.note, c.in_trend
FROM declared_column c JOIN declared_dataset d ON d.dataset = c.dataset
ORDER BY d.position, c.position;

-- The rows and the history of all datasets in one form, for panels that must work whether or not a given dataset exists.
-- Every run recreates both from its datasets: gateway/cache/dataset_views.cpp.
-- `row`: a JSON object, times as UTC text, in the order of the dataset's own view, of which it has the first 1,000.
CREATE VIEW dataset_row AS
SELECT NULL AS dataset, NULL AS "row", NULL AS source, NULL AS fetched_at, NULL AS age_s, NULL AS freshness WHERE false;
-- `measure`: the column; `series`: its labels, of a history without any the column; a failed poll is NULL.
CREATE VIEW dataset_trend AS
SELECT NULL AS dataset, NULL AS time, NULL AS series, NULL AS measure, NULL AS value WHERE false;
