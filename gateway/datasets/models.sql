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
  roc_auc REAL,
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

-- A row while model-service may well be training: it said so last, something waits, or a strategy's usual pause between trainings is
-- almost over. Not a verdict; it explains a silence.
CREATE VIEW training_probable AS
SELECT 1 AS probable FROM training WHERE is_training = 1 OR queue_size > 0 OR pending_dataset_builds > 0
UNION ALL
SELECT 1 FROM (
  SELECT strategy_id, trained_at, avg(pause) OVER (PARTITION BY strategy_id) AS usual_pause,
         count(pause) OVER (PARTITION BY strategy_id) AS pauses, row_number() OVER (PARTITION BY strategy_id ORDER BY trained_at DESC) AS n
    FROM (SELECT strategy_id, trained_at, trained_at - lag(trained_at) OVER (PARTITION BY strategy_id ORDER BY trained_at) AS pause,
                 row_number() OVER (PARTITION BY strategy_id ORDER BY trained_at DESC) AS newest
            FROM model_version WHERE trained_at IS NOT NULL)
   WHERE newest <= 10)
WHERE n = 1 AND pauses >= 2 AND unixepoch() - trained_at BETWEEN 0.8 * usual_pause AND 2 * usual_pause;

-- One row a strategy and active version; a strategy without one is in warm-up.
CREATE VIEW model_state AS
SELECT n.strategy_id, v.version AS active_version, v.model_type, v.trained_at,
       CASE WHEN t.freshness = 'fresh'
            THEN CASE (SELECT is_training FROM training) WHEN 1 THEN 'training' WHEN 0 THEN 'idle' ELSE 'unknown' END
            ELSE 'unknown' END AS training_status,
       CASE WHEN s.freshness = 'fresh' THEN v.version IS NULL END AS warmup,
       v.accuracy, v.f1_score, v.training_duration_s, v.training_dataset_size,
       CASE (SELECT is_training FROM training) WHEN 1 THEN 'training' WHEN 0 THEN 'idle' END AS last_known_training_status,
       v.roc_auc, CASE WHEN t.freshness = 'fresh' THEN (SELECT queue_size FROM training) END AS training_queue_size,
       CASE WHEN t.freshness = 'fresh' THEN (SELECT pending_dataset_builds FROM training) END AS pending_dataset_builds,
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
       v.accuracy, v.precision, v.recall, v.f1_score, v.metrics_split, v.roc_auc,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN model_version v
WHERE s.source = 'postgres.models'
ORDER BY v.trained_at DESC;

-- A version is known once its training has ended; when that began follows from how long it took. It is the start that was
-- observed if it lies within that one's bounds, and the training still ran then: another may be queued right behind it.
-- A minute's grace for what a duration leaves out, seconds for clocks that differ.
CREATE TEMP TRIGGER model_event AFTER INSERT ON model_version WHEN new.trained_at IS NOT NULL BEGIN
  DELETE FROM event WHERE event_id = (
    SELECT event_id FROM event WHERE event_type = 'model_training_started' AND origin = 'observed' AND time <= new.trained_at + 5
       AND new.trained_at - new.training_duration_s BETWEEN coalesce(not_before_at - 5, 0) AND time + 60
     ORDER BY time DESC LIMIT 1);
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, model_version, strategy_id, summary, details)
  SELECT 'model_training_started:' || new.version, new.trained_at - new.training_duration_s, 'model_training_started', 'model',
    'model-service', 'started', 'derived', new.version, new.strategy_id,
    'training of ' || new.version || ' for ' || new.strategy_id || ' started',
    json_object('model_type', new.model_type, 'training_duration_s', new.training_duration_s)
   WHERE new.training_duration_s IS NOT NULL
  ON CONFLICT DO NOTHING;
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, model_version, strategy_id, summary, details)
  VALUES ('model_training_completed:' || new.version, new.trained_at, 'model_training_completed', 'model', 'model-service',
    CASE new.is_active WHEN 1 THEN 'active' ELSE 'inactive' END, 'row',
    new.version, new.strategy_id,
    'training of ' || new.version || ' for ' || new.strategy_id || ' completed' ||
      CASE WHEN new.accuracy IS NULL THEN '' ELSE printf(', accuracy %.3f', new.accuracy) END,
    json_object('model_type', new.model_type, 'training_dataset_size', new.training_dataset_size,
      'accuracy', new.accuracy, 'f1_score', new.f1_score))
  ON CONFLICT DO NOTHING;
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, model_version, strategy_id, summary, details)
  SELECT 'model_retrained:' || new.version, new.trained_at, 'model_retrained', 'model', 'model-service',
    CASE new.is_active WHEN 1 THEN 'active' ELSE 'inactive' END, 'derived',
    new.version, new.strategy_id, new.strategy_id || ' retrained: ' || new.version, json_object('model_type', new.model_type)
   WHERE new.is_first = 0
  ON CONFLICT DO NOTHING;
END;

-- The metrics of a version are written after its row.
CREATE TEMP TRIGGER model_measured AFTER UPDATE OF accuracy ON model_version WHEN old.accuracy IS NULL AND new.accuracy IS NOT NULL BEGIN
  UPDATE event SET summary = summary || printf(', accuracy %.3f', new.accuracy),
         details = json_set(details, '$.accuracy', new.accuracy, '$.f1_score', new.f1_score)
   WHERE event_id = 'model_training_completed:' || new.version AND details ->> '$.accuracy' IS NULL;
END;
CREATE TEMP TRIGGER training_event AFTER UPDATE OF is_training ON training WHEN old.is_training = 0 AND new.is_training = 1
 AND NOT EXISTS (SELECT 1 FROM model_version
                  WHERE trained_at - training_duration_s BETWEEN min(old.observed_at, new.observed_at) - 5 AND new.observed_at + 60
                    AND new.observed_at <= trained_at + 5) BEGIN
  INSERT INTO event (event_id, time, not_before_at, event_type, category, service, status, origin, summary)
  VALUES ('model_training_started:model-service:' || new.observed_at, new.observed_at,
    CASE WHEN old.observed_at <= new.observed_at THEN old.observed_at END,
    'model_training_started', 'model', 'model-service', 'started', 'observed', 'a training started')
  ON CONFLICT DO NOTHING;
END;

-- A training that is told of now explains a silence that is over.
CREATE TEMP TRIGGER training_explains_silence AFTER INSERT ON model_version BEGIN
  UPDATE outage_log SET explanation = (SELECT explanation FROM explained_silence e WHERE e.id = outage_log.id)
   WHERE upstream = 'model-service' AND explanation IS NULL
     AND ended_at BETWEEN new.trained_at - new.training_duration_s - 60 AND new.trained_at + 120;
END;

-- Trainings that were observed at model-service stay.
CREATE TEMP TRIGGER models_of_another_system AFTER DELETE ON identity WHEN old.upstream = 'postgres' BEGIN
  DELETE FROM model_version;
  DELETE FROM event WHERE category = 'model' AND origin <> 'observed';
  DELETE FROM event_floor WHERE event_type LIKE 'model@_%' ESCAPE '@';
END;
