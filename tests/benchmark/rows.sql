-- :n rows in each of the three big tables, one every 30 seconds back from now, as a year's trading would leave them.
TRUNCATE trading_signals, orders, execution_events CASCADE;
INSERT INTO trading_signals (signal_id, strategy_id, asset, side, price, confidence, timestamp, model_version, market_data_snapshot, metadata)
SELECT md5('s' || i)::uuid, 'strategy_' || i % 3, 'BTCUSDT', 'buy', 100 + i % 50, 0.8, now()::timestamp - i * interval '30 seconds', 'v1',
       '{"price": 100, "spread": 1.5, "volume_24h": 10, "volatility": 0.1}', '{"reasoning": "benchmark"}'
  FROM generate_series(1, :n) i;
INSERT INTO orders (order_id, signal_id, asset, side, order_type, quantity, price, status, filled_quantity, average_price, fees, created_at, updated_at, executed_at, is_dry_run)
SELECT 'o' || i, md5('s' || i)::uuid, 'BTCUSDT', CASE i % 2 WHEN 0 THEN 'Buy' ELSE 'SELL' END, 'Limit', 1, 100, status, (status = 'filled')::int,
       CASE WHEN status = 'filled' THEN 100 END, 0.1, t, t + interval '1 second', CASE WHEN status = 'filled' THEN t + interval '1 second' END, false
  FROM (SELECT i, now()::timestamp - i * interval '30 seconds' AS t,
               CASE WHEN i IN (3, 5, 50) THEN 'pending' ELSE (ARRAY['rejected', 'filled', 'cancelled', 'rejected'])[1 + i % 4] END AS status
          FROM generate_series(1, :n) i) x;
INSERT INTO execution_events (signal_id, strategy_id, asset, side, execution_price, execution_quantity, execution_fees, executed_at, signal_price, signal_timestamp, performance)
SELECT md5('s' || i)::uuid, 'strategy_' || i % 3, 'BTCUSDT', 'buy', 100, 1, 0.1, now()::timestamp - i * interval '30 seconds', 100,
       now()::timestamp - i * interval '30 seconds', ('{"slippage": 1, "slippage_percent": 1, "return_percent": null, "realized_pnl": ' || i % 7 - 3 || '}')::jsonb
  FROM generate_series(1, :n) i;
VACUUM ANALYZE;
