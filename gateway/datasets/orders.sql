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
CREATE INDEX trade_order_by_closure ON trade_order (closure, time DESC, id DESC);
CREATE INDEX trade_order_by_signal ON trade_order (signal_id, closure, time DESC);
CREATE INDEX trade_order_by_time ON trade_order (time DESC);
CREATE TEMP TRIGGER order_seen AFTER INSERT ON trade_order WHEN new.closure IN ('filled', 'cancelled', 'rejected') BEGIN
  UPDATE trade_order SET closed_at = new.changed_at WHERE id = new.id;
END;
CREATE TEMP TRIGGER order_closure_changed AFTER UPDATE OF closure ON trade_order WHEN old.closure <> new.closure BEGIN
  UPDATE trade_order SET closed_at = CASE WHEN new.closure IN ('filled', 'cancelled', 'rejected') THEN new.changed_at END
    WHERE id = new.id;
END;
-- At most 10,000 of each closure, with each slice of a burst. No turn deletes more than a thousand: what is left goes with the next.
CREATE TEMP TRIGGER order_bound AFTER UPDATE OF last_success_at ON source
WHEN new.source IN ('postgres.orders', 'postgres.executions') BEGIN
  DELETE FROM trade_order WHERE id IN (
    SELECT o.id FROM (VALUES ('open'), ('filled'), ('cancelled'), ('rejected'), ('dry_run')) c
      CROSS JOIN trade_order kept ON kept.id = (
        SELECT id FROM trade_order WHERE closure = c.column1 ORDER BY time DESC, id DESC LIMIT 1 OFFSET 9999)
      CROSS JOIN trade_order o ON o.closure = c.column1 AND (o.time, o.id) < (kept.time, kept.id) LIMIT 1000);
END;
-- The newest 200 of each closure that has ended, when all of an answer is there: an order that left and came back with a later row of
-- the same answer would be seen for the first time once more, and its end at the time of its last refusal. For the same reason what the
-- next cycle reads again, two minutes back, stays until then.
CREATE TEMP TRIGGER order_retention AFTER UPDATE OF last_success_at ON source
WHEN new.source IN ('postgres.orders', 'postgres.executions') AND new.last_success_at IS NOT old.last_success_at BEGIN
  DELETE FROM trade_order WHERE id IN (
    SELECT o.id FROM (VALUES ('filled'), ('cancelled'), ('rejected'), ('dry_run')) c
      CROSS JOIN trade_order kept ON kept.id = (
        SELECT id FROM trade_order WHERE closure = c.column1 ORDER BY time DESC, id DESC LIMIT 1 OFFSET 199)
      CROSS JOIN trade_order o ON o.closure = c.column1 AND (o.time, o.id) < (kept.time, kept.id)
     WHERE o.time < coalesce((SELECT value - 120 FROM cursor WHERE source = 'postgres.orders' AND name = 'read_at'), 9e18) LIMIT 1000);
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

-- The newest 200 executions, and those of the filled orders that are held.
CREATE VIEW recent_execution AS
SELECT x.executed_at AS time, x.event_id, x.signal_id, nullif(x.strategy_id, 'unknown') AS strategy_id, x.asset, x.side, x.price,
       x.quantity, x.fees, x.realized_pnl, s.source, s.last_success_at AS fetched_at, s.age_s, s.freshness
FROM source_status s CROSS JOIN execution x
WHERE s.source = 'postgres.executions'
ORDER BY x.executed_at DESC, x.event_id;

-- The newest execution event of a signal belongs to its newest filled order; without one the order's own figures count.
CREATE VIEW recent_orders AS
SELECT o.time, o.order_id, o.signal_id,
       coalesce(o.strategy_id, (SELECT nullif(x.strategy_id, 'unknown') FROM execution x
                                 WHERE x.signal_id = o.signal_id ORDER BY x.executed_at DESC LIMIT 1)) AS strategy_id,
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
     AND NOT EXISTS (SELECT 1 FROM trade_order n
                      WHERE n.signal_id = o.signal_id AND n.closure = 'filled' AND (n.time, n.id) > (o.time, o.id))
   ORDER BY x.executed_at DESC, x.event_id LIMIT 1)
ORDER BY o.time DESC, o.order_id;

CREATE TEMP TRIGGER order_rejection AFTER UPDATE OF closed_at ON trade_order
WHEN old.closed_at IS NULL AND new.closure = 'rejected' AND new.close_reason IS NOT NULL BEGIN
  INSERT INTO error_sample VALUES ('order-manager', 'rejection', new.close_reason,
    CAST(coalesce(new.closed_at, new.time, unixepoch()) AS INTEGER));
END;

-- Rows of orders that were created before `events_from` and are new here were there before the gateway first looked, or
-- are read anew: they tell nothing, until they change.
CREATE TEMP TRIGGER order_created_event AFTER INSERT ON trade_order WHEN new.time IS NOT NULL AND new.id NOT LIKE 'event:%'
 AND coalesce(new.time >= (SELECT value FROM cursor WHERE source = 'postgres.orders' AND name = 'events_from'), 1) BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, order_id, strategy_id, asset, side, price,
      summary, details)
  VALUES ('order_created:' || new.id, new.time, 'order_created', 'order', 'order-manager', new.closure, 'row', new.signal_id, new.order_id,
    new.strategy_id, new.asset, new.side, new.price,
    printf('%s %s', upper(coalesce(new.side, '?')), coalesce(new.asset, '?')) ||
      CASE WHEN new.quantity IS NULL THEN '' ELSE printf(' %.10g', new.quantity) END ||
      CASE new.closure WHEN 'dry_run' THEN ' dry run' ELSE ' created' END,
    json_object('order_type', new.order_type, 'quantity', new.quantity, 'is_dry_run', new.is_dry_run))
  ON CONFLICT DO NOTHING;
END;

-- Always empty: an insert here is one end of an order. An order may be seen for the first time when it has ended, or end later.
CREATE TABLE order_end (
  id TEXT NOT NULL
) STRICT;
CREATE TEMP TRIGGER order_seen_ended AFTER INSERT ON trade_order WHEN new.closure IN ('filled', 'cancelled', 'rejected')
 AND coalesce(new.time >= (SELECT value FROM cursor WHERE source = 'postgres.orders' AND name = 'events_from'), 1) BEGIN
  INSERT INTO order_end VALUES (new.id);
END;
CREATE TEMP TRIGGER order_ended AFTER UPDATE OF closure ON trade_order
WHEN old.closure <> new.closure AND new.closure IN ('filled', 'cancelled', 'rejected') BEGIN
  INSERT INTO order_end VALUES (new.id);
END;
CREATE TEMP TRIGGER order_ended_event AFTER INSERT ON order_end BEGIN
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, order_id, strategy_id, asset, side, price,
      summary, details)
  SELECT 'order_executed:' || id, changed_at, 'order_executed', 'order', 'order-manager', 'filled', 'row', signal_id, order_id,
    strategy_id, asset, side, average_price,
    printf('%s %s', upper(coalesce(side, '?')), coalesce(asset, '?')) ||
      CASE WHEN filled_quantity IS NULL THEN '' ELSE printf(' %.10g', filled_quantity) END ||
      ' executed' || CASE WHEN average_price IS NULL THEN '' ELSE printf(' at %.10g', average_price) END,
    json_object('filled_quantity', filled_quantity, 'average_price', average_price, 'fees', fees)
   FROM trade_order WHERE id = new.id AND closure = 'filled' AND changed_at IS NOT NULL
  ON CONFLICT DO NOTHING;
  INSERT INTO event (event_id, time, event_type, category, service, status, origin, signal_id, order_id, strategy_id, asset, side, price,
      summary, details)
  SELECT 'order_closed:' || id, changed_at, 'order_closed', 'order', 'order-manager', closure, 'row', signal_id, order_id, strategy_id,
    asset, side, coalesce(average_price, price),
    printf('%s %s', upper(coalesce(side, '?')), coalesce(asset, '?')) ||
      CASE WHEN quantity IS NULL THEN '' ELSE printf(' %.10g', quantity) END ||
      ' ' || closure || coalesce(': ' || substr(replace(close_reason, char(10), ' '), 1, 200), ''),
    json_object('reason', close_reason, 'filled_quantity', filled_quantity)
   FROM trade_order WHERE id = new.id AND changed_at IS NOT NULL
  ON CONFLICT DO NOTHING;
  DELETE FROM order_end;
END;

CREATE TEMP TRIGGER orders_of_another_system AFTER DELETE ON identity WHEN old.upstream = 'postgres' BEGIN
  DELETE FROM trade_order;
  DELETE FROM execution;
  DELETE FROM event WHERE category = 'order';
  DELETE FROM event_floor WHERE event_type LIKE 'order@_%' ESCAPE '@';
  DELETE FROM service_error_row WHERE kind = 'rejection';
END;
