-- Health of services, and of what they say of their parts

CREATE TABLE service (
  service TEXT PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('healthy', 'degraded', 'unhealthy')),
  observed_at INTEGER NOT NULL,      -- of the last answer, or of a failure that is an answer
  status_since INTEGER,
  latency_ms REAL,
  error TEXT
) STRICT;
CREATE TEMP TRIGGER service_first_seen AFTER INSERT ON service BEGIN
  UPDATE service SET status_since = new.observed_at WHERE service = new.service;
END;
CREATE TEMP TRIGGER service_changed AFTER UPDATE OF status ON service WHEN old.status <> new.status BEGIN
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
       v.status AS last_known_status, v.status_since, v.latency_ms,
       -- A training keeps model-service from answering.
       CASE WHEN s.source = 'model-service.health' AND s.error_class = 'timeout' AND EXISTS (SELECT 1 FROM training_probable)
            THEN 'no answer: probably training (' || s.error || ')' ELSE coalesce(s.error, v.error) END AS error,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN gateway_state g
LEFT JOIN service v ON v.service = substr(s.source, 1, length(s.source) - 7)
WHERE s.source LIKE '%.health'
ORDER BY s.position;

-- What a service says of PostgreSQL or of the broker is not believed while that is down by its own rule.
CREATE VIEW service_component AS
SELECT c.service, c.component,
       CASE WHEN h.freshness <> 'fresh' OR p.service IS NOT NULL THEN 'unknown' ELSE c.status END AS status,
       c.basis,
       e.error,
       c.status AS last_known_status, h.source, h.fetched_at, h.age_s, h.freshness
FROM service_health h CROSS JOIN component c ON c.service = h.service
LEFT JOIN service_health p ON p.effective_status = 'unhealthy' AND c.basis = 'reported' AND c.status = 'healthy'
 AND (p.service = 'postgres' AND lower(c.component) IN ('database', 'db', 'postgres', 'postgresql')
      OR p.service = 'rabbitmq' AND lower(c.component) IN ('queue', 'broker', 'rabbit', 'rabbitmq', 'amqp'))
-- A join, and the table last, so that the column keeps its declared type.
LEFT JOIN (SELECT '' AS service, 'postgres' AS component, 'reported healthy, but PostgreSQL does not answer the gateway' AS error
           UNION ALL SELECT '', 'rabbitmq', 'reported healthy, but RabbitMQ does not answer the gateway'
           UNION ALL SELECT service, component, error FROM component) e
  ON e.service = iif(p.service IS NULL, c.service, '') AND e.component = coalesce(p.service, c.component);

-- One row. Services that are not configured do not count; those without the endpoint are unknown, and have no age. `reason` is what
-- a person on call reads first.
CREATE VIEW system_health AS
SELECT CASE WHEN sum(effective_status = 'unhealthy') > 0 THEN 'unhealthy'
            WHEN count(*) = 0 OR sum(effective_status = 'unknown') > 0 THEN 'unknown'
            WHEN sum(effective_status = 'degraded') > 0 THEN 'degraded'
            ELSE 'healthy' END AS status,
       coalesce(sum(effective_status = 'healthy'), 0) AS healthy,
       coalesce(sum(effective_status = 'degraded'), 0) AS degraded,
       coalesce(sum(effective_status = 'unhealthy'), 0) AS unhealthy,
       coalesce(sum(effective_status = 'unknown'), 0) AS unknown,
       (SELECT reason FROM system_reason) AS reason,
       group_concat(source, ', ') AS source,
       min(CASE WHEN freshness <> 'missing' THEN fetched_at END) AS fetched_at,
       max(CASE WHEN freshness <> 'missing' THEN age_s END) AS age_s,
       CASE WHEN sum(freshness = 'never') > 0 THEN 'never'
            WHEN sum(freshness = 'stale') > 0 THEN 'stale'
            WHEN sum(freshness = 'fresh') > 0 THEN 'fresh'
            WHEN count(*) > 0 THEN 'missing'
            ELSE 'never' END AS freshness
FROM service_health
WHERE freshness <> 'off';

CREATE TEMP TRIGGER health_sampled AFTER INSERT ON attempt WHEN new.source LIKE '%.health' BEGIN
  INSERT INTO status_sample (subject, time, status, contiguous_s)
  SELECT substr(new.source, 1, length(new.source) - 7), new.time,
         CASE WHEN new.error_class IS NULL OR new.means = 'unhealthy'
              THEN (SELECT status FROM service WHERE service = substr(new.source, 1, length(new.source) - 7)) END,
         coalesce((SELECT stale_after_s FROM source WHERE source = new.source), 60);
END;

-- Errors of attempts are inserted by the gateway: only it knows which of them belong to one poll.
CREATE TEMP TRIGGER health_error AFTER INSERT ON attempt WHEN new.error IS NULL AND new.source LIKE '%.health' BEGIN
  INSERT INTO error_sample SELECT service, 'health', error, new.time FROM service
   WHERE service = substr(new.source, 1, length(new.source) - 7) AND error IS NOT NULL;
END;
CREATE TEMP TRIGGER service_status_event AFTER UPDATE OF status ON service WHEN old.status <> new.status BEGIN
  INSERT INTO event (event_id, time, not_before_at, event_type, category, service, status, origin, summary, details)
  VALUES ('service_status_changed:' || new.service || ':' || new.observed_at, new.observed_at,
    (SELECT old.observed_at FROM source s CROSS JOIN gateway_state g
      WHERE s.source = new.service || '.health'
        AND (new.observed_at - old.observed_at > s.stale_after_s OR old.observed_at < g.started_at AND g.started_at <= new.observed_at
             -- Without the endpoint it was unknown at once.
             OR EXISTS (SELECT 1 FROM attempt a WHERE a.source = s.source AND a.error_class = 'missing'
                         AND a.time BETWEEN old.observed_at AND new.observed_at))),
    'service_status_changed', 'health', new.service, new.status, 'observed',
    new.service || ': ' || old.status || ' -> ' || new.status || coalesce(' (' || new.error || ')', ''),
    json_object('from', old.status, 'to', new.status, 'error', new.error))
  ON CONFLICT DO NOTHING;
END;
