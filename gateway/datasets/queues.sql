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
  consume_rate_per_s REAL,           -- deliveries less redeliveries; both rates as the broker reports them, momentary
  publish_per_ks INTEGER AS (CAST(round(publish_rate_per_s * 1000) AS INTEGER)),  -- as history has them
  consume_per_ks INTEGER AS (CAST(round(consume_rate_per_s * 1000) AS INTEGER)),
  state TEXT,
  type TEXT,                         -- classic, quorum, stream, ...
  last_known_messages INTEGER,       -- stays while the broker does not report a number
  published_per_min REAL,            -- over up to five minutes, from the broker's counters
  consumed_per_min REAL,
  oldest_unconsumed_s INTEGER,       -- the oldest message has waited at least so long
  lag TEXT NOT NULL CHECK (lag IN ('ok', 'lagging', 'unknown')),
  lag_reason TEXT,
  lag_severity REAL,
  lagging_since INTEGER,
  growth_per_s REAL,                 -- over the last five minutes
  drain_eta_s REAL,
  lag_memory TEXT,                   -- counters of earlier polls, as gateway/datasets/lag.hpp writes them
  gone_at INTEGER,                   -- not listed any more; its history is kept for an hour
  seen_in_walk INTEGER,              -- over the pages of the listing: when that walk began
  UNIQUE (vhost, name)
) STRICT;

CREATE VIEW queue_now AS
SELECT q.vhost, q.name, q.messages, q.messages_ready, q.messages_unacknowledged, q.consumers,
       q.publish_rate_per_s, q.consume_rate_per_s, q.state,
       CASE WHEN s.freshness = 'fresh' THEN q.lag ELSE 'unknown' END AS lag,
       q.lag_reason, q.lag_severity, q.lagging_since, q.growth_per_s, q.drain_eta_s, q.lag AS last_known_lag,
       q.type, q.last_known_messages, q.published_per_min, q.consumed_per_min, q.oldest_unconsumed_s,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN queue q
WHERE s.source = 'rabbitmq.queues' AND q.gone_at IS NULL;

-- History of lengths and rates, in three tiers that do not overlap: 0 every poll, 1 a minute, 2 a quarter of an hour. What leaves a
-- finer tier is rolled up by gateway/cache/history.cpp.
-- Values that repeat are one row: a run. `queue_poll` is the grid of times at which we asked; a poll without an answer is a hole in
-- every run.
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
  to_at INTEGER NOT NULL,            -- 253402300799, the end of the year 9999: it stands, so that a queue that is still costs nothing
  messages INTEGER,                  -- of a bucket: the maximum
  publish_per_ks INTEGER,            -- thousandths of a message a second: integers are small in the file; of a bucket: the mean
  consume_per_ks INTEGER,
  PRIMARY KEY (queue_id, tier, from_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_run_by_end ON queue_run (tier, to_at, queue_id);
CREATE TEMP TRIGGER queue_vanished AFTER DELETE ON queue BEGIN
  DELETE FROM queue_run WHERE queue_id = old.id;
END;

-- The time of the poll whose rows are being written: one row, before those of `queue`. Nothing of it is shown before that poll is in
-- `queue_poll`.
CREATE TABLE queue_sampling (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  time INTEGER NOT NULL
) STRICT;
CREATE TEMP TRIGGER queue_appeared AFTER INSERT ON queue BEGIN
  INSERT INTO queue_run (queue_id, tier, from_at, to_at, messages, publish_per_ks, consume_per_ks)
  SELECT new.id, 0, time, 253402300799, new.messages, new.publish_per_ks, new.consume_per_ks FROM queue_sampling;
END;
CREATE TEMP TRIGGER queue_changed AFTER UPDATE OF messages, publish_rate_per_s, consume_rate_per_s ON queue
WHEN (new.messages, new.publish_per_ks, new.consume_per_ks) IS NOT (old.messages, old.publish_per_ks, old.consume_per_ks) BEGIN
  UPDATE queue_run SET to_at = (SELECT time - 1 FROM queue_sampling)
   WHERE queue_id = new.id AND tier = 0 AND to_at = 253402300799 AND from_at < (SELECT time FROM queue_sampling);
  INSERT INTO queue_run (queue_id, tier, from_at, to_at, messages, publish_per_ks, consume_per_ks)
  SELECT new.id, 0, time, 253402300799, new.messages, new.publish_per_ks, new.consume_per_ks FROM queue_sampling WHERE true
  ON CONFLICT DO UPDATE SET messages = excluded.messages, publish_per_ks = excluded.publish_per_ks,
                            consume_per_ks = excluded.consume_per_ks;
END;
-- After the clock was set back, what is polled from then on takes the place of what was: a time has one value.
CREATE TEMP TRIGGER queue_clock_set_back AFTER UPDATE OF time ON queue_sampling WHEN new.time < old.time BEGIN
  DELETE FROM queue_poll WHERE tier = 0 AND time >= new.time;
  DELETE FROM queue_run WHERE tier = 0 AND from_at >= new.time;
  UPDATE queue_run SET to_at = new.time - 1 WHERE tier = 0 AND to_at >= new.time;
  INSERT INTO queue_run (queue_id, tier, from_at, to_at, messages, publish_per_ks, consume_per_ks)
  SELECT id, 0, new.time, 253402300799, messages, publish_per_ks, consume_per_ks FROM queue;
END;
-- Queues that an earlier version held: their runs have ended with their last poll.
CREATE TEMP TRIGGER queue_sampling_begins AFTER INSERT ON queue_sampling BEGIN
  INSERT INTO queue_run (queue_id, tier, from_at, to_at, messages, publish_per_ks, consume_per_ks)
  SELECT id, 0, new.time, 253402300799, messages, publish_per_ks, consume_per_ks FROM queue WHERE true
  ON CONFLICT DO NOTHING;
END;

-- On one time grid for all queues: a value that repeats is carried forward, a poll that failed is a row of NULLs.
CREATE VIEW queue_trend AS
SELECT p.time, q.vhost, q.name, r.messages, r.publish_per_ks / 1000.0 AS publish_rate_per_s,
       r.consume_per_ks / 1000.0 AS consume_rate_per_s
FROM queue q CROSS JOIN queue_run r ON r.queue_id = q.id
CROSS JOIN queue_poll p ON p.tier = r.tier AND p.time BETWEEN r.from_at AND r.to_at AND p.ok = 1
UNION ALL
SELECT p.time, q.vhost, q.name, CAST(NULL AS INTEGER), NULL, NULL  -- the same affinities, or SQLite builds the whole union
FROM queue_poll p CROSS JOIN queue q
WHERE p.ok = 0;
