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
  SELECT id, 0, new.time, new.time, messages, CAST(round(publish_rate_per_s * 1000) AS INTEGER),
    CAST(round(consume_rate_per_s * 1000) AS INTEGER)
    FROM queue q WHERE NOT EXISTS (SELECT 1 FROM queue_run r WHERE r.tier = 0 AND r.to_at = new.time AND r.queue_id = q.id)
  ON CONFLICT DO NOTHING;
END;

-- A second attempt within the second of one that failed is a good poll like any other.
CREATE TRIGGER queue_answered_after_all AFTER UPDATE OF ok ON queue_poll WHEN new.tier = 0 AND old.ok = 0 AND new.ok = 1 BEGIN
  DELETE FROM queue_poll WHERE tier = 0 AND time = new.time;
  INSERT INTO queue_poll (tier, time, ok) VALUES (0, new.time, 1);
END;

-- Always empty: an insert here rolls one bucket of a finer tier into a coarser one. The gateway does it for two tiers, bucket by
-- bucket, when one has left the finer tier's window, and goes on later when there are many.
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
       AND b.messages IS queue_run.messages AND b.publish_per_ks IS queue_run.publish_per_ks
         AND b.consume_per_ks IS queue_run.consume_per_ks);
  DELETE FROM queue_run
   WHERE tier = new.tier AND from_at = new.bucket_at
     AND EXISTS (SELECT 1 FROM queue_run a
                  WHERE a.queue_id = queue_run.queue_id AND a.tier = new.tier AND a.from_at < new.bucket_at AND a.to_at = new.bucket_at);
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
-- Always empty: an insert here cuts one tier. A trigger has no loop, and each cut is counted after the one before.
CREATE TABLE queue_cut (
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
SELECT p.time, q.vhost, q.name, r.messages, r.publish_per_ks / 1000.0 AS publish_rate_per_s,
       r.consume_per_ks / 1000.0 AS consume_rate_per_s
FROM queue q CROSS JOIN queue_run r ON r.queue_id = q.id
CROSS JOIN queue_poll p ON p.tier = r.tier AND p.time BETWEEN r.from_at AND r.to_at AND p.ok = 1
UNION ALL
SELECT p.time, q.vhost, q.name, CAST(NULL AS INTEGER), NULL, NULL  -- the same affinities, or SQLite builds the whole union
FROM queue_poll p CROSS JOIN queue q
WHERE p.ok = 0;
