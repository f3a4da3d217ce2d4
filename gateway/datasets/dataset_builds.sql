-- Datasets that are being built for a training, or whose building failed: the newest 100.
CREATE TABLE dataset_build_row (
  id TEXT PRIMARY KEY,
  symbol TEXT,
  status TEXT,                       -- as upstream says: building, failed
  created_at REAL,
  completed_at REAL,
  error TEXT
) STRICT;

CREATE VIEW dataset_build AS
SELECT d.created_at AS time, d.id, d.symbol, d.status, d.completed_at, d.error,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN dataset_build_row d
WHERE s.source = 'postgres.dataset_builds'
ORDER BY d.created_at DESC, d.id;

CREATE TEMP TRIGGER dataset_builds_of_another_system AFTER DELETE ON identity WHEN old.upstream = 'postgres' BEGIN
  DELETE FROM dataset_build_row;
END;
