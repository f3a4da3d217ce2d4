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
CREATE TEMP TRIGGER subscription_cancelled_once AFTER UPDATE OF cancelled_at ON subscription_row
WHEN old.cancelled_at IS NOT NULL AND new.cancelled_at IS NOT old.cancelled_at AND new.is_active = 0 BEGIN
  UPDATE subscription_row SET cancelled_at = old.cancelled_at WHERE subscription_id = new.subscription_id;
END;

CREATE VIEW subscription AS
SELECT r.subscription_id, r.channel_type, r.symbol, r.topic, r.requesting_service, r.is_active, r.created_at, r.cancelled_at,
       r.last_event_at,
       (SELECT max(t.last_event_at) FROM subscription_row t WHERE t.topic = r.topic AND t.is_active = 1) AS topic_last_event_at,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN subscription_row r
WHERE s.source = 'postgres.subscriptions'
ORDER BY r.is_active DESC, r.created_at DESC;

CREATE TEMP TRIGGER subscription_created_event AFTER INSERT ON subscription_row WHEN new.created_at IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, subscription_id, symbol, channel_type,
      requesting_service, summary, details)
  VALUES ('subscription_created:' || new.subscription_id, new.created_at, 'subscription_created', 'subscription', 'ws-gateway', 'created',
    'row', new.subscription_id, new.symbol, new.channel_type, new.requesting_service,
    coalesce(new.requesting_service, '?') || ' subscribed to ' || coalesce(new.topic, '?'), json_object('topic', new.topic))
  ON CONFLICT DO NOTHING;
END;
CREATE TEMP TRIGGER subscription_gone_event AFTER INSERT ON subscription_row WHEN new.is_active = 0 AND new.cancelled_at IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, subscription_id, symbol, channel_type,
      requesting_service, summary, details)
  VALUES ('subscription_cancelled:' || new.subscription_id, new.cancelled_at, 'subscription_cancelled', 'subscription', 'ws-gateway',
    'cancelled', 'row', new.subscription_id, new.symbol, new.channel_type, new.requesting_service,
    coalesce(new.requesting_service, '?') || ' cancelled ' || coalesce(new.topic, '?'), json_object('topic', new.topic))
  ON CONFLICT DO NOTHING;
END;
CREATE TEMP TRIGGER subscription_cancelled_event AFTER UPDATE OF is_active ON subscription_row
WHEN old.is_active = 1 AND new.is_active = 0 AND new.cancelled_at IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, subscription_id, symbol, channel_type,
      requesting_service, summary, details)
  VALUES ('subscription_cancelled:' || new.subscription_id, new.cancelled_at, 'subscription_cancelled', 'subscription', 'ws-gateway',
    'cancelled', 'row', new.subscription_id, new.symbol, new.channel_type, new.requesting_service,
    coalesce(new.requesting_service, '?') || ' cancelled ' || coalesce(new.topic, '?'), json_object('topic', new.topic))
  ON CONFLICT DO NOTHING;
END;

CREATE TEMP TRIGGER subscriptions_of_another_system AFTER DELETE ON identity WHEN old.upstream = 'postgres' BEGIN
  DELETE FROM subscription_row;
  DELETE FROM event WHERE category = 'subscription';
  DELETE FROM event_floor WHERE event_type LIKE 'subscription@_%' ESCAPE '@';
END;
