-- Trading signals: the newest 200 of each of the 200 strategies that were active last

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
CREATE TEMP TRIGGER signal_retention AFTER UPDATE OF last_success_at ON source WHEN new.source = 'postgres.signals' BEGIN
  DELETE FROM signal WHERE signal_id IN (
    SELECT signal_id FROM (
      SELECT signal_id, row_number() OVER (PARTITION BY strategy_id ORDER BY time DESC, signal_id DESC) AS n FROM signal
       WHERE strategy_id IN (SELECT strategy_id FROM signal GROUP BY strategy_id HAVING count(*) > 200))
    WHERE n > 200);
  DELETE FROM signal WHERE strategy_id IN (SELECT strategy_id FROM signal GROUP BY strategy_id ORDER BY max(time) DESC LIMIT -1 OFFSET 200);
END;

CREATE VIEW recent_signals AS
SELECT g.time, g.signal_id, g.strategy_id, g.asset, g.side, g.price, g.confidence, g.kind, g.model_version, g.is_warmup,
       g.reasoning, g.spread, g.volume_1m, g.volatility_1m, g.trace_id,
       s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN signal g
WHERE s.source = 'postgres.signals'
ORDER BY g.time DESC, g.signal_id;

CREATE TEMP TRIGGER signal_event AFTER INSERT ON signal WHEN new.time IS NOT NULL BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, model_version, strategy_id, asset, side,
      price, confidence, summary, details)
  VALUES ('trading_signal_received:' || new.signal_id, new.time, 'trading_signal_received', 'signal', 'model-service', new.kind, 'row',
    new.signal_id, new.model_version,
    new.strategy_id, new.asset, new.side, new.price, new.confidence,
    printf('%s %s', upper(coalesce(new.side, '?')), coalesce(new.asset, '?')) ||
      CASE WHEN new.price IS NULL THEN '' ELSE printf(' at %.10g', new.price) END ||
      CASE WHEN new.confidence IS NULL THEN '' ELSE printf(', confidence %.0f %%', new.confidence * 100) END ||
      ' (' || coalesce(new.strategy_id, '?') || ', ' || coalesce(new.kind, '?') || ')',
    json_object('reasoning', new.reasoning, 'trace_id', new.trace_id, 'is_warmup', new.is_warmup))
  ON CONFLICT DO NOTHING;
END;

CREATE TEMP TRIGGER signals_of_another_system AFTER DELETE ON identity WHEN old.upstream = 'postgres' BEGIN
  DELETE FROM signal;
  DELETE FROM event WHERE event_type = 'trading_signal_received';
  DELETE FROM event_floor WHERE event_type = 'trading_signal_received';
END;
